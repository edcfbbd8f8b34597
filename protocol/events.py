"""One frozen class per event's data, and the registry of events.

Objects travel whole: an infochanged event replaces what the client knew. Source: specs/protocol.md, "Events".
Interaction and conversation events join the registry here, their data classes in modules beside this one.
"""

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import attrs

from protocol.ids import ObjectKind
from protocol.states import AgentState, ChannelType, DisposalCause, LoginState

# The objects as events show them


@attrs.frozen(kw_only=True)
class AgentInfo:
    id: str
    name: str


@attrs.frozen(kw_only=True)
class SessionInfo:
    """`capabilities` are all that are open now; they stay as they are while the session is INITIALIZED."""

    id: str
    agent: AgentInfo
    channelgroups: tuple[str, ...]
    channels: tuple[str, ...]
    """Ids of the standalone channels; a group's channels are listed by the group."""
    capabilities: tuple[str, ...]


@attrs.frozen(kw_only=True)
class ChannelGroupInfo:
    id: str
    name: str
    channels: tuple[str, ...]


@attrs.frozen(kw_only=True)
class ReasonInfo:
    code: str


@attrs.frozen(kw_only=True)
class ChannelInfo:
    """A channel, always whole. `agentstate` is there exactly while `loginstate` is ACTIVE."""

    id: str
    name: str
    endpoint: str
    type: ChannelType
    modeltype: ChannelType
    loginstate: LoginState
    agentstate: AgentState | None = None
    reason: ReasonInfo | None = None
    pendingagentstate: AgentState | None = None
    interactions: tuple[str, ...]


@attrs.frozen(kw_only=True)
class IdInfo:
    id: str


@attrs.frozen(kw_only=True)
class CodeInfo:
    """A reason or disposition code, as the platform lists it."""

    code: str
    name: str


class Switch(enum.StrEnum):
    ENABLE = "enable"
    DISABLE = "disable"


@attrs.frozen(kw_only=True)
class CapabilityChange:
    """A command that has become open to the target, or closed."""

    name: str
    type: Switch


@attrs.frozen(kw_only=True)
class StateInfo:
    """The state fields of the object that a state.updated is about; those it does not have are left out."""

    state: str | None = None
    loginstate: LoginState | None = None
    agentstate: AgentState | None = None
    reason: ReasonInfo | None = None
    pendingagentstate: AgentState | None = None


# Event data


@attrs.frozen(kw_only=True)
class EventData:
    """Base of all event data."""


@attrs.frozen(kw_only=True)
class SessionInitialized(EventData):
    """The initialization run is complete. Always its last event."""

    session: SessionInfo


@attrs.frozen(kw_only=True)
class SessionDisposed(EventData):
    """The session ended without being asked to; the last event of the session."""

    cause: DisposalCause
    message: str


@attrs.frozen(kw_only=True)
class SessionUnbound(EventData):
    """Another connection has bound the session: a notice to the one that lost it, outside the numbering."""

    message: str


@attrs.frozen(kw_only=True)
class ReasonsUpdated(EventData):
    """The complete list, in the platform's order."""

    reasons: tuple[CodeInfo, ...]


@attrs.frozen(kw_only=True)
class DispositionsUpdated(EventData):
    """The complete list, in the platform's order."""

    dispositions: tuple[CodeInfo, ...]


@attrs.frozen(kw_only=True)
class ChannelGroupChanged(EventData):
    channelgroup: ChannelGroupInfo


@attrs.frozen(kw_only=True)
class ChannelGroupDisposed(EventData):
    """The last event about this group."""

    channelgroup: IdInfo


@attrs.frozen(kw_only=True)
class ChannelChanged(EventData):
    channel: ChannelInfo


@attrs.frozen(kw_only=True)
class ChannelDisposed(EventData):
    """The last event about this channel."""

    channel: IdInfo


StateUpdated = tuple[CapabilityChange, ...]
"""The data of state.updated: what changed since the last one for this target; first, all that is open."""


@attrs.frozen
class EventRow:
    """One row of the registry. `kind` is None where any object can be the target."""

    name: str
    kind: ObjectKind | None
    data: Any
    numbered: bool = True


_S, _G, _C = ObjectKind.SESSION, ObjectKind.CHANNELGROUP, ObjectKind.CHANNEL

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
)

EVENTS: Final[Mapping[str, EventRow]] = MappingProxyType({row.name: row for row in _ROWS})
