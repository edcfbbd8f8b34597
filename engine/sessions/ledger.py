"""A session's core and its journal: what the core takes in is put down, in the same order, with what it says for it."""

from math import inf
from typing import Final

import attrs
import trio
from msgspec import msgpack

from engine.journal.rebuild import rebuild
from engine.journal.spi import Journal, JournalError, Kept, Record, Step
from protocol.ids import SessionId
from protocol.messages import BadRequest, Event, Failure, Request
from protocol.wire import encode
from statemachines.core import SessionCore
from statemachines.effects import Call, DeadlineCame, Effect, Ended, Ignored, Input, RequestCame, Send, SendAgain
from statemachines.record import pack

PICTURE_EVERY: Final = 8
"""So many steps of a session are replayed at most when it is taken from the journal. Replaying one takes four times as
long as taking a picture."""

REST_S: Final = 5.0
"""A session to which nothing has happened for so long takes a picture: after a crash nothing of it is replayed."""


@attrs.frozen
class Taken:
    """What came of an input; nothing of it may be seen outside before `wait_kept`.

    `records` are its messages, `events` the names of those that are events, `others` the effects that are no messages.
    `result`: success, a failure code, repeated, ignored, or nothing yet.
    """

    records: tuple[Record, ...]
    events: tuple[str, ...]
    others: tuple[Effect, ...]
    result: str
    _kept: Kept | None

    async def wait_kept(self) -> None:
        """Raises JournalError when it could not be kept: then it has not happened."""
        if self._kept is not None:
            await self._kept.wait()


class Ledger:
    """For one task, but for `note`, which any task may call, since it does not wait.

    Its time begins when the session is prepared, and stands still while the processor is down.
    """

    def __init__(
        self, core: SessionCore, journal: Journal, session: SessionId, fence: int, *, at: float = 0.0, steps: int = 0
    ) -> None:
        """`steps` behind its latest picture, as the journal has it."""
        self.core = core
        self.kept = core.seq
        """The number of the last message that is in the journal, as far as it is known here."""
        self.repeated: Request | BadRequest
        """The latest request that was answered before."""
        self._journal = journal
        self._session = session
        self._fence = fence
        self._began = trio.current_time() - at
        self._steps = steps
        """How many there are behind the latest picture."""
        self._rests_at = at + REST_S if steps else inf
        self._last: Kept | None = None
        self._trouble: JournalError | None = None

    @property
    def now(self) -> float:
        return trio.current_time() - self._began

    @property
    def deadline(self) -> float:
        """When to come with DeadlineCame, or to `rest`, by trio's clock."""
        return min(self.core.next_deadline(), self._rests_at) + self._began

    @property
    def is_due(self) -> bool:
        return self.now >= self.core.next_deadline()

    def kept_up_to(self, seq: int) -> None:
        self.kept = seq

    def note(self, given: Input, *, at: float | None = None) -> None:
        """Take an input that makes the core say nothing, and do not wait until it is kept."""
        try:
            self.take(given, at=at)
        except JournalError as error:
            self._trouble = error

    def raise_trouble(self) -> None:
        """Raises the JournalError of what was noted, if there was one."""
        trouble, self._trouble = self._trouble, None
        if trouble is not None:
            raise trouble

    def take(self, given: Input, *, at: float | None = None) -> Taken:
        """`at`: not quite now. Raises JournalError when the session has to be taken from the journal first."""
        at = self.now if at is None else at
        effects = self.core.handle(given, now=at)
        records: list[Record] = []
        events: list[str] = []
        others: list[Effect] = []
        result = ""
        for effect in effects:
            if not isinstance(effect, Send):
                others.append(effect)
                continue
            message = effect.message
            text = encode(message, seq=effect.seq, context=effect.context)
            records.append(Record(seq=effect.seq, text=text, requestid=effect.requestid))
            if isinstance(message, Event):
                events.append(message.name)
            elif isinstance(message, Failure):
                result = message.failure.code
            else:
                result = "success"
        said = tuple(records)
        match others:
            case [SendAgain() | Ignored() as lone] if not said:  # it has changed nothing
                if isinstance(given, RequestCame):
                    self.repeated = given.request
                return Taken(said, (), (lone,), "repeated" if isinstance(lone, SendAgain) else "ignored", None)
        asks = any(isinstance(effect, Call) for effect in others)
        over = any(isinstance(effect, Ended) for effect in others)
        self._last = kept = self._journal.put(self._session, self._fence, self._step(given, at, said, over=over))
        # A request that is not to be executed twice is kept before the platform hears of it.
        waits = said or over or (asks and _has_requestid(given))
        return Taken(said, tuple(events), tuple(others), result, kept if waits else None)

    async def all_kept(self) -> None:
        """Return when all that was taken is kept. Raises JournalError when some of it could not be."""
        if self._last is not None:
            await self._last.wait()

    async def response(self, seq: int) -> bytes | JournalError:
        """With this number, as it was kept; or what is wrong with it."""
        return await self._journal.response(self._session, seq)

    async def reset(self, given: Input) -> None:
        """Take an input that makes the core say nothing, and return when it is kept."""
        at = self.now
        self.core.handle(given, now=at)
        await self._journal.put(self._session, self._fence, self._step(given, at, (), over=False)).wait()

    def rest(self) -> None:
        """Nothing has happened; if that has been so for long enough, a picture is due."""
        if self.now >= self._rests_at:
            self._rests_at = inf
            self.keep_picture()

    def keep_picture(self) -> None:
        """Let whoever takes the session from the journal begin from what it is now, where that can be told."""
        at = self.now
        if self._journal.durable and not self.core.busy and at < self.core.next_deadline():
            self._steps = PICTURE_EVERY
            self.note(DeadlineCame(), at=at)  # nothing is due, so it changes nothing

    async def rebuild(self) -> None:
        """Take the session from the journal. Raises JournalError or ReplayDiffers when that cannot be done."""
        stored = await self._journal.load(self._session)
        self.core, at = rebuild(stored)
        self.kept = self.core.seq
        self._began = trio.current_time() - at
        self._steps, self._rests_at = len(stored.steps), at + REST_S
        self._trouble = None

    def _step(self, given: Input, at: float, records: tuple[Record, ...], *, over: bool) -> Step:
        if not self._journal.durable:
            return Step(at=at, given=b"", records=records, over=over)
        picture: bytes | None = None
        self._steps, self._rests_at = self._steps + 1, at + REST_S
        if self._steps >= PICTURE_EVERY and not (self.core.busy or over):
            self._steps, self._rests_at, picture = 0, inf, msgpack.encode(self.core.picture())
        return Step(at=at, given=msgpack.encode(pack(given)), records=records, over=over, picture=picture)


def _has_requestid(given: Input) -> bool:
    return isinstance(given, RequestCame) and given.request.requestid is not None
