"""What supervisors have done to a session. Source: specs/supervision.md, "Orders"."""

from protocol import platform
from protocol.commands import NoData, NotReady, Order, OrderAgentState, OrderLogout, SessionLogout
from protocol.errors import FailureCode, Refused
from protocol.events import By, SessionDisposed
from protocol.states import AgentState, DisposalCause, SessionState
from statemachines.actions import channel as of_channel
from statemachines.actions.session import logout
from statemachines.operation import Done, Operation, ask
from statemachines.sequences import Happening, What
from statemachines.session import SESSION
from statemachines.table import fire
from statemachines.world import Channel, Session


def obey(session: Session, order: Order, by: By) -> Operation:
    """Do it as the agent's own command would; where it is refused, nothing has changed for the agent."""
    match order:
        case OrderAgentState():
            return _set_agent_state(session, order)
        case _:
            return _log_out(session, order, by)


def _set_agent_state(session: Session, order: OrderAgentState) -> Operation:
    if session.state is not SessionState.INITIALIZED:
        raise Refused(FailureCode.NOT_STARTED, "the agent's desktop has not started the session; wait until it has")
    channel = _channel(session, order)
    if not channel.active:
        raise Refused(
            FailureCode.INVALID_STATE,
            f"data.channel.id: the agent is not logged in at channel {channel.id}, so there is no agent state to "
            "change; wait until the agent is, as supervisor.list shows",
        )
    # An agent who is logged in may be made either: nothing else closes these two commands.
    if order.agentstate == AgentState.READY:
        return (yield from of_channel.ready(session, channel, NoData()))
    return (yield from of_channel.notready(session, channel, NotReady(reason=order.reason)))


def _channel(session: Session, order: OrderAgentState) -> Channel:
    for channel in session.all_channels():
        if channel.id == order.channel.id:
            return channel
    raise Refused(
        FailureCode.INVALID_TARGET,
        f"data.channel.id: {order.channel.id} is no channel of the session; take an id that supervisor.list shows",
    )


def _log_out(session: Session, order: OrderLogout, by: By) -> Operation:
    if session.state is SessionState.INITIALIZED:
        yield from logout(session, session, SessionLogout(reason=order.reason))
    else:
        # Not started, or to be started anew: what the agent is engaged in, only the platform knows.
        yield from ask(platform.LogoutAgent(reason=order.reason.code if order.reason else None))
        fire(SESSION, session, "dispose")
    who = by.supervisor
    message = f"supervisor {who.name} ({who.id}) has logged the agent out: {by.why}"
    disposal = SessionDisposed(cause=DisposalCause.SUPERVISOR, message=message)
    return Done(happenings=(Happening(what=What.SESSION_DISPOSED, subject=session, disposal=disposal),))
