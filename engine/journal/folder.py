"""The folder of what outlives the process: made where it is missing, and owned by one process at a time."""

import fcntl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Final

import trio

from engine.config import ConfigError

LOCK: Final = "lock"
"""Locked by a server as long as it is there …"""
WRITING: Final = "writing"
"""… and this also by the process that writes for it, which may be there a little longer."""
LEFT_S: Final = 10.0
"""So long a process is waited for that a server has left behind: it ends as soon as it has done what it was at."""
LOOK_EVERY_S: Final = 0.01


@asynccontextmanager
async def own_folder(folder: Path) -> AsyncIterator[int]:
    """Hold the folder. Who is given the open file that this yields holds it, too, until both have ended, however.

    Raises ConfigError when it cannot be had.
    """
    lock, writing = _files_of(folder)
    with lock, writing:
        if not _taken(lock, folder):
            raise ConfigError(f"--data {folder}: another server uses it; stop that one, or give another folder")
        with trio.move_on_after(LEFT_S) as late:
            while not _taken(writing, folder):  # noqa: ASYNC110 - another process tells us nothing
                await trio.sleep(LOOK_EVERY_S)
        if late.cancelled_caught:
            raise ConfigError(
                f"--data {folder}: a process that an earlier server has left is still writing; end that one, or give "
                "another folder"
            )
        yield writing.fileno()


def _files_of(folder: Path) -> tuple[IO[str], IO[str]]:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return (folder / LOCK).open("w"), (folder / WRITING).open("w")
    except OSError as error:
        raise ConfigError(
            f"--data {folder}: cannot be used ({error.strerror}); give a folder that may be written to"
        ) from None


def _taken(lock: IO[str], folder: Path) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise ConfigError(
            f"--data {folder}: cannot be held ({error.strerror}); give a folder of a file system that has locks"
        ) from None
    return True
