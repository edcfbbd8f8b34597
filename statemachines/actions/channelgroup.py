"""What the channel group commands do: one member, or all members one after another."""

from collections.abc import Callable, Iterable

import attrs

from protocol.commands import GroupChannelLogin, NoData, NotReady
from protocol.errors import FailureCode, Refused
from protocol.ids import ChannelId
from protocol.results import ChannelStateInfo, ChannelStates
from protocol.states import LoginState
from statemachines.actions.channel import go_not_ready, go_ready, set_login
from statemachines.actions.session import refuse_if_engaged
from statemachines.operation import Asking, Done, Operation, Stopped
from statemachines.sequences import Happening, What
from statemachines.world import Channel, ChannelGroup, Session

# One member


@attrs.frozen
class Member:
    channel: Channel
    options: dict[str, str]


def member(_: Session, group: ChannelGroup, data: GroupChannelLogin) -> Member:
    channel = group.channels.get(ChannelId(data.channel.id))
    if channel is None:
        raise Refused(
            FailureCode.INVALID_TARGET,
            f"data.channel.id: {data.channel.id} is no channel of group {group.id}; its channels are "
            f"{', '.join(group.channels) or 'none'}",
        )
    return Member(channel, data.options)


def activate(_: Session, __: ChannelGroup, chosen: Member) -> Operation:
    return _member_login(chosen, LoginState.ACTIVE)


def deactivate(_: Session, __: ChannelGroup, chosen: Member) -> Operation:
    return _member_login(chosen, LoginState.INACTIVE)


def _member_login(chosen: Member, wanted: LoginState) -> Operation:
    yield from _login_unless_so(chosen.channel, wanted, chosen.options)
    return Done(happenings=(Happening(what=What.CHANNEL_LOGIN_CHANGED, subject=chosen.channel),))


def _login_unless_so(channel: Channel, wanted: LoginState, options: dict[str, str]) -> Asking[bool]:
    if channel.loginstate is wanted:
        return False
    if wanted is LoginState.INACTIVE:
        refuse_if_engaged(channel)
    if channel.loginstate is LoginState.UNAVAILABLE:
        raise Refused(
            FailureCode.CHANNEL_UNAVAILABLE,
            f"channel {channel.id}: another agent holds {channel.endpoint}; have it freed there",
        )
    return (yield from set_login(channel, wanted, options))


# All members

Step = Callable[[Channel], Asking[bool]]


def activate_all(_: Session, group: ChannelGroup, __: NoData) -> Operation:
    return _each(group, group.channels.values(), lambda c: _login_unless_so(c, LoginState.ACTIVE, {}))


def deactivate_all(_: Session, group: ChannelGroup, __: NoData) -> Operation:
    active = [channel for channel in group.channels.values() if channel.active]
    return _each(group, active, lambda c: _login_unless_so(c, LoginState.INACTIVE, {}))


def ready(_: Session, group: ChannelGroup, __: NoData) -> Operation:
    """Channels that are not logged in stay as they are: the agent does not work on them now."""
    active = [channel for channel in group.channels.values() if channel.active]
    return _each(group, active, go_ready)


def notready(_: Session, group: ChannelGroup, data: NotReady) -> Operation:
    active = [channel for channel in group.channels.values() if channel.active]
    return _each(group, active, lambda c: go_not_ready(c, data.reason))


def _each(group: ChannelGroup, channels: Iterable[Channel], step: Step) -> Operation:
    """Channel after channel; stops at the first refusal and keeps what was done before it."""
    changed: set[Channel] = set()
    for channel in tuple(channels):
        try:
            if (yield from step(channel)):
                changed.add(channel)
        except Refused as refusal:
            return Stopped(
                refusal=refusal, channel=ChannelId(channel.id), happenings=_told(group, changed) if changed else ()
            )
    return Done(
        data=ChannelStates(
            channels=tuple(
                ChannelStateInfo(id=channel.id, loginstate=channel.loginstate, agentstate=channel.agentstate)
                for channel in group.channels.values()
            )
        ),
        happenings=_told(group, changed),
    )


def _told(group: ChannelGroup, changed: set[Channel]) -> tuple[Happening, ...]:
    return (Happening(what=What.GROUP_CHANNELS_CHANGED, subject=group, changed=frozenset(changed)),)
