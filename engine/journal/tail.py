"""The last messages of a session, at hand without a look into the file: most of those who come back missed no more."""

from collections.abc import Iterable
from typing import Final

from engine.journal.spi import Record

TAIL_BYTES: Final = 4096
"""So much a session holds in memory for it, at most."""


class Tail:
    """Messages that follow one another without a gap, the last ones that were kept."""

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self._records: list[Record] = []  # a few, and a deque takes the room of sixty-four
        self._bytes = 0
        self.add(records)

    def add(self, records: Iterable[Record]) -> None:
        """What was kept next. The oldest go where there is no room."""
        for record in records:
            self._records.append(record)
            self._bytes += len(record.text)
        gone = 0
        while self._bytes > TAIL_BYTES:
            self._bytes -= len(self._records[gone].text)
            gone += 1
        del self._records[:gone]

    def behind(self, after: int, at_most: int) -> list[Record] | None:
        """The first records after `after`, so many at most; None where it does not go back so far, or not so far on."""
        if not self._records or not self._records[0].seq - 1 <= after <= self._records[-1].seq:
            return None
        begin = after - self._records[0].seq + 1
        return self._records[begin : begin + at_most]
