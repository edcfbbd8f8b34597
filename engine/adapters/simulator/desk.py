"""What the switch is made of: endpoints, and for each agent a desk that tells which of them the agent has."""

import attrs

from engine.adapters.simulator.settings import SimulatedAgent
from protocol.platform import ChannelReport, GroupReport
from protocol.states import AgentState, ChannelType, LoginState


@attrs.define(eq=False)
class Endpoint:
    """A phone, or a media address. `users` are the agents that have a channel here, `holder` is the one logged in.

    `agentstate` and `reason` are the holder's. `stuck`: the switch refuses to let go of it.
    """

    address: str
    type: ChannelType
    name: str
    users: dict[str, None] = attrs.field(factory=dict)
    holder: str | None = None
    agentstate: AgentState | None = None
    reason: str | None = None
    stuck: bool = False

    def rival_of(self, agent: str) -> str | None:
        """Who keeps this endpoint from `agent`: a phone is its holder's, a media address its first user's."""
        owner = self.holder if self.type is ChannelType.TELEPHONY else next(iter(self.users), None)
        return None if owner == agent else owner

    def seen_by(self, agent: str) -> ChannelReport:
        """The channel that `agent` has here."""
        if self.holder == agent:
            return self._report(LoginState.ACTIVE, self.agentstate, self.reason)
        return self._report(LoginState.INACTIVE if self.holder is None else LoginState.UNAVAILABLE)

    def _report(
        self, loginstate: LoginState, agentstate: AgentState | None = None, reason: str | None = None
    ) -> ChannelReport:
        return ChannelReport(
            endpoint=self.address,
            type=self.type,
            name=self.name,
            loginstate=loginstate,
            agentstate=agentstate,
            reason=reason,
        )


@attrs.define(eq=False)
class Desk:
    """What the switch has for one agent; the orders are those of coming.

    `phone` is where the agent sits. `channels` are the standalone ones, by address. `logins` are the endpoints where
    the agent is logged in, by address; at a phone that may be so without a channel for it.
    """

    agent: SimulatedAgent
    phone: str
    groups: dict[str, tuple[Endpoint, ...]] = attrs.field(factory=dict)
    channels: dict[str, Endpoint] = attrs.field(factory=dict)
    logins: dict[str, Endpoint] = attrs.field(factory=dict)

    @property
    def id(self) -> str:
        return self.agent.id

    def endpoints(self) -> tuple[Endpoint, ...]:
        """All that the agent has a channel for or is logged in at, some twice."""
        members = (endpoint for group in self.groups.values() for endpoint in group)
        return (*members, *self.channels.values(), *self.logins.values())

    def group_report(self, name: str) -> GroupReport:
        return GroupReport(name=name, channels=tuple(endpoint.seen_by(self.id) for endpoint in self.groups[name]))
