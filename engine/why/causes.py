"""What brought each step of a session about: a request, a supervisor, the platform, a timer, the desktop, an end."""

import enum
from collections.abc import Iterable, Iterator

import attrs

from engine.why.steps import Step
from protocol.messages import BadRequest, Request
from protocol.platform import ChannelReport, InteractionReport, Report
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

    `interrupted`: the step whose request this one ends without an answer of the platform.
    """

    step: Step
    cause: Cause
    began: Step
    away: Step | None
    interrupted: Step | None = None


def with_causes(steps: Iterable[Step]) -> Iterator[Caused]:
    """Each step with what brought it about. An answer of the platform belongs to what asked for it."""
    began: Step | None = None
    away: Step | None = None
    for step in steps:
        match step.given:
            case Answered() | CallRefused() if began is not None:
                yield Caused(step, cause_of(began), began, away)
                continue
            case DesktopLost():
                away = step
            case DesktopBound():
                away = None
            case End() | Restarted() if step.messages and step.messages[0].get("result") == "failure":
                yield Caused(step, cause_of(step), step, away, interrupted=began)
                continue
        # A binding comes in the middle of a call, and does not end it.
        if began is None or not isinstance(step.given, DesktopLost | DesktopBound):
            began = step
        yield Caused(step, cause_of(step), step, away)


def cause_of(step: Step) -> Cause:
    """What the input of a step says of itself."""
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
        case PlatformReturned():
            text = "the platform was asked what had changed after a restart"
            return Cause(kind=CauseKind.RESTART, text=text, step=number)
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
