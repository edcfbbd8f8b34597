"""What a process on this machine uses, as the kernel tells."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

TICKS: Final = os.sysconf("SC_CLK_TCK")
PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")


def cpu_s(pid: int) -> float:
    """The processor time that a process has used, and those that it has started, in steps of 10 ms as a rule."""
    return _ticks(pid) / TICKS


def memory_bytes(pid: int) -> int:
    """What a process holds in memory, without those that it has started."""
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1]) * PAGE_BYTES


def children(pid: int) -> Iterator[int]:
    """The processes that it has started, as far as they are there still."""
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that has just ended
            yield from map(int, task.read_text(encoding="utf-8").split())


def _ticks(pid: int) -> int:
    """Its own, those of children that have ended, and those of children that are there."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    ticks = sum(map(int, fields[11:15]))
    for child in children(pid):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
            ticks += _ticks(child)
    return ticks


class Meter:
    """Looks at a process; at None it sees nothing, and says 0."""

    def __init__(self, pid: int | None) -> None:
        self._pid = pid
        self._last = 0.0 if pid is None else cpu_s(pid)

    def spent_s(self) -> float:
        """Processor time since it was asked last, or since it was made."""
        if self._pid is None:
            return 0.0
        before, self._last = self._last, cpu_s(self._pid)
        return self._last - before

    def memory_bytes(self) -> int:
        return 0 if self._pid is None else memory_bytes(self._pid)
