"""A CTI platform without connections or time: it answers the core's calls at once, and refuses what it is told to."""

from typing import Any

import attrs

from protocol import platform
from protocol.errors import FailureCode, Refused
from protocol.platform import (
    ChannelReport,
    DirectoryEntry,
    GroupReport,
    InteractionCall,
    InteractionReport,
    PlatformCall,
    ReasonCode,
    Replied,
    Report,
    Snapshot,
)
from protocol.states import AgentState, ChannelType, EndCause, InteractionState, LoginState
from tests.fakes import calls


def channel(endpoint: str, state: str = "INACTIVE", *, reason: str | None = None) -> ChannelReport:
    """A report in short: `state` is INACTIVE, UNAVAILABLE, or the agent state of a channel that is ACTIVE."""
    active = state in list(AgentState)
    return ChannelReport(
        endpoint=endpoint,
        type=ChannelType.TELEPHONY if endpoint.isdigit() else ChannelType(endpoint.split("-")[0].upper()),
        name=f"Line {endpoint}",
        loginstate=LoginState.ACTIVE if active else LoginState(state),
        agentstate=AgentState(state) if active else None,
        reason=reason,
    )


@attrs.define
class FakePlatform:
    """What it holds for one agent. `answer` does a call, or raises Refused and changes nothing."""

    channels: dict[str, ChannelReport] = attrs.field(factory=dict)
    """By endpoint, those that the agent has."""
    memberships: dict[str, tuple[str, ...]] = attrs.field(factory=dict)
    """The endpoints of every group that can be joined."""
    joined: list[str] = attrs.field(factory=list)
    listed: tuple[ReasonCode, ...] = (ReasonCode(code="1", name="Lunch"), ReasonCode(code="2", name="Meeting"))
    directory: tuple[DirectoryEntry, ...] = (DirectoryEntry(name="Front desk", number="9", type="internal"),)
    interactions: dict[tuple[str, str], InteractionReport] = attrs.field(factory=dict)
    """By endpoint and id, those that are not completed."""
    wrapup_s: float | None = None
    """How long wrap-up takes after an interaction that had started; None: there is none."""
    refuses: dict[tuple[str, str], FailureCode] = attrs.field(factory=dict)
    """By name of the call and endpoint (or "")."""
    instead: dict[str, Any] = attrs.field(factory=dict)
    """By name of the call, what is answered though nothing is done, whatever it is."""
    calls: list[PlatformCall[Any]] = attrs.field(factory=list)
    _worked: dict[str, ChannelReport] = attrs.field(factory=dict)
    """By endpoint, what the channel was before WORK."""
    _counted: int = 0

    def with_group(self, name: str, *reports: ChannelReport, joined: bool = True) -> "FakePlatform":
        self.memberships[name] = tuple(report.endpoint for report in reports)
        self.channels.update({report.endpoint: report for report in reports})
        self.joined += [name] if joined else []
        return self

    def with_channels(self, *reports: ChannelReport) -> "FakePlatform":
        self.channels.update({report.endpoint: report for report in reports})
        return self

    def with_interactions(self, *reports: InteractionReport) -> "FakePlatform":
        for report in reports:
            self.note(report)
        return self

    def at(self, endpoint: str, key: str = "1") -> InteractionReport:
        """An interaction as it stands."""
        return self.interactions[endpoint, key]

    def note(self, report: Report) -> None:
        """It has happened by itself."""
        match report:
            case ChannelReport():
                self.channels[report.endpoint] = report
            case InteractionReport():
                self.interactions[report.endpoint, report.id] = attrs.evolve(report, channel=None)
                if report.state is InteractionState.COMPLETED:
                    del self.interactions[report.endpoint, report.id]
                if report.channel is not None:
                    self.note(report.channel)

    def answer(self, call: PlatformCall[Any]) -> Any:
        self.calls.append(call)
        endpoint = getattr(call, "endpoint", "")
        code = self.refuses.get((type(call).__name__, endpoint))
        if code is not None:
            raise Refused(code, f"the platform refuses {type(call).__name__}")
        if type(call).__name__ in self.instead:
            return self.instead[type(call).__name__]
        match call:
            case platform.StartAgent():
                return self._snapshot()
            case platform.AddGroup(name=name):
                return self._group(name)
            case platform.ListDirectory():
                return self.directory
            case platform.ListNotReadyReasons() | platform.ListLogoutReasons() | platform.ListDispositions():
                return self.listed
            case platform.Dial():
                return self._dial(call)
            case InteractionCall():
                return self._about_interaction(call)
            case _:
                return self._about_channel(call, endpoint)

    def _snapshot(self) -> Snapshot:
        grouped = {at for members in self.memberships.values() for at in members}
        return Snapshot(
            agent_name="Ann Example",
            groups=tuple(self._group(name) for name in self.joined),
            channels=tuple(report for at, report in self.channels.items() if at not in grouped),
            interactions=tuple(self.interactions.values()),
        )

    def _group(self, name: str) -> GroupReport:
        return GroupReport(name=name, channels=tuple(self.channels[at] for at in self.memberships[name]))

    # Channels

    def _about_channel(self, call: PlatformCall[Any], endpoint: str) -> ChannelReport | None:
        match call:
            case platform.AddChannel(type=kind):
                report = attrs.evolve(channel(endpoint), type=kind)
            case platform.ActivateChannel():
                report = self._channel_in(endpoint, LoginState.ACTIVE, AgentState.NOTREADY)
            case platform.DeactivateChannel():
                report = self._channel_in(endpoint, LoginState.INACTIVE, None)
            case platform.SetAgentState(agentstate=wanted) if any(at == endpoint for at, _ in self.interactions):
                report = attrs.evolve(self.channels[endpoint], pendingagentstate=wanted)
            case platform.SetAgentState(agentstate=wanted, reason=reason):
                report = self._channel_in(endpoint, LoginState.ACTIVE, wanted, reason)
            case _:
                return None
        self.note(report)
        return report

    def _channel_in(
        self, endpoint: str, loginstate: LoginState, agentstate: AgentState | None, reason: str | None = None
    ) -> ChannelReport:
        before = self.channels[endpoint]
        return attrs.evolve(before, loginstate=loginstate, agentstate=agentstate, reason=reason)

    # Interactions

    def _dial(self, call: platform.Dial) -> InteractionReport:
        dialled = calls.leg("DIALING", call.destination)
        return self._keep(calls.call("DIALING", dialled, at=call.endpoint, key=self._new("dialled")))

    def _about_interaction(self, call: InteractionCall[Any]) -> Any:
        it = self.interactions.get((call.endpoint, call.interaction))
        if it is None:
            raise Refused(FailureCode.INVALID_TARGET, f"no interaction {call.interaction} at {call.endpoint}")
        match call:
            case platform.SendMessage(text=text):
                return self._message(call, text)
            case platform.ReplyEmail(text=text):
                ended = self._keep(self.ending(it, EndCause.RELEASED))
                return Replied(message=self._message(call, text), interaction=ended)
        after = self._after(call, it)
        return None if after is None else self._keep(after)

    def _keep(self, it: InteractionReport) -> InteractionReport:
        assert it.problem() is None, it.problem()
        self.note(it)
        return it

    def _message(self, call: InteractionCall[Any], text: str) -> platform.MessagePosted:
        return calls.posted(
            text, at=call.endpoint, interaction=call.interaction, key=self._new("said"), party=calls.AGENT
        )

    def _new(self, word: str) -> str:
        self._counted += 1
        return f"{word}-{self._counted}"

    def _after(self, call: InteractionCall[Any], it: InteractionReport) -> InteractionReport | None:
        """The interaction as it stands after the call; None where the call is no matter of its state."""
        match call:
            case platform.AcceptInteraction():
                return calls.answered(it)
            case platform.RejectInteraction():
                return self.ending(it, EndCause.REJECTED)
            case platform.ReleaseInteraction():
                return self.ending(it, EndCause.RELEASED)
            case platform.CompleteInteraction(disposition=disposition):
                return calls.completed(it, disposition, channel=self._channel_at_rest(it))
            case platform.ChangeData(changes=changes):
                data = {**it.data, **changes}
                return attrs.evolve(it, data={key: value for key, value in data.items() if value is not None})
            case platform.SetRecording(recording=recording):
                return attrs.evolve(it, recording=recording)
            case platform.TransferInteraction() | platform.TransferConsult() | platform.BlindTransfer():
                return self.ending(it, EndCause.TRANSFERRED)
            case _:
                return self._after_leg_call(call, it)

    def _after_leg_call(self, call: InteractionCall[Any], it: InteractionReport) -> InteractionReport | None:
        match call:
            case platform.StartConsult(destination=destination):
                return calls.consulting(it, destination, key=self._new("consult"))
            case platform.AlternateLegs():
                return calls.alternated(it)
            case platform.ConferenceConsult():
                return calls.conferenced(it)
            case platform.HoldLeg(leg=leg):
                return calls.in_state(it, leg, "HELD")
            case platform.RetrieveLeg(leg=leg):
                return calls.in_state(it, leg, "CONNECTED")
            case platform.ReleaseLeg(leg=leg):
                return calls.without_leg(it, leg) if len(it.legs) > 1 else self.ending(it, EndCause.RELEASED)
            case platform.BlindConference(leg=leg, destination=destination):
                return calls.joined(it, leg, destination)
            case _:
                return None

    def ending(self, it: InteractionReport, cause: EndCause) -> InteractionReport:
        """How it ends here: with the channel in WORK where wrap-up is due."""
        if self.wrapup_s is None or it.state is not InteractionState.STARTED:
            return calls.over(it, cause, channel=self._channel_at_rest(it))
        before = self.channels[it.endpoint]
        self._worked[it.endpoint] = before
        return calls.over(
            it, cause, wrapup_s=self.wrapup_s, channel=attrs.evolve(before, agentstate=AgentState.WORK, reason=None)
        )

    def _channel_at_rest(self, it: InteractionReport) -> ChannelReport | None:
        """In the state that was asked for meanwhile, or that it had before WORK; None: as it is."""
        now = self.channels[it.endpoint]
        before = self._worked.pop(it.endpoint, now)
        if now.pendingagentstate is not None:
            before = attrs.evolve(before, agentstate=now.pendingagentstate, reason=None)
        rest = attrs.evolve(before, pendingagentstate=None)
        return None if rest == now else rest
