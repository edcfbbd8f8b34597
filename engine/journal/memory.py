"""A journal in memory: survives the loss of connections, not of the process."""

import itertools
from collections import deque
from collections.abc import Sequence

import attrs
import trio

from engine.journal.spi import Fenced, JournalError, Record
from protocol.ids import SessionId


@attrs.define
class _Kept:
    fence: int
    records: deque[Record] = attrs.field(factory=deque)
    responses: dict[str, bytes] = attrs.field(factory=dict)
    last: int = 0
    bytes: int = 0


class MemoryJournal:
    """Keeps each session's last messages, so many and so many bytes at most (one at least), and every response that
    must not be made twice: for those, the session itself keeps a bound."""

    def __init__(self, *, history_messages: int, history_bytes: int) -> None:
        self._messages = history_messages
        self._bytes = history_bytes
        self._sessions: dict[SessionId, _Kept] = {}

    async def append(self, session: SessionId, fence: int, records: Sequence[Record]) -> None:
        await trio.lowlevel.checkpoint_if_cancelled()
        kept = self._sessions.get(session)
        if kept is None:
            kept = self._sessions[session] = _Kept(fence)
        if fence < kept.fence:
            raise Fenced(f"session {session}: fence {fence} is older than {kept.fence}")
        if [record.seq - kept.last for record in records] != list(range(1, len(records) + 1)):
            raise JournalError(f"session {session}: a gap after message {kept.last}")
        kept.fence = fence
        kept.last += len(records)
        for record in records:
            kept.records.append(record)
            kept.bytes += len(record.text)
            if record.requestid is not None:
                kept.responses[record.requestid] = record.text
        while len(kept.records) > self._messages or (kept.bytes > self._bytes and len(kept.records) > 1):
            kept.bytes -= len(kept.records.popleft().text)

    async def read(self, session: SessionId, after: int, *, at_most: int) -> Sequence[Record] | None:
        await trio.lowlevel.checkpoint_if_cancelled()
        kept = self._sessions.get(session)
        if kept is None:
            return None if after else ()
        begin = after - (kept.last - len(kept.records))
        if not 0 <= begin <= len(kept.records):
            return None
        return list(itertools.islice(kept.records, begin, begin + at_most))

    async def response(self, session: SessionId, requestid: str) -> bytes:
        await trio.lowlevel.checkpoint_if_cancelled()
        kept = self._sessions.get(session)
        if kept is None or requestid not in kept.responses:
            raise JournalError(f"session {session}: no response is kept for this requestid")
        return kept.responses[requestid]

    async def end(self, session: SessionId) -> None:
        await trio.lowlevel.checkpoint_if_cancelled()
        self._sessions.pop(session, None)

    async def flush(self) -> None:
        await trio.lowlevel.checkpoint_if_cancelled()
