"""A server that, for a position that is too old, begins with the oldest message that it has."""

from collections.abc import Sequence

from engine.journal.spi import Record
from engine.journal.sqlite import SqliteJournal
from protocol.ids import SessionId
from tests.faults import serve

read = SqliteJournal.read


async def read_what_is_left(
    self: SqliteJournal, session: SessionId, after: int, *, at_most: int
) -> Sequence[Record] | None:
    while (records := await read(self, session, after, at_most=at_most)) is None:
        after += 1
    return records


if __name__ == "__main__":
    SqliteJournal.read = read_what_is_left  # type: ignore[method-assign] # that is the defect
    serve.main()
