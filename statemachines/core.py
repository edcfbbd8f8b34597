"""The session core: inputs and the time go in, ordered effects come out. It never waits, and knows no clock.

One input at a time. While a platform call is under way (`busy`), the core takes its outcome, bindings without reset,
and End: requests and reports wait outside, which makes every block of events contiguous. Source: specs/protocol.md,
"Ordering".
"""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import attrs

from protocol.errors import FailureCode, Refused
from protocol.events import By, SessionDisposed
from protocol.messages import BadRequest, Request
from protocol.states import DisposalCause, SessionState
from statemachines.actions.absence import log_out, park
from statemachines.actions.interaction import end_wrapup, forget
from statemachines.actions.reconcile import NOT_HEARD, other_commands, reconcile
from statemachines.actions.supervision import obey
from statemachines.contact import Interaction
from statemachines.effects import (
    Answered,
    CallRefused,
    DeadlineCame,
    DesktopBound,
    DesktopLost,
    Effect,
    End,
    Ended,
    Ignored,
    Input,
    OrderDone,
    Ordered,
    PlatformReturned,
    Reported,
    RequestCame,
    Restarted,
    SendAgain,
)
from statemachines.judge import judge
from statemachines.keeping import picture, restore
from statemachines.object import shared
from statemachines.operation import Operation, Outcome, Stopped
from statemachines.outbox import Outbox
from statemachines.reports import take_in_report
from statemachines.sequences import Happening, What
from statemachines.session import SESSION
from statemachines.settings import CoreSettings
from statemachines.table import fire
from statemachines.timers import first_timer, set_timers, timers
from statemachines.underway import Underway
from statemachines.world import Session

RECONCILE_AGAIN_S: Final = 2.0
"""When the platform is asked again what has changed there, after it was out of reach or has not answered in time."""

ENDED_WHILE_ASKED: Final = {
    DisposalCause.PLATFORM_LOST: FailureCode.PLATFORM_UNAVAILABLE,
    DisposalCause.INTERNAL_ERROR: FailureCode.INTERNAL_ERROR,
}
"""What a request is answered whose session ends under it; INVALID_STATE for the other causes."""


class SessionCore:
    """One session's rules. Not for several tasks at once."""

    def __init__(self, session: Session, settings: CoreSettings, *, now: float) -> None:
        self.session = session
        self._settings = settings
        self._outbox = Outbox(session=session, debug=settings.debug)
        self._underway = Underway()
        self._not_ready_at = math.inf
        self._logout_at = now + settings.logout_after_s
        self._reconcile_at = math.inf
        self._timer_at = math.inf

    @property
    def busy(self) -> bool:
        """Is a platform call under way?"""
        return self._underway.busy

    @property
    def believed(self) -> bool:
        """Was the last outcome of a call an answer that was taken in? Then what was reported before it is older."""
        return self._underway.believed

    @property
    def bound(self) -> bool:
        """Has a desktop bound the session, and not been lost since?"""
        return math.isinf(self._logout_at)

    @property
    def epoch(self) -> int:
        """How many desktops have begun anew, the first one included."""
        return self._outbox.epoch

    @property
    def seq(self) -> int:
        """The number of the last message."""
        return self._outbox.seq

    @property
    def epoch_began(self) -> int:
        """The number of the last message before the present epoch: what came until then is of another one."""
        return self._outbox.epoch_began

    def remembers(self, requestid: str) -> bool:
        """Was a request with this requestid answered?"""
        return requestid in self._outbox.answered

    def is_at(self, requestid: str | None) -> bool:
        """Is it the request with this requestid that a platform call is under way for?"""
        return self._underway.is_for(requestid)

    def rewind(self, seq: int) -> None:
        """Nothing after message `seq` was kept, because of a defect; the numbers are free for the End that follows."""
        self._outbox.rewind(seq)

    def picture(self) -> dict[str, Any]:
        """All that it is now, as plain values, for `restored`. Not while a call is under way."""
        if self.busy:
            raise RuntimeError("a call is under way: there is no picture of that")
        return {
            "session": picture(self.session),
            "settings": attrs.asdict(self._settings),
            "seq": self._outbox.seq,
            "epoch": self._outbox.epoch,
            "epoch_began": self._outbox.epoch_began,
            "not_ready_at": self._not_ready_at,
            "logout_at": self._logout_at,
            "reconcile_at": self._reconcile_at,
        }

    @classmethod
    def restored(cls, plain: dict[str, Any], answered: Mapping[str, int]) -> "SessionCore":
        """The core of which this is the picture. `answered`: the requestids of before it, each with the number of its
        response. Raises ValueError for none."""
        core = cls(restore(plain["session"]), CoreSettings(**plain["settings"]), now=0.0)
        box = core._outbox
        box.seq, box.epoch, box.epoch_began = plain["seq"], plain["epoch"], plain.get("epoch_began", 0)
        box.answered.update(answered)
        core._not_ready_at, core._logout_at = plain["not_ready_at"], plain["logout_at"]
        core._reconcile_at, core._timer_at = plain["reconcile_at"], first_timer(core.session)
        return core

    def next_deadline(self) -> float:
        """When to come back with DeadlineCame; infinity when there is nothing to wait for."""
        if self.busy:
            return math.inf
        return min(self._not_ready_at, self._logout_at, self._reconcile_at, self._timer_at)

    def handle(self, given: Input, *, now: float) -> tuple[Effect, ...]:
        """Take one input at `now` (seconds, of any clock that does not go back) and return what to do, in order."""
        effects = tuple(self._handle(given, now))
        self._timer_at = set_timers(self.session, now)
        return effects

    def _handle(self, given: Input, now: float) -> Iterator[Effect]:
        match given:
            case RequestCame(request):
                yield from self._request(request)
            case Ordered():
                yield from self._ordered(given)
            case Answered(answer):
                yield from self._underway.answer(answer)
            case CallRefused(code, message):
                yield from self._underway.refuse(Refused(code, message))
            case Reported():
                yield from self._reported(given)
            case DesktopBound():
                self._not_ready_at = self._logout_at = math.inf
                if given.reset:
                    self._outbox.begin_epoch()
                    fire(SESSION, self.session, "reset")
            case DesktopLost():
                self._lose_desktop(now)
            case Restarted(settings):
                yield from self._restarted(settings, now)
            case PlatformReturned(features):
                self.session.features = shared(features)
                yield from self._reconcile(now)
            case DeadlineCame():
                yield from self._deadline(now)
            case _:
                yield from self._end(given)

    # Requests

    def _request(self, request: Request | BadRequest) -> Iterator[Effect]:
        if isinstance(request, BadRequest):
            yield self._outbox.failure(Refused(request.code, request.message), request)
            return
        if request.requestid is not None and (before := self._outbox.answered.get(request.requestid)) is not None:
            yield SendAgain(before)
            return
        try:
            action, subject, argument = judge(self.session, request)
        except Refused as refusal:
            yield self._outbox.failure(refusal, request)
            return
        yield from self._underway.begin(
            action.perform(self.session, subject, argument),
            finish=lambda outcome: self._respond(request, outcome),
            fail=lambda refusal: iter((self._outbox.failure(refusal, request),)),
            requestid=request.requestid,
        )

    def _respond(self, request: Request, outcome: Outcome) -> Iterator[Effect]:
        if isinstance(outcome, Stopped):
            yield self._outbox.failure(outcome.refusal, request, culprit=outcome.channel)
        else:
            yield self._outbox.success(request, outcome)
        yield from self._outbox.tell(outcome.happenings, request.requestid)
        if self.session.disposed:
            yield Ended(None)

    # Supervisors' orders

    def _ordered(self, given: Ordered) -> Iterator[Effect]:
        by = By(supervisor=given.supervisor, why=given.order.why)

        def finish(outcome: Outcome) -> Iterator[Effect]:
            yield from self._outbox.tell(outcome.happenings, by=by)
            yield OrderDone()
            if self.session.disposed:
                yield Ended(DisposalCause.SUPERVISOR)

        yield from self._underway.begin(
            obey(self.session, given.order, by),
            finish,
            fail=lambda refusal: iter((OrderDone(refusal.code, refusal.message),)),
        )

    # The platform, by itself

    def _reported(self, given: Reported) -> Iterator[Effect]:
        match take_in_report(self.session, given.report):
            case Ignored() as ignored:
                yield ignored
            case Happening() as happening:
                yield from self._outbox.tell((happening,))

    # After a time in which nothing was heard

    def _restarted(self, settings: CoreSettings | None, now: float) -> Iterator[Effect]:
        if settings is not None:
            self._settings, self._outbox.debug = settings, settings.debug
        if self.bound:
            self._lose_desktop(now)
        message = "the processor was started again while the CTI platform was asked; what it did of it comes as events"
        unheard = Refused(FailureCode.TIMEOUT, message)
        if self._underway.anew:
            yield from self._underway.drop(unheard)
            self._reconcile_at = now
        elif self._underway.busy:
            yield from self._underway.refuse(unheard)

    def _reconcile(self, now: float) -> Iterator[Effect]:
        self._reconcile_at = math.inf
        if self.session.state is not SessionState.INITIALIZED:
            return  # the next session.start asks

        def failed(refusal: Refused) -> Iterator[Effect]:
            if refusal.code in NOT_HEARD:
                self._reconcile_at = now + RECONCILE_AGAIN_S
                return iter(())
            message = f"the CTI platform has lost the agent: {refusal.message}; prepare a new session"
            return self._end(End(DisposalCause.PLATFORM_LOST, message))

        def told(outcome: Outcome) -> Iterator[Effect]:
            yield from self._outbox.tell(outcome.happenings)
            yield from self._outbox.tell(other_commands(self.session))

        yield from self._underway.begin(reconcile(self.session), told, failed, owed=False, anew=True)

    # Absence and the end

    def _lose_desktop(self, now: float) -> None:
        self._not_ready_at = now + self._settings.not_ready_after_s
        self._logout_at = now + self._settings.logout_after_s

    def _deadline(self, now: float) -> Iterator[Effect]:
        if now >= self._logout_at:
            self._not_ready_at = self._logout_at = math.inf
            end = End(DisposalCause.EXPIRED, "no desktop came back in time; the agent was logged out")
            if self.session.agent_watched:
                yield from self._run(log_out(self.session), lambda _: self._end(end))
            else:
                yield from self._end(end)
        elif now >= self._not_ready_at:
            # Comes round again: the platform may refuse, and a channel may go ready by itself.
            self._not_ready_at = now + self._settings.not_ready_after_s
            yield from self._run(park(self.session), self._parked)
        elif now >= self._reconcile_at:
            yield from self._reconcile(now)
        else:
            for at, interaction in timers(self.session):
                if now >= at:
                    yield from self._time_is_up(interaction)
                    return  # another one whose time has come has its own turn

    def _time_is_up(self, interaction: Interaction) -> Iterator[Effect]:
        if interaction.forget_at is not None:
            return self._outbox.tell((forget(self.session, interaction),))
        return self._run(end_wrapup(self.session, interaction), lambda outcome: self._outbox.tell(outcome.happenings))

    def _parked(self, outcome: Outcome) -> Iterator[Effect]:
        """After a reset nobody has been told of the channels; the next start tells what they are."""
        if self.session.state is SessionState.INITIALIZED:
            yield from self._outbox.tell(outcome.happenings)

    def _run(self, operation: Operation, finish: Callable[[Outcome], Iterator[Effect]]) -> Iterator[Effect]:
        """Do something of our own accord; such operations end well whatever the platform refuses."""

        def never(refusal: Refused) -> Iterator[Effect]:
            raise RuntimeError("an operation of our own let a refusal out") from refusal

        yield from self._underway.begin(operation, finish, never, owed=False)

    def _end(self, end: End) -> Iterator[Effect]:
        code = ENDED_WHILE_ASKED.get(end.cause, FailureCode.INVALID_STATE)
        yield from self._underway.drop(Refused(code, f"the session ended meanwhile: {end.message}"))
        fire(SESSION, self.session, "dispose")
        yield from self._outbox.tell(
            (
                Happening(
                    what=What.SESSION_DISPOSED,
                    subject=self.session,
                    disposal=SessionDisposed(cause=end.cause, message=end.message),
                ),
            )
        )
        yield Ended(end.cause)
