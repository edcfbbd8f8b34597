"""Who sits at which phone, in which agent state. A phone knows nothing of that: it is kept here, and is pure."""

from typing import TYPE_CHECKING

import attrs

from engine.adapters.sip.settings import SipAgent
from protocol.platform import ChannelReport, GroupReport
from protocol.states import AgentState, ChannelType, LoginState

if TYPE_CHECKING:
    from engine.adapters.sip.visits import PhoneCall, Visit


@attrs.frozen
class Chosen:
    """An agent state with its reason."""

    agentstate: AgentState
    reason: str | None = None


@attrs.define(eq=False)
class Endpoint:
    """A phone, under its extension. `uri` is how others reach it.

    `users` are the agents that have a channel here, `holder` is the one logged in. `now` is the agent state that the
    holder has chosen, `pending` what it will be once nothing is left here. `calls` are those that the phone has, and
    `visits` the interactions that are not completed, by id.
    """

    address: str
    uri: str
    name: str
    users: dict[str, None] = attrs.field(factory=dict)
    holder: str | None = None
    now: Chosen | None = None
    pending: Chosen | None = None
    calls: "list[PhoneCall]" = attrs.field(factory=list, repr=False)
    visits: "dict[str, Visit]" = attrs.field(factory=dict, repr=False)
    told: dict[str, ChannelReport] = attrs.field(factory=dict, repr=False)

    @property
    def state(self) -> Chosen | None:
        """The holder's agent state: WORK while wrap-up is due."""
        if self.now is not None and any(visit.wraps_up for visit in self.visits.values()):
            return Chosen(AgentState.WORK)
        return self.now

    @property
    def talk(self) -> "Visit | None":
        """The call that the phone is in, or is rung for."""
        return next((visit for visit in self.visits.values() if not visit.over), None)

    def ask(self, chosen: Chosen) -> None:
        """Be in this state now, or once nothing is left here."""
        if not self.visits:
            self.now, self.pending = chosen, None
        elif chosen == self.state:
            self.pending = None
        else:
            self.pending = chosen

    def freed(self) -> None:
        """An interaction here is completed."""
        if self.pending is not None and not self.visits:
            self.now, self.pending = self.pending, None

    def seen_by(self, agent: str) -> ChannelReport:
        """The channel that `agent` has here."""
        if self.holder != agent:
            return self._report(LoginState.INACTIVE if self.holder is None else LoginState.UNAVAILABLE, None, None)
        return self._report(LoginState.ACTIVE, self.state, self.pending)

    def _report(self, loginstate: LoginState, now: Chosen | None, pending: Chosen | None) -> ChannelReport:
        return ChannelReport(
            endpoint=self.address,
            type=ChannelType.TELEPHONY,
            name=self.name,
            loginstate=loginstate,
            agentstate=now.agentstate if now else None,
            reason=now.reason if now else None,
            pendingagentstate=pending.agentstate if pending else None,
        )


@attrs.define(eq=False)
class Desk:
    """What one agent has. `phone` is where the agent sits; `channels` are the standalone ones, by address.

    `watched`: a session is there for the agent, from its start to its logout.
    """

    agent: SipAgent
    phone: Endpoint
    groups: dict[str, tuple[Endpoint, ...]] = attrs.field(factory=dict)
    channels: dict[str, Endpoint] = attrs.field(factory=dict)
    watched: bool = False

    @property
    def id(self) -> str:
        return self.agent.id

    @property
    def name(self) -> str:
        return self.agent.name or self.agent.id

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Where the agent has a channel, in the order of coming."""
        members = (endpoint for group in self.groups.values() for endpoint in group)
        return tuple({endpoint.address: endpoint for endpoint in (*members, *self.channels.values())}.values())

    def group_report(self, name: str) -> GroupReport:
        return GroupReport(name=name, channels=tuple(endpoint.seen_by(self.id) for endpoint in self.groups[name]))


class Floor:
    """All desks and phones."""

    def __init__(self, desks: tuple[Desk, ...]) -> None:
        self.desks = {desk.id: desk for desk in desks}
        self.endpoints = {desk.phone.address: desk.phone for desk in desks}

    def is_watched(self, agent: str | None) -> bool:
        return agent is not None and agent in self.desks and self.desks[agent].watched
