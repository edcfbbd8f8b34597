"""What supervisors see of sessions, and what agents see of supervisors. Source: specs/supervision.md, "Watching"."""

import attrs

from protocol.events.interaction import ConversationInfo, InteractionInfo, MessageInfo
from protocol.events.parts import EventData, ReasonInfo
from protocol.events.session import AgentInfo, ChannelGroupInfo, ChannelInfo
from protocol.states import AgentState, ChannelType, EndCause, LoginState, SessionState
from protocol.strictjson import Json
from protocol.texts import Count, DataMap


@attrs.frozen(kw_only=True)
class SupervisorInfo:
    id: str
    name: str


@attrs.frozen(kw_only=True)
class By:
    """Who brought an event about, where a supervisor did, and `why`, in that person's words."""

    supervisor: SupervisorInfo
    why: str


@attrs.frozen(kw_only=True)
class WatchedChannel:
    """A channel in short. `interactions` is how many are not completed there."""

    id: str
    endpoint: str
    type: ChannelType
    loginstate: LoginState
    agentstate: AgentState | None = None
    reason: ReasonInfo | None = None
    pendingagentstate: AgentState | None = None
    interactions: Count


@attrs.frozen(kw_only=True)
class WatchedSession:
    """A session in short; its channels are known while it is INITIALIZED.

    `since` is when it was prepared, in UTC as RFC 3339 writes it. Until the platform has told the agent's name, the id
    is the name.
    """

    id: str
    agent: AgentInfo
    state: SessionState
    channels: tuple[WatchedChannel, ...]
    since: str


# The picture with which a watch begins: every object whole, with the commands that are open to it


@attrs.frozen(kw_only=True)
class PicturedSession:
    """`since` is when it was prepared, in UTC as RFC 3339 writes it."""

    id: str
    agent: AgentInfo
    state: SessionState
    since: str
    capabilities: tuple[str, ...]


@attrs.frozen(kw_only=True)
class PicturedGroup:
    target: str
    channelgroup: ChannelGroupInfo
    capabilities: tuple[str, ...]


@attrs.frozen(kw_only=True)
class PicturedChannel:
    target: str
    channel: ChannelInfo
    capabilities: tuple[str, ...]


@attrs.frozen(kw_only=True)
class PicturedInteraction:
    """`transcript` is what was said before it came to the session; `cause` is there where it has ended."""

    target: str
    interaction: InteractionInfo
    interactiondata: DataMap
    capabilities: tuple[str, ...]
    transcript: tuple[MessageInfo, ...] = ()
    cause: EndCause | None = None


@attrs.frozen(kw_only=True)
class PicturedConversation:
    target: str
    conversation: ConversationInfo
    capabilities: tuple[str, ...]


@attrs.frozen(kw_only=True)
class SupervisorSnapshot(EventData):
    """Where a watch begins: what there is after the message `seq`. Owners' lists come before those of what they own;
    all are empty while the session is not INITIALIZED."""

    seq: Count
    session: PicturedSession
    channelgroups: tuple[PicturedGroup, ...]
    channels: tuple[PicturedChannel, ...]
    interactions: tuple[PicturedInteraction, ...]
    conversations: tuple[PicturedConversation, ...]


@attrs.frozen(kw_only=True)
class SupervisorMessage(EventData):
    """One message of the session, whole, as the agent's desktop got it."""

    message: dict[str, Json]


@attrs.frozen(kw_only=True)
class SupervisorUnwatched(EventData):
    """The session has ended, and the watch with it; the last event about this session."""

    message: str
