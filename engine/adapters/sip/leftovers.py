"""Phones that run on because the process that started them was killed: the next one ends them.

Each run of an adapter has a folder of its own, with a file that stays locked until the folder is gone or the process
has ended, however it ends. So a folder whose file can be locked is left over. One of its phones is whoever was started
with a folder in it and is still in there; it is held by a process descriptor while it is looked at, so that nobody else
is ever ended who has got its number.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import stat
import sys
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

import structlog
import trio

log = structlog.get_logger()

_PREFIX: Final = "ixp-sip-"
_LOCK: Final = "lock"
_END_S: Final = 2.0


@contextlib.contextmanager
def own_folder() -> Iterator[Path]:
    """A new one for the phones of one run. All of them have to have ended before it is left."""
    # The locks outlive the folder: nobody finds it without.
    with contextlib.ExitStack() as locks, tempfile.TemporaryDirectory(prefix=_PREFIX) as name:
        folder = Path(name).resolve()
        locks.callback(os.close, _locked(folder))  # systemd-tmpfiles removes what is old, but for what is locked
        unfinished = folder / f"{_LOCK}.new"
        unfinished.touch()
        locks.callback(os.close, _locked(unfinished))
        unfinished.rename(folder / _LOCK)  # so that nobody finds one that is not locked yet
        yield folder


def _locked(path: Path) -> int:
    """A descriptor that holds the lock of this file or folder. Raises OSError where somebody else has it."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


async def end_leftovers() -> None:
    """Wherever the process has ended that started them."""
    for folder in _folders():
        with _left_over(folder) as it_is:
            if it_is:
                phones = await _end_phones(folder)
                shutil.rmtree(folder, ignore_errors=True)
                log.warning("sip_phones_left_over", folder=str(folder), phones=phones, done="they are ended")


def _folders() -> list[Path]:
    return list(Path(tempfile.gettempdir()).resolve().glob(f"{_PREFIX}*"))


@contextlib.contextmanager
def _left_over(folder: Path) -> Iterator[bool]:
    """Is it? Then it is held meanwhile."""
    with contextlib.ExitStack() as stack:
        try:
            _require_ours(folder)
            stack.callback(os.close, _locked(folder / _LOCK))
            _require_ours(folder)
        except OSError:  # its process lives, or the folder is another thing, or gone by now
            yield False
        else:
            yield True


def _require_ours(folder: Path) -> None:
    """Raises OSError where the folder is not ours: somebody else might have us end something."""
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise PermissionError(f"{folder} is not ours")


async def _end_phones(folder: Path) -> int:
    """Returns how many there were."""
    with contextlib.ExitStack() as stack:
        phones = []
        if sys.platform == "linux":
            for pid in _processes():
                with contextlib.suppress(OSError):  # it is gone, or somebody else's
                    if _is_phone(pid, folder):
                        descriptor = os.pidfd_open(pid)
                        stack.callback(os.close, descriptor)
                        if _is_phone(pid, folder):  # the number may be another's by now; no longer from here on
                            phones.append(descriptor)
        async with trio.open_nursery() as nursery:
            for descriptor in phones:
                nursery.start_soon(_end, descriptor)
        return len(phones)


def _processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _is_phone(pid: int, folder: Path) -> bool:
    process = Path(f"/proc/{pid}")
    words = os.fsdecode((process / "cmdline").read_bytes()).split("\0")
    return any(
        option == "-f" and Path(name).parent == folder and (process / "cwd").samefile(name)
        for option, name in pairwise(words)
    )


async def _end(descriptor: int) -> None:
    """Ask it to end, and make it."""
    with contextlib.suppress(ProcessLookupError):
        for how in (signal.SIGTERM, signal.SIGKILL):
            signal.pidfd_send_signal(descriptor, how)
            with trio.move_on_after(_END_S):
                await trio.lowlevel.wait_readable(descriptor)
                return
