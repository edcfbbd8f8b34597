"""A journal in memory: survives the loss of connections, not of the process."""

import itertools
from collections import deque
from collections.abc import Sequence

import attrs
import trio

from engine.journal.spi import Fenced, JournalError, Opening, Record, Step, Stored
from protocol.ids import SessionId


@attrs.define
class _Session:
    opening: Opening
    fence: int
    records: deque[Record] = attrs.field(factory=deque)
    responses: dict[int, bytes] = attrs.field(factory=dict)
    last: int = 0
    bytes: int = 0


class _Kept:
    async def wait(self) -> None:
        await trio.lowlevel.checkpoint_if_cancelled()


class MemoryJournal:
    """Keeps each session's last messages, so many and so many bytes at most (one at least), and every response that
    must not be made twice: for those, the session itself keeps a bound. Of inputs it keeps nothing."""

    durable = False
    first_fence = 1
    may_have_lost = False
    trouble = ""

    def __init__(self, *, history_messages: int, history_bytes: int) -> None:
        self._messages = history_messages
        self._bytes = history_bytes
        self._sessions: dict[SessionId, _Session] = {}

    async def open(self, opening: Opening, fence: int) -> None:
        await trio.lowlevel.checkpoint_if_cancelled()
        self._sessions[opening.session] = _Session(opening, fence)

    def put(self, session: SessionId, fence: int, step: Step) -> _Kept:
        kept = self._find(session)
        if fence < kept.fence:
            raise Fenced(f"session {session}: fence {fence} is older than {kept.fence}")
        kept.fence = fence
        check_numbers(session, kept.last, step)
        for record in step.records:
            kept.records.append(record)
            kept.bytes += len(record.text)
            if record.requestid is not None:
                kept.responses[record.seq] = record.text
        kept.last += len(step.records)
        while len(kept.records) > self._messages or (kept.bytes > self._bytes and len(kept.records) > 1):
            kept.bytes -= len(kept.records.popleft().text)
        return _Kept()

    async def read(self, session: SessionId, after: int, *, at_most: int) -> Sequence[Record] | None:
        await trio.lowlevel.checkpoint_if_cancelled()
        kept = self._sessions.get(session)
        if kept is None:
            return None
        begin = after - (kept.last - len(kept.records))
        if not 0 <= begin <= len(kept.records):
            return None
        return list(itertools.islice(kept.records, begin, begin + at_most))

    async def response(self, session: SessionId, seq: int) -> bytes | JournalError:
        await trio.lowlevel.checkpoint_if_cancelled()
        kept = self._sessions.get(session)
        text = None if kept is None else kept.responses.get(seq)
        return text or JournalError(f"session {session}: message {seq} is kept as no response")

    async def load(self, session: SessionId) -> Stored:
        await trio.lowlevel.checkpoint_if_cancelled()
        raise _no_inputs(session)

    async def load_each(self, sessions: Sequence[SessionId]) -> Sequence[Stored | JournalError]:
        await trio.lowlevel.checkpoint_if_cancelled()
        return [_no_inputs(session) for session in sessions]

    async def living(self) -> Sequence[SessionId]:
        await trio.lowlevel.checkpoint_if_cancelled()
        return list(self._sessions)

    async def end(self, session: SessionId) -> None:
        await trio.lowlevel.checkpoint_if_cancelled()
        self._sessions.pop(session, None)

    async def flush(self) -> None:
        await trio.lowlevel.checkpoint_if_cancelled()

    def _find(self, session: SessionId) -> _Session:
        kept = self._sessions.get(session)
        if kept is None:
            raise JournalError(f"session {session}: is not kept")
        return kept


def _no_inputs(session: SessionId) -> JournalError:
    return JournalError(f"session {session}: inputs are not kept in memory")


def check_numbers(session: SessionId, last: int, step: Step) -> None:
    """Raises JournalError unless the step's messages go on where those before it ended."""
    for expected, record in enumerate(step.records, last + 1):
        if record.seq != expected:
            raise JournalError(f"session {session}: a gap after message {last}")
