"""What the channel commands do. The steps that a group's commands share stand here too."""

from protocol import platform
from protocol.commands import ChannelLogin, NoData, NotReady, Reason
from protocol.platform import ChannelReport
from protocol.states import AgentState, LoginState
from statemachines.actions.session import as_codes
from statemachines.capabilities import channel_is_ready
from statemachines.operation import Asking, Done, Operation, ask, check_channel, platform_error
from statemachines.sequences import Happening, What
from statemachines.world import Channel, Session

# Steps: ask the platform, believe only what fits, take it in. True where the channel changed.


def set_login(channel: Channel, wanted: LoginState, options: dict[str, str]) -> Asking[bool]:
    kind = platform.ActivateChannel if wanted is LoginState.ACTIVE else platform.DeactivateChannel
    report = yield from ask(kind(endpoint=channel.endpoint, options=options))
    check_channel(report, channel.endpoint)
    if report.loginstate is not wanted:
        raise platform_error(f"asked for {wanted} at {channel.endpoint}, it told of {report.loginstate}")
    return _take_in(channel, report)


def set_agent_state(channel: Channel, wanted: AgentState, reason: Reason | None = None) -> Asking[bool]:
    code = reason.code if reason else None
    report = yield from ask(platform.SetAgentState(endpoint=channel.endpoint, agentstate=wanted, reason=code))
    check_channel(report, channel.endpoint)
    if wanted not in (report.agentstate, report.pendingagentstate):
        raise platform_error(f"asked for {wanted} at {channel.endpoint}, it told of {report.agentstate}")
    return _take_in(channel, report)


def go_not_ready(channel: Channel, reason: Reason | None) -> Asking[bool]:
    """Somebody asks for it: during wrap-up, that begins the time for wrap-up anew."""
    changed = yield from set_agent_state(channel, AgentState.NOTREADY, reason)
    for interaction in channel.interactions.values():
        interaction.complete_at = None
    return changed


def go_ready(channel: Channel) -> Asking[bool]:
    """Nothing is asked of the platform for a channel that is ready already."""
    if channel_is_ready(channel):
        return False
    return (yield from set_agent_state(channel, AgentState.READY))


def _take_in(channel: Channel, report: ChannelReport) -> bool:
    if channel.matches(report):
        return False
    channel.take_in(report)
    return True


# Commands


def activate(_: Session, channel: Channel, data: ChannelLogin) -> Operation:
    yield from set_login(channel, LoginState.ACTIVE, data.options)
    return _login_changed(channel)


def deactivate(_: Session, channel: Channel, data: ChannelLogin) -> Operation:
    yield from set_login(channel, LoginState.INACTIVE, data.options)
    return _login_changed(channel)


def ready(_: Session, channel: Channel, __: NoData) -> Operation:
    yield from go_ready(channel)
    return _agent_changed(channel)


def notready(_: Session, channel: Channel, data: NotReady) -> Operation:
    yield from go_not_ready(channel, data.reason)
    return _agent_changed(channel)


def list_dispositions(_: Session, channel: Channel, __: NoData) -> Operation:
    listed = yield from ask(platform.ListDispositions(endpoint=channel.endpoint))
    return Done(happenings=(Happening(what=What.DISPOSITIONS_LISTED, subject=channel, codes=as_codes(listed)),))


def _login_changed(channel: Channel) -> Done:
    return Done(happenings=(Happening(what=What.CHANNEL_LOGIN_CHANGED, subject=channel),))


def _agent_changed(channel: Channel) -> Done:
    return Done(happenings=(Happening(what=What.CHANNEL_AGENT_CHANGED, subject=channel),))
