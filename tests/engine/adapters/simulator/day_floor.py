"""A contact centre in which whole days are played, in no time."""

from typing import Final

import attrs

from engine.adapters.simulator.day import Day
from engine.adapters.simulator.day_draw import draw_plan
from engine.adapters.simulator.day_plan import Plan
from engine.adapters.simulator.platform import Switch
from engine.adapters.simulator.settings import (
    OutsideNumber,
    SimulatedAgent,
    SimulatedGroup,
    SimulatedQueue,
    SimulatorSettings,
    WrapUpTimes,
)
from protocol.platform import ChannelReport, InteractionReport, ReasonCode, Report
from protocol.states import InteractionState

SETTINGS: Final = SimulatorSettings(
    agents=tuple(SimulatedAgent(id=f"agent{number}", extension=f"{4000 + number}") for number in range(1, 21)),
    groups=(SimulatedGroup(name="Default"),),
    queues=(
        SimulatedQueue(name="Sales", number="4910", overflow_s=100.0, overflow_to="Service"),
        SimulatedQueue(name="Service", number="4911", overflow_s=60.0, limit=6),
    ),
    numbers=(
        OutsideNumber(number="+15550190", busy=True),
        OutsideNumber(number="+15550191", never_answers=True),
    ),
    wrapup_s=WrapUpTimes(telephony=10.0),
    not_ready_reasons=(
        ReasonCode(code="BREAK", name="Break"),
        ReasonCode(code="LUNCH", name="Lunch"),
        ReasonCode(code="ADMIN", name="Administrative work"),
    ),
    not_ready_reason_required=True,
    logout_reasons=(ReasonCode(code="SHIFT_END", name="End of shift"),),
    logout_reason_required=True,
    dispositions=(ReasonCode(code="RESOLVED", name="Resolved"), ReasonCode(code="CALLBACK", name="Call back")),
)
"""Twenty agents; Sales overflows to Service, which is short of room; two numbers that are never reached."""

STEPS_LIMIT: Final = 1_000_000


@attrs.frozen
class Told:
    """One report, and when it was made."""

    at: float
    agent: str
    report: Report


class Floor:
    """A switch, and all that it tells."""

    def __init__(self, settings: SimulatorSettings = SETTINGS, now: float = 0.0) -> None:
        self.switch = Switch(settings)
        self.switch.advance(now)
        self.told: list[Told] = []
        self.switch.connect(self)

    def changed(self, agent: str, report: Report) -> None:
        if isinstance(report, ChannelReport | InteractionReport):
            assert report.problem() is None
        self.told.append(Told(self.switch.timers.now, agent, report))

    def broken(self) -> None:
        """What a line is told when the switch loses it."""

    def advance(self, by_s: float) -> None:
        self.switch.advance(self.switch.timers.now + by_s)

    def play(self, day: Day) -> None:
        """To its end, step by step."""
        for _ in range(STEPS_LIMIT):
            if day.over:
                return
            self.switch.advance(self.switch.next_at())
        raise AssertionError(f"the day is not over after {STEPS_LIMIT} steps, at {day.elapsed_s:g} s")

    # What was told

    def of(self, agent: str) -> list[InteractionReport]:
        return [each.report for each in self.told if each.agent == agent and isinstance(each.report, InteractionReport)]

    def answered_at(self) -> dict[str, float]:
        """When each contact was first under way with an agent, by id."""
        found: dict[str, float] = {}
        for each in self.told:
            if isinstance(each.report, InteractionReport) and each.report.state is InteractionState.STARTED:
                found.setdefault(each.report.contact, each.at)
        return found


def plan_of(settings: SimulatorSettings = SETTINGS, *, agents: int = 20, seed: int = 7, contacts: int = 500) -> Plan:
    """A day of two hours, which is too busy for the agents to answer everything."""
    return draw_plan(settings, agents=agents, seed=seed, contacts=contacts, minutes=120)


def played(plan: Plan, settings: SimulatorSettings = SETTINGS, now: float = 0.0) -> tuple[Floor, Day]:
    """A floor on which the day was played to its end."""
    floor = Floor(settings, now)
    day = Day(floor.switch, plan)
    day.begin()
    floor.play(day)
    return floor, day
