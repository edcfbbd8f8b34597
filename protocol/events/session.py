"""The data of the events of sessions, channel groups and channels. Objects travel whole."""

import attrs

from protocol.events.parts import CodeInfo, EventData, IdInfo, ReasonInfo
from protocol.states import AgentState, ChannelType, DisposalCause, LoginState

# The objects as events show them


@attrs.frozen(kw_only=True)
class AgentInfo:
    id: str
    name: str


@attrs.frozen(kw_only=True)
class SessionInfo:
    """`channels` are the ids of the standalone channels; a group's channels are listed by the group.

    `capabilities` are all that are open now; they stay as they are while the session is INITIALIZED.
    """

    id: str
    agent: AgentInfo
    channelgroups: tuple[str, ...]
    channels: tuple[str, ...]
    capabilities: tuple[str, ...]


@attrs.frozen(kw_only=True)
class ChannelGroupInfo:
    id: str
    name: str
    channels: tuple[str, ...]


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
