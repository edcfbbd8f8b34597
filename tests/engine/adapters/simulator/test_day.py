"""Whole days: every contact ends in exactly one way, nothing is left, and the same seed gives the same day."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.adapters.simulator.day import OVERTIME_S, Day
from engine.adapters.simulator.day_draw import draw_plan
from engine.adapters.simulator.day_plan import Act, Reaction, Response, Step, Work
from engine.adapters.simulator.day_totals import Row
from engine.adapters.simulator.settings import SimulatedGroup, SimulatorSettings, WrapUpTimes
from protocol.platform import AddChannel, AddGroup, Feature, InteractionReport, SetAgentState, StartAgent
from protocol.states import AgentState, ChannelType, InteractionState
from tests.engine.adapters.simulator.day_floor import SETTINGS, Floor, plan_of, played

ROOT = Path(__file__).parents[4]

OUTCOMES = ("answered", "abandoned", "turned_away", "overflowed", "failed")


@pytest.fixture(scope="module")
def busy() -> tuple[Floor, Day]:
    """Twenty agents, five hundred contacts, two hours."""
    return played(plan_of())


def outcomes_of(row: Row) -> int:
    return sum(getattr(row, name) for name in OUTCOMES)


# The sums


def test_five_hundred_contacts_end_in_one_way_each(busy: tuple[Floor, Day]) -> None:
    total = busy[1].totals().total
    assert total.offered == 500
    assert total.answered + total.abandoned + total.turned_away + total.overflowed + total.failed == 500
    assert total.live == 0


def test_the_day_has_every_outcome(busy: tuple[Floor, Day]) -> None:
    total = busy[1].totals().total
    assert all(getattr(total, name) > 0 for name in OUTCOMES), total


def test_every_row_adds_up_and_the_total_is_the_sum_of_the_rows(busy: tuple[Floor, Day]) -> None:
    totals = busy[1].totals()
    assert [row.sort for row in totals.rows] == ["calls", "dialled", "chats", "emails", "callbacks"]
    for row in (*totals.rows, totals.total):
        assert row.offered == outcomes_of(row) > 0
    for name in ("offered", *OUTCOMES):
        assert getattr(totals.total, name) == sum(getattr(row, name) for row in totals.rows)


def test_the_switch_has_counted_the_same(busy: tuple[Floor, Day]) -> None:
    floor, day = busy
    total, tally = day.totals().total, floor.switch.tally
    assert {name: getattr(total, name) for name in ("offered", *OUTCOMES)} == attrs.asdict(tally)


def test_who_was_answered_shows_in_the_reports(busy: tuple[Floor, Day]) -> None:
    floor, day = busy
    assert len(floor.answered_at()) == day.totals().total.answered


def test_waiting_times_are_those_of_the_reports(busy: tuple[Floor, Day]) -> None:
    floor, day = busy
    tickets = {
        each.report.contact: each.report.data["ticket"]
        for each in floor.told
        if isinstance(each.report, InteractionReport)
    }
    came_at = {each.ticket: each.at_s for each in day.plan.arrivals if each.kind is ChannelType.TELEPHONY}
    waits = [at - came_at[tickets[id_]] for id_, at in floor.answered_at().items() if tickets[id_] in came_at]
    (calls,) = [row for row in day.totals().rows if row.sort == "calls"]
    assert calls.answered == len(waits)
    assert calls.asa_s == pytest.approx(sum(waits) / len(waits))
    assert calls.service_level == pytest.approx(sum(wait <= 20 for wait in waits) / len(came_at))


def test_nothing_is_left_behind(busy: tuple[Floor, Day]) -> None:
    floor, _ = busy
    assert floor.switch.live_objects() == 0
    assert not any(desk.logins or desk.groups or desk.channels for desk in floor.switch.agents.desks.values())


def test_agents_do_all_that_a_plan_knows(busy: tuple[Floor, Day]) -> None:
    totals = busy[1].totals()
    assert set(totals.done) == {*Act, *Reaction}
    assert set(totals.dispositions) == {"RESOLVED", "CALLBACK"}
    assert totals.occupancy is not None
    assert 0.3 < totals.occupancy < 0.95


def test_a_chat_agent_has_several_chats_at_once(busy: tuple[Floor, Day]) -> None:
    floor, _ = busy
    live: Counter[str] = Counter()
    most = 0
    for each in floor.told:
        report = each.report
        if isinstance(report, InteractionReport) and report.type is ChannelType.CHAT:
            if report.state is InteractionState.COMPLETED:
                live[each.agent] -= 1
            elif report.state is InteractionState.ALERTING:
                live[each.agent] += 1
                most = max(most, live[each.agent])
    assert most >= 2


# The same, and another


def test_the_same_seed_gives_the_same_reports(busy: tuple[Floor, Day]) -> None:
    floor, day = busy
    again, day_again = played(plan_of())
    assert day_again.totals() == day.totals()
    assert again.told == floor.told


def test_another_seed_gives_another_day(busy: tuple[Floor, Day]) -> None:
    floor, day = busy
    other, other_day = played(plan_of(seed=8))
    assert other_day.totals() != day.totals()
    assert other.told != floor.told


def test_a_day_is_the_same_at_another_time(busy: tuple[Floor, Day]) -> None:
    _, later = played(plan_of(), now=1234.5)
    for row, other in zip(busy[1].totals().rows, later.totals().rows, strict=True):
        assert attrs.astuple(row) == pytest.approx(attrs.astuple(other))


HASHED = """
from tests.engine.adapters.simulator.day_floor import plan_of, played
floor, day = played(plan_of(agents=8, contacts=60))
print(day.totals(), [(each.at, each.agent, type(each.report).__name__) for each in floor.told])
"""


def test_a_day_does_not_depend_on_the_order_of_sets() -> None:
    said = [
        subprocess.run(
            [sys.executable, "-c", HASHED],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert said[0] == said[1]


# Any day


@given(
    st.integers(1, 8), st.integers(0, 10_000), st.integers(0, 60), st.sampled_from([10.0, 60.0, 240.0]), st.booleans()
)
@settings(max_examples=25)
def test_any_day_adds_up_and_leaves_nothing(
    agents: int, seed: int, contacts: int, minutes: float, blocked: bool
) -> None:
    centre = attrs.evolve(SETTINGS, media_blocks_voice=blocked)
    floor, day = played(draw_plan(centre, agents=agents, seed=seed, contacts=contacts, minutes=minutes), centre)
    total = day.totals().total
    assert total.offered == contacts == outcomes_of(total)
    assert floor.switch.live_objects() == 0


@pytest.mark.parametrize(
    ("changes", "sorts"),
    [
        ({"features": (Feature.TELEPHONY,)}, {"calls"}),
        ({"features": (Feature.TELEPHONY, Feature.DIAL)}, {"calls", "dialled"}),
        ({"features": (Feature.CHAT, Feature.EMAIL, Feature.CHANNELGROUPS)}, {"chats", "emails"}),
        ({"groups": (SimulatedGroup(name="Voice", chat=False, email=False, callback=False),)}, {"calls", "dialled"}),
        ({"groups": ()}, {"calls", "dialled"}),
        ({"logout_reasons": (), "not_ready_reasons": (), "dispositions": ()}, {"calls", "chats", "emails"}),
        ({"auto_in": True}, {"calls", "chats"}),
    ],
    ids=lambda value: next(iter(value), "") if isinstance(value, dict) else "",
)
def test_a_day_makes_do_with_what_the_platform_has(changes: dict[str, Any], sorts: set[str]) -> None:
    centre = attrs.evolve(SETTINGS, not_ready_reason_required=False, logout_reason_required=False, **changes)
    floor, day = played(plan_of(centre, contacts=100), centre)
    totals = day.totals()
    assert totals.total.offered == 100 == outcomes_of(totals.total)
    assert sorts <= {row.sort for row in totals.rows}
    assert totals.total.answered > 50
    assert floor.switch.live_objects() == 0


def test_a_day_without_contacts_is_over_at_closing_time() -> None:
    floor, day = played(plan_of(contacts=0))
    assert day.totals().total.offered == 0
    assert day.totals().total.asa_s is None
    assert day.elapsed_s == pytest.approx(7200, abs=30)
    assert floor.switch.live_objects() == 0


def test_the_adapters_may_lose_the_switch_meanwhile(busy: tuple[Floor, Day]) -> None:
    floor = Floor()
    day = Day(floor.switch, plan_of())
    day.begin()
    floor.switch.timers.later(3600, floor.switch.lose)
    floor.play(day)
    assert day.totals() == busy[1].totals()


# Agents with a session


def with_session(agent: str, settings: SimulatorSettings = SETTINGS) -> Floor:
    """The agent has a session, with the phone and a chat, and is ready."""
    floor = Floor(settings)
    extension = floor.switch.agents.desks[agent].phone
    floor.switch.perform(agent, StartAgent())
    floor.switch.phone(extension, "login", agent=agent)
    floor.switch.perform(agent, AddGroup(name="Default", chat=True, email=False, callback=False))
    floor.switch.perform(agent, SetAgentState(endpoint=extension, agentstate=AgentState.READY))
    floor.told.clear()
    return floor


def test_an_agent_with_a_session_gets_calls_and_is_left_alone() -> None:
    floor = with_session("agent1")
    day = Day(floor.switch, plan_of(contacts=200))
    day.begin()
    floor.play(day)
    states = {report.state for report in floor.of("agent1")}
    assert InteractionState.ALERTING in states
    assert InteractionState.STARTED not in states
    assert floor.switch.agents.desks["agent1"].logins, "not logged out by the day"
    assert outcomes_of(day.totals().total) == day.totals().total.offered


def test_a_session_that_comes_meanwhile_has_the_agent_to_itself() -> None:
    centre = attrs.evolve(SETTINGS, wrapup_s=WrapUpTimes())
    floor = Floor(centre)
    day = Day(floor.switch, plan_of(centre))
    day.begin()
    floor.advance(3600)
    assert any(report.state is InteractionState.STARTED for report in floor.of("agent1"))
    floor.told.clear()
    snapshot = floor.switch.perform("agent1", StartAgent())
    floor.switch.perform("agent1", SetAgentState(endpoint="4001", agentstate=AgentState.READY))
    already = {report.id for report in snapshot.interactions}
    floor.play(day)
    news = [report for report in floor.of("agent1") if report.id not in already]
    assert news, "calls still come"
    assert all(report.state is not InteractionState.STARTED for report in news), "and nobody answers them"
    assert outcomes_of(day.totals().total) == day.totals().total.offered


def test_what_nobody_ends_is_given_up_after_overtime() -> None:
    """The only agent has a session that answers everything, and ends nothing."""
    floor = with_session("agent1")
    plan = plan_of(agents=1, contacts=10)

    class Answers:
        def changed(self, agent: str, report: object) -> None:
            if isinstance(report, InteractionReport) and report.state is InteractionState.ALERTING:
                floor.switch.timers.later(1, lambda: floor.switch.phone("4001", "answer"))

        def broken(self) -> None: ...

    floor.switch.connect(Answers())
    endless = attrs.evolve(plan.arrivals[0], kind=ChannelType.TELEPHONY, talks_s=None)
    day = Day(floor.switch, attrs.evolve(plan, arrivals=(endless,)))
    day.begin()
    floor.play(day)
    assert day.totals().total.answered == 1
    assert day.elapsed_s == pytest.approx(plan.closes_s + OVERTIME_S, abs=30)


def test_who_is_left_with_somebody_outside_does_not_keep_the_agents() -> None:
    """A customer whom the agent has transferred to another outside number, where both stay."""
    floor = Floor()
    plan = plan_of(agents=1, contacts=10)
    endless = attrs.evolve(plan.arrivals[0], kind=ChannelType.TELEPHONY, talks_s=None)

    @attrs.frozen(kw_only=True)
    class Transferring(type(plan)):  # type: ignore[misc]
        def response(self, *_: object) -> Response:
            return Response(reaction=Reaction.ACCEPT, after_s=1)

        def work(self, *_: object) -> Work:
            transfer = Step(after_s=5, act=Act.BLIND_TRANSFER, what="+49301")
            return Work(steps=(transfer, Step(after_s=5, act=Act.RELEASE)), wrapup_s=5, disposition=None)

    shift = attrs.evolve(plan.shifts[0], begins_s=0, dials=(), pauses=())
    fields = attrs.asdict(plan, recurse=False) | {"arrivals": (endless,), "shifts": (shift,)}
    day = Day(floor.switch, Transferring(**fields))
    day.begin()
    floor.play(day)
    assert day.totals().total.answered == 1
    assert day.totals().done["blind_transfer"] == 1
    assert day.elapsed_s == pytest.approx(plan.closes_s, abs=30)


# Stopping


@pytest.mark.parametrize("after_s", [0.0, 300.0, 3000.0, 7000.0])
def test_a_day_can_be_stopped_at_any_time(after_s: float) -> None:
    floor, overs = Floor(), []
    day = Day(floor.switch, plan_of(contacts=150), on_over=lambda: overs.append(day.elapsed_s))
    day.begin()
    floor.advance(after_s)
    before = day.totals().total
    assert before.offered == outcomes_of(before) + before.live
    day.stop()
    total = day.totals().total
    assert total.offered == before.offered == outcomes_of(total)
    assert overs == [after_s]
    floor.advance(1000)
    assert floor.switch.live_objects() == 0
    assert not any(desk.logins for desk in floor.switch.agents.desks.values())
    day.stop()
    assert overs == [after_s], "stopping again is harmless"


@given(st.integers(1, 6), st.integers(0, 10_000), st.floats(0, 4000))
@settings(max_examples=25)
def test_a_stop_leaves_nothing_whatever_is_going_on(agents: int, seed: int, after_s: float) -> None:
    floor = Floor()
    day = Day(floor.switch, draw_plan(SETTINGS, agents=agents, seed=seed, contacts=agents * 20, minutes=60))
    day.begin()
    floor.advance(after_s)
    day.stop()
    total = day.totals().total
    assert total.offered == outcomes_of(total)
    floor.advance(0)  # the queues look once more whether there is anything to offer
    assert floor.switch.live_objects() == 0


def test_a_stopped_day_leaves_the_contacts_of_others() -> None:
    floor = Floor()
    day = Day(floor.switch, plan_of(agents=1, contacts=0))
    day.begin()
    floor.advance(600)
    foreign = floor.switch.call("Sales", "+4930")
    floor.advance(20)
    assert day.totals().done["accept"] == 1, "it was answered by an agent of the day"
    day.stop()
    assert day.totals().rows == (), "and is none of its own"
    assert floor.switch.contacts.get(foreign) is not None
    floor.switch.hangup(foreign)
    assert floor.switch.live_objects() == 0


def test_totals_can_be_had_at_any_time() -> None:
    floor = Floor()
    day = Day(floor.switch, plan_of(contacts=150))
    day.begin()
    offered = []
    while not day.over:
        total = day.totals().total
        assert total.offered == outcomes_of(total) + total.live
        offered.append(total.offered)
        floor.advance(600)
    assert offered == sorted(offered)
    assert offered[0] == 0
    assert day.totals().total.offered == 150


def test_a_standalone_phone_will_do() -> None:
    """The agent has added the phone by itself before; the day does not mind."""
    floor = Floor()
    floor.switch.perform("agent1", AddChannel(endpoint="4001", type=ChannelType.TELEPHONY))
    day = Day(floor.switch, plan_of(agents=1, contacts=10))
    day.begin()
    floor.play(day)
    assert day.totals().total.answered > 0
