"""The switch alone, by random steps: whatever anybody does, what it tells is sound, whole, and no more than news."""

import contextlib
from collections.abc import Callable
from typing import Any

import attrs
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from engine.adapters.simulator.callers import CallScript
from engine.adapters.simulator.platform import Switch
from engine.adapters.simulator.settings import SimulatedQueue, WrapUpTimes
from protocol.errors import FAILURES, Refused
from protocol.platform import (
    OVER,
    AcceptInteraction,
    ActivateChannel,
    AddChannel,
    AlternateLegs,
    BlindConference,
    BlindTransfer,
    ChangeData,
    ChannelReport,
    CompleteInteraction,
    ConferenceConsult,
    DeactivateChannel,
    Dial,
    Disposition,
    HoldLeg,
    InteractionReport,
    LegReport,
    LogoutAgent,
    PlatformCall,
    RejectInteraction,
    ReleaseLeg,
    Report,
    RetrieveLeg,
    SendDigits,
    SetAgentState,
    SetRecording,
    Snapshot,
    StartAgent,
    StartConsult,
    TransferConsult,
    answers,
)
from protocol.states import AgentState, ChannelType, ConversationState, InteractionState, RecordingState
from statemachines import conversation, interaction
from tests.engine.adapters.simulator.centre import CUSTOMER, DESK, EMPTY, PHONES, SALES, SERVICE, SETTINGS, WIFE

WALKED = attrs.evolve(
    SETTINGS,
    wrapup_s=WrapUpTimes(telephony=10.0),
    queues=(
        SimulatedQueue(name="Sales", number=SALES, overflow_s=40.0, overflow_to="Service", limit=2),
        SimulatedQueue(name="Service", number=SERVICE, overflow_s=200.0, agents=("bob", "cyn")),
    ),
)
AGENTS = st.sampled_from(list(PHONES))
ALL_PHONES = st.sampled_from([*PHONES.values(), DESK, EMPTY])
NUMBERS = st.sampled_from([*PHONES.values(), DESK, EMPTY, SALES, SERVICE, "111", "222", "333", WIFE, "nowhere"])
WHOLE = (AcceptInteraction, RejectInteraction, AlternateLegs, TransferConsult, ConferenceConsult, CompleteInteraction)
OF_A_LEG = (HoldLeg, RetrieveLeg, ReleaseLeg)
ON_THE_WAY = (StartConsult, BlindTransfer, BlindConference)
AT_THE_PHONE = ("answer", "hold", "retrieve", "hangup", "reject", "logout")


class View:
    """What one agent has been told, taken in by the same tables as a session does."""

    def __init__(self) -> None:
        self.channels: dict[str, ChannelReport] = {}
        self.interactions: dict[str, InteractionReport] = {}
        self.finished: set[str] = set()

    def begin(self, snapshot: Snapshot) -> None:
        self.channels = {channel.endpoint: channel for channel in snapshot.channels}
        self.interactions = {report.id: report for report in snapshot.interactions}

    def take_in(self, report: Report) -> None:
        match report:
            case ChannelReport():
                assert self.channels.get(report.endpoint) != report, f"told twice: {report}"
                self.channels[report.endpoint] = report
            case InteractionReport(channel=ChannelReport() as channel):
                self.take_in(attrs.evolve(report, channel=None))
                self.take_in(channel)
            case InteractionReport():
                self._take_in_interaction(report)

    def _take_in_interaction(self, report: InteractionReport) -> None:
        assert report.id not in self.finished, f"told of again: {report}"
        before = self.interactions.pop(report.id, None)
        assert before != report, f"told twice: {report}"
        if before is None:
            assert report.state in interaction.BEGINNINGS, f"never was: {report}"
        else:
            assert (before.state, report.state) in interaction.ROUTES, f"from {before.state}: {report}"
            legs = {leg.id: leg for leg in before.legs}
            for leg in report.legs:
                self._check_leg(legs.get(leg.id), leg)
        if report.state is InteractionState.COMPLETED:
            self.finished.add(report.id)
        else:
            self.interactions[report.id] = report

    @staticmethod
    def _check_leg(before: LegReport | None, leg: LegReport) -> None:
        if before is not None:
            assert (before.state, leg.state) in conversation.ROUTES, f"from {before.state}: {leg}"
            assert before.direction is leg.direction


class Walk(RuleBasedStateMachine):
    """Any step at any time: every report is possible and is news, and all news together are how things stand."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[Callable[[Switch], object]] = []
        self.told: list[tuple[str, Report]] = []
        self.views = {agent: View() for agent in PHONES}
        self.contacts: list[str] = []
        self.heard_of: dict[str, None] = {}
        self.now = 0.0
        self.switch = Switch(WALKED)
        self.switch.connect(self)
        for agent, phone in PHONES.items():
            self.ask(agent, StartAgent())
            self.ask(agent, AddChannel(endpoint=phone, type=ChannelType.TELEPHONY))
            self.ask(agent, ActivateChannel(endpoint=phone))

    # The line

    def changed(self, agent: str, report: Report) -> None:
        assert isinstance(report, ChannelReport | InteractionReport)
        assert report.problem() is None, report.problem()
        self.told.append((agent, report))
        self.views[agent].take_in(report)
        if isinstance(report, InteractionReport):
            self.heard_of[report.contact] = None

    def broken(self) -> None:
        raise AssertionError

    # Steps

    def do(self, step: Callable[[Switch], Any]) -> Any:
        self.steps.append(step)
        before = len(self.told)
        try:
            return step(self.switch)
        except Refused as refused:
            assert FAILURES[refused.code].from_platform or refused.code == "INVALID_REQUEST"
            assert refused.message
            assert len(self.told) == before, f"refused, and yet told: {self.told[before:]}"
            return None

    def ask(self, agent: str, call: PlatformCall[Any]) -> Any:
        if isinstance(call, LogoutAgent):
            self.views[agent] = View()
        answer = self.do(lambda switch: switch.perform(agent, call))
        if isinstance(call, LogoutAgent):
            self.views[agent] = View()
        match answer:
            case Snapshot():
                self.views[agent].begin(answer)
            case InteractionReport():
                assert answers(call, answer)
                assert answer.problem() is None
                last = [report for whose, report in self.told if whose == agent and report.endpoint == answer.endpoint]
                known = self.views[agent].interactions.get(answer.id)
                assert known == attrs.evolve(answer, channel=None) or answer in last[-3:]
        return answer

    @rule(agent=AGENTS)
    def ready(self, agent: str) -> None:
        self.ask(agent, SetAgentState(endpoint=PHONES[agent], agentstate=AgentState.READY))

    @rule(agent=AGENTS, reason=st.sampled_from([None, "BREAK"]))
    def not_ready(self, agent: str, reason: str | None) -> None:
        self.ask(agent, SetAgentState(endpoint=PHONES[agent], agentstate=AgentState.NOTREADY, reason=reason))

    @rule(agent=AGENTS)
    def log_out_and_come_back(self, agent: str) -> None:
        self.ask(agent, LogoutAgent())
        self.ask(agent, StartAgent())
        self.ask(agent, AddChannel(endpoint=PHONES[agent], type=ChannelType.TELEPHONY))

    @rule(agent=AGENTS, on=st.booleans())
    def activate(self, agent: str, on: bool) -> None:
        self.ask(agent, (ActivateChannel if on else DeactivateChannel)(endpoint=PHONES[agent]))

    @rule(agent=AGENTS, number=NUMBERS)
    def dial(self, agent: str, number: str) -> None:
        self.ask(agent, Dial(endpoint=PHONES[agent], destination=number))

    @rule(to=NUMBERS, patience_s=st.sampled_from([None, 5.0, 50.0]), talks_s=st.sampled_from([None, 0.0, 30.0]))
    def call(self, to: str, patience_s: float | None, talks_s: float | None) -> None:
        script = CallScript(patience_s=patience_s, talks_s=talks_s)
        contact = self.do(lambda switch: switch.call(to, CUSTOMER, data={"to": to}, script=script))
        if contact is not None:
            self.contacts.append(contact)

    @precondition(lambda self: self.contacts)
    @rule(data=st.data())
    def hang_up(self, data: st.DataObject) -> None:
        contact = data.draw(st.sampled_from(self.contacts))
        self.do(lambda switch: switch.hangup(contact))

    @precondition(lambda self: self.contacts)
    @rule(data=st.data())
    def digits(self, data: st.DataObject) -> None:
        contact = data.draw(st.sampled_from(self.contacts))
        self.do(lambda switch: switch.caller_digits(contact, "7"))

    @rule(phone=ALL_PHONES, action=st.sampled_from(AT_THE_PHONE))
    def at_the_phone(self, phone: str, action: str) -> None:
        self.do(lambda switch: switch.phone(phone, action))

    @rule(phone=ALL_PHONES, agent=AGENTS)
    def log_in_at_the_phone(self, phone: str, agent: str) -> None:
        if phone in (PHONES[agent], DESK):
            self.do(lambda switch: switch.phone(phone, "login", agent=agent))

    @rule(phone=ALL_PHONES, number=NUMBERS)
    def dial_at_the_phone(self, phone: str, number: str) -> None:
        self.do(lambda switch: switch.phone(phone, "dial", destination=number))

    @rule(phone=st.sampled_from(list(PHONES.values())), on=st.booleans())
    def automatic(self, phone: str, on: bool) -> None:
        self.do(lambda switch: switch.phone(phone, "automatic", on=on, answers_after_s=1.0, talks_s=25.0))

    @rule(seconds=st.sampled_from([0.0, 0.5, 3.0, 10.0, 20.0, 60.0]))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        now = self.now
        self.do(lambda switch: switch.advance(now))

    @property
    def interactions(self) -> list[tuple[str, InteractionReport]]:
        return [(agent, report) for agent, view in self.views.items() for report in view.interactions.values()]

    @precondition(lambda self: self.interactions)
    @rule(data=st.data(), kind=st.sampled_from(WHOLE))
    def about_one(self, data: st.DataObject, kind: type[Any]) -> None:
        agent, report = data.draw(st.sampled_from(self.interactions))
        self.ask(agent, kind(endpoint=report.endpoint, interaction=report.id))

    @precondition(lambda self: self.interactions)
    @rule(data=st.data(), kind=st.sampled_from(OF_A_LEG))
    def about_a_leg(self, data: st.DataObject, kind: type[Any]) -> None:
        agent, report = data.draw(st.sampled_from(self.interactions))
        leg = data.draw(st.sampled_from([*(leg.id for leg in report.legs), "gone"]))
        self.ask(agent, kind(endpoint=report.endpoint, interaction=report.id, leg=leg))

    @precondition(lambda self: self.interactions)
    @rule(data=st.data(), kind=st.sampled_from(ON_THE_WAY), number=NUMBERS)
    def on_the_way(self, data: st.DataObject, kind: type[Any], number: str) -> None:
        agent, report = data.draw(st.sampled_from(self.interactions))
        more = {} if kind is StartConsult or not report.legs else {"leg": report.legs[0].id}
        if kind is StartConsult or report.legs:
            self.ask(agent, kind(endpoint=report.endpoint, interaction=report.id, destination=number, **more))

    @precondition(lambda self: self.interactions)
    @rule(data=st.data())
    def with_it(self, data: st.DataObject) -> None:
        agent, report = data.draw(st.sampled_from(self.interactions))
        at: dict[str, Any] = {"endpoint": report.endpoint, "interaction": report.id}
        calls: list[PlatformCall[Any]] = [
            ChangeData(**at, changes={"key": "value", "to": None}),
            ChangeData(**at, changes={"key": None}),
            SetRecording(**at, recording=RecordingState.RECORDING),
            CompleteInteraction(**at, disposition=Disposition(code="SOLVED")),
            *(SendDigits(**at, leg=leg.id, digits="5") for leg in report.legs),
        ]
        self.ask(agent, data.draw(st.sampled_from(calls)))

    # What always holds

    @invariant()
    def all_news_are_how_things_stand(self) -> None:
        for agent, view in self.views.items():
            snapshot = self.switch.perform(agent, StartAgent())
            self.steps.append(lambda switch, agent=agent: switch.perform(agent, StartAgent()))
            for channel in snapshot.channels:
                assert view.channels[channel.endpoint] == channel
            assert {report.id: report for report in snapshot.interactions} == {
                report.id: report for report in view.interactions.values() if self._is_in(report, snapshot)
            }

    @staticmethod
    def _is_in(report: InteractionReport, snapshot: Snapshot) -> bool:
        return any(channel.endpoint == report.endpoint for channel in snapshot.channels)

    @invariant()
    def a_phone_has_one_interaction_and_one_connected_leg(self) -> None:
        endpoints = [report.endpoint for _, report in self.interactions]
        assert len(endpoints) == len(set(endpoints))
        assert all(report.connected <= 1 for _, report in self.interactions)

    @invariant()
    def who_is_in_wrap_up_works(self) -> None:
        for agent, report in self.interactions:
            channel = self.views[agent].channels[report.endpoint]
            if report.state is InteractionState.ENDED:
                assert channel.agentstate is AgentState.WORK
                assert report.wrapup_s == 10.0

    @invariant()
    def members_see_each_other(self) -> None:
        """Two agents in the same contact have the same data, and each member id means the same to both."""
        addresses: dict[str, tuple[str, str | None]] = {}
        data: dict[str, object] = {}
        for _, report in self.interactions:
            assert data.setdefault(report.contact, report.data) == report.data
            for leg in report.legs:
                assert leg.members or leg.state is ConversationState.DIALING, f"alone: {leg}"
                for member in leg.members:
                    assert addresses.setdefault(member.id, (member.address, member.name)) == (
                        member.address,
                        member.name,
                    )

    @invariant()
    def totals_add_up(self) -> None:
        tally = self.switch.tally
        assert tally.offered >= tally.over
        if self.switch.live_objects() == 0:
            assert tally.offered == tally.over

    def teardown(self) -> None:
        self._everybody_hangs_up()
        assert self.switch.live_objects() == 0
        assert self.switch.tally.offered == self.switch.tally.over
        told, self.told = self.told, []
        again = Switch(WALKED)
        again.connect(Recorder(self.told))
        for step in self.steps:
            with contextlib.suppress(Refused):
                step(again)
        assert self.told == told
        assert again.tally == self.switch.tally

    def _everybody_hangs_up(self) -> None:
        for contact in {**dict.fromkeys(self.contacts), **dict.fromkeys(self.heard_of)}:
            self.do(lambda switch, contact=contact: switch.hangup(contact))
        for phone in (*PHONES.values(), DESK, EMPTY):
            for _ in range(2):
                self.do(lambda switch, phone=phone: switch.phone(phone, "hangup"))
        for agent, report in self.interactions:
            if report.state in OVER:
                self.ask(agent, CompleteInteraction(endpoint=report.endpoint, interaction=report.id))
        self.now += 10_000
        now = self.now
        self.do(lambda switch: switch.advance(now))
        for agent, report in self.interactions:
            self.ask(agent, CompleteInteraction(endpoint=report.endpoint, interaction=report.id))


class Recorder:
    def __init__(self, told: list[tuple[str, Report]]) -> None:
        self._told = told

    def changed(self, agent: str, report: Report) -> None:
        self._told.append((agent, report))

    def broken(self) -> None:
        raise AssertionError


Walk.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestSwitchWalk = Walk.TestCase
