"""A journal that a process could come back from, in memory, and as slow or as full as a test wants it."""

from collections.abc import Sequence

import attrs
import trio

from engine.journal.memory import MemoryJournal
from engine.journal.spi import JournalError, Opening, Record, Step, Stored
from protocol.ids import SessionId


@attrs.define
class _History:
    opening: Opening
    steps: list[Step] = attrs.field(factory=list)
    over: bool = False
    lost: JournalError | None = None
    lost_at: float = 0.0
    """When that shows, by trio's clock: a write takes its time to fail as well."""


@attrs.frozen(eq=False)
class _Kept:
    journal: "FakeJournal"
    delay_s: float
    error: JournalError | None

    async def wait(self) -> None:
        await trio.sleep(self.delay_s)
        self.journal.kept += 1
        if self.error is not None:
            raise self.error


class FakeJournal(MemoryJournal):
    """`full`: how many of the next steps cannot be kept, for which `error` is raised. `delay_s`: how long each step
    takes. `kept` counts them."""

    durable = True

    def __init__(self, *, history_messages: int = 10_000, history_bytes: int = 1_000_000) -> None:
        super().__init__(history_messages=history_messages, history_bytes=history_bytes)
        self.full = 0
        self.error: type[JournalError] = JournalError
        self.delay_s = 0.0
        self.kept = 0
        self.histories: dict[SessionId, _History] = {}

    async def open(self, opening: Opening, fence: int) -> None:
        if self.full:
            self.full -= 1
            raise self.error("the disk is full")
        await super().open(opening, fence)
        self.histories[opening.session] = _History(opening)

    def put(self, session: SessionId, fence: int, step: Step) -> _Kept:  # type: ignore[override] # a Kept as well
        history = self.histories[session]
        if history.lost is not None:
            if trio.current_time() < history.lost_at:
                return _Kept(self, self.delay_s, history.lost)
            raise history.lost
        if self.full:
            self.full -= 1
            history.lost = self.error("the disk is full")
            history.lost_at = trio.current_time() + self.delay_s
            return _Kept(self, self.delay_s, history.lost)
        super().put(session, fence, step)
        history.steps.append(step)
        history.over |= step.over
        return _Kept(self, self.delay_s, None)

    async def load(self, session: SessionId) -> Stored:
        await trio.lowlevel.checkpoint()
        history = self.histories[session]
        if history.over:
            raise JournalError(f"session {session} has ended")
        history.lost = None
        return stored(history.opening, history.steps)

    async def load_each(self, sessions: Sequence[SessionId]) -> Sequence[Stored | JournalError]:
        return [await self.load(session) for session in sessions]


def stored(opening: Opening, steps: list[Step]) -> Stored:
    """The session from its latest picture on."""
    at = max((n for n, step in enumerate(steps, 1) if step.picture is not None), default=0)
    before = [record for step in steps[:at] for record in step.records]
    return Stored(
        session=opening.session,
        agent=opening.agent,
        token=opening.token,
        since=opening.since,
        picture=(steps[at - 1].picture or b"") if at else opening.picture,
        step=at,
        seq=len(before),
        at=steps[at - 1].at if at else 0.0,
        steps=tuple(steps[at:]),
        answered={record.requestid: record.seq for record in before if record.requestid is not None},
        remembered_bytes=sum(len(record.text) for record in _remembered(steps)),
    )


def _remembered(steps: list[Step]) -> list[Record]:
    return [record for step in steps for record in step.records if record.requestid is not None]
