"""Plans as they are drawn: how many, who, when, and what has to be there for it."""

from collections import Counter

import attrs
import pytest

from engine.adapters.simulator.day_draw import draw_plan
from engine.adapters.simulator.day_plan import Plan
from engine.adapters.simulator.settings import SimulatedGroup, SimulatedQueue, SimulatorSettings, demo_settings
from protocol.errors import FailureCode, Refused
from protocol.platform import Feature
from protocol.states import ChannelType
from tests.engine.adapters.simulator.day_floor import SETTINGS

DAY_S = 8 * 3600.0

VOICE = {ChannelType.TELEPHONY, ChannelType.EMAIL, ChannelType.CALLBACK}


def draw(settings: SimulatorSettings = SETTINGS, agents: int = 20, seed: int = 1, contacts: int | None = 1000) -> Plan:
    return draw_plan(settings, agents=agents, seed=seed, contacts=contacts)


def test_the_same_arguments_give_the_same_plan() -> None:
    assert draw() == draw()
    assert draw(seed=2) != draw()


def test_there_are_as_many_contacts_as_asked_for() -> None:
    plan = draw()
    tickets = [each.ticket for each in plan.arrivals] + [dial.ticket for shift in plan.shifts for dial in shift.dials]
    assert len(tickets) == len(set(tickets)) == plan.contacts == 1000


def test_contacts_left_out_are_six_minutes_of_an_agent_each() -> None:
    assert draw(agents=10, contacts=None).contacts == 10 * 480 / 6
    assert draw_plan(SETTINGS, agents=10, seed=1, minutes=60).contacts == 10 * 60 / 6


def test_contacts_are_mixed_as_in_life() -> None:
    plan = draw(contacts=5000)
    kinds = Counter(each.kind for each in plan.arrivals)
    shares = {kind: count / 5000 for kind, count in kinds.items()}
    assert shares == {
        ChannelType.TELEPHONY: pytest.approx(0.62, abs=0.03),
        ChannelType.CHAT: pytest.approx(0.18, abs=0.03),
        ChannelType.EMAIL: pytest.approx(0.10, abs=0.03),
        ChannelType.CALLBACK: pytest.approx(0.03, abs=0.02),
    }


def test_they_come_in_order_most_in_the_morning() -> None:
    times = [each.at_s for each in draw(contacts=5000).arrivals]
    assert times == sorted(times)
    assert times[0] >= 0
    assert times[-1] < DAY_S
    eighths = Counter(int(at_s // (DAY_S / 8)) for at_s in times)
    assert max(eighths, key=lambda hour: eighths[hour]) == 2
    assert eighths[2] > 1.2 * eighths[5], "there is a lower peak in the afternoon"
    assert eighths[5] > 1.2 * eighths[3]
    assert min(eighths.values()) > 100


def test_each_has_what_its_kind_needs() -> None:
    for each in draw().arrivals:
        assert each.patience_s > 5
        assert each.data["ticket"] == each.ticket
        assert each.data["topic"] == each.topic
        assert ("@" in each.address) == (each.kind is ChannelType.EMAIL)
        assert bool(each.lines) == (each.kind is not ChannelType.TELEPHONY)
        assert (each.talks_s is not None) or each.kind is not ChannelType.TELEPHONY, "no caller stays for ever"
        assert (each.talks_s is None) or each.kind not in (ChannelType.EMAIL, ChannelType.CALLBACK)


def test_most_callers_hang_up_first_and_most_who_chat_stay_until_the_agent_ends_it() -> None:
    arrivals = draw().arrivals
    calls = [each.talks_s for each in arrivals if each.kind is ChannelType.TELEPHONY]
    assert 0.5 < sum(talks_s is not None and talks_s < 900 for talks_s in calls) / len(calls) < 0.7
    chats = [each.talks_s for each in arrivals if each.kind is ChannelType.CHAT]
    assert 0.5 < chats.count(None) / len(chats) < 0.7


def test_every_fourth_agent_chats_and_the_others_do_the_rest() -> None:
    shifts = draw().shifts
    assert [shift.agent for shift in shifts] == [f"agent{number}" for number in range(1, 21)]
    for number, shift in enumerate(shifts, 1):
        assert shift.serves == ({ChannelType.CHAT} if number % 4 == 0 else VOICE)


@pytest.mark.parametrize("agents", [1, 2, 3])
def test_few_agents_do_everything(agents: int) -> None:
    assert all(shift.serves == {*ChannelType} for shift in draw(agents=agents).shifts)


def test_calls_are_dialled_by_those_who_are_ready_at_their_phones_within_their_shifts() -> None:
    shifts = draw().shifts
    assert sum(len(shift.dials) for shift in shifts) > 40
    for shift in shifts:
        assert not shift.dials or ChannelType.TELEPHONY in shift.serves
        assert all(dial.at_s < (shift.ends_s or DAY_S) for dial in shift.dials)
        assert [dial.at_s for dial in shift.dials] == sorted(dial.at_s for dial in shift.dials)
    assert {"+15550190", "+15550191"} < {dial.destination for shift in shifts for dial in shift.dials}


def test_shifts_begin_and_end_and_have_their_pauses_in_between() -> None:
    shifts = draw(seed=3).shifts
    assert any(shift.ends_s is not None for shift in shifts)
    assert any(shift.begins_s > DAY_S * 0.05 for shift in shifts)
    for shift in (shifts[0], shifts[-1]):
        assert shift.ends_s is None, "the first and the last stay, so that somebody always does"
    for shift in shifts:
        at = [shift.begins_s]
        for pause in shift.pauses:
            at += [pause.at_s, pause.at_s + pause.for_s]
        at.append(shift.ends_s or DAY_S)
        assert at == sorted(at)
        assert [pause.reason for pause in shift.pauses] == ["BREAK", "LUNCH", "BREAK"]
        assert [pause.for_s for pause in shift.pauses] == [900, 1800, 900]


def test_a_shorter_day_has_shorter_pauses() -> None:
    plan = draw_plan(SETTINGS, agents=2, seed=1, contacts=1, minutes=48)
    assert plan.closes_s == 2880
    assert [pause.for_s for pause in plan.shifts[0].pauses] == [90, 180, 90]


def test_reasons_are_those_of_the_settings() -> None:
    settings = attrs.evolve(SETTINGS, not_ready_reasons=SETTINGS.not_ready_reasons[:1], logout_reasons=())
    plan = draw(settings)
    assert {pause.reason for shift in plan.shifts for pause in shift.pauses} == {"BREAK"}
    assert plan.logout_reason is None
    assert draw().logout_reason == "SHIFT_END"
    assert draw().dispositions == ("RESOLVED", "CALLBACK")


def test_queues_that_nobody_of_the_day_serves_get_nothing() -> None:
    queues = (SimulatedQueue(name="Ours", agents=("agent1",)), SimulatedQueue(name="Theirs", agents=("agent9",)))
    plan = draw(attrs.evolve(SETTINGS, queues=queues), agents=2)
    assert {each.queue for each in plan.arrivals} == {"Ours"}
    assert plan.queues == ("Ours",)


def test_a_kind_goes_to_queues_whose_agents_serve_it() -> None:
    queues = (SimulatedQueue(name="Chats", agents=("agent4",)), SimulatedQueue(name="Rest", agents=("agent1",)))
    plan = draw(attrs.evolve(SETTINGS, queues=queues), agents=4)
    assert {each.queue for each in plan.arrivals if each.kind is ChannelType.CHAT} == {"Chats"}
    assert {each.queue for each in plan.arrivals if each.kind is not ChannelType.CHAT} == {"Rest"}


@pytest.mark.parametrize(
    ("features", "kinds"),
    [
        ((Feature.TELEPHONY,), {ChannelType.TELEPHONY}),
        ((Feature.TELEPHONY, Feature.CHAT), {ChannelType.TELEPHONY}),
        ((Feature.TELEPHONY, Feature.CHAT, Feature.CHANNELGROUPS), {ChannelType.TELEPHONY, ChannelType.CHAT}),
        ((Feature.CHAT, Feature.CHANNELGROUPS), {ChannelType.CHAT}),
    ],
)
def test_only_what_the_platform_has_is_planned(features: tuple[Feature, ...], kinds: set[ChannelType]) -> None:
    plan = draw(attrs.evolve(SETTINGS, features=features))
    assert {each.kind for each in plan.arrivals} == kinds
    assert not any(shift.dials for shift in plan.shifts)


def test_agents_join_the_first_group_that_they_may() -> None:
    groups = (SimulatedGroup(name="First", chat=False), SimulatedGroup(name="Second"))
    agents = (attrs.evolve(SETTINGS.agents[0], groups=("Second",)), *SETTINGS.agents[1:])
    shifts = draw(attrs.evolve(SETTINGS, groups=groups, agents=agents), agents=2).shifts
    assert [shift.group for shift in shifts] == ["Second", "First"]
    assert [ChannelType.CHAT in shift.serves for shift in shifts] == [True, False]


# What cannot be


def refused(settings: SimulatorSettings, agents: int) -> str:
    with pytest.raises(Refused) as refused:
        draw(settings, agents=agents)
    assert refused.value.code is FailureCode.INVALID_REQUEST
    return refused.value.message


def test_more_agents_than_there_are() -> None:
    assert refused(SETTINGS, 21) == "the simulator has 20 agents; ask for no more, or add [[simulator.agents]]"


def test_no_queue() -> None:
    assert "add [[simulator.queues]]" in refused(attrs.evolve(SETTINGS, queues=()), 3)


def test_no_channel_that_anybody_could_serve() -> None:
    assert "simulator.features" in refused(attrs.evolve(SETTINGS, features=(Feature.DIRECTORY,)), 3)


def test_the_demo_has_all_that_a_day_needs() -> None:
    plan = draw_plan(demo_settings(), agents=20, seed=7)
    assert {each.kind for each in plan.arrivals} == {*ChannelType}
