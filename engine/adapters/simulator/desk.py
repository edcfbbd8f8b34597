"""What the switch is made of: endpoints, and for each agent a desk that tells which of them the agent has."""

from typing import TYPE_CHECKING, Final

import attrs

from engine.adapters.simulator.settings import Automatic, SimulatedAgent
from protocol.platform import ChannelReport, GroupReport
from protocol.states import AgentState, ChannelType, LoginState

if TYPE_CHECKING:
    from engine.adapters.simulator.visit import Visit


@attrs.frozen
class Chosen:
    """An agent state with its reason."""

    agentstate: AgentState
    reason: str | None = None


WORK: Final = Chosen(AgentState.WORK)


@attrs.define(eq=False)
class Endpoint:
    """A phone, or a media address. `users` are the agents that have a channel here, `holder` is the one logged in.

    `now` is the agent state that the holder has chosen, `pending` what it will be once no interaction is left here;
    while an interaction here waits for its wrap-up, the agent state is WORK instead. `visits` are the interactions
    here that are not completed, by id; `capacity` is how many may be offered at once. `idle_since` is when it last
    went ready, or was done with something. `automatic`: the phone answers by itself. `stuck`: the switch refuses to
    let go of it. `told` is the channel that each agent was last told of here.
    """

    address: str
    type: ChannelType
    name: str
    capacity: int = 1
    users: dict[str, None] = attrs.field(factory=dict)
    holder: str | None = None
    now: Chosen | None = None
    pending: Chosen | None = None
    visits: "dict[str, Visit]" = attrs.field(factory=dict, repr=False)
    idle_since: float = 0.0
    automatic: Automatic | None = None
    stuck: bool = False
    told: dict[str, ChannelReport] = attrs.field(factory=dict, repr=False)

    @property
    def room(self) -> bool:
        return len(self.visits) < self.capacity

    @property
    def takes_offers(self) -> bool:
        """Is its holder ready for one more interaction, as far as this endpoint goes?"""
        ready = self.now is not None and self.now.agentstate is AgentState.READY
        return ready and self.room and not self.leaving and not self.wraps_up

    @property
    def leaving(self) -> bool:
        """Has the holder chosen not to be ready, by now or once nothing is left here?"""
        chosen = self.pending or self.now
        return chosen is not None and chosen.agentstate is AgentState.NOTREADY

    @property
    def state(self) -> Chosen | None:
        """The holder's agent state."""
        return WORK if self.wraps_up and self.now is not None else self.now

    @property
    def wraps_up(self) -> bool:
        """Does an interaction here wait for its wrap-up?"""
        return any(visit.wraps_up for visit in self.visits.values())

    def rival_of(self, agent: str) -> str | None:
        """Who keeps this endpoint from `agent`: a phone is its holder's, a media address its first user's."""
        owner = self.holder if self.type is ChannelType.TELEPHONY else next(iter(self.users), None)
        return None if owner == agent else owner

    # Agent states

    def take(self, holder: str, chosen: Chosen, at: float) -> None:
        self.holder = holder
        self.set(chosen, at)

    def leave(self) -> None:
        self.holder = self.now = self.pending = None

    def set(self, chosen: Chosen, at: float) -> None:
        """Be in this state from now on, whatever goes on here, or after wrap-up."""
        self.now, self.pending = chosen, None
        self.idle_since = at

    def ask(self, chosen: Chosen, at: float) -> None:
        """Be in this state now, or once no interaction is left here."""
        if not self.visits:
            if chosen != self.now:
                self.set(chosen, at)
        elif chosen == self.state:
            self.pending = None
        else:
            self.pending = chosen

    def freed(self, at: float) -> None:
        """An interaction here is completed."""
        self.idle_since = at
        if self.pending is not None and not self.visits:
            self.now, self.pending = self.pending, None

    # What is told of it

    def seen_by(self, agent: str) -> ChannelReport:
        """The channel that `agent` has here."""
        if self.holder == agent:
            return self._report(LoginState.ACTIVE, self.state, self.pending)
        return self._report(LoginState.INACTIVE if self.holder is None else LoginState.UNAVAILABLE)

    def _report(
        self, loginstate: LoginState, now: Chosen | None = None, pending: Chosen | None = None
    ) -> ChannelReport:
        return ChannelReport(
            endpoint=self.address,
            type=self.type,
            name=self.name,
            loginstate=loginstate,
            agentstate=None if now is None else now.agentstate,
            reason=None if now is None else now.reason,
            pendingagentstate=None if pending is None else pending.agentstate,
        )


@attrs.define(eq=False)
class Desk:
    """What the switch has for one agent; the orders are those of coming.

    `phone` is where the agent sits. `channels` are the standalone ones, by address. `logins` are the endpoints where
    the agent is logged in, by address; at a phone that may be so without a channel for it. `watched`: a session is
    there for the agent, from its start to its logout.
    """

    agent: SimulatedAgent
    phone: str
    groups: dict[str, tuple[Endpoint, ...]] = attrs.field(factory=dict)
    channels: dict[str, Endpoint] = attrs.field(factory=dict)
    logins: dict[str, Endpoint] = attrs.field(factory=dict)
    watched: bool = False

    @property
    def id(self) -> str:
        return self.agent.id

    def endpoints(self) -> tuple[Endpoint, ...]:
        """All that the agent has a channel for or is logged in at."""
        members = (endpoint for group in self.groups.values() for endpoint in group)
        every = (*members, *self.channels.values(), *self.logins.values())
        return tuple({endpoint.address: endpoint for endpoint in every}.values())

    def group_report(self, name: str) -> GroupReport:
        return GroupReport(name=name, channels=tuple(endpoint.seen_by(self.id) for endpoint in self.groups[name]))
