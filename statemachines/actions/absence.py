"""What the processor does by itself while no desktop is bound. Source: specs/protocol.md, "Losing the transport"."""

from protocol import platform
from protocol.commands import Reason
from protocol.errors import FailureCode, Refused
from protocol.states import CONNECTION_LOST, AgentState
from statemachines.actions.channel import set_agent_state
from statemachines.capabilities import channel_is_ready
from statemachines.operation import Done, Operation, ask
from statemachines.sequences import Happening, What
from statemachines.world import Channel, Session


def ready_channels(session: Session) -> list[Channel]:
    return [channel for channel in session.all_channels() if channel_is_ready(channel)]


def park(session: Session) -> Operation:
    """Make ready channels not ready, each for itself: one that the platform refuses does not hold the others."""
    changed: list[Channel] = []
    for channel in ready_channels(session):
        try:
            yield from set_agent_state(channel, AgentState.NOTREADY, Reason(code=CONNECTION_LOST))
        except Refused:
            continue  # stays ready, and is tried again when the core's timer comes round
        changed.append(channel)
    return Done(happenings=tuple(Happening(what=What.CHANNEL_AGENT_CHANGED, subject=channel) for channel in changed))


def log_out(_: Session) -> Operation:
    """Log the agent out. The session ends whatever the platform says: nobody is there to try again."""
    for reason in (CONNECTION_LOST, None):  # a platform may take none but its own reasons, or none at all
        try:
            yield from ask(platform.LogoutAgent(reason=reason))
        except Refused as refused:
            if refused.code in (FailureCode.INVALID_REASON, FailureCode.REASON_REQUIRED):
                continue
        break
    return Done()
