"""The folder of what outlives the process: made where it is missing, and owned by one process at a time."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from engine.config import ConfigError

LOCK: Final = "lock"


@contextmanager
def own_folder(folder: Path) -> Iterator[None]:
    """Hold the folder. The lock goes with the process, however that ends. Raises ConfigError when it cannot be had."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (folder / LOCK).open("w")
    except OSError as error:
        raise ConfigError(
            f"--data {folder}: cannot be used ({error.strerror}); give a folder that may be written to"
        ) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConfigError(
                f"--data {folder}: another server uses it; stop that one, or give another folder"
            ) from None
        yield
