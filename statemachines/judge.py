"""May a request be carried out now? The checks that come before its action, in the order of the failure codes.

Source: specs/protocol.md, "Failure codes".
"""

from typing import Any

from protocol.errors import FailureCode, Refused
from protocol.messages import Request
from protocol.states import SessionState
from statemachines.actions import ACTIONS, Action
from statemachines.capabilities import BY_NAME, open_now
from statemachines.world import AnyObject, Session


def judge(session: Session, request: Request) -> tuple[Action, AnyObject, Any]:
    """The checks in the order of the failure codes. Raises Refused."""
    name = request.command.name
    if (session.state is SessionState.PREPARED) != (name == "session.start"):
        if name == "session.start":
            raise Refused(FailureCode.ALREADY_STARTED, "the session has been started; go on")
        raise Refused(FailureCode.NOT_STARTED, "the session has not been started; send session.start first")
    subject = _find(session, request)
    action = ACTIONS[name]
    argument = action.resolve(session, subject, request.data)
    for feature in (request.command.feature, action.needs(request.data)):
        if feature is not None and feature not in session.features:
            raise Refused(FailureCode.UNSUPPORTED, f"the CTI platform has no {feature}; do without {name}")
    capability = BY_NAME[name]
    if capability.ability is not None and capability.ability not in getattr(subject, "abilities", ()):
        raise Refused(FailureCode.UNSUPPORTED, f"the customer's side cannot do {capability.ability}; do without {name}")
    if not capability.opens(subject) and not (capability.holds and capability.holds(subject, argument)):
        open_ones = ", ".join(open_now(subject, session.features)) or "none"
        raise Refused(
            FailureCode.INVALID_STATE,
            f"{name} is not open to {subject.target} in {subject.describe_state()}; open now: {open_ones}",
        )
    return action, subject, argument


def _find(session: Session, request: Request) -> AnyObject:
    kind = request.command.kind
    subject = session.find(request.target) if request.target else None
    if subject is None:
        raise Refused(
            FailureCode.INVALID_TARGET,
            f"target {request.target} names nothing in this session; use the targets of the created events",
        )
    if subject.kind is not kind:
        raise Refused(
            FailureCode.INVALID_TARGET,
            f"target {request.target} is a {subject.kind}; {request.command.name} wants a {kind}",
        )
    return subject
