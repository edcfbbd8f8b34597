"""What agents want to do: a function of seed, agent and contact, and of nothing else."""

from collections import Counter

import attrs
import pytest

from engine.adapters.simulator.day_plan import Act, Plan, Reaction, Response, Step
from protocol.states import ChannelType
from tests.engine.adapters.simulator.day_floor import SETTINGS, plan_of

PLAN = plan_of()
TICKETS = [f"T{number}" for number in range(1000)]

CONSULTING = {Act.CONSULT, Act.BLIND_TRANSFER, Act.BLIND_CONFERENCE, Act.HAND_ON}


def acts_of(plan: Plan, kind: ChannelType, before: int = 0) -> list[tuple[Act, ...]]:
    return [tuple(step.act for step in plan.work("agent1", ticket, before, kind).steps) for ticket in TICKETS]


@pytest.mark.parametrize("kind", ChannelType)
def test_asked_again_in_another_order_the_plan_says_the_same(kind: ChannelType) -> None:
    def ask(tickets: list[str]) -> dict[str, object]:
        return {
            ticket: (PLAN.response("agent1", ticket, 0, kind), PLAN.work("agent2", ticket, 1, kind))
            for ticket in tickets
        }

    assert ask(TICKETS[:50]) == ask(TICKETS[49::-1]) == ask(TICKETS[:50])


def test_another_seed_agent_ticket_or_offer_says_another_thing() -> None:
    answers = {
        attrs.evolve(PLAN, seed=seed).response(agent, ticket, offer, ChannelType.TELEPHONY)
        for seed in (1, 2)
        for agent in ("agent1", "agent2")
        for ticket in ("T1", "T2")
        for offer in (0, 1)
    }
    assert len(answers) == 16
    works = [PLAN.work(agent, "T1", before, ChannelType.CHAT) for agent in ("agent1", "agent2") for before in (0, 1)]
    assert len({repr(work) for work in works}) == 4


def test_most_offers_are_accepted_within_some_seconds() -> None:
    responses = [PLAN.response("agent1", ticket, 0, ChannelType.TELEPHONY) for ticket in TICKETS]
    reactions = Counter(response.reaction for response in responses)
    assert reactions[Reaction.ACCEPT] > 950
    assert reactions[Reaction.REJECT] > 5
    assert reactions[Reaction.IGNORE] > 2
    times = [response.after_s for response in responses if response.reaction is Reaction.ACCEPT]
    assert min(times) >= 1
    assert 2 < sum(times) / len(times) < 6
    assert Response(reaction=Reaction.IGNORE, after_s=0) in responses


@pytest.mark.parametrize("kind", ChannelType)
@pytest.mark.parametrize("before", [0, 1])
def test_every_work_ends_with_a_release_and_times_are_milliseconds(kind: ChannelType, before: int) -> None:
    for ticket in TICKETS[:300]:
        work = PLAN.work("agent1", ticket, before, kind)
        assert work.steps[-1].act is Act.RELEASE
        assert [step.act for step in work.steps].count(Act.RELEASE) == 1
        assert all(step.after_s >= 0 and step.after_s == round(step.after_s, 3) for step in work.steps)
        assert 5 <= work.wrapup_s <= 180
        assert work.disposition in ("RESOLVED", "CALLBACK")


def test_who_gets_a_contact_from_another_hands_it_on_no_further() -> None:
    for kind in ChannelType:
        assert not any(CONSULTING & set(acts) for acts in acts_of(PLAN, kind, before=1))
    assert any(CONSULTING & set(acts) for acts in acts_of(PLAN, ChannelType.TELEPHONY))


def test_most_calls_are_talk_alone() -> None:
    plain = {Act.RELEASE, Act.RECORD, Act.PAUSE_RECORDING, Act.STOP_RECORDING}
    acts = acts_of(PLAN, ChannelType.TELEPHONY)
    assert 550 < sum(set(each) <= plain for each in acts) < 750
    done = {act for each in acts for act in each}
    media = {Act.TYPE, Act.SAY, Act.REPLY, Act.HAND_ON}
    assert done == {*Act} - media


def test_agents_consult_colleagues_and_never_themselves() -> None:
    asked = {
        step.what
        for ticket in TICKETS
        for step in PLAN.work("agent1", ticket, 0, ChannelType.TELEPHONY).steps
        if step.act is Act.CONSULT
    }
    assert asked <= {shift.extension for shift in PLAN.shifts} - {"4001"}
    alone = attrs.evolve(PLAN, shifts=PLAN.shifts[:1])
    asked = {
        step.what
        for ticket in TICKETS
        for step in alone.work("agent1", ticket, 0, ChannelType.TELEPHONY).steps
        if step.act is Act.CONSULT
    }
    assert asked <= set(PLAN.outside), "without colleagues, somebody outside"


def test_emails_are_answered_and_chats_written_in() -> None:
    emails = acts_of(PLAN, ChannelType.EMAIL)
    assert set(emails) == {
        (Act.REPLY, Act.RELEASE),
        (Act.HAND_ON, Act.REPLY, Act.RELEASE),
    }
    chats = acts_of(PLAN, ChannelType.CHAT)
    assert all(each[0] is Act.SAY and Act.SAY in each[1:] for each in chats)
    assert 20 < sum(Act.HAND_ON in each for each in chats) < 120
    assert acts_of(PLAN, ChannelType.CALLBACK) == [(Act.RELEASE,)] * len(TICKETS)


def test_without_dispositions_nothing_is_summed_up() -> None:
    plan = attrs.evolve(PLAN, dispositions=())
    assert plan.work("agent1", "T1", 0, ChannelType.CHAT).disposition is None


def test_steps_name_what_they_need() -> None:
    needing = {Act.CONSULT, Act.BLIND_TRANSFER, Act.BLIND_CONFERENCE, Act.DIGITS, Act.SAY, Act.REPLY, Act.HAND_ON}
    steps: list[Step] = [
        step for kind in ChannelType for ticket in TICKETS for step in PLAN.work("agent1", ticket, 0, kind).steps
    ]
    assert all(bool(step.what) == (step.act in needing | {Act.NOTE}) for step in steps)
    queues = {queue.name for queue in SETTINGS.queues}
    assert {step.what for step in steps if step.act is Act.HAND_ON} == queues
