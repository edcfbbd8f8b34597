"""A server that sends what is not kept yet, on a disk that takes its time."""

import trio

from engine.journal.rows import Batch
from engine.journal.sqlite import SqliteJournal
from engine.sessions.ledger import Taken
from tests.faults import serve

write = SqliteJournal._write


async def at_once(_: Taken) -> None:
    """Do not wait for the journal."""


async def slowly(self: SqliteJournal, batch: Batch) -> None:
    await trio.sleep(0.1)
    await write(self, batch)


if __name__ == "__main__":
    Taken.wait_kept = at_once  # type: ignore[method-assign] # that is the defect
    SqliteJournal._write = slowly  # type: ignore[method-assign] # so that it shows
    serve.main()
