"""Which commands are open to an object now, as one table; the difference to what was announced is state.updated.

A capability is the canonical name of the command it opens. A group's capabilities look at login states alone,
because a channel that goes ready or not ready does not announce its group anew. Source: specs/protocol.md,
"Capabilities".
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

import attrs

from protocol.commands import COMMANDS
from protocol.events import CapabilityChange, Switch
from protocol.ids import ObjectKind
from protocol.platform import Feature
from protocol.states import AgentState, ChannelType, LoginState, SessionState
from statemachines.world import AnyObject, Channel, ChannelGroup, Session

# Claims about an object. Each is a pure function with a name that documentation can print.


def session_is_prepared(session: Session) -> bool:
    return session.state is SessionState.PREPARED


def session_is_initialized(session: Session) -> bool:
    return session.state is SessionState.INITIALIZED


def channel_is_there(channel: Channel) -> bool:
    return not channel.disposed


def channel_is_inactive(channel: Channel) -> bool:
    return not channel.disposed and channel.loginstate is LoginState.INACTIVE


def channel_is_active(channel: Channel) -> bool:
    return channel.active


def channel_is_active_and_idle(channel: Channel) -> bool:
    return channel.active and not channel.interactions


def channel_can_go_ready(channel: Channel) -> bool:
    return channel.active and not channel_is_ready(channel)


def phone_is_active_and_idle(channel: Channel) -> bool:
    return channel.type is ChannelType.TELEPHONY and channel_is_active_and_idle(channel)


def channel_is_ready(channel: Channel) -> bool:
    return channel.agentstate is AgentState.READY and channel.pendingagentstate in (None, AgentState.READY)


def a_channel_is_inactive(group: ChannelGroup) -> bool:
    return any(channel_is_inactive(channel) for channel in group.channels.values())


def a_channel_is_active(group: ChannelGroup) -> bool:
    return any(channel.active for channel in group.channels.values())


# Claims about an object and what the command names in it: the wish is fulfilled already


def channel_is_ready_already(channel: Channel, _: Any) -> bool:
    return channel_is_ready(channel)


def the_channel_is_active(_: ChannelGroup, member: Any) -> bool:
    return member.channel.loginstate is LoginState.ACTIVE


def the_channel_is_inactive(_: ChannelGroup, member: Any) -> bool:
    return member.channel.loginstate is LoginState.INACTIVE


def all_channels_are_active(group: ChannelGroup, _: Any) -> bool:
    return bool(group.channels) and all(channel.active for channel in group.channels.values())


def no_channel_is_active(group: ChannelGroup, _: Any) -> bool:
    return bool(group.channels) and not a_channel_is_active(group)


Claim = Callable[[Any], bool]
Fulfilled = Callable[[Any, Any], bool]


@attrs.frozen
class Capability:
    """`opens`: when the command is announced as open. `holds`: when it succeeds, changing nothing, though closed."""

    name: str
    opens: Claim
    holds: Fulfilled | None = None

    @property
    def feature(self) -> Feature | None:
        return COMMANDS[self.name].feature


_ALL: Final = (
    Capability("session.start", session_is_prepared),
    Capability("session.logout", session_is_initialized),
    Capability("session.addchannel", session_is_initialized),
    Capability("session.removechannel", session_is_initialized),
    Capability("session.addchannelgroup", session_is_initialized),
    Capability("session.removechannelgroup", session_is_initialized),
    Capability("session.request.getdirectory", session_is_initialized),
    Capability("session.request.externalnotreadyreasons", session_is_initialized),
    Capability("session.request.externallogoutreasons", session_is_initialized),
    Capability("channelgroup.activate", a_channel_is_inactive, holds=the_channel_is_active),
    Capability("channelgroup.deactivate", a_channel_is_active, holds=the_channel_is_inactive),
    Capability("channelgroup.activateall", a_channel_is_inactive, holds=all_channels_are_active),
    Capability("channelgroup.deactivateall", a_channel_is_active, holds=no_channel_is_active),
    Capability("channelgroup.ready", a_channel_is_active),
    Capability("channelgroup.notready", a_channel_is_active),
    Capability("channel.activate", channel_is_inactive),
    Capability("channel.deactivate", channel_is_active_and_idle),
    Capability("channel.ready", channel_can_go_ready, holds=channel_is_ready_already),
    Capability("channel.notready", channel_is_active),
    Capability("channel.dial", phone_is_active_and_idle),
    Capability("channel.externaldispositions", channel_is_there),
)

CAPABILITIES: Final[Mapping[ObjectKind, tuple[Capability, ...]]] = MappingProxyType(
    {
        kind: tuple(row for row in _ALL if COMMANDS[row.name].kind is kind)
        for kind in (ObjectKind.SESSION, ObjectKind.CHANNELGROUP, ObjectKind.CHANNEL)
    }
)
"""By kind of object, in the order in which state.updated lists them."""

BY_NAME: Final[Mapping[str, Capability]] = MappingProxyType({row.name: row for row in _ALL})


def open_now(subject: AnyObject, features: Iterable[Feature]) -> tuple[str, ...]:
    """The capabilities of `subject` now, in table order, on a platform with `features`."""
    return tuple(
        row.name
        for row in CAPABILITIES[subject.kind]
        if (row.feature is None or row.feature in features) and not subject.disposed and row.opens(subject)
    )


def changes(before: frozenset[str], subject: AnyObject, features: Iterable[Feature]) -> tuple[CapabilityChange, ...]:
    """From what was announced to what is open now, in table order."""
    now = frozenset(open_now(subject, features))
    return tuple(
        CapabilityChange(name=row.name, type=Switch.ENABLE if row.name in now else Switch.DISABLE)
        for row in CAPABILITIES[subject.kind]
        if (row.name in now) != (row.name in before)
    )
