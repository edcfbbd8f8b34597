"""Phones of a process that was killed are ended at the next start, and nobody else is."""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import attrs
import pytest
import trio
from structlog.testing import capture_logs

from engine.adapters.sip import leftovers
from engine.adapters.sip.adapter import SipAdapter
from engine.adapters.sip.bench import Nobody, settings
from engine.adapters.sip.leftovers import end_leftovers, own_folder
from tests.engine.adapters.sip.programs import needs

PATIENCE_S: Final = 16.0
SLEEP: Final = "import sys; print(flush=True); sys.stdin.read()"


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files of this test alone."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


@attrs.frozen
class Server:
    """A process, and the phones that it has started."""

    process: trio.Process
    phones: tuple[int, ...]

    async def kill(self) -> None:
        self.process.kill()
        await self.process.wait()


@asynccontextmanager
async def serving() -> AsyncIterator[Server]:
    process = await trio.lowlevel.open_process(
        [sys.executable, "-m", "tests.engine.adapters.sip.serving"], stdout=subprocess.PIPE
    )
    pids: list[int] = []
    try:
        assert process.stdout is not None
        with trio.fail_after(PATIENCE_S):
            pids = json.loads(await process.stdout.receive_some())
        yield Server(process, tuple(pids))
    finally:
        with trio.CancelScope(shield=True):
            process.kill()
            await process.wait()
            for pid in filter(lives, pids):
                os.kill(pid, signal.SIGKILL)


@asynccontextmanager
async def bystander(*words: str, at: Path) -> AsyncIterator[int]:
    """Somebody else, started with these words in this folder."""
    process = await trio.lowlevel.open_process(
        [sys.executable, "-c", SLEEP, *words], cwd=at, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    await process.stdout.receive_some()
    yield process.pid
    assert process.returncode is None
    process.kill()
    await process.wait()


@asynccontextmanager
async def adapter() -> AsyncIterator[SipAdapter]:
    made = SipAdapter(settings(1))
    async with trio.open_nursery() as nursery:
        with trio.fail_after(PATIENCE_S):
            await nursery.start(made.run, Nobody())
        yield made
        nursery.cancel_scope.cancel()


def lives(pid: int) -> bool:
    """Does it run, and does not only wait for its end to be noticed?"""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in ("Z", "X")


def folder_of(pid: int) -> Path:
    return Path(f"/proc/{pid}/cwd").resolve()


@needs("baresip")
async def test_phones_of_a_killed_process_are_ended_at_the_next_start() -> None:
    async with serving() as server:
        (folder,) = {folder_of(pid).parent for pid in server.phones}
        await server.kill()
        assert all(map(lives, server.phones)), "they end by themselves: all this is for nothing"
        with capture_logs() as logs:
            async with adapter():
                assert not any(map(lives, server.phones))
                assert not folder.exists(), "it holds passwords"
        assert [(line["event"], line["phones"]) for line in logs] == [("sip_phones_left_over", 2)]


@needs("baresip")
async def test_a_phone_that_does_not_end_when_asked_is_made_to() -> None:
    async with serving() as server:
        await server.kill()
        os.kill(server.phones[0], signal.SIGSTOP)
        await end_leftovers()
        assert not any(map(lives, server.phones))


@needs("baresip")
async def test_phones_of_others_that_live_go_on() -> None:
    async with serving() as server, adapter() as one, adapter():
        assert one.running is not None
        ((phone, _),) = one.running.phones
        assert phone.process is not None
        await end_leftovers()
        assert all(map(lives, (*server.phones, phone.process.pid)))
        assert all(folder_of(pid).exists() for pid in server.phones)


@needs("baresip")
async def test_who_is_no_phone_is_left_alone_wherever_it_is(tmp_path: Path) -> None:
    async with serving() as server:
        folder = folder_of(server.phones[0])
        await server.kill()
        async with (
            bystander("-x", str(folder), at=folder),
            bystander("-f", str(folder), at=tmp_path),
            bystander("-f", str(tmp_path), at=tmp_path),
        ):
            await end_leftovers()
        assert not any(map(lives, server.phones))


async def test_folders_that_are_another_thing_stay(tmp_path: Path) -> None:
    nothing, elsewhere = tmp_path / "ixp-sip-nothing", tmp_path / "elsewhere"
    for folder in (nothing, elsewhere):
        folder.mkdir()
    (elsewhere / "lock").touch()
    (tmp_path / "ixp-sip-link").symlink_to(elsewhere)
    with own_folder() as mine, capture_logs() as logs:
        await end_leftovers()
        assert mine.exists()
    assert logs == []
    assert not mine.exists()
    assert nothing.exists()
    assert (elsewhere / "lock").exists()


def test_a_folder_of_ours_is_not_left_over_while_it_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    remove, left_over = shutil.rmtree, []

    def look(path: str, **more: Any) -> None:
        with leftovers._left_over(Path(path)) as it_is:
            left_over.append(it_is)
        remove(path, **more)

    monkeypatch.setattr(shutil, "rmtree", look)
    with own_folder():
        pass
    assert left_over == [False]


async def test_a_folder_that_is_gone_when_its_lock_is_had_is_not_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, lock = tmp_path / "ixp-sip-left", fcntl.flock
    left.mkdir()
    (left / "lock").touch()

    def too_late(file: int, how: int) -> None:
        shutil.rmtree(left)
        lock(file, how)

    monkeypatch.setattr(fcntl, "flock", too_late)
    with capture_logs() as logs:
        await end_leftovers()
    assert logs == []


def test_who_cleans_up_old_files_finds_the_folder_locked() -> None:
    """As tmpfiles.d(5) has it: what is locked stays, and all that is below."""
    with own_folder() as folder:
        descriptor = os.open(folder, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(descriptor)


async def test_a_folder_whose_process_has_ended_goes(tmp_path: Path) -> None:
    left = tmp_path / "ixp-sip-left"
    left.mkdir()
    (left / "lock").touch()
    await end_leftovers()
    assert not left.exists()
