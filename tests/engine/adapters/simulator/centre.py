"""A small contact centre for tests: ada, bob and cyn at their phones, one switch, and all that it tells."""

from typing import Any, TypeVar

import attrs
import pytest

from engine.adapters.simulator.platform import Switch
from engine.adapters.simulator.settings import (
    AutomaticPhone,
    OutsideNumber,
    SimulatedAgent,
    SimulatedGroup,
    SimulatedQueue,
    SimulatorSettings,
)
from protocol.errors import FAILURES, FailureCode, Refused
from protocol.platform import (
    ActivateChannel,
    AddChannel,
    ChannelReport,
    Dial,
    InteractionReport,
    LegReport,
    Member,
    PlatformCall,
    ReasonCode,
    Report,
    SetAgentState,
    Snapshot,
    StartAgent,
    answers,
)
from protocol.states import (
    AgentState,
    ChannelType,
    ConversationState,
    ConversationType,
    Direction,
    InteractionState,
    LoginState,
)

R = TypeVar("R")

ADA, BOB, CYN = "4001", "4002", "4003"
PHONES = {"ada": ADA, "bob": BOB, "cyn": CYN}
DESK, EMPTY = "4900", "4901"
"""A phone that answers by itself, and one at which nobody sits."""
SALES, SERVICE = "4910", "4911"
CUSTOMER, WIFE = "+49301", "+49302"

SETTINGS = SimulatorSettings(
    agents=tuple(SimulatedAgent(id=name, name=name.capitalize(), extension=phone) for name, phone in PHONES.items()),
    groups=(SimulatedGroup(name="Default"),),
    extra_extensions=(DESK, EMPTY),
    automatic_phones=(AutomaticPhone(extension=DESK, answers_after_s=2.0),),
    queues=(SimulatedQueue(name="Sales", number=SALES), SimulatedQueue(name="Service", number=SERVICE)),
    numbers=(
        OutsideNumber(number="111", busy=True),
        OutsideNumber(number="222", never_answers=True),
        OutsideNumber(number="333", answers_after_s=1.0, talks_s=5.0, name="Taxi"),
    ),
    not_ready_reasons=(ReasonCode(code="BREAK", name="Break"),),
    dispositions=(ReasonCode(code="SOLVED", name="Solved"),),
    ring_s=20.0,
    dial_s=30.0,
    outside_answer_s=3.0,
    patience_s=100.0,
    reject_pause_s=10.0,
)


class Centre:
    """A switch whose agents are started, logged in at their phones, and not ready, unless told otherwise."""

    def __init__(self, *, staffed: bool = True, **changes: Any) -> None:
        self.settings = attrs.evolve(SETTINGS, **changes)
        self.switch = Switch(self.settings)
        self.told: list[tuple[str, Report]] = []
        self.now = 0.0
        self.switch.connect(self)
        if staffed:
            for agent, phone in PHONES.items():
                self.ask(agent, StartAgent())
                self.ask(agent, AddChannel(endpoint=phone, type=ChannelType.TELEPHONY))
                self.ask(agent, ActivateChannel(endpoint=phone))
            self.told.clear()

    # The line

    def changed(self, agent: str, report: Report) -> None:
        if isinstance(report, ChannelReport | InteractionReport):
            assert report.problem() is None, report.problem()
        self.told.append((agent, report))

    def broken(self) -> None:
        self.told.clear()

    def take(self) -> list[tuple[str, Report]]:
        """What was told since the last time."""
        told, self.told = self.told, []
        return told

    def heard_by(self, agent: str) -> list[Report]:
        """What this agent was told since the last time that anything was taken."""
        return [report for whose, report in self.take() if whose == agent]

    # Doing

    def ask(self, agent: str, call: PlatformCall[R]) -> R:
        answer = self.switch.perform(agent, call)
        assert answers(call, answer)
        if isinstance(answer, InteractionReport):
            assert answer.problem() is None
        return answer

    def refused(self, agent: str, call: PlatformCall[Any]) -> tuple[FailureCode, str]:
        """The refusal of a call, which has changed nothing."""
        before, told = self.snapshots(), list(self.told)
        with pytest.raises(Refused) as refusal:
            self.switch.perform(agent, call)
        assert FAILURES[refusal.value.code].from_platform
        assert self.told == told
        assert self.snapshots() == before
        return refusal.value.code, refusal.value.message

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.switch.advance(self.now)

    def ready(self, *agents: str) -> None:
        """Agents go ready, one second after another."""
        for agent in agents:
            self.pass_time(1)
            self.ask(agent, SetAgentState(endpoint=PHONES[agent], agentstate=AgentState.READY))

    def finish(self) -> None:
        """What is still there must end by itself, given time."""
        self.pass_time(10_000)
        assert self.switch.live_objects() == 0
        assert self.switch._calls._of == {}
        assert self.switch.tally.offered == self.switch.tally.over

    # Looking

    def snapshots(self) -> dict[str, Snapshot]:
        return {agent: self.switch.perform(agent, StartAgent()) for agent in PHONES}

    def interaction(self, agent: str) -> InteractionReport:
        """The one interaction that the agent has."""
        (found,) = self.switch.perform(agent, StartAgent()).interactions
        return found

    def channel(self, agent: str) -> ChannelReport:
        (found,) = (
            channel
            for channel in self.switch.perform(agent, StartAgent()).channels
            if channel.endpoint == PHONES[agent]
        )
        return found

    # Short ways into common situations

    def dial(self, agent: str, destination: str) -> InteractionReport:
        return self.ask(agent, Dial(endpoint=PHONES[agent], destination=destination))

    def talk(self, agent: str, **data: str) -> str:
        """A customer calls the agent, who answers; returns the contact. What was told is forgotten."""
        contact = self.switch.call(PHONES[agent], CUSTOMER, data=dict(data))
        self.switch.phone(PHONES[agent], "answer")
        self.told.clear()
        return contact


def of(kind: type[PlatformCall[R]], report: InteractionReport, leg: int | None = None, **more: Any) -> PlatformCall[R]:
    """A call about this interaction, or its leg of this number."""
    if leg is not None:
        more["leg"] = report.legs[leg].id
    return kind(endpoint=report.endpoint, interaction=report.id, **more)


# Literal reports. The switch counts contacts, interactions, legs and parties, each from 1.


def party(number: int, address: str, name: str | None = None) -> Member:
    return Member(id=f"party{number}", address=address, name=name)


def leg(
    number: int,
    state: ConversationState,
    *members: Member,
    kind: ConversationType = ConversationType.PRIMARY,
    direction: Direction = Direction.INBOUND,
) -> LegReport:
    return LegReport(id=f"leg{number}", type=kind, state=state, direction=direction, members=members)


def call(
    endpoint: str,
    number: int,
    state: InteractionState,
    *legs: LegReport,
    contact: int = 1,
    direction: Direction = Direction.INBOUND,
    **more: Any,
) -> InteractionReport:
    return InteractionReport(
        endpoint=endpoint,
        id=f"interaction{number}",
        contact=f"contact{contact}",
        type=ChannelType.TELEPHONY,
        direction=direction,
        state=state,
        legs=legs,
        **more,
    )


def phone(
    endpoint: str, agentstate: AgentState, *, pending: AgentState | None = None, reason: str | None = None
) -> ChannelReport:
    """The channel of an agent who is logged in."""
    return ChannelReport(
        endpoint=endpoint,
        type=ChannelType.TELEPHONY,
        name=f"Phone {endpoint}",
        loginstate=LoginState.ACTIVE,
        agentstate=agentstate,
        pendingagentstate=pending,
        reason=reason,
    )
