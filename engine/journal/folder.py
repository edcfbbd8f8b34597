"""The folder of what outlives the process: made where it is missing, and owned by one process at a time."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from engine.config import ConfigError

LOCK: Final = "lock"
LEFT_S: Final = 3.0
"""So long a process is waited for that a server has left behind: it ends as soon as it has written what it was at."""
LOOK_EVERY_S: Final = 0.01


@contextmanager
def own_folder(folder: Path) -> Iterator[int]:
    """Hold the folder, by an open file: the folder is held until that is closed by all that have it, however they end.

    Raises ConfigError when it cannot be had.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (folder / LOCK).open("w")
    except OSError as error:
        raise ConfigError(
            f"--data {folder}: cannot be used ({error.strerror}); give a folder that may be written to"
        ) from None
    with lock:
        until = time.monotonic() + LEFT_S
        while not _taken(lock):
            if time.monotonic() > until:
                raise ConfigError(f"--data {folder}: another server uses it; stop that one, or give another folder")
            time.sleep(LOOK_EVERY_S)
        yield lock.fileno()


def _taken(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
