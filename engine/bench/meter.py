"""What a process on this machine uses, and those that it has started, as the kernel tells."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

TICKS: Final = os.sysconf("SC_CLK_TCK")
PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")


def cpu_s(pid: int) -> float:
    """The processor time that a process has used, in steps of 10 ms as a rule."""
    return sum(ticks for each in (pid, *_children(pid)) for ticks in _ticks(each)) / TICKS


def memory_bytes(pid: int) -> int:
    """What a process holds in memory."""
    return sum(_pages(each) for each in (pid, *_children(pid))) * PAGE_BYTES


def _ticks(pid: int) -> tuple[int, int]:
    """In its own code, and in the system's."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return int(fields[11]), int(fields[12])


def _pages(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1])


def _children(pid: int) -> Iterator[int]:
    """Those that it has started, and theirs, as far as they are there still."""
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):
            for child in task.read_text(encoding="utf-8").split():
                yield int(child)
                yield from _children(int(child))


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
