"""What each agent has: channels at phones, and what the switch says of who is logged in there. Pure.

The switch knows phones and logins. Channels and groups are the adapter's own, and are forgotten with it; who is logged
in is found again.
"""

import attrs
import trio

from engine.adapters.csta.replies import AgentStatus
from engine.adapters.csta.settings import CstaAgent
from engine.adapters.csta.visits import Line
from protocol.platform import ChannelReport, GroupReport
from protocol.states import AgentState, ChannelType, LoginState


@attrs.frozen
class Chosen:
    """An agent state with its reason."""

    agentstate: AgentState
    reason: str | None = None


@attrs.define(eq=False, kw_only=True)
class Phone:
    """A phone that is looked at. `device` and `monitor` are its ids at the switch, while it is.

    `login` is who is logged in there, by the id at the switch. `state` is what the switch says, with the `reason`;
    `settled` is the latest that was not after-call work. `after_work` is what the agent wants after wrap-up, `pending`
    what the switch has for the time after a call. `asked` is the state that we have asked for last, with its reason in
    our words, and `sent` that reason as the switch has it. `users` are the agents who have a channel here. `muted`:
    nothing is told for the moment. `lock` is held by whoever begins or ends to look at it.
    """

    line: Line
    device: str = ""
    monitor: str | None = None
    login: str | None = None
    state: AgentState | None = None
    reason: str | None = None
    settled: Chosen = Chosen(AgentState.NOTREADY)
    pending: AgentState | None = None
    after_work: Chosen | None = None
    asked: Chosen | None = None
    sent: str | None = None
    users: dict[str, None] = attrs.field(factory=dict)
    muted: int = 0
    lock: trio.Lock = attrs.field(factory=trio.Lock, repr=False)

    @property
    def address(self) -> str:
        return self.line.address

    def take(self, status: AgentStatus, *, home: str | None) -> None:
        """The switch says who is logged in, and how. `home` is whose phone it is, where it does not say who."""
        if status.state is None:
            self.login = self.state = self.reason = self.pending = self.after_work = self.asked = None
            self.settled = Chosen(AgentState.NOTREADY)
            return
        login = status.login or self.login or home
        if login != self.login:
            self.after_work = self.asked = None
        if self.asked is not None and status.state not in (self.asked.agentstate, self.state):
            self.asked = None
        reason = self._reason(status) if status.state is AgentState.NOTREADY else None
        self.login, self.state, self.reason, self.pending = login, status.state, reason, status.pending
        if status.state is not AgentState.WORK:
            self.settled = Chosen(status.state, reason)

    def _reason(self, status: AgentStatus) -> str | None:
        """What the switch says, in our words if we have given it; the same as before, where it says nothing."""
        if self.asked is not None and self.asked.agentstate is AgentState.NOTREADY:
            if status.reason in (None, self.sent):
                return self.asked.reason
            self.asked = None
        if status.reason is None and self.state is AgentState.NOTREADY:
            return self.reason
        return status.reason

    def seen_by(self, agent: CstaAgent) -> ChannelReport:
        """The channel that this agent has here."""
        mine = self.login == agent.login_id and self.state is not None
        state: AgentState | None = None
        reason: str | None = None
        pending: AgentState | None = None
        if mine:
            state, reason, pending = self.state, self.reason, self.pending
            if self.line.wraps_up:
                state, reason = AgentState.WORK, None
                pending = self.after_work.agentstate if self.after_work is not None else self.pending
        login = LoginState.INACTIVE if self.login is None else LoginState.UNAVAILABLE
        return ChannelReport(
            endpoint=self.address,
            type=ChannelType.TELEPHONY,
            name=f"Phone {self.address}",
            loginstate=LoginState.ACTIVE if mine else login,
            agentstate=state,
            reason=reason,
            pendingagentstate=pending,
        )


@attrs.define(eq=False)
class Desk:
    """An agent: where the agent sits, and which channels the agent has, in the order of coming.

    `watched`: a session is there for the agent, from its start to its logout.
    """

    agent: CstaAgent
    phone: str
    channels: dict[str, Phone] = attrs.field(factory=dict)
    groups: dict[str, tuple[Phone, ...]] = attrs.field(factory=dict)
    watched: bool = False

    @property
    def id(self) -> str:
        return self.agent.id

    def phones(self) -> list[Phone]:
        """All that the agent has a channel at."""
        members = (phone for group in self.groups.values() for phone in group)
        return list({phone.address: phone for phone in (*members, *self.channels.values())}.values())

    def phone_at(self, address: str) -> Phone | None:
        return next((phone for phone in self.phones() if phone.address == address), None)

    def holds(self, phone: Phone) -> bool:
        return phone.login == self.agent.login_id

    def group_report(self, name: str) -> GroupReport:
        return GroupReport(name=name, channels=tuple(phone.seen_by(self.agent) for phone in self.groups[name]))
