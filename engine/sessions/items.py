"""What a session's task is given to do, what brought it about, and how it fared."""

from collections.abc import Callable, Mapping

import attrs

from engine.observe import UNKNOWN
from engine.observe.traces import Arrival
from engine.sessions.desktop import Desktop
from engine.sessions.replies import failure
from engine.supervision.oversight import Order, Watch, Wish
from protocol.errors import FailureCode, Refused
from protocol.messages import BadRequest, Request
from protocol.platform import Report
from protocol.results import Bound
from protocol.wire import encode
from statemachines.effects import End


@attrs.frozen(eq=False)
class Asked:
    """A request on its way to the core. `unbind`: to be carried out by the actor itself, in its turn."""

    request: Request | BadRequest
    came: float
    desktop: Desktop
    unbind: bool = False
    arrival: Arrival | None = None

    @property
    def command(self) -> str:
        return self.request.command.name if isinstance(self.request, Request) else UNKNOWN

    def refuse(self, refusal: Refused) -> None:
        """Answer it without the core, by a message that is kept nowhere."""
        self.desktop.deliver(encode(failure(refusal, self.request)))
        if self.arrival is not None:
            self.arrival.answered(refusal.code)


@attrs.frozen(eq=False)
class StartAnew:
    """Bind this desktop in its turn, after the requests before it, forgetting what it was told before."""

    desktop: Desktop
    answer: Callable[[Bound], None]
    refuse: Callable[[Refused], None]


@attrs.frozen
class PlatformBack:
    """The platform can be asked again: see how things stand there."""


Queued = Asked | StartAnew | Wish
"""What waits for its turn, in the order of its coming."""

Item = Report | Queued | PlatformBack | End | None
"""What a session is at: something that waited, a report, the platform's return, its end, or a deadline."""


def cause_of(item: Item) -> Mapping[str, object]:
    """What brings about what is done now, for the log."""
    match item:
        case Asked():
            return {"cause": "request", "command": item.command}
        case StartAnew():
            return {"cause": "request", "command": "bindSession"}
        case Order():
            return {"cause": "supervisor", "supervisor": item.given.supervisor.id}
        case Watch():
            return {"cause": "supervisor"}
        case End():
            return {"cause": "end"}
        case PlatformBack():
            return {"cause": "platform"}
        case None:
            return {"cause": "timer"}
        case _:
            return {"cause": "report", "report": type(item).__name__}


# Refusals that are not the core's


def session_over() -> Refused:
    return Refused(FailureCode.NOT_BOUND, "the session has ended; prepare a new one")


def not_bound() -> Refused:
    return Refused(FailureCode.NOT_BOUND, "this connection has not bound the session; send bindSession first")


def bound_meanwhile() -> Refused:
    return Refused(FailureCode.ALREADY_BOUND, "another binding of the session came after this one")


def outcome_unknown() -> Refused:
    """The platform was asked, and what came of it could not be kept."""
    return Refused(
        FailureCode.TIMEOUT,
        "the journal could not be written while the CTI platform was asked; what it did shows in the events",
    )


def not_kept() -> Refused:
    return Refused(FailureCode.OVERLOADED, "the journal cannot be written at the moment; repeat it a little later")
