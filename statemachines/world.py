"""The objects of one session and their relations. Ids are counted, so the same inputs give the same ids.

The world changes only through its methods; what a client is told of a change is decided in `sequences`.
"""

from collections.abc import Iterator

import attrs

from protocol.events import AgentInfo, ChannelGroupInfo, ChannelInfo, ReasonInfo, SessionInfo, StateInfo
from protocol.ids import ChannelGroupId, ChannelId, InteractionId, ObjectKind, SessionId, Target
from protocol.platform import ChannelReport, Feature, GroupReport, Snapshot
from protocol.states import AgentState, ChannelGroupState, ChannelType, LoginState, SessionState
from statemachines.channel import AGENT, AGENT_TRIGGERS, LOGIN, LOGIN_ROUTES
from statemachines.channelgroup import CHANNELGROUP
from statemachines.table import fire


@attrs.define(kw_only=True, eq=False)
class Object:
    """What all objects share. `announced` are the capabilities that the client was last told of."""

    target: Target
    announced: frozenset[str] = frozenset()
    kind: ObjectKind = attrs.field(init=False)

    @property
    def id(self) -> str:
        return self.target.segments[-1]


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
    interactions: list[InteractionId] = attrs.field(factory=list)
    """Those not completed."""
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
        return cls(target=Target((session_id,)), agent_id=agent_id, features=features, wanted_groups=groups)

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

    def find(self, target: Target) -> "Session | ChannelGroup | Channel | None":
        """The object that answers to this very path."""
        match target.segments[1:]:
            case []:
                return self
            case [first]:
                return self.groups.get(ChannelGroupId(first)) or self.channels.get(ChannelId(first))
            case [first, second]:
                group = self.groups.get(ChannelGroupId(first))
                return group.channels.get(ChannelId(second)) if group else None
            case _:
                return None

    # Changing

    def add_channel(self, report: ChannelReport, group: ChannelGroup | None = None) -> Channel:
        channel_id = ChannelId(self._next_id("c"))
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
        group_id = ChannelGroupId(self._next_id("g"))
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

    def _next_id(self, prefix: str) -> str:
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


AnyObject = Session | ChannelGroup | Channel
