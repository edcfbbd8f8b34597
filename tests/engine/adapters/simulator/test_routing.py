"""Queues: who is offered what, when, and what becomes of those whom nobody takes."""

from typing import Any

import pytest

from engine.adapters.simulator.callers import CallScript
from engine.adapters.simulator.contact import Tally
from engine.adapters.simulator.desk import Chosen
from engine.adapters.simulator.settings import SimulatedQueue, WrapUpTimes
from protocol.errors import FailureCode, Refused
from protocol.platform import (
    AcceptInteraction,
    ActivateChannel,
    AddChannel,
    DeactivateChannel,
    Dial,
    InteractionReport,
    RejectInteraction,
    SetAgentState,
)
from protocol.states import AgentState, ChannelType, ConversationState, EndCause, InteractionState
from tests.engine.adapters.simulator.centre import (
    ADA,
    BOB,
    CUSTOMER,
    PHONES,
    SALES,
    SERVICE,
    WIFE,
    Centre,
    call,
    leg,
    party,
    phone,
)

ALERTING, COMPLETED = InteractionState.ALERTING, InteractionState.COMPLETED
NOTREADY, READY = AgentState.NOTREADY, AgentState.READY
EVE = party(1, CUSTOMER)


def queue(centre: Centre, to: str = SALES, from_: str = CUSTOMER, **script: Any) -> str:
    """A call to the queue, as far as it goes at once."""
    contact = centre.switch.call(to, from_, script=CallScript(**script))
    centre.pass_time(0)
    return contact


def ringing(centre: Centre) -> dict[str, str]:
    """Which contact rings at whom."""
    return {
        agent: report.contact
        for agent, snapshot in centre.snapshots().items()
        for report in snapshot.interactions
        if report.state is ALERTING
    }


# Offering


def test_a_call_waits_until_an_agent_is_ready() -> None:
    centre = Centre()
    contact = queue(centre)
    assert centre.take() == []
    centre.ready("bob")
    centre.take()
    centre.pass_time(0)
    offered = call(BOB, 1, ALERTING, leg(1, ConversationState.ALERTING, EVE))
    assert centre.take() == [("bob", offered)]
    centre.ask("bob", AcceptInteraction(endpoint=BOB, interaction="interaction1"))
    assert centre.channel("bob") == phone(BOB, READY)
    assert centre.switch.tally == Tally(offered=1)
    centre.switch.hangup(contact)
    assert centre.switch.tally == Tally(offered=1, answered=1)
    assert centre.switch.live_objects() == 0


def test_an_offer_comes_after_the_answer_to_the_call_that_made_the_agent_ready() -> None:
    centre = Centre()
    queue(centre)
    centre.take()
    answer = centre.ask("ada", SetAgentState(endpoint=ADA, agentstate=READY))
    assert centre.take() == [("ada", answer)]
    centre.pass_time(0)
    assert len(centre.take()) == 1


def test_it_goes_to_who_has_been_idle_for_longest() -> None:
    centre = Centre()
    centre.ready("cyn", "ada", "bob")
    first = queue(centre)
    assert ringing(centre) == {"cyn": first}
    centre.switch.hangup(first)
    centre.pass_time(1)
    assert ringing(centre) == {}
    second = queue(centre)
    assert ringing(centre) == {"ada": second}


def test_who_waits_longest_goes_first() -> None:
    centre = Centre()
    first, second = queue(centre), queue(centre, from_=WIFE)
    centre.ready("ada")
    centre.pass_time(0)
    assert ringing(centre) == {"ada": first}
    centre.ready("bob")
    centre.pass_time(0)
    assert ringing(centre) == {"ada": first, "bob": second}


@pytest.mark.parametrize("why", ["not ready", "leaving", "on a call", "in wrap-up", "not logged in", "in work"])
def test_who_gets_no_offers(why: str) -> None:
    centre = Centre(wrapup_s=WrapUpTimes(telephony=10.0))
    if why != "not ready":
        centre.ready("ada")
    match why:
        case "leaving":
            contact = centre.talk("ada")
            centre.ask("ada", SetAgentState(endpoint=ADA, agentstate=NOTREADY))
            centre.switch.hangup(contact)
        case "on a call":
            centre.talk("ada")
        case "in wrap-up":
            centre.switch.hangup(centre.talk("ada"))
        case "not logged in":
            centre.ask("ada", DeactivateChannel(endpoint=ADA))
        case "in work":
            centre.switch.phone(ADA, "state", agentstate="WORK")
    queue(centre)
    centre.pass_time(50)
    assert ringing(centre) == {}


def test_a_queue_is_served_by_its_agents_alone() -> None:
    centre = Centre(queues=(SimulatedQueue(name="Sales", number=SALES, agents=("bob",)),))
    centre.ready("ada")
    contact = queue(centre)
    assert ringing(centre) == {}
    centre.ready("bob")
    centre.pass_time(0)
    assert ringing(centre) == {"bob": contact}


@pytest.mark.parametrize("to", [SALES, "Sales"])
def test_a_queue_has_a_name_and_a_number(to: str) -> None:
    centre = Centre()
    centre.ready("ada")
    assert ringing(centre) == {}
    contact = queue(centre, to)
    assert ringing(centre) == {"ada": contact}


def test_a_queue_that_is_unknown() -> None:
    with pytest.raises(Refused) as refused:
        Centre().switch.email("Nowhere", "eve@example.org", "Order", "Hello")
    assert refused.value.code is FailureCode.INVALID_DESTINATION
    assert refused.value.message.startswith("there is no queue Nowhere, but Sales, Service; take one of these")
    with pytest.raises(Refused, match="there is no queue Nowhere, but none"):
        Centre(queues=()).switch.email("Nowhere", "eve@example.org", "Order", "Hello")


# What comes of an offer


def test_an_unanswered_offer_goes_to_the_next_and_the_agent_goes_not_ready() -> None:
    centre = Centre()
    centre.ready("ada", "bob")
    contact = queue(centre)
    later = queue(centre, from_=WIFE)
    assert ringing(centre) == {"ada": contact, "bob": later}
    centre.switch.hangup(later)
    centre.pass_time(19.9)
    centre.take()
    centre.pass_time(0.1)
    channel = phone(ADA, NOTREADY, reason="NO_ANSWER")
    assert centre.take() == [
        ("ada", call(ADA, 1, COMPLETED, cause=EndCause.NOANSWER, channel=channel)),
        ("bob", call(BOB, 3, ALERTING, leg(3, ConversationState.ALERTING, EVE))),
    ]


def test_what_comes_back_keeps_its_place_before_those_who_came_later() -> None:
    centre = Centre()
    centre.ready("ada")
    first = queue(centre)
    queue(centre, from_=WIFE)
    centre.pass_time(20)  # ada does not answer
    centre.ready("bob")
    centre.pass_time(0)
    assert ringing(centre) == {"bob": first}


def test_a_rejected_offer_goes_to_the_next_and_not_back_to_the_agent_for_a_while() -> None:
    centre = Centre()
    centre.ready("ada")
    contact = queue(centre)
    centre.take()
    answer = centre.ask("ada", RejectInteraction(endpoint=ADA, interaction="interaction1"))
    assert answer == call(ADA, 1, COMPLETED, cause=EndCause.REJECTED)
    assert centre.channel("ada") == phone(ADA, READY)
    other = queue(centre, SERVICE, WIFE)
    assert ringing(centre) == {"ada": other}  # others are offered, and what was rejected is not
    centre.switch.hangup(other)
    centre.pass_time(9.9)
    assert ringing(centre) == {}
    centre.pass_time(0.1)
    assert ringing(centre) == {"ada": contact}


def test_who_gives_up_is_taken_from_the_agent() -> None:
    centre = Centre()
    centre.ready("ada")
    queue(centre, patience_s=5.0)
    centre.take()
    centre.pass_time(5)
    assert centre.take() == [("ada", call(ADA, 1, COMPLETED, cause=EndCause.ABANDONED))]
    assert centre.switch.tally == Tally(offered=1, abandoned=1)
    assert centre.switch.live_objects() == 0


def test_who_gives_up_unoffered_is_gone() -> None:
    centre = Centre()
    queue(centre)
    centre.pass_time(100)
    assert centre.switch.tally == Tally(offered=1, abandoned=1)
    assert centre.switch.live_objects() == 0


# Full, and overflowing


def test_a_full_queue_turns_away() -> None:
    centre = Centre(queues=(SimulatedQueue(name="Sales", number=SALES, limit=1),))
    centre.ready("ada")
    queue(centre)  # rings, and still counts
    queue(centre)
    assert centre.switch.tally == Tally(offered=2, turned_away=1)


def overflowing(**more: Any) -> Centre:
    return Centre(
        queues=(
            SimulatedQueue(name="Sales", number=SALES, overflow_s=30.0, agents=("ada",), **more),
            SimulatedQueue(name="Service", number=SERVICE, limit=1, agents=("bob",)),
        )
    )


def test_who_waits_too_long_is_turned_away() -> None:
    centre = overflowing()
    queue(centre)
    centre.pass_time(29.9)
    assert centre.switch.tally == Tally(offered=1)
    centre.pass_time(0.1)
    assert centre.switch.tally == Tally(offered=1, overflowed=1)
    assert centre.switch.live_objects() == 0


def test_who_waits_too_long_goes_on_to_the_other_queue() -> None:
    centre = overflowing(overflow_to="Service")
    centre.ready("bob")
    contact = queue(centre)
    centre.pass_time(29.9)
    assert ringing(centre) == {}
    centre.pass_time(0.1)
    assert ringing(centre) == {"bob": contact}


def test_where_the_other_queue_is_full_it_is_turned_away() -> None:
    centre = overflowing(overflow_to="Service")
    queue(centre, SERVICE)
    queue(centre)
    centre.pass_time(30)
    assert centre.switch.tally == Tally(offered=2, overflowed=1)


def test_what_rings_overflows_only_when_nobody_takes_it() -> None:
    centre = overflowing(overflow_to="Service")
    contact = queue(centre)
    centre.pass_time(19)
    centre.ready("ada", "bob")
    centre.pass_time(0)
    centre.pass_time(15)
    assert ringing(centre) == {"ada": contact}
    centre.pass_time(4)
    assert ringing(centre) == {"bob": contact}
    centre.switch.phone(BOB, "answer")
    centre.pass_time(100)
    assert centre.switch.tally == Tally(offered=1)
    centre.switch.hangup(contact)
    assert centre.switch.live_objects() == 0


def test_who_leaves_a_queue_leaves_nothing_behind() -> None:
    centre = overflowing()
    centre.ready("ada")
    contact = queue(centre)
    centre.ask("ada", RejectInteraction(endpoint=ADA, interaction="interaction1"))
    centre.switch.hangup(contact)
    centre.pass_time(0)
    assert centre.switch.live_objects() == 0


def test_however_much_happens_one_look_at_the_queues_is_enough() -> None:
    centre = Centre()
    for number in range(3):
        centre.switch.call(SALES, f"+4930{number}")
    centre.ready("ada")
    assert len(centre.switch.timers) == 3 + 1  # the patience of each caller, and the look


def test_what_has_overflowed_waits_in_the_other_queue_by_its_rules() -> None:
    centre = overflowing(overflow_to="Service")
    centre.ready("bob")
    queue(centre, patience_s=1_000.0)
    centre.pass_time(30)
    centre.pass_time(20)  # bob does not answer
    assert centre.switch.tally == Tally(offered=1)
    centre.pass_time(500)
    assert centre.switch.tally == Tally(offered=1)


def test_an_agent_who_waits_too_long_hears_busy() -> None:
    centre = overflowing()
    centre.ask("bob", Dial(endpoint=BOB, destination=SALES))
    centre.take()
    centre.pass_time(30)
    ((agent, report),) = centre.take()
    assert isinstance(report, InteractionReport)
    assert (agent, report.cause) == ("bob", EndCause.BUSY)
    assert centre.switch.tally == Tally(offered=1, overflowed=1)


# Beside each other


def mail(centre: Centre, agent: str, state: AgentState = READY) -> str:
    """The agent is there for emails."""
    endpoint = f"mail-{agent}"
    centre.ask(agent, AddChannel(endpoint=endpoint, type=ChannelType.EMAIL))
    centre.ask(agent, ActivateChannel(endpoint=endpoint))
    centre.ask(agent, SetAgentState(endpoint=endpoint, agentstate=state))
    return endpoint


def write(centre: Centre) -> str:
    contact = centre.switch.email("Sales", "eve@example.org", "Order", "Where is it?")
    centre.pass_time(0)
    return contact


def test_what_is_queued_goes_to_channels_of_its_own_type() -> None:
    centre = Centre()
    centre.ready("ada")
    write(centre)
    assert ringing(centre) == {}
    mail(centre, "bob")
    queue(centre)
    assert sorted(ringing(centre)) == ["ada", "bob"]


@pytest.mark.parametrize("blocks", [True, False])
def test_voice_blocks_media(blocks: bool) -> None:
    centre = Centre(voice_blocks_media=blocks)
    mail(centre, "ada")
    contact = centre.talk("ada")
    email = write(centre)
    assert ringing(centre) == ({} if blocks else {"ada": email})
    centre.switch.hangup(contact)
    centre.pass_time(0)
    assert ringing(centre) == {"ada": email}


@pytest.mark.parametrize("blocks", [True, False])
def test_media_block_voice(blocks: bool) -> None:
    centre = Centre(media_blocks_voice=blocks)
    mail(centre, "ada")
    write(centre)
    centre.ready("ada")
    contact = queue(centre)
    rings = [report.contact for report in centre.snapshots()["ada"].interactions]
    assert (contact in rings) is not blocks
    centre.ready("bob")
    other = queue(centre, from_=WIFE)
    assert ringing(centre)["bob"] == (contact if blocks else other)


def test_a_media_channel_takes_as_many_as_its_capacity() -> None:
    centre = Centre()
    mail(centre, "ada")
    for _ in range(7):
        write(centre)
    assert len(centre.snapshots()["ada"].interactions) == centre.settings.capacity.of(ChannelType.EMAIL) == 5


def test_who_has_least_to_do_goes_first() -> None:
    centre = Centre()
    for agent in PHONES:
        mail(centre, agent)
        centre.pass_time(1)
    for _ in range(6):
        write(centre)
    assert [len(snapshot.interactions) for snapshot in centre.snapshots().values()] == [2, 2, 2]


def test_who_has_chosen_not_to_be_ready_keeps_the_reason_when_an_offer_goes_unanswered() -> None:
    centre = Centre()
    centre.ready("ada")
    queue(centre)
    assert ringing(centre)
    centre.ask("ada", SetAgentState(endpoint=ADA, agentstate=NOTREADY, reason="BREAK"))
    centre.pass_time(20)
    place = centre.switch.agents.endpoint(ADA)
    assert (place.state, place.pending) == (Chosen(NOTREADY, "BREAK"), None)
