"""One task a session: it takes one thing at a time, asks the core, keeps what the core says, and then sends it.

The actor owns the core, the binding and the numbering; others only put things in its mailbox, or bind and unbind
at moments between its awaits. A defect in here or in the core ends this session alone.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

import attrs
import structlog
import trio

from engine.adapters.supervisor import Platform
from engine.journal.spi import Journal, Record
from engine.observe import Metrics
from engine.sessions.desktop import Desktop
from engine.sessions.mailbox import Mailbox
from engine.sessions.replies import bound_elsewhere, failure
from protocol.commands import Resume
from protocol.errors import FailureCode, Refused
from protocol.ids import SessionId
from protocol.messages import BadRequest, Event, Failure, Request, Success
from protocol.platform import ChannelReport
from protocol.results import BindOutcome, Bound, BoundSession
from protocol.states import DisposalCause, SessionState
from protocol.wire import encode
from statemachines.core import SessionCore
from statemachines.effects import (
    Answered,
    Call,
    CallRefused,
    DeadlineCame,
    DesktopBound,
    DesktopLost,
    Effect,
    End,
    Ended,
    Ignored,
    Input,
    Reported,
    RequestCame,
    Send,
    SendAgain,
)

log = structlog.get_logger()

CATCH_UP_RECORDS: Final = 256
"""How many messages are read from the journal at once for a desktop that resumes."""
HELD_BACK: Final = 1024
"""How many repeated responses may wait for a desktop that is catching up."""


@attrs.define
class Asked:
    """A request on its way to the core. `unbind`: to be carried out by the actor itself, in its turn."""

    request: Request | BadRequest
    came: float
    desktop: Desktop
    unbind: bool = False


@attrs.frozen
class _StartAnew:
    """Bind this desktop as soon as no call is under way, forgetting what it was told before."""

    desktop: Desktop
    answer: Callable[[Bound], None]
    refuse: Callable[[Refused], None]


class SessionActor:
    """Runs one session. `run` is its task; everything else may be called from other tasks and does not block."""

    def __init__(
        self,
        core: SessionCore,
        *,
        session: SessionId,
        fence: int,
        platform: Platform,
        journal: Journal,
        metrics: Metrics,
        inbox_requests: int,
        inbox_reports: int,
    ) -> None:
        self.session = session
        self.agent = core.session.agent_id
        self.epoch = 1
        self.over = trio.Event()
        """Set when the session has ended and everything about it has been sent."""
        self._core = core
        self._fence = fence
        self._platform = platform
        self._journal = journal
        self._metrics = metrics
        self._mailbox: Mailbox[End | _StartAnew, Asked] = Mailbox(requests=inbox_requests, reports=inbox_reports)
        self._desktop: Desktop | None = None
        self._kept = 0
        """The number of the last message in the journal, which is the last one on its way to the desktop."""
        self._held_back: list[bytes] | None = None
        """Repeated responses for a desktop that is catching up, and must not get them before it has."""
        self._ending: End | None = None
        self._turned = trio.Event()
        self._asking: trio.CancelScope | None = None
        self._log = log.bind(session=session, agent=self.agent)

    # What other tasks may do

    @property
    def desktop(self) -> Desktop | None:
        """Who has bound the session now."""
        return self._desktop

    @property
    def waiting_requests(self) -> int:
        return self._mailbox.waiting_requests

    async def wait_idle(self) -> None:
        """Return when no request is under way or waits, or the session has ended."""
        while (self._core.busy or self._mailbox.waiting_requests) and not self.over.is_set():
            self._turned = trio.Event()
            await self._turned.wait()

    def submit(self, asked: Asked) -> bool:
        """Queue a request; False when too many wait."""
        return self._mailbox.put_request(asked)

    def report(self, report: ChannelReport) -> None:
        """Queue what the platform tells. A platform that floods the session loses it."""
        if not self._mailbox.put_report(report):
            self.end(DisposalCause.PLATFORM_LOST, "the CTI platform reported more than the session could take")

    def end(self, cause: DisposalCause, message: str) -> None:
        """End the session now, whatever it waits for; `over` tells when it is done."""
        if self._ending is None:
            self._ending = End(cause, message)
            self._mailbox.put_control(self._ending)
            if self._asking is not None:
                self._asking.cancel()

    def unbind(self, desktop: Desktop) -> None:
        """The connection is gone. Does nothing when another has bound the session since."""
        if self._desktop is desktop:
            self._desktop = None
            self._held_back = None
            self._core.handle(DesktopLost(), now=trio.current_time())
            self._mailbox.poke()

    async def bind(
        self,
        desktop: Desktop,
        resume: Resume | None,
        answer: Callable[[Bound], None],
        refuse: Callable[[Refused], None],
    ) -> None:
        """Bind a desktop that has the right to it. `answer` or `refuse` is called before anything else is sent.

        A desktop that resumes, or is the first, is bound at once, even while the platform is being asked; one that
        has to start anew is bound when the actor comes to it.
        """
        if resume is not None and resume.epoch == self.epoch and resume.seq <= self._kept:
            if await self._journal.read(self.session, resume.seq, at_most=1) is not None and not self.over.is_set():
                self._take(desktop)
                self._held_back = []
                answer(self._bound(BindOutcome.RESUMED, self._kept))
                desktop.feed(partial(self._catch_up, desktop, resume.seq))
                return
        elif resume is None and self._core.seq == 0:
            self._take(desktop)
            answer(self._bound(BindOutcome.NEW, 0))
            return
        if self.over.is_set():
            refuse(_ended())
        else:
            self._mailbox.put_control(_StartAnew(desktop, answer, refuse))

    async def _catch_up(self, desktop: Desktop, cursor: int) -> None:
        """Send what was missed, as fast as the desktop takes it, and then let live traffic through.

        What is said meanwhile is kept in the journal and found there, so nothing piles up for a slow desktop.
        """
        while self._desktop is desktop:
            if cursor == self._kept:
                again, self._held_back = self._held_back or (), None
                for text in again:
                    desktop.deliver(text)
                return
            records = await self._journal.read(self.session, cursor, at_most=CATCH_UP_RECORDS)
            if records is None:
                desktop.cut("history trimmed")
                return
            for record in records:
                await desktop.deliver_in_time(record.text)
                cursor = record.seq

    # The task

    async def run(self) -> None:
        """Live until the session ends. Raises nothing but cancellation."""
        try:
            while not self.over.is_set():
                item = await self._mailbox.wait(self._core.next_deadline())
                await self._turn(item)
                self._turned.set()
        except Exception:
            self._log.exception("session_defect", seq=self._core.seq)
            await self._collapse()

    async def _turn(self, item: End | _StartAnew | ChannelReport | Asked | None) -> None:
        match item:
            case Asked(unbind=True):
                self._unbind_in_turn(item)
            case Asked():
                result = await self._step(RequestCame(item.request))
                command = item.request.command.name if isinstance(item.request, Request) else "unknown"
                self._metrics.command_done(command, result, trio.current_time() - item.came)
            case ChannelReport():
                result = await self._step(Reported(item))
                self._metrics.platform_report("ignored" if result == "ignored" else "applied")
            case End():
                await self._step(item)
            case _StartAnew():
                self._start_anew(item)
            case None if trio.current_time() >= self._core.next_deadline():
                await self._step(DeadlineCame())
            case None:
                pass

    async def _step(self, given: Input) -> str:
        """Give the core one input, and go on until it asks the platform nothing more. Returns the first result."""
        result = ""
        effects = self._core.handle(given, now=trio.current_time())
        while True:
            result = result or _result_of(effects)
            call = await self._carry_out(effects)
            if call is None:
                return result
            effects = self._core.handle(await self._ask(call), now=trio.current_time())

    async def _carry_out(self, effects: Iterable[Effect]) -> Call | None:
        """Keep the new messages, then send them; whatever else the effects want comes in its order."""
        records: list[Record] = []
        call: Call | None = None
        ended = False
        for effect in effects:
            match effect:
                case Send():
                    text = encode(effect.message, seq=effect.seq, context=effect.context)
                    records.append(Record(seq=effect.seq, text=text, requestid=effect.requestid))
                    if isinstance(effect.message, Event):
                        self._metrics.event_sent(effect.message.name)
                case SendAgain():
                    self._deliver_again(await self._journal.response(self.session, effect.requestid))
                case Ignored():
                    self._log.debug("platform_report_ignored", endpoint=effect.report.endpoint, why=effect.why)
                case Call():
                    call = effect
                case Ended():
                    ended = True
                    self._log.info("session_ended", cause=effect.cause or "LOGOUT")
        if records:
            await self._journal.append(self.session, self._fence, records)
            self._kept = records[-1].seq
            self._deliver(records)
        if ended:
            self._finish()
        return call

    async def _ask(self, call: Call) -> Answered | CallRefused | End:
        with trio.CancelScope() as self._asking:
            if self._ending is not None:
                self._asking.cancel()
            try:
                return Answered(await self._platform.perform(self.agent, call.call))
            except Refused as refusal:
                return CallRefused(refusal.code, refusal.message)
            finally:
                self._asking = None
        # Cancelled by `end`, whose End waits in the mailbox as well; there it finds the session over.
        return self._ending or CallRefused(FailureCode.PLATFORM_UNAVAILABLE, "the call was given up")

    # Binding

    def _bound(self, outcome: BindOutcome, seq: int) -> Bound:
        return Bound(
            session=BoundSession(id=self.session, state=self._core.session.state),
            epoch=self.epoch,
            seq=seq,
            outcome=outcome,
        )

    def _take(self, desktop: Desktop) -> None:
        """Make `desktop` the one that binds the session, and tell the one before."""
        before, self._desktop = self._desktop, desktop
        self._held_back = None
        if before is not None and before is not desktop:
            before.deliver(encode(bound_elsewhere(self.session)))
            before.release(self.session)
        self._core.handle(DesktopBound(), now=trio.current_time())
        self._mailbox.poke()

    def _start_anew(self, waiting: _StartAnew) -> None:
        if waiting.desktop.gone:
            return
        self._take(waiting.desktop)
        self._core.handle(DesktopBound(reset=True), now=trio.current_time())
        self.epoch += 1
        waiting.answer(self._bound(BindOutcome.RESET, self._core.seq))

    def _unbind_in_turn(self, asked: Asked) -> None:
        request = asked.request
        message = Success(command=request.name or "", target=self.session, requestid=request.requestid)
        asked.desktop.release(self.session)
        self.unbind(asked.desktop)
        asked.desktop.deliver(encode(message))

    def _deliver(self, records: Iterable[Record]) -> None:
        """Send what has just been kept; a desktop that is catching up finds it in the journal."""
        if self._desktop is not None and self._held_back is None:
            for record in records:
                self._desktop.deliver(record.text)

    def _deliver_again(self, text: bytes) -> None:
        if self._desktop is None:
            return
        if self._held_back is None:
            self._desktop.deliver(text)
        elif len(self._held_back) < HELD_BACK:
            self._held_back.append(text)
        else:
            self._desktop.cut("slow consumer")

    # The end

    async def _collapse(self) -> None:
        """After a defect: end the session in good order if the core still can, and in any case end it."""
        end = End(DisposalCause.INTERNAL_ERROR, "the processor has a defect; prepare a new session")
        try:
            if self._core.session.state is not SessionState.DISPOSED:
                await self._carry_out(self._core.handle(end, now=trio.current_time()))
        except Exception:
            self._log.exception("session_defect_at_end")
        self._finish()

    def _finish(self) -> None:
        """Let go of the desktop, answer whoever still waits, and say that it is over."""
        if self.over.is_set():
            return
        self.over.set()
        self._turned.set()
        desktop, self._desktop = self._desktop, None
        if desktop is not None:
            desktop.release(self.session)
        refusal = _ended()
        control, requests = self._mailbox.drain()
        for asked in requests:
            asked.desktop.deliver(encode(failure(refusal, asked.request)))
        for waiting in control:
            if isinstance(waiting, _StartAnew):
                waiting.refuse(refusal)


def _ended() -> Refused:
    return Refused(FailureCode.NOT_BOUND, "the session has ended; prepare a new one")


def _result_of(effects: Iterable[Effect]) -> str:
    """How the input fared: success, a failure code, repeated, ignored, or nothing yet."""
    for effect in effects:
        match effect:
            case Send(message=Success()):
                return "success"
            case Send(message=Failure() as failed):
                return failed.failure.code
            case SendAgain():
                return "repeated"
            case Ignored():
                return "ignored"
    return ""
