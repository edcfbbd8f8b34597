"""What brought each step of a session about: a request, a supervisor, the platform, a timer, the desktop, an end.

An input does not say all of it. What the platform is asked for, and which timer ran out, shows in what came before and
in what the platform answered; so journals of any age are told alike.
"""

import enum
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import attrs

from engine.why.steps import Step
from protocol.messages import BadRequest, Request
from protocol.platform import ChannelReport, InteractionReport, Report, Snapshot
from protocol.states import DisposalCause
from statemachines.effects import (
    Answered,
    CallRefused,
    DeadlineCame,
    DesktopBound,
    DesktopLost,
    End,
    Ordered,
    PlatformReturned,
    Reported,
    RequestCame,
    Restarted,
)


class CauseKind(enum.StrEnum):
    REQUEST = "request"
    SUPERVISOR = "supervisor"
    REPORT = "report"
    TIMER = "timer"
    DESKTOP = "desktop"
    RESTART = "restart"
    PLATFORM = "platform"
    END = "end"


@attrs.frozen(kw_only=True)
class Cause:
    """`text` says it all; `step` is where it came in, the answer of the platform may have come later."""

    kind: CauseKind
    text: str
    step: int
    command: str | None = None
    requestid: str | None = None
    supervisor: str | None = None


@attrs.frozen
class Caused:
    """A step with its cause. `began`: the step of the cause. `away`: the step that lost the desktop, while it is.

    `reconciles`: the platform is asked what has changed there, and all of that is told together. `interrupted`: the
    step whose request this one ends without an answer of the platform.
    """

    step: Step
    cause: Cause
    began: Step
    away: Step | None
    reconciles: bool = False
    interrupted: Step | None = None


def with_causes(steps: Iterable[Step]) -> Iterator[Caused]:
    """Each step with what brought it about. An answer of the platform belongs to what asked for it."""
    past = _Past()
    return (past.take(step) for step in steps)


_UNKNOWN_REASON: Final = (CauseKind.PLATFORM, "")
_REASONS: Final[Mapping[bool | None, tuple[CauseKind, str]]] = {
    None: _UNKNOWN_REASON,
    False: (CauseKind.PLATFORM, " after it was out of reach"),
    True: (CauseKind.RESTART, " after a restart"),
}
"""By: is it the first time since a restart?"""


@attrs.define
class _Past:
    """What the steps so far say of those that come."""

    began: Step | None = None
    cause: Cause | None = None
    reconciles: bool = False
    bound: bool = False
    away: Step | None = None
    restarted: bool | None = None
    """Has nobody asked since a restart what has changed at the platform? That is the first that a session does then.
    None: what would tell is kept no longer."""
    reason: tuple[CauseKind, str] = _UNKNOWN_REASON
    """Why the platform was asked last what has changed."""

    def take(self, step: Step) -> Caused:
        if step.number == 1:
            self.restarted = False
        match step.given:
            case Answered() | CallRefused() if self.began is not None:
                self._heard(step, self.began)
                return self._goes_on(step)
            case DesktopBound() | DesktopLost():
                self._desktop(step)
                return Caused(step, cause_of(step), step, self.away)  # in the middle of a call it does not end that
            case Restarted():
                if self.bound:
                    self.bound, self.away = False, step
                self.restarted = True
                # It tells nothing of its own: what was under way ends by it, or goes on.
                return self._goes_on(step) if step.messages else Caused(step, cause_of(step), step, self.away)
            case End() if step.messages and step.messages[0].get("result") == "failure":
                return Caused(step, cause_of(step), step, self.away, interrupted=self.began)
        self._begin(step)
        return self._goes_on(step)

    def _goes_on(self, step: Step) -> Caused:
        return Caused(step, self.cause or cause_of(step), self.began or step, self.away, self.reconciles)

    def _desktop(self, step: Step) -> None:
        self.bound = isinstance(step.given, DesktopBound)
        self.away = None if self.bound else step

    def _begin(self, step: Step) -> None:
        self.began, self.reconciles = step, False
        if isinstance(step.given, PlatformReturned):
            self.reason, self.restarted = _REASONS[self.restarted], False
            self._asks(step, "asked")
            return
        self.cause = cause_of(step)
        if not isinstance(step.given, Answered | CallRefused | DeadlineCame):
            self.restarted = False  # those alone come between a restart and the question what has changed

    def _heard(self, step: Step, began: Step) -> None:
        """No other timer asks for a snapshot, or ends a session so: by this one the platform was asked once more."""
        is_snapshot = isinstance(step.given, Answered) and isinstance(step.given.answer, Snapshot)
        if isinstance(began.given, DeadlineCame) and (is_snapshot or _loses_the_platform(step)):
            self._asks(began, "asked again")

    def _asks(self, began: Step, asked: str) -> None:
        kind, since = self.reason
        self.reconciles = True
        self.cause = Cause(kind=kind, text=f"the platform was {asked} what had changed{since}", step=began.number)


def _loses_the_platform(step: Step) -> bool:
    return any(
        message.get("name") == "session.disposed" and message["data"]["cause"] == DisposalCause.PLATFORM_LOST
        for message in step.messages
    )


def cause_of(step: Step) -> Cause:
    """What the input of a step says of itself. Of PlatformReturned that is not enough: see `with_causes`."""
    given, number = step.given, step.number
    match given:
        case RequestCame(request):
            return _of_request(request, number)
        case Ordered():
            who = given.supervisor
            return Cause(
                kind=CauseKind.SUPERVISOR,
                text=f"supervisor {who.name} ({who.id}): {given.order.why}",
                step=number,
                supervisor=who.id,
            )
        case Reported(report):
            return Cause(kind=CauseKind.REPORT, text=_reported(report), step=number)
        case DeadlineCame():
            return Cause(kind=CauseKind.TIMER, text="a timer ran out", step=number)
        case DesktopBound(reset):
            how = "a desktop bound the session and starts anew" if reset else "a desktop bound the session"
            return Cause(kind=CauseKind.DESKTOP, text=how, step=number)
        case DesktopLost():
            return Cause(kind=CauseKind.DESKTOP, text="the desktop was lost", step=number)
        case Restarted():
            return Cause(kind=CauseKind.RESTART, text="the processor was started again", step=number)
        case End():
            return Cause(kind=CauseKind.END, text=f"{given.cause}: {given.message}", step=number)
        case _:
            # What asked for it is no longer in the journal.
            return Cause(kind=CauseKind.REPORT, text="the platform answered a call", step=number)


def _of_request(request: Request | BadRequest, number: int) -> Cause:
    command = request.command.name if isinstance(request, Request) else "a message that is no request"
    named = f"request {request.requestid}" if request.requestid else "a request without requestid"
    return Cause(
        kind=CauseKind.REQUEST,
        text=f"{named}: {command}",
        step=number,
        command=command if isinstance(request, Request) else None,
        requestid=request.requestid,
    )


def _reported(report: Report) -> str:
    match report:
        case ChannelReport():
            state = f"{report.loginstate}/{report.agentstate}" if report.agentstate else report.loginstate
            return f"the platform reported endpoint {report.endpoint}: {state}"
        case InteractionReport():
            end = f" by {report.cause}" if report.cause else ""
            return f"the platform reported interaction {report.id} at {report.endpoint}: {report.state}{end}"
        case _:
            what = type(report).__name__
            return f"the platform told of interaction {report.interaction} at {report.endpoint}: {what}"
