"""A server that says of a session that is not taken up yet that there is none."""

from collections.abc import Sequence

import trio

from engine.journal.spi import JournalError, Stored
from engine.journal.sqlite import SqliteJournal
from engine.sessions.registry import Registry
from protocol.ids import SessionId
from tests.faults import serve

load_each = SqliteJournal.load_each


async def not_at_all(_: Registry, __: SessionId | None = None) -> None:
    await trio.lowlevel.checkpoint()


async def load_slowly(self: SqliteJournal, sessions: Sequence[SessionId]) -> Sequence[Stored | JournalError]:
    await trio.sleep(2.0)  # the journal is long
    return await load_each(self, sessions)


if __name__ == "__main__":
    SqliteJournal.load_each = load_slowly  # type: ignore[method-assign] # so that there is something to wait for
    Registry.wait_revived = not_at_all  # type: ignore[method-assign] # that is the defect
    serve.main()
