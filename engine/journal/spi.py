"""What a journal must do. Positions are the sessions' own message numbers: after 3 lies between 3 and 4.

A session is kept as the picture of its core when it was prepared, and the steps since: each input with what was said
for it. A step is kept whole or not at all, and in its order.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import attrs

from protocol.ids import SessionId


class JournalError(Exception):
    """The journal cannot keep or give what it should; nothing of the failed call has been kept, unless it is broken."""


class Fenced(JournalError):
    """Somebody with a newer fence writes for this session; this writer must stop."""


class JournalBroken(JournalError):
    """The journal cannot be trusted any longer, or cannot be opened; the message says what to do.

    What was being kept may have been kept or not: nobody is told either, and the next process finds out.
    """


@attrs.frozen(kw_only=True)
class Record:
    """One message as it was sent: `text` is its JSON, byte for byte. `requestid` is set on an executed response."""

    seq: int
    text: bytes
    requestid: str | None = None


@attrs.frozen(kw_only=True)
class Opening:
    """A session from its preparation on. `picture` is the core's, in msgpack; `token` the digest of its resume token;
    `since` when it was prepared, UTC as RFC 3339 writes it."""

    session: SessionId
    agent: str
    token: bytes = attrs.field(repr=False)
    since: str
    picture: bytes = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Step:
    """One input of the core and what came of it.

    `at` is the session's time in seconds, 0 when it was prepared; `given` the input, packed, in msgpack. `over`: the
    session has ended by it. `picture` is the core's after it, where one was taken. `wall` is a label that the journal
    sets: when it was put, by the wall clock, in seconds since 1970.
    """

    at: float
    given: bytes = attrs.field(repr=False)
    records: tuple[Record, ...] = ()
    over: bool = False
    picture: bytes | None = attrs.field(default=None, repr=False)
    wall: float = attrs.field(default=0.0, eq=False)


@attrs.frozen(kw_only=True)
class Stored:
    """A session as far as it was kept: the latest picture and the steps behind it. `answered` are the requestids
    answered before that picture, each with the number of its response; `step`, the number of its step, `seq` and `at`,
    the session's time, belong to the picture."""

    session: SessionId
    agent: str
    token: bytes = attrs.field(repr=False)
    since: str
    picture: bytes = attrs.field(repr=False)
    step: int
    seq: int
    at: float
    steps: tuple[Step, ...]
    answered: Mapping[str, int] = attrs.field(repr=False)
    remembered_bytes: int
    """What the responses to all requestids come to, those of the steps included."""

    @property
    def last(self) -> int:
        """The number of its last message."""
        return self.seq + sum(len(step.records) for step in self.steps)

    @property
    def numbered(self) -> Iterator[tuple[int, Step]]:
        """The steps, each with its number in the session's life."""
        return enumerate(self.steps, self.step + 1)


class Kept(Protocol):
    """A step on its way into the journal."""

    async def wait(self) -> None:
        """Return when the step outlives what the journal promises to outlive. Raises JournalError when it does not."""
        ...


class Journal(Protocol):
    """Keeps the steps of sessions.

    Who looks something up in the file is not answered any more once the journal has ended: the process is ending, too.
    """

    durable: bool
    """Does it outlive the process?"""
    first_fence: int
    """Greater than every fence of earlier processes."""
    may_have_lost: bool
    """May messages be missing that an earlier process has sent? Then numbers of then say nothing."""

    @property
    def trouble(self) -> str:
        """Why nothing can be kept at present, as a sentence; empty while all is well."""
        ...

    async def open(self, opening: Opening, fence: int) -> None:
        """Begin a session. Raises JournalError when it cannot be kept."""
        ...

    def put(self, session: SessionId, fence: int, step: Step) -> Kept:
        """Queue one step; steps are kept in the order of these calls, and their numbers go on where the last ended.

        Raises Fenced when a greater fence has written for the session, JournalError for a gap, or when an earlier step
        could not be kept: then `load` the session first.
        """
        ...

    async def read(self, session: SessionId, after: int, *, at_most: int) -> Sequence[Record] | None:
        """The first records after `after`, so many at most; None when some after it are kept no longer.

        Raises JournalError when what was kept is damaged.
        """
        ...

    async def response(self, session: SessionId, seq: int) -> bytes | JournalError:
        """The response with this number, to a requestid; in place of one that is damaged or missing, what is wrong."""
        ...

    async def load(self, session: SessionId) -> Stored:
        """The session as far as it was kept. Raises JournalError when it has ended or is damaged."""
        ...

    async def load_each(self, sessions: Sequence[SessionId]) -> Sequence[Stored | JournalError]:
        """Several sessions at once, in this order; in place of one that has ended or is damaged, what is wrong."""
        ...

    async def living(self) -> Sequence[SessionId]:
        """The sessions that have not ended, in the order of their preparation."""
        ...

    async def end(self, session: SessionId) -> None:
        """Nobody asks for the session any more; it may go when its time has come."""
        ...

    async def flush(self) -> None:
        """Return when all that was put is kept, or has failed."""
        ...
