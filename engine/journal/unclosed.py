"""A mark in the folder while a journal is open: who finds it knows that it was not closed, and how it was written.

Where it did not wait for the disk, and the machine has been started anew since, messages that were sent may be missing.
"""

import json
import os
from pathlib import Path
from typing import Any, Final

MARK: Final = "unclosed.json"
BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


def boot() -> str:
    """Which run of the machine this is; empty where the system does not tell."""
    try:
        return BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def may_have_lost(folder: Path) -> bool:
    """May messages be missing that were sent? Once in doubt, a journal stays so until it has been closed."""
    try:
        mark = json.loads((folder / MARK).read_bytes())
    except FileNotFoundError:
        return False
    except ValueError:
        return True
    match mark:
        case {"durability": "full", "doubtful": False}:
            return False
        case {"durability": "normal", "doubtful": False, "boot": str(then)}:
            return then != boot() or not then
    return True


def mark_open(folder: Path, durability: str, *, doubtful: bool) -> None:
    """Before anything is kept. `durability`: "normal" also where the log may hold what nobody has waited for."""
    _put(folder, {"durability": durability, "doubtful": doubtful, "boot": boot()})


def mark_closed(folder: Path) -> None:
    """After everything was made durable."""
    (folder / MARK).unlink(missing_ok=True)


def _put(folder: Path, mark: dict[str, Any]) -> None:
    new = folder / f"{MARK}.new"
    with open(new, "wb", opener=_for_us_alone) as file:
        file.write(json.dumps(mark).encode())
        file.flush()
        os.fsync(file.fileno())
    new.replace(folder / MARK)
    make_durable(folder)


def _for_us_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def make_durable(folder: Path) -> None:
    """The names in it, that is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
