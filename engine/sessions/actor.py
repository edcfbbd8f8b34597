"""One task a session: it takes one thing at a time, asks the core, keeps what the core says, and then sends it.

The actor owns the core, the binding and the numbering; others only put things in its mailbox, or bind and unbind
at moments between its awaits. A defect in here or in the core ends this session alone.
"""

from collections.abc import Callable, Mapping
from typing import Final

import structlog
import trio

from engine.adapters.platforms import Platforms
from engine.config import Limits
from engine.journal.spi import Fenced, Journal, JournalBroken, JournalError
from engine.observe import NO_TRACES, Metrics, Traces, concern
from engine.sessions.alarms import Alarms
from engine.sessions.asking import Asking
from engine.sessions.desktop import Desktop
from engine.sessions.holding import Holding
from engine.sessions.items import Asked, Item, PlatformBack, Queued, StartAnew, cause_of, session_over
from engine.sessions.ledger import Ledger
from engine.sessions.mailbox import Mailbox, Put
from engine.sessions.recovery import Recovery
from engine.sessions.steps import Steps
from engine.sessions.turns import Turns
from engine.supervision.oversight import Order, Oversight, Watch, Wish, ended, overloaded
from engine.supervision.shown import in_short
from protocol.commands import Resume
from protocol.errors import FailureCode, Refused
from protocol.events import WatchedSession
from protocol.ids import SessionId
from protocol.platform import Report
from protocol.results import Bound
from protocol.states import DisposalCause, SessionState
from statemachines.core import SessionCore
from statemachines.effects import End
from statemachines.settings import CoreSettings

log = structlog.get_logger()

_LEAVES_THE_AGENT: Final = frozenset({DisposalCause.INTERNAL_ERROR, DisposalCause.PLATFORM_LOST})
"""Causes by which a session ends without the agent being logged out, where the platform is there after all."""


class SessionActor:
    """Runs one session. `run` is its task; everything else may be called from other tasks and does not block."""

    def __init__(
        self,
        core: SessionCore,
        *,
        session: SessionId,
        fence: int,
        platform: Platforms,
        journal: Journal,
        metrics: Metrics,
        alarms: Alarms,
        limits: Limits,
        settings: CoreSettings,
        remembered_bytes: int,
        since: str,
        at: float = 0.0,
        steps: int = 0,
        revived: bool = False,
        traces: Traces = NO_TRACES,
        doubtful: bool = False,
    ) -> None:
        """`at`: the session's time goes on from there. `steps` were replayed since its latest picture. `revived`: it
        comes from the journal of a process before. `doubtful`: more may have been said in it than was kept.
        """
        self.session = session
        self.agent = core.session.agent_id
        self.over = trio.Event()
        """Set when the session has ended and everything about it has been kept."""
        self.fence = fence
        ledger = Ledger(core, journal, session, fence, at=at, steps=steps)
        self._ledger = traces.within(ledger, "take", "step")
        self._platform = platform
        self._asking = Asking(traces.within(platform, "perform", "call"), self.agent)
        self._metrics = metrics
        self._limits = limits
        self._mailbox: Mailbox[Queued] = Mailbox(
            requests=limits.inbox_requests, reports=limits.inbox_reports, posts=limits.inbox_posts
        )
        self._alarm = alarms.alarm(self._mailbox.poke)
        self._since = since
        self._oversight = Oversight(session, since, watches_at_most=limits.watches_per_session)
        self._holding = Holding(
            session,
            self.agent,
            ledger=ledger,
            journal=journal,
            mailbox=self._mailbox,
            metrics=metrics,
            over=self.over,
            doubtful=doubtful,
        )
        self._steps = Steps(
            self._ledger,
            mailbox=self._mailbox,
            holding=self._holding,
            oversight=self._oversight,
            asking=self._asking,
            metrics=metrics,
            traces=traces,
            remembered_bytes=remembered_bytes,
            on_ended=self._leave,
        )
        self._turns = Turns(
            session,
            self.agent,
            ledger=self._ledger,
            steps=self._steps,
            holding=self._holding,
            oversight=self._oversight,
            asking=self._asking,
            platform=platform,
            metrics=metrics,
            traces=traces,
        )
        self._recovery = Recovery(
            self._ledger,
            steps=self._steps,
            mailbox=self._mailbox,
            holding=self._holding,
            oversight=self._oversight,
            asking=self._asking,
            platform=platform,
            settings=settings,
            due=revived,
            give_up=self._give_up,
        )
        self._ending: End | None = None
        self._platform_back = False
        self._turned = trio.Event()
        self._item: Item = None
        """What the session is at."""

    # What other tasks may do

    @property
    def _core(self) -> SessionCore:
        return self._ledger.core

    @property
    def epoch(self) -> int:
        return self._core.epoch

    @property
    def desktop(self) -> Desktop | None:
        """Who has bound the session now."""
        return self._holding.desktop

    @property
    def since(self) -> str:
        """When it was prepared, UTC as RFC 3339 writes it."""
        return self._since

    @property
    def seq(self) -> int:
        """The number of the last message that was kept."""
        return self._ledger.kept

    @property
    def agent_watched(self) -> bool:
        """Has the platform been asked to watch the agent?"""
        return self._core.session.agent_watched

    @property
    def waiting_requests(self) -> int:
        return self._mailbox.waiting_requests

    async def drain(self) -> None:
        """Return when nothing is under way, due or waits, or the session has ended. The next process begins from what
        it is then."""
        while (self._core.busy or self._ledger.is_due or self._mailbox.waiting_requests) and not self.over.is_set():
            self._turned = trio.Event()
            await self._turned.wait()
        if not self.over.is_set():
            self._ledger.keep_picture()

    def submit(self, asked: Asked) -> None:
        """Queue a request. Raises Refused when the session cannot take it; it is not executed then."""
        if self.over.is_set():
            raise session_over()
        if not self._mailbox.put_request(asked):
            raise Refused(
                FailureCode.OVERLOADED,
                f"{self._limits.inbox_requests} requests of the session wait already; wait for responses, then "
                "repeat this one",
            )

    def wish(self, wish: Wish) -> None:
        """Queue what a supervisor wants. Raises Refused when the session cannot take it."""
        if self.over.is_set():
            raise ended(self.session)
        if not (self._oversight.has_room and self._mailbox.put_request(wish)):
            raise overloaded("too many requests of the session wait already")
        self._oversight.waiting += 1

    def unwatch(self, watch: Watch) -> None:
        self._oversight.stop(watch)

    def in_short(self) -> WatchedSession:
        return in_short(self._core.session, self._since)

    def report(self, report: Report) -> None:
        """Queue what the platform tells. A platform that floods the session loses it; a customer loses words."""
        match self._mailbox.put_report(report):
            case Put.LEFT_OUT:
                self._metrics.platform_report("left_out")
            case Put.FULL:
                self.end(DisposalCause.PLATFORM_LOST, "the CTI platform reported more than the session could take")

    def platform_back(self) -> None:
        """The platform, or a part of it, can be asked again after a loss."""
        self._platform_back = True
        self._mailbox.poke()

    def end(self, cause: DisposalCause, message: str) -> None:
        """End the session now, whatever it waits for; `over` tells when it is done. The first reason stands."""
        if self._ending is None:
            self._ending = End(cause, message)
            self._mailbox.poke()
            self._asking.give_up(self._ending)

    async def bind(
        self,
        desktop: Desktop,
        resume: Resume | None,
        answer: Callable[[Bound], None],
        refuse: Callable[[Refused], None],
    ) -> None:
        """See Holding."""
        await self._holding.bind(desktop, resume, answer, refuse)

    def unbind(self, desktop: Desktop) -> None:
        self._holding.unbind(desktop)

    async def settle(self) -> None:
        """After the end: let a desktop that is catching up have the last messages, in good time or not at all."""
        await self._holding.settle(self._limits.send_s)
        # Circles would be kept until the collector comes by, which is after tens of thousands of sessions.
        del self._steps, self._turns, self._recovery

    # The task

    async def run(self) -> None:
        """Live until the session ends. Raises nothing but cancellation."""
        concern(self._concern)
        while not self.over.is_set():
            try:
                if self._recovery.due:
                    await self._recovery.come_back()
                    self._turned.set()
                    await self._recovery.confirm()
                await self._live()
            except Fenced as error:
                log.error("session_fenced", error=str(error))  # noqa: TRY400 - no defect of ours
                self._give_up("runs elsewhere")
            except JournalBroken:
                await trio.sleep_forever()  # the journal's own task is ending the process
            except JournalError as error:
                log.error("session_step_not_kept", error=str(error))  # noqa: TRY400 - no defect of ours
                await self._recovery.begin(self._turns.interrupted())
            except Exception:
                log.exception("session_defect")
                await self._collapse()

    async def _live(self) -> None:
        while not self.over.is_set():
            self._ledger.raise_trouble()
            if self._ending is not None:
                self._item = self._ending
                await self._turns.take(self._item)
                continue
            if self._platform_back:
                self._platform_back, self._item = False, PlatformBack()
                await self._turns.take(self._item)
                continue
            self._alarm.set(self._ledger.deadline)
            self._item = await self._mailbox.wait()
            if self._item is None and self._ending is not None:
                continue  # it was woken to end
            await self._turns.take(self._item)
            self._turned.set()

    def give_up_unkept(self) -> None:
        """Its preparation could not be kept: there never was such a session. Instead of `run`."""
        self._finish()

    def _give_up(self, why: str) -> None:
        """End it here without a word, which could not be kept."""
        self._holding.cut(why)
        self._finish()

    def _concern(self) -> Mapping[str, object]:
        """What the log says of everything that is done here."""
        return {"session": self.session, "agent": self.agent, "seq": self._core.seq, **cause_of(self._item)}

    # The end

    async def _collapse(self) -> None:
        """After a defect: end the session in good order if it still can be, and in any case end it."""
        end = End(DisposalCause.INTERNAL_ERROR, "the processor has a defect; prepare a new session")
        try:
            self._core.rewind(self._ledger.kept)
            if self._core.session.state is not SessionState.DISPOSED:
                await self._steps.take(end)
        except Exception:
            log.exception("session_defect_at_end")
            self._holding.cut("defect")
            if self.agent_watched:
                await self._asking.log_out()
            self._platform.forget(self.agent)
        self._finish()

    async def _leave(self, cause: DisposalCause | None) -> None:
        """The core has ended the session."""
        if cause in _LEAVES_THE_AGENT and self.agent_watched:
            await self._asking.log_out()
        if cause is not DisposalCause.TAKEOVER:  # the session that comes has the agent
            self._platform.forget(self.agent)
        self._finish()

    def _finish(self) -> None:
        """Say that it is over, let go of a desktop that has all it should, and answer whoever still waits."""
        if self.over.is_set():
            return
        self.over.set()
        self._alarm.stop()
        self._turned.set()
        self._holding.finish()
        wishes: list[Wish] = []
        for waiting in self._mailbox.drain_requests():
            match waiting:
                case Asked():
                    waiting.refuse(session_over())
                case StartAnew():
                    self._holding.refuse_waiting(waiting)
                case Order() | Watch():
                    wishes.append(waiting)
        self._oversight.end(wishes)
