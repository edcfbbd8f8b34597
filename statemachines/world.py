"""The objects of one session and their relations. Ids are counted, so the same inputs give the same ids.

The world changes only through its methods; what a client is told of a change is decided in `sequences`.
"""

from collections.abc import Iterator, Mapping

import attrs

from protocol.events import AgentInfo, ChannelGroupInfo, ChannelInfo, ReasonInfo, SessionInfo, StateInfo
from protocol.ids import ChannelGroupId, ChannelId, ConversationId, InteractionId, ObjectKind, SessionId, Target
from protocol.platform import ChannelReport, Feature, GroupReport, Snapshot
from protocol.states import AgentState, ChannelGroupState, ChannelType, LoginState, SessionState
from statemachines.channel import AGENT, AGENT_TRIGGERS, LOGIN, LOGIN_ROUTES
from statemachines.channelgroup import CHANNELGROUP
from statemachines.contact import Conversation, Interaction
from statemachines.object import Object, shared
from statemachines.table import fire


@attrs.define(kw_only=True, eq=False)
class Channel(Object):
    kind: ObjectKind = attrs.field(init=False, default=ObjectKind.CHANNEL)
    endpoint: str
    type: ChannelType
    name: str
    group: "ChannelGroup | None"
    loginstate: LoginState = LOGIN.initial
    agentstate: AgentState | None = None
    reason: str | None = None
    pendingagentstate: AgentState | None = None
    interactions: dict[InteractionId, Interaction] = attrs.field(factory=dict)
    """Those not completed, in the order of their coming."""
    finished: dict[str, None] = attrs.field(factory=dict)
    """The platform's ids of the last that were completed: a late report of one brings nothing back to life."""
    disposed: bool = False

    @property
    def active(self) -> bool:
        return self.loginstate is LoginState.ACTIVE

    def matches(self, report: ChannelReport) -> bool:
        return (self.loginstate, self.agentstate, self.reason, self.pendingagentstate) == (
            report.loginstate,
            report.agentstate,
            report.reason,
            report.pendingagentstate,
        )

    def take_in(self, report: ChannelReport) -> None:
        """Follow the platform's report through the tables."""
        for trigger in LOGIN_ROUTES[self.loginstate, report.loginstate]:
            fire(LOGIN, self, trigger)
        if report.agentstate is None:
            self.agentstate = None
        else:
            if self.agentstate is None:
                self.agentstate = AGENT.initial
            if self.agentstate is not report.agentstate:
                fire(AGENT, self, AGENT_TRIGGERS[report.agentstate])
        self.reason = report.reason
        self.pendingagentstate = report.pendingagentstate

    def info(self) -> ChannelInfo:
        return ChannelInfo(
            id=self.id,
            name=self.name,
            endpoint=self.endpoint,
            type=self.type,
            modeltype=self.type,
            loginstate=self.loginstate,
            agentstate=self.agentstate,
            reason=self._reason_info(),
            pendingagentstate=self.pendingagentstate,
            interactions=tuple(self.interactions),
        )

    def state_info(self) -> StateInfo:
        return StateInfo(
            loginstate=self.loginstate,
            agentstate=self.agentstate,
            reason=self._reason_info(),
            pendingagentstate=self.pendingagentstate,
        )

    def describe_state(self) -> str:
        return f"{self.loginstate}/{self.agentstate}" if self.agentstate else self.loginstate.value

    def _reason_info(self) -> ReasonInfo | None:
        return None if self.reason is None else ReasonInfo(code=self.reason)


@attrs.define(kw_only=True, eq=False)
class ChannelGroup(Object):
    kind: ObjectKind = attrs.field(init=False, default=ObjectKind.CHANNELGROUP)
    name: str
    state: ChannelGroupState = CHANNELGROUP.initial
    channels: dict[ChannelId, Channel] = attrs.field(factory=dict)

    @property
    def disposed(self) -> bool:
        return self.state is ChannelGroupState.DISPOSED

    def info(self) -> ChannelGroupInfo:
        return ChannelGroupInfo(id=self.id, name=self.name, channels=tuple(self.channels))

    def state_info(self) -> StateInfo:
        return StateInfo(state=self.state)

    def describe_state(self) -> str:
        return self.state.value


@attrs.define(kw_only=True, eq=False)
class Session(Object):
    """The root. `channels` are the standalone ones."""

    kind: ObjectKind = attrs.field(init=False, default=ObjectKind.SESSION)
    agent_id: str
    features: frozenset[Feature]
    wanted_groups: tuple[str, ...] = ()
    """Names of groups to join at the first start."""
    extension: str | None = None
    """Where the agent sits, as the latest start had it: a platform that is back is told again."""
    agent_name: str = ""
    agent_watched: bool = False
    """Has the platform been asked to watch the agent? Then it has to log the agent out, too."""
    state: SessionState = SessionState.PREPARED
    groups: dict[ChannelGroupId, ChannelGroup] = attrs.field(factory=dict)
    channels: dict[ChannelId, Channel] = attrs.field(factory=dict)
    _counters: dict[str, int] = attrs.field(factory=dict, alias="counters")

    @classmethod
    def prepare(
        cls, session_id: SessionId, agent_id: str, features: frozenset[Feature], groups: tuple[str, ...] = ()
    ) -> "Session":
        return cls(target=Target((session_id,)), agent_id=agent_id, features=shared(features), wanted_groups=groups)

    @property
    def disposed(self) -> bool:
        return self.state is SessionState.DISPOSED

    # Finding

    def all_channels(self) -> Iterator[Channel]:
        """Groups' channels first, then the standalone ones, each in the order of their making."""
        for group in self.groups.values():
            yield from group.channels.values()
        yield from self.channels.values()

    def channel_at(self, endpoint: str) -> Channel | None:
        return next((channel for channel in self.all_channels() if channel.endpoint == endpoint), None)

    def group_named(self, name: str) -> ChannelGroup | None:
        return next((group for group in self.groups.values() if group.name == name), None)

    def all_interactions(self) -> Iterator[Interaction]:
        """In the order of the channels, then of their coming."""
        for channel in self.all_channels():
            yield from channel.interactions.values()

    def find(self, target: Target) -> "AnyObject | None":
        """The object that answers to this very path."""
        path = target.segments[1:]
        if not path:
            return self
        group = self.groups.get(ChannelGroupId(path[0]))
        if group is None:
            return _find_below(self.channels, path)
        return _find_below(group.channels, path[1:]) if path[1:] else group

    # Changing

    def add_channel(self, report: ChannelReport, group: ChannelGroup | None = None) -> Channel:
        channel_id = ChannelId(self.next_id("c"))
        channel = Channel(
            target=(group or self).target.child(channel_id),
            endpoint=report.endpoint,
            type=report.type,
            name=report.name,
            group=group,
        )
        channel.take_in(report)
        (group or self).channels[channel_id] = channel
        return channel

    def add_group(self, report: GroupReport) -> ChannelGroup:
        group_id = ChannelGroupId(self.next_id("g"))
        group = ChannelGroup(target=self.target.child(group_id), name=report.name)
        self.groups[group_id] = group
        for channel in report.channels:
            self.add_channel(channel, group)
        fire(CHANNELGROUP, group, "initialized")
        return group

    def remove_channel(self, channel: Channel) -> None:
        """Let go of a channel, which ends not active, whatever it was."""
        for trigger in LOGIN_ROUTES[channel.loginstate, LoginState.INACTIVE]:
            fire(LOGIN, channel, trigger)
        channel.agentstate = channel.reason = channel.pendingagentstate = None
        channel.disposed = True
        del (channel.group or self).channels[ChannelId(channel.id)]

    def remove_group(self, group: ChannelGroup) -> None:
        for channel in tuple(group.channels.values()):
            self.remove_channel(channel)
        fire(CHANNELGROUP, group, "dispose")
        del self.groups[ChannelGroupId(group.id)]

    def take_in(self, snapshot: Snapshot) -> None:
        """Fill the empty world with what the platform says exists."""
        self.agent_name = snapshot.agent_name
        for group in snapshot.groups:
            self.add_group(group)
        for channel in snapshot.channels:
            self.add_channel(channel)

    def forget(self) -> None:
        """Empty the world; ids go on counting, so none comes twice."""
        self.groups.clear()
        self.channels.clear()
        self.announced = frozenset()

    def next_id(self, prefix: str) -> str:
        """An id that the session has never had."""
        self._counters[prefix] = self._counters.get(prefix, 0) + 1
        return f"{prefix}{self._counters[prefix]}"

    # Showing

    def info(self, capabilities: tuple[str, ...]) -> SessionInfo:
        return SessionInfo(
            id=self.id,
            agent=AgentInfo(id=self.agent_id, name=self.agent_name),
            channelgroups=tuple(self.groups),
            channels=tuple(self.channels),
            capabilities=capabilities,
        )

    def state_info(self) -> StateInfo:
        return StateInfo(state=self.state)

    def describe_state(self) -> str:
        return self.state.value


AnyObject = Session | ChannelGroup | Channel | Interaction | Conversation


def _find_below(channels: Mapping[ChannelId, Channel], path: tuple[str, ...]) -> "AnyObject | None":
    """The channel, interaction or conversation at a path that begins with a channel's id."""
    channel = channels.get(ChannelId(path[0]))
    match path[1:]:
        case []:
            return channel
        case [first, *more] if channel is not None:
            interaction = channel.interactions.get(InteractionId(first))
            match more:
                case []:
                    return interaction
                case [second] if interaction is not None:
                    return interaction.conversations.get(ConversationId(second))
    return None
