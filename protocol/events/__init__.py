"""The registry of events, and one frozen class per event's data in the modules of this package.

Objects travel whole: an infochanged event replaces what the client knew. Source: specs/protocol.md, "Events".
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import attrs

from protocol.events.interaction import (
    ConversationChanged,
    ConversationDisposed,
    ConversationInfo,
    DataChanged,
    DispositionInfo,
    FileAdded,
    FileInfo,
    FormFilled,
    FormInfo,
    InteractionChanged,
    InteractionCompleted,
    InteractionDisposed,
    InteractionEnded,
    InteractionInfo,
    InteractionPreview,
    InteractionStarted,
    MemberChanged,
    MemberInfo,
    MessageAdded,
    MessageInfo,
    PartyEvent,
    PartyInfo,
    Screenshot,
    ScreenshotInfo,
    Signal,
    SignalInfo,
)
from protocol.events.parts import (
    CapabilityChange,
    CodeInfo,
    EventData,
    IdInfo,
    ReasonInfo,
    StateInfo,
    StateUpdated,
    Switch,
)
from protocol.events.session import (
    AgentInfo,
    ChannelChanged,
    ChannelDisposed,
    ChannelGroupChanged,
    ChannelGroupDisposed,
    ChannelGroupInfo,
    ChannelInfo,
    DispositionsUpdated,
    ReasonsUpdated,
    SessionDisposed,
    SessionInfo,
    SessionInitialized,
    SessionUnbound,
)
from protocol.events.supervisor import (
    By,
    PicturedChannel,
    PicturedConversation,
    PicturedGroup,
    PicturedInteraction,
    PicturedSession,
    SupervisorInfo,
    SupervisorMessage,
    SupervisorSnapshot,
    SupervisorUnwatched,
    WatchedChannel,
    WatchedSession,
)
from protocol.ids import ObjectKind

__all__ = (
    "EVENTS",
    "AgentInfo",
    "By",
    "CapabilityChange",
    "ChannelChanged",
    "ChannelDisposed",
    "ChannelGroupChanged",
    "ChannelGroupDisposed",
    "ChannelGroupInfo",
    "ChannelInfo",
    "CodeInfo",
    "ConversationChanged",
    "ConversationDisposed",
    "ConversationInfo",
    "DataChanged",
    "DispositionInfo",
    "DispositionsUpdated",
    "EventData",
    "EventRow",
    "FileAdded",
    "FileInfo",
    "FormFilled",
    "FormInfo",
    "IdInfo",
    "InteractionChanged",
    "InteractionCompleted",
    "InteractionDisposed",
    "InteractionEnded",
    "InteractionInfo",
    "InteractionPreview",
    "InteractionStarted",
    "MemberChanged",
    "MemberInfo",
    "MessageAdded",
    "MessageInfo",
    "PartyEvent",
    "PartyInfo",
    "PicturedChannel",
    "PicturedConversation",
    "PicturedGroup",
    "PicturedInteraction",
    "PicturedSession",
    "ReasonInfo",
    "ReasonsUpdated",
    "Screenshot",
    "ScreenshotInfo",
    "SessionDisposed",
    "SessionInfo",
    "SessionInitialized",
    "SessionUnbound",
    "Signal",
    "SignalInfo",
    "StateInfo",
    "StateUpdated",
    "SupervisorInfo",
    "SupervisorMessage",
    "SupervisorSnapshot",
    "SupervisorUnwatched",
    "Switch",
    "WatchedChannel",
    "WatchedSession",
)


@attrs.frozen
class EventRow:
    """One row of the registry. `kind` is None where any object can be the target."""

    name: str
    kind: ObjectKind | None
    data: Any
    numbered: bool = True


_S, _G, _C = ObjectKind.SESSION, ObjectKind.CHANNELGROUP, ObjectKind.CHANNEL
_I, _V = ObjectKind.INTERACTION, ObjectKind.CONVERSATION

_ROWS: Final = (
    EventRow("state.updated", None, StateUpdated),
    EventRow("session.initialized", _S, SessionInitialized),
    EventRow("session.disposed", _S, SessionDisposed),
    EventRow("session.unbound", _S, SessionUnbound, numbered=False),
    EventRow("session.externalnotreadyreasons.updated", _S, ReasonsUpdated),
    EventRow("session.externallogoutreasons.updated", _S, ReasonsUpdated),
    EventRow("channelgroup.created", _G, ChannelGroupChanged),
    EventRow("channelgroup.initialized", _G, ChannelGroupChanged),
    EventRow("channelgroup.infochanged", _G, ChannelGroupChanged),
    EventRow("channelgroup.disposed", _G, ChannelGroupDisposed),
    EventRow("channel.created", _C, ChannelChanged),
    EventRow("channel.initialized", _C, ChannelChanged),
    EventRow("channel.infochanged", _C, ChannelChanged),
    EventRow("channel.disposed", _C, ChannelDisposed),
    EventRow("channel.externaldispositions.updated", _C, DispositionsUpdated),
    EventRow("interaction.created", _I, InteractionChanged),
    EventRow("interaction.initialized", _I, InteractionChanged),
    EventRow("interaction.infochanged", _I, InteractionChanged),
    EventRow("interaction.preview", _I, InteractionPreview),
    EventRow("interaction.datachanged", _I, DataChanged),
    EventRow("interaction.started", _I, InteractionStarted),
    EventRow("interaction.focuschanged", _I, InteractionChanged),
    EventRow("interaction.ended", _I, InteractionEnded),
    EventRow("interaction.completed", _I, InteractionCompleted),
    EventRow("interaction.disposed", _I, InteractionDisposed),
    EventRow("interaction.message.added", _I, MessageAdded),
    EventRow("interaction.typing.started", _I, PartyEvent),
    EventRow("interaction.typing.stopped", _I, PartyEvent),
    EventRow("interaction.file.added", _I, FileAdded),
    EventRow("interaction.form.submitted", _I, FormFilled),
    EventRow("interaction.screenshot.accepted", _I, Screenshot),
    EventRow("interaction.screenshot.rejected", _I, Screenshot),
    EventRow("interaction.signal.received", _I, Signal),
    EventRow("interaction.party.joined", _I, PartyEvent),
    EventRow("interaction.party.left", _I, PartyEvent),
    EventRow("conversation.created", _V, ConversationChanged),
    EventRow("conversation.initialized", _V, ConversationChanged),
    EventRow("conversation.infochanged", _V, ConversationChanged),
    EventRow("conversation.member.added", _V, MemberChanged),
    EventRow("conversation.member.removed", _V, MemberChanged),
    EventRow("conversation.disposed", _V, ConversationDisposed),
    EventRow("supervisor.snapshot", _S, SupervisorSnapshot, numbered=False),
    EventRow("supervisor.message", _S, SupervisorMessage, numbered=False),
    EventRow("supervisor.unwatched", _S, SupervisorUnwatched, numbered=False),
)

EVENTS: Final[Mapping[str, EventRow]] = MappingProxyType({row.name: row for row in _ROWS})
