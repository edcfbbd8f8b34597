"""A server that takes long over each session that it takes up."""

from collections.abc import Sequence

import trio

from engine.journal.spi import JournalError, Stored
from engine.journal.sqlite import SqliteJournal
from protocol.ids import SessionId
from tests.faults import serve

EACH_S = 0.6

load_each = SqliteJournal.load_each


async def load_slowly(self: SqliteJournal, sessions: Sequence[SessionId]) -> Sequence[Stored | JournalError]:
    await trio.sleep(EACH_S * len(sessions))
    return await load_each(self, sessions)


if __name__ == "__main__":
    SqliteJournal.load_each = load_slowly  # type: ignore[method-assign] # that is the defect
    serve.main()
