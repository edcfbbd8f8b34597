"""What a journal must do. Positions are the sessions' own message numbers: after 3 lies between 3 and 4."""

from collections.abc import Sequence
from typing import Protocol

import attrs

from protocol.ids import SessionId


class JournalError(Exception):
    """The journal cannot keep or give what it should; nothing of the failed call has been kept."""


class Fenced(JournalError):
    """Somebody with a newer fence writes for this session; this writer must stop."""


@attrs.frozen(kw_only=True)
class Record:
    """One message as it was sent: `text` is its JSON, byte for byte. `requestid` is set on an executed response."""

    seq: int
    text: bytes
    requestid: str | None = None


class Journal(Protocol):
    """Keeps the messages of sessions."""

    async def append(self, session: SessionId, fence: int, records: Sequence[Record]) -> None:
        """Keep all of `records` or none. Numbers go on where the last append ended.

        Raises Fenced when a greater fence has written for the session, JournalError when it cannot be kept.
        """
        ...

    async def read(self, session: SessionId, after: int, *, at_most: int) -> Sequence[Record] | None:
        """The first records after `after`, so many at most; None when some after it are kept no longer."""
        ...

    async def response(self, session: SessionId, requestid: str) -> bytes:
        """The response kept for a requestid. Raises JournalError when there is none."""
        ...

    async def end(self, session: SessionId) -> None:
        """The session is over; its records may go when their time has come."""
        ...

    async def flush(self) -> None:
        """Return when all that was appended would outlive the process, as far as this journal promises it."""
        ...
