"""Which commands are open to an object now, as one table; the difference to what was announced is state.updated.

A capability is the canonical name of the command it opens. A group's capabilities look at login states alone,
because a channel that goes ready or not ready does not announce its group anew. Source: specs/protocol.md,
"Capabilities".
"""

from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final

import attrs

from protocol.commands import COMMANDS
from protocol.events import CapabilityChange, Switch
from protocol.ids import ObjectKind
from protocol.platform import Feature
from protocol.states import (
    Ability,
    AgentState,
    ChannelType,
    ConversationState,
    InteractionState,
    LoginState,
    RecordingState,
    SessionState,
)
from statemachines.contact import Conversation, Interaction
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


def it_alerts(interaction: Interaction) -> bool:
    return interaction.state is InteractionState.ALERTING


def it_has_ended(interaction: Interaction) -> bool:
    return interaction.state is InteractionState.ENDED


def it_is_not_completed(interaction: Interaction) -> bool:
    return not interaction.disposed


def it_has_started(interaction: Interaction) -> bool:
    return interaction.state is InteractionState.STARTED


def a_call_has_started(interaction: Interaction) -> bool:
    return interaction.is_call and it_has_started(interaction)


def a_call_was_answered_and_has_no_consult(interaction: Interaction) -> bool:
    legs = interaction.conversations.values()
    return a_call_has_started(interaction) and interaction.consult is None and all(leg.answered for leg in legs)


def the_consult_was_answered(interaction: Interaction) -> bool:
    return interaction.consult is not None and interaction.consult.answered


def one_leg_talks_and_one_is_held(interaction: Interaction) -> bool:
    states = {leg.state for leg in interaction.conversations.values()}
    return states == {ConversationState.CONNECTED, ConversationState.HELD}


def a_call_is_not_recorded(interaction: Interaction) -> bool:
    return a_call_has_started(interaction) and interaction.recording is RecordingState.STOPPED


def a_call_is_recorded_or_paused(interaction: Interaction) -> bool:
    return a_call_has_started(interaction) and interaction.recording is not RecordingState.STOPPED


def a_call_is_recorded(interaction: Interaction) -> bool:
    return a_call_has_started(interaction) and interaction.recording is RecordingState.RECORDING


def a_recording_is_paused(interaction: Interaction) -> bool:
    return a_call_has_started(interaction) and interaction.recording is RecordingState.PAUSED


def a_chat_or_an_email_or_a_callback_has_started(interaction: Interaction) -> bool:
    return not interaction.is_call and it_has_started(interaction)


def a_chat_or_an_email_has_started(interaction: Interaction) -> bool:
    return interaction.type in (ChannelType.CHAT, ChannelType.EMAIL) and it_has_started(interaction)


def a_chat_has_started(interaction: Interaction) -> bool:
    return interaction.type is ChannelType.CHAT and it_has_started(interaction)


def an_email_has_started(interaction: Interaction) -> bool:
    return interaction.type is ChannelType.EMAIL and it_has_started(interaction)


def the_leg_alerts(leg: Conversation) -> bool:
    return leg.state is ConversationState.ALERTING


def the_leg_is_connected(leg: Conversation) -> bool:
    return leg.state is ConversationState.CONNECTED


def the_leg_is_held(leg: Conversation) -> bool:
    return leg.state is ConversationState.HELD


def the_leg_was_answered(leg: Conversation) -> bool:
    return leg.answered


def the_leg_is_there(leg: Conversation) -> bool:
    return not leg.disposed


# Claims about an object and what the command names in it: the wish is fulfilled already


def channel_is_ready_already(channel: Channel, _: Any) -> bool:
    return channel_is_ready(channel)


def the_channel_is_active(_: ChannelGroup, member: Any) -> bool:
    return member.channel.loginstate is LoginState.ACTIVE


def the_channel_is_inactive(_: ChannelGroup, member: Any) -> bool:
    return member.channel.loginstate is LoginState.INACTIVE


def all_channels_are_active(group: ChannelGroup, _: Any) -> bool:
    return bool(group.channels) and all(channel.active for channel in group.channels.values())


def the_call_is_recorded_already(interaction: Interaction, _: Any) -> bool:
    return a_call_is_recorded(interaction)


def the_call_is_not_recorded_anyway(interaction: Interaction, _: Any) -> bool:
    return a_call_is_not_recorded(interaction)


def no_channel_is_active(group: ChannelGroup, _: Any) -> bool:
    return bool(group.channels) and not a_channel_is_active(group)


Claim = Callable[[Any], bool]
Fulfilled = Callable[[Any, Any], bool]


@attrs.frozen
class Capability:
    """`opens`: when the command is announced as open. `holds`: when it succeeds, changing nothing, though closed.

    `ability`: what the customer's side of the chat must be able to do; where it cannot, the command is UNSUPPORTED.
    """

    name: str
    opens: Claim
    holds: Fulfilled | None = None
    ability: Ability | None = None

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
    Capability("interaction.accept", it_alerts),
    Capability("interaction.reject", it_alerts),
    Capability("interaction.release", a_chat_or_an_email_or_a_callback_has_started),
    Capability("interaction.complete", it_has_ended),
    Capability("interaction.getdata", it_is_not_completed),
    Capability("interaction.setdata", it_is_not_completed),
    Capability("interaction.consult", a_call_was_answered_and_has_no_consult),
    Capability("interaction.alternate", one_leg_talks_and_one_is_held),
    Capability("interaction.consulttransfer", the_consult_was_answered),
    Capability("interaction.consultconference", the_consult_was_answered),
    Capability("interaction.recording.start", a_call_is_not_recorded, holds=the_call_is_recorded_already),
    Capability("interaction.recording.stop", a_call_is_recorded_or_paused, holds=the_call_is_not_recorded_anyway),
    Capability("interaction.recording.pause", a_call_is_recorded),
    Capability("interaction.recording.resume", a_recording_is_paused),
    Capability("interaction.transfer", a_chat_or_an_email_or_a_callback_has_started),
    Capability("interaction.message.send", a_chat_or_an_email_has_started),
    Capability("interaction.typing.start", a_chat_has_started),
    Capability("interaction.typing.stop", a_chat_has_started),
    Capability("interaction.file.send", a_chat_has_started, ability=Ability.FILE),
    Capability("interaction.url.push", a_chat_has_started, ability=Ability.URL),
    Capability("interaction.form.show", a_chat_has_started, ability=Ability.FORM),
    Capability("interaction.screenshot.request", a_chat_has_started, ability=Ability.SCREENSHOT),
    Capability("interaction.signal.send", a_chat_has_started, ability=Ability.SIGNAL),
    Capability("interaction.reply", an_email_has_started),
    Capability("conversation.answer", the_leg_alerts),
    Capability("conversation.hold", the_leg_is_connected),
    Capability("conversation.retrieve", the_leg_is_held),
    Capability("conversation.release", the_leg_is_there),
    Capability("conversation.blindtransfer", the_leg_was_answered),
    Capability("conversation.blindconference", the_leg_is_connected),
    Capability("conversation.senddtmf", the_leg_is_connected),
)

CAPABILITIES: Final[Mapping[ObjectKind, tuple[Capability, ...]]] = MappingProxyType(
    {kind: tuple(row for row in _ALL if COMMANDS[row.name].kind is kind) for kind in ObjectKind}
)
"""By kind of object, in the order in which state.updated lists them."""

BY_NAME: Final[Mapping[str, Capability]] = MappingProxyType({row.name: row for row in _ALL})


@cache
def _possible(kind: ObjectKind, features: frozenset[Feature]) -> tuple[Capability, ...]:
    """The rows of a kind that a platform with these features can have open."""
    return tuple(row for row in CAPABILITIES[kind] if row.feature is None or row.feature in features)


def open_now(subject: AnyObject, features: frozenset[Feature]) -> tuple[str, ...]:
    """The capabilities of `subject` now, in table order, on a platform with `features`."""
    if subject.disposed:
        return ()
    return tuple(
        row.name
        for row in _possible(subject.kind, features)
        if row.opens(subject) and (row.ability is None or row.ability in getattr(subject, "abilities", ()))
    )


def changes(before: frozenset[str], subject: AnyObject, features: frozenset[Feature]) -> tuple[CapabilityChange, ...]:
    """From what was announced to what is open now, in table order."""
    now = frozenset(open_now(subject, features))
    return tuple(
        CapabilityChange(name=row.name, type=Switch.ENABLE if row.name in now else Switch.DISABLE)
        for row in CAPABILITIES[subject.kind]
        if (row.name in now) != (row.name in before)
    )
