"""What goes into the session core and what comes out of it. All frozen values, so that a journal can keep them."""

from typing import Any

import attrs

from protocol.commands import Order
from protocol.errors import FailureCode
from protocol.events import SupervisorInfo
from protocol.messages import BadRequest, Message, Request
from protocol.platform import Feature, PlatformCall, Report
from protocol.states import DisposalCause
from protocol.strictjson import Json
from statemachines.settings import CoreSettings

# Inputs


@attrs.frozen
class RequestCame:
    request: Request | BadRequest


@attrs.frozen
class Ordered:
    """A supervisor's order; OrderDone tells what became of it. Taken when no call is under way, like a request."""

    order: Order
    supervisor: SupervisorInfo


@attrs.frozen
class Answered:
    """The platform's answer to the call under way."""

    answer: object


@attrs.frozen
class CallRefused:
    """The call under way failed: refused by the platform, out of reach, or out of time."""

    code: FailureCode
    message: str


@attrs.frozen
class Reported:
    """The platform tells of a change by itself."""

    report: Report


@attrs.frozen
class DesktopBound:
    """A connection has bound the session. `reset`: it knows nothing of what was, and will start anew."""

    reset: bool = False


@attrs.frozen
class DesktopLost:
    """No connection binds the session any longer."""


@attrs.frozen
class Restarted:
    """The processor was started again: there is no desktop, and the outcome of a call under way will not be heard.

    From now on the session goes by these settings; None: by those it had.
    """

    settings: CoreSettings | None = None


@attrs.frozen
class PlatformReturned:
    """The platform can be asked again after a time in which nothing was heard of it: see what has changed there.

    Taken when no call is under way. `features` are what the platform can do now.
    """

    features: frozenset[Feature]


@attrs.frozen
class End:
    """End the session now, whatever it is doing."""

    cause: DisposalCause
    message: str


@attrs.frozen
class DeadlineCame:
    """The time that `next_deadline` named has come."""


Input = (
    RequestCame
    | Ordered
    | Answered
    | CallRefused
    | Reported
    | DesktopBound
    | DesktopLost
    | Restarted
    | PlatformReturned
    | End
    | DeadlineCame
)

# Effects, to be carried out in order


@attrs.frozen
class Send:
    """A new message: to be kept, then sent. `requestid` is set on a response that must never be made twice."""

    seq: int
    message: Message
    requestid: str | None = None
    context: Json = None


@attrs.frozen
class SendAgain:
    """The request was answered before, by the response with this number: send the very same bytes."""

    seq: int


@attrs.frozen
class OrderDone:
    """The order under way is carried out; or, with a `code`, refused, and then nothing has changed for the agent."""

    code: FailureCode | None = None
    message: str = ""


@attrs.frozen
class Call:
    """Ask the platform, and come back with Answered or CallRefused. Always the last effect of its step.

    `again`: asked of a platform that is back. Of several, those that were there all the time have said it already.
    """

    call: PlatformCall[Any]
    again: bool = False


@attrs.frozen
class Ignored:
    """A report of the platform was dropped; `why` is for the log."""

    report: Report
    why: str


@attrs.frozen
class Ended:
    """The session is over; nothing comes after this. `cause` is None after a logout."""

    cause: DisposalCause | None


Effect = Send | SendAgain | OrderDone | Call | Ignored | Ended
