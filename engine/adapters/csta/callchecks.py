"""What calls about interactions are refused for, before the switch is asked. Pure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from engine.adapters import refusals
from engine.adapters.csta.desks import Phone
from engine.adapters.csta.visits import Leg, Visit
from protocol.errors import FailureCode, Refused
from protocol.platform import LegCall
from protocol.states import EndCause, InteractionState

_NOT_REACHED: Final[Mapping[EndCause, tuple[FailureCode, str]]] = MappingProxyType(
    {
        EndCause.BUSY: (FailureCode.DESTINATION_BUSY, "is busy; try again later"),
        EndCause.NOANSWER: (FailureCode.NO_ANSWER, "does not answer; try again later"),
        EndCause.FAILED: (FailureCode.INVALID_DESTINATION, "cannot be reached; dial another number"),
    }
)


def require(visit: Visit, state: InteractionState, what: str) -> None:
    """Refuse `what`, such as "be accepted", unless it is in this state."""
    if visit.state is not state:
        raise refusals.wrong_state(visit.id, visit.state, state, what)


def leg_of(visit: Visit, call: LegCall[Any]) -> Leg:
    """The leg that the call is about."""
    leg = visit.leg(call.leg)
    if leg is None:
        raise refusals.leg_has_ended(call.leg, visit.id)
    return leg


def answered(visit: Visit, leg: Leg) -> Leg:
    """The leg, if the agent has talked there."""
    if not leg.answered:
        raise refusals.unanswered(leg.id, visit.leg_state(leg))
    return leg


def refuse_beside_consult(visit: Visit) -> None:
    if visit.consult is not None:
        raise refusals.has_consult(visit.id)


def refuse_beside_connected(phone: Phone, visit: Visit) -> None:
    """One leg of a phone talks at a time."""
    for other in phone.line.live:
        if other is not visit and other.connected is not None:
            raise Refused(
                FailureCode.INTERACTION_ACTIVE, f"the agent talks in interaction {other.id}; hold or end that first"
            )


def refuse_itself(phone: Phone, destination: str) -> None:
    if destination == phone.address:
        raise Refused(FailureCode.INVALID_DESTINATION, f"{destination} is the phone that dials; dial another number")


def not_reached(leg: Leg, destination: str) -> Refused:
    """What a call that did not come about is refused with."""
    code, why = _NOT_REACHED.get(leg.call.failure or EndCause.FAILED, _NOT_REACHED[EndCause.FAILED])
    return Refused(code, f"{destination} {why}")
