"""A server that puts its journal aside while it starts, and back when it has looked at it."""

import time
from collections.abc import Callable
from pathlib import Path

from engine.journal.sqlite import FILE, SqliteJournal
from tests.faults import serve

LOOK_S = 2.0

open_journal: Callable[[SqliteJournal], None] = SqliteJournal._open


def open_aside(self: SqliteJournal) -> None:
    there = list(self.path.parent.glob(f"{FILE}*"))
    for file in there:
        file.rename(_aside(file))
    time.sleep(LOOK_S)
    for file in there:
        _aside(file).rename(file)
    open_journal(self)


def _aside(file: Path) -> Path:
    return file.with_name(f"aside-{file.name}")


if __name__ == "__main__":
    SqliteJournal._open = open_aside  # type: ignore[method-assign] # that is the defect
    serve.main()
