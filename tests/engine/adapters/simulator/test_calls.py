"""Calls from the first ring to the last word: what each agent is told, literally."""

import attrs
import pytest

from engine.adapters.simulator.callers import CallScript
from engine.adapters.simulator.contact import Tally
from engine.adapters.simulator.settings import AutomaticPhone, OutsideNumber, SimulatedQueue, WrapUpTimes
from protocol.errors import Refused
from protocol.platform import (
    AcceptInteraction,
    ActivateChannel,
    AddChannel,
    BlindConference,
    BlindTransfer,
    ConferenceConsult,
    Dial,
    HoldLeg,
    LogoutAgent,
    RejectInteraction,
    ReleaseLeg,
    StartAgent,
    StartConsult,
    TransferConsult,
)
from protocol.states import (
    AgentState,
    ChannelType,
    ConversationState,
    ConversationType,
    Direction,
    EndCause,
    InteractionState,
)
from tests.engine.adapters.simulator.centre import (
    ADA,
    BOB,
    CUSTOMER,
    CYN,
    DESK,
    EMPTY,
    SALES,
    SERVICE,
    SETTINGS,
    WIFE,
    Centre,
    call,
    leg,
    of,
    party,
    phone,
)

IS, CS = InteractionState, ConversationState
OUT, CONSULT = Direction.OUTBOUND, ConversationType.CONSULT
EVE = party(1, CUSTOMER)
NOTREADY = AgentState.NOTREADY
WRAPUP = WrapUpTimes(telephony=10.0)

# Inbound, to an extension


def test_a_call_rings_is_answered_and_ends_with_the_customer() -> None:
    centre = Centre()
    contact = centre.switch.call(ADA, CUSTOMER, data={"order": {"number": "17"}}, script=CallScript(name="Eve"))
    eve, data = party(1, CUSTOMER, "Eve"), {"order": {"number": "17"}}
    assert contact == "contact1"
    assert centre.take() == [("ada", call(ADA, 1, IS.ALERTING, leg(1, CS.ALERTING, eve), data=data))]
    answer = centre.ask("ada", AcceptInteraction(endpoint=ADA, interaction="interaction1"))
    assert answer == call(ADA, 1, IS.STARTED, leg(1, CS.CONNECTED, eve), data=data)
    assert centre.take() == [("ada", answer)]
    assert centre.ask("ada", AcceptInteraction(endpoint=ADA, interaction="interaction1")) == answer
    centre.switch.hangup(contact)
    assert centre.take() == [("ada", call(ADA, 1, IS.COMPLETED, cause=EndCause.REMOTE, data=data))]
    assert centre.switch.tally == Tally(offered=1, answered=1)
    centre.finish()


def test_the_agent_hangs_up() -> None:
    centre = Centre()
    centre.talk("ada")
    answer = centre.ask("ada", ReleaseLeg(endpoint=ADA, interaction="interaction1", leg="leg1"))
    assert answer == call(ADA, 1, IS.COMPLETED, cause=EndCause.RELEASED)
    assert centre.take() == [("ada", answer)]
    centre.finish()


def test_a_phone_rings_whatever_the_agent_state() -> None:
    centre = Centre()
    assert centre.channel("ada").agentstate is NOTREADY
    centre.switch.call(ADA, CUSTOMER)
    assert centre.interaction("ada").state is IS.ALERTING


@pytest.mark.parametrize("busy", ["has a call", "nobody logged in"])
def test_a_busy_phone_turns_the_caller_away(busy: str) -> None:
    centre = Centre()
    if busy == "has a call":
        centre.talk("ada")
    extension = ADA if busy == "has a call" else EMPTY
    centre.switch.call(extension, WIFE)
    assert centre.take() == []
    assert centre.switch.tally.turned_away == 1


def test_an_interaction_that_is_not_completed_keeps_the_phone_busy() -> None:
    centre = Centre(wrapup_s=WRAPUP)
    contact = centre.talk("ada")
    centre.switch.hangup(contact)
    assert centre.interaction("ada").state is IS.ENDED
    centre.switch.call(ADA, WIFE)
    assert centre.switch.tally.turned_away == 1


def test_an_unanswered_call_stops_ringing() -> None:
    centre = Centre()
    centre.switch.call(ADA, CUSTOMER)
    centre.pass_time(19.9)
    centre.take()
    centre.pass_time(0.1)
    assert centre.take() == [("ada", call(ADA, 1, IS.COMPLETED, cause=EndCause.NOANSWER))]
    assert centre.channel("ada").agentstate is NOTREADY
    assert centre.switch.tally == Tally(offered=1, turned_away=1)
    centre.finish()


def test_a_rejected_call_is_busy_to_the_caller() -> None:
    centre = Centre()
    centre.switch.call(ADA, CUSTOMER)
    answer = centre.ask("ada", RejectInteraction(endpoint=ADA, interaction="interaction1"))
    assert answer == call(ADA, 1, IS.COMPLETED, cause=EndCause.REJECTED)
    assert centre.switch.tally == Tally(offered=1, turned_away=1)
    centre.finish()


def test_releasing_what_rings_is_rejecting_it() -> None:
    centre = Centre()
    centre.switch.call(ADA, CUSTOMER)
    answer = centre.ask("ada", ReleaseLeg(endpoint=ADA, interaction="interaction1", leg="leg1"))
    assert answer.cause is EndCause.REJECTED


@pytest.mark.parametrize("how", ["hangs up", "loses patience"])
def test_an_abandoned_call(how: str) -> None:
    centre = Centre(ring_s=1000.0)
    contact = centre.switch.call(ADA, CUSTOMER, script=CallScript(patience_s=5.0))
    centre.take()
    if how == "hangs up":
        centre.switch.hangup(contact)
    else:
        centre.pass_time(5)
    assert centre.take() == [("ada", call(ADA, 1, IS.COMPLETED, cause=EndCause.ABANDONED))]
    assert centre.switch.tally == Tally(offered=1, abandoned=1)
    centre.finish()


# Outbound


def test_an_outside_number_is_dialled_and_answers() -> None:
    centre = Centre()
    answer = centre.ask("ada", Dial(endpoint=ADA, destination=CUSTOMER, extensions={"campaign": "spring"}))
    far, data = party(2, CUSTOMER), {"campaign": "spring"}
    assert answer == call(ADA, 1, IS.DIALING, leg(1, CS.DIALING, far, direction=OUT), direction=OUT, data=data)
    assert centre.take() == [("ada", answer)]
    centre.pass_time(2.9)
    assert centre.take() == []
    centre.pass_time(0.1)
    assert centre.take() == [
        ("ada", call(ADA, 1, IS.STARTED, leg(1, CS.CONNECTED, far, direction=OUT), direction=OUT, data=data))
    ]
    centre.switch.hangup("contact1")
    assert centre.take() == [("ada", call(ADA, 1, IS.COMPLETED, direction=OUT, data=data, cause=EndCause.REMOTE))]
    assert centre.switch.tally == Tally(offered=1, answered=1)
    centre.finish()


@pytest.mark.parametrize(
    ("number", "after_s", "cause"), [("111", 3.0, EndCause.BUSY), ("222", 30.0, EndCause.NOANSWER)]
)
def test_an_outside_number_that_is_not_reached(number: str, after_s: float, cause: EndCause) -> None:
    centre = Centre()
    assert centre.dial("ada", number).state is IS.DIALING
    centre.pass_time(after_s - 0.1)
    centre.take()
    centre.pass_time(0.1)
    assert centre.take() == [("ada", call(ADA, 1, IS.COMPLETED, direction=OUT, cause=cause))]
    assert centre.switch.tally == Tally(offered=1, failed=1)
    centre.finish()


def test_an_outside_number_may_have_a_time_and_a_name_of_its_own() -> None:
    centre = Centre()
    assert centre.dial("ada", "333").legs[0].members == (party(2, "333", "Taxi"),)
    centre.pass_time(1)
    assert centre.interaction("ada").state is IS.STARTED
    centre.pass_time(4.9)
    centre.take()
    centre.pass_time(0.1)
    assert centre.take() == [("ada", call(ADA, 1, IS.COMPLETED, direction=OUT, cause=EndCause.REMOTE))]


def test_who_answers_later_than_anybody_waits_does_not_answer() -> None:
    centre = Centre(numbers=(OutsideNumber(number="444", answers_after_s=40.0),))
    centre.dial("ada", "444")
    centre.take()
    centre.pass_time(30)
    assert centre.take() == [("ada", call(ADA, 1, IS.COMPLETED, direction=OUT, cause=EndCause.NOANSWER))]


def test_giving_up_what_is_dialled() -> None:
    centre = Centre()
    centre.dial("ada", CUSTOMER)
    answer = centre.ask("ada", ReleaseLeg(endpoint=ADA, interaction="interaction1", leg="leg1"))
    assert answer == call(ADA, 1, IS.COMPLETED, direction=OUT, cause=EndCause.RELEASED)
    assert centre.switch.tally == Tally(offered=1, abandoned=1)
    assert centre.switch.live_objects() == 0


def test_two_agents_talk_with_each_other_about_one_contact() -> None:
    centre = Centre()
    ada, bob = party(1, ADA, "Ada"), party(2, BOB, "Bob")
    dialling = centre.dial("ada", BOB)
    assert centre.take() == [("ada", dialling), ("bob", call(BOB, 2, IS.ALERTING, leg(2, CS.ALERTING, ada)))]
    assert dialling == call(ADA, 1, IS.DIALING, leg(1, CS.DIALING, bob, direction=OUT), direction=OUT)
    centre.ask("bob", AcceptInteraction(endpoint=BOB, interaction="interaction2"))
    assert centre.take() == [
        ("bob", call(BOB, 2, IS.STARTED, leg(2, CS.CONNECTED, ada))),
        ("ada", call(ADA, 1, IS.STARTED, leg(1, CS.CONNECTED, bob, direction=OUT), direction=OUT)),
    ]
    centre.ask("ada", ReleaseLeg(endpoint=ADA, interaction="interaction1", leg="leg1"))
    assert centre.take() == [
        ("ada", call(ADA, 1, IS.COMPLETED, direction=OUT, cause=EndCause.RELEASED)),
        ("bob", call(BOB, 2, IS.COMPLETED, cause=EndCause.REMOTE)),
    ]
    centre.finish()


@pytest.mark.parametrize(
    ("how", "caller", "called"),
    [
        ("rejects", EndCause.BUSY, EndCause.REJECTED),
        ("does not answer", EndCause.NOANSWER, EndCause.NOANSWER),
        ("caller gives up", EndCause.RELEASED, EndCause.ABANDONED),
    ],
)
def test_a_colleague_who_is_not_reached(how: str, caller: EndCause, called: EndCause) -> None:
    centre = Centre()
    dialled = centre.dial("ada", BOB)
    centre.take()
    match how:
        case "rejects":
            centre.switch.phone(BOB, "reject")
        case "does not answer":
            centre.pass_time(20)
        case _:
            centre.ask("ada", of(ReleaseLeg, dialled, 0))
    assert dict(centre.take()) == {
        "ada": call(ADA, 1, IS.COMPLETED, direction=OUT, cause=caller),
        "bob": call(BOB, 2, IS.COMPLETED, cause=called),
    }
    centre.finish()


def test_a_phone_that_nobody_sits_at_rings_and_whoever_comes_by_may_answer() -> None:
    centre = Centre()
    centre.dial("ada", EMPTY)
    assert centre.interaction("ada").legs[0].members == (party(2, EMPTY),)
    centre.take()
    centre.pass_time(20)
    assert centre.take() == [("ada", call(ADA, 1, IS.COMPLETED, direction=OUT, cause=EndCause.NOANSWER))]
    centre.dial("ada", EMPTY)
    centre.switch.phone(EMPTY, "answer")
    assert centre.interaction("ada").state is IS.STARTED
    centre.switch.phone(EMPTY, "hangup")
    assert centre.switch.live_objects() == 0


def test_an_automatic_phone_answers_and_hangs_up() -> None:
    centre = Centre(automatic_phones=(AutomaticPhone(extension=DESK, answers_after_s=2.0, talks_s=30.0),))
    centre.dial("ada", DESK)
    centre.pass_time(1.9)
    assert centre.interaction("ada").state is IS.DIALING
    centre.pass_time(0.1)
    assert centre.interaction("ada").state is IS.STARTED
    centre.pass_time(29.9)
    centre.take()
    centre.pass_time(0.1)
    assert centre.take() == [("ada", call(ADA, 1, IS.COMPLETED, direction=OUT, cause=EndCause.REMOTE))]
    assert centre.switch.live_objects() == 0


def test_an_automatic_phone_that_is_slower_than_the_ringing_does_not_answer() -> None:
    centre = Centre(automatic_phones=(AutomaticPhone(extension=DESK, answers_after_s=25.0),))
    centre.dial("ada", DESK)
    centre.take()
    centre.pass_time(25)
    assert centre.take() == [("ada", call(ADA, 1, IS.COMPLETED, direction=OUT, cause=EndCause.NOANSWER))]


def test_a_queue_is_dialled_and_stands_for_whoever_answers() -> None:
    centre = Centre()
    centre.ready("bob")
    sales, bob, ada = party(2, SALES, "Sales"), party(3, BOB, "Bob"), party(1, ADA, "Ada")
    assert centre.dial("ada", SALES).legs == (leg(1, CS.DIALING, sales, direction=OUT),)
    centre.take()
    centre.pass_time(0)
    assert centre.take() == [("bob", call(BOB, 2, IS.ALERTING, leg(2, CS.ALERTING, ada)))]
    centre.switch.phone(BOB, "answer")
    assert centre.take() == [
        ("bob", call(BOB, 2, IS.STARTED, leg(2, CS.CONNECTED, ada))),
        ("ada", call(ADA, 1, IS.STARTED, leg(1, CS.CONNECTED, bob, direction=OUT), direction=OUT)),
    ]


def test_a_queue_without_a_number_is_dialled_by_its_name() -> None:
    centre = Centre(queues=(SimulatedQueue(name="Sales"),))
    assert centre.dial("ada", "Sales").legs[0].members == (party(2, "Sales", "Sales"),)


def test_an_agent_without_a_name_is_known_by_the_id() -> None:
    centre = Centre(agents=tuple(attrs.evolve(agent, name=None) for agent in SETTINGS.agents))
    assert centre.dial("ada", BOB).legs[0].members == (party(2, BOB, "bob"),)


# Consult


def consulting(centre: Centre, destination: str = BOB) -> None:
    """Ada talks with a customer, and consults; whoever is consulted has answered. What was told is forgotten."""
    centre.talk("ada", order="17")
    centre.ask("ada", StartConsult(endpoint=ADA, interaction="interaction1", destination=destination))
    if destination == BOB:
        centre.switch.phone(BOB, "answer")
    else:
        centre.pass_time(3)
    centre.told.clear()


ADAS, BOBS = party(2, ADA, "Ada"), party(3, BOB, "Bob")
DATA = {"order": "17"}


def test_a_consult_holds_the_primary_and_rings_the_colleague_with_the_same_contact_and_data() -> None:
    centre = Centre()
    centre.talk("ada", order="17")
    answer = centre.ask("ada", StartConsult(endpoint=ADA, interaction="interaction1", destination=BOB))
    dialling = leg(2, CS.DIALING, BOBS, kind=CONSULT, direction=OUT)
    assert answer == call(ADA, 1, IS.STARTED, leg(1, CS.HELD, EVE), dialling, data=DATA)
    assert centre.take() == [
        ("ada", answer),
        ("bob", call(BOB, 2, IS.ALERTING, leg(3, CS.ALERTING, ADAS), data=DATA)),
    ]
    centre.switch.phone(BOB, "answer")
    connected = leg(2, CS.CONNECTED, BOBS, kind=CONSULT, direction=OUT)
    assert centre.take() == [
        ("bob", call(BOB, 2, IS.STARTED, leg(3, CS.CONNECTED, ADAS), data=DATA)),
        ("ada", call(ADA, 1, IS.STARTED, leg(1, CS.HELD, EVE), connected, data=DATA)),
    ]


@pytest.mark.parametrize(
    ("how", "cause"),
    [
        ("rejects", EndCause.REJECTED),
        ("does not answer", EndCause.NOANSWER),
        ("hangs up", EndCause.RELEASED),
        ("is given up", EndCause.ABANDONED),
    ],
)
def test_a_consult_that_ends_leaves_the_primary_held(how: str, cause: EndCause) -> None:
    centre = Centre()
    centre.talk("ada", order="17")
    centre.ask("ada", StartConsult(endpoint=ADA, interaction="interaction1", destination=BOB))
    centre.take()
    match how:
        case "rejects":
            centre.switch.phone(BOB, "reject")
        case "does not answer":
            centre.pass_time(20)
        case "hangs up":
            centre.switch.phone(BOB, "answer")
            centre.take()
            centre.switch.phone(BOB, "hangup")
        case _:
            centre.ask("ada", ReleaseLeg(endpoint=ADA, interaction="interaction1", leg="leg2"))
    assert dict(centre.take()) == {
        "ada": call(ADA, 1, IS.STARTED, leg(1, CS.HELD, EVE), data=DATA),
        "bob": call(BOB, 2, IS.COMPLETED, cause=cause, data=DATA),
    }


def test_a_consult_to_the_outside() -> None:
    centre = Centre()
    consulting(centre, WIFE)
    consult = leg(2, CS.CONNECTED, party(3, WIFE), kind=CONSULT, direction=OUT)
    assert centre.interaction("ada").legs == (leg(1, CS.HELD, EVE), consult)


@pytest.mark.parametrize(("number", "after_s"), [("111", 3.0), ("222", 30.0)])
def test_a_consult_to_the_outside_that_is_not_reached_is_gone(number: str, after_s: float) -> None:
    centre = Centre()
    centre.talk("ada")
    centre.ask("ada", StartConsult(endpoint=ADA, interaction="interaction1", destination=number))
    centre.take()
    centre.pass_time(after_s)
    assert centre.take() == [("ada", call(ADA, 1, IS.STARTED, leg(1, CS.HELD, EVE)))]


def test_a_consult_transfer_connects_the_contact_with_the_consulted_agent() -> None:
    centre = Centre()
    consulting(centre)
    answer = centre.ask("ada", TransferConsult(endpoint=ADA, interaction="interaction1"))
    assert answer == call(ADA, 1, IS.COMPLETED, cause=EndCause.TRANSFERRED, data=DATA)
    assert centre.take() == [
        ("ada", answer),
        ("bob", call(BOB, 2, IS.STARTED, leg(3, CS.CONNECTED, EVE), data=DATA)),
    ]
    centre.switch.hangup("contact1")
    assert centre.take() == [("bob", call(BOB, 2, IS.COMPLETED, cause=EndCause.REMOTE, data=DATA))]
    assert centre.switch.tally == Tally(offered=1, answered=1)
    assert centre.switch.live_objects() == 0


def test_a_conference_has_all_others_as_members_at_every_agent() -> None:
    centre = Centre()
    consulting(centre)
    answer = centre.ask("ada", ConferenceConsult(endpoint=ADA, interaction="interaction1"))
    assert answer == call(ADA, 1, IS.STARTED, leg(1, CS.CONNECTED, EVE, BOBS), data=DATA)
    assert centre.take() == [
        ("ada", answer),
        ("bob", call(BOB, 2, IS.STARTED, leg(3, CS.CONNECTED, EVE, ADAS), data=DATA)),
    ]


def test_a_conference_goes_on_while_two_are_left() -> None:
    centre = Centre()
    consulting(centre)
    centre.ask("ada", ConferenceConsult(endpoint=ADA, interaction="interaction1"))
    centre.take()
    centre.switch.hangup("contact1")
    assert centre.take() == [
        ("ada", call(ADA, 1, IS.STARTED, leg(1, CS.CONNECTED, BOBS), data=DATA)),
        ("bob", call(BOB, 2, IS.STARTED, leg(3, CS.CONNECTED, ADAS), data=DATA)),
    ]
    centre.switch.phone(ADA, "hangup")
    assert centre.take() == [
        ("ada", call(ADA, 1, IS.COMPLETED, cause=EndCause.RELEASED, data=DATA)),
        ("bob", call(BOB, 2, IS.COMPLETED, cause=EndCause.REMOTE, data=DATA)),
    ]
    assert centre.switch.live_objects() == 0


def test_an_agent_leaves_a_conference() -> None:
    centre = Centre()
    consulting(centre)
    centre.ask("ada", ConferenceConsult(endpoint=ADA, interaction="interaction1"))
    centre.take()
    centre.switch.phone(BOB, "hangup")
    assert centre.take() == [
        ("bob", call(BOB, 2, IS.COMPLETED, cause=EndCause.RELEASED, data=DATA)),
        ("ada", call(ADA, 1, IS.STARTED, leg(1, CS.CONNECTED, EVE), data=DATA)),
    ]


@pytest.mark.parametrize("who", ["customer", "agent"])
def test_when_the_primary_ends_the_consult_becomes_the_primary(who: str) -> None:
    centre = Centre()
    consulting(centre)
    if who == "customer":
        centre.switch.hangup("contact1")
    else:
        centre.ask("ada", ReleaseLeg(endpoint=ADA, interaction="interaction1", leg="leg1"))
    assert centre.take() == [
        ("ada", call(ADA, 1, IS.STARTED, leg(2, CS.CONNECTED, BOBS, direction=OUT), data=DATA)),
    ]
    assert centre.interaction("bob").legs == (leg(3, CS.CONNECTED, ADAS),)


@pytest.mark.parametrize("who", ["customer", "agent"])
@pytest.mark.parametrize("then", ["answer", "reject", "hangup"])
def test_a_consult_that_still_rings_becomes_the_primary_too(who: str, then: str) -> None:
    centre = Centre()
    centre.talk("ada")
    centre.ask("ada", StartConsult(endpoint=ADA, interaction="interaction1", destination=BOB))
    centre.take()
    if who == "customer":
        centre.switch.hangup("contact1")
    else:
        centre.ask("ada", ReleaseLeg(endpoint=ADA, interaction="interaction1", leg="leg1"))
    assert centre.take() == [("ada", call(ADA, 1, IS.STARTED, leg(2, CS.DIALING, BOBS, direction=OUT)))]
    with pytest.raises(Refused, match="leg leg2 is DIALING"):
        centre.ask("ada", StartConsult(endpoint=ADA, interaction="interaction1", destination=CYN))
    centre.switch.phone(ADA if then == "hangup" else BOB, then)
    if then == "answer":
        assert centre.interaction("ada").legs == (leg(2, CS.CONNECTED, BOBS, direction=OUT),)
        assert centre.interaction("bob").legs == (leg(3, CS.CONNECTED, ADAS),)
        centre.switch.phone(ADA, "hangup")
    assert centre.switch.live_objects() == 0


def test_a_consulted_agent_may_consult_and_transfer_in_turn() -> None:
    centre = Centre()
    consulting(centre)
    centre.ask("bob", StartConsult(endpoint=BOB, interaction="interaction2", destination=CYN))
    centre.switch.phone(CYN, "answer")
    centre.take()
    centre.ask("bob", TransferConsult(endpoint=BOB, interaction="interaction2"))
    cyn = party(4, CYN, "Cyn")
    assert [agent for agent, _ in centre.take()] == ["bob", "ada", "cyn"]
    assert centre.interaction("ada").legs[1] == leg(2, CS.CONNECTED, cyn, kind=CONSULT, direction=OUT)
    assert centre.interaction("cyn").legs == (leg(5, CS.CONNECTED, ADAS),)


# Blind


def test_a_blind_transfer_rings_with_the_same_contact_data_and_member() -> None:
    centre = Centre()
    centre.talk("ada", order="17")
    answer = centre.ask("ada", BlindTransfer(endpoint=ADA, interaction="interaction1", leg="leg1", destination=BOB))
    assert answer == call(ADA, 1, IS.COMPLETED, cause=EndCause.TRANSFERRED, data=DATA)
    assert centre.take() == [
        ("ada", answer),
        ("bob", call(BOB, 2, IS.ALERTING, leg(2, CS.ALERTING, EVE), data=DATA)),
    ]
    centre.switch.phone(BOB, "answer")
    assert centre.take() == [("bob", call(BOB, 2, IS.STARTED, leg(2, CS.CONNECTED, EVE), data=DATA))]


def test_a_blind_transfer_that_nobody_answers_turns_the_customer_away() -> None:
    centre = Centre()
    centre.talk("ada")
    centre.ask("ada", BlindTransfer(endpoint=ADA, interaction="interaction1", leg="leg1", destination=BOB))
    centre.take()
    centre.pass_time(20)
    assert centre.take() == [("bob", call(BOB, 2, IS.COMPLETED, cause=EndCause.NOANSWER))]
    assert centre.switch.live_objects() == 0
    assert centre.switch.tally == Tally(offered=1, answered=1)


def test_a_blind_transfer_to_a_queue_waits_there() -> None:
    centre = Centre()
    centre.talk("ada")
    centre.ready("bob")
    centre.ask("ada", BlindTransfer(endpoint=ADA, interaction="interaction1", leg="leg1", destination=SALES))
    centre.take()
    centre.pass_time(0)
    assert centre.take() == [("bob", call(BOB, 2, IS.ALERTING, leg(2, CS.ALERTING, EVE)))]


def test_who_is_transferred_and_left_waiting_loses_patience_anew() -> None:
    centre = Centre(ring_s=1000.0)
    centre.switch.call(ADA, CUSTOMER, script=CallScript(patience_s=30.0, talks_s=60.0))
    centre.switch.phone(ADA, "answer")
    centre.pass_time(40)
    centre.ask("ada", BlindTransfer(endpoint=ADA, interaction="interaction1", leg="leg1", destination=BOB))
    centre.pass_time(29)
    centre.take()
    centre.pass_time(1)
    assert centre.take() == [("bob", call(BOB, 2, IS.COMPLETED, cause=EndCause.ABANDONED))]
    centre.finish()


def test_a_blind_transfer_to_the_outside_leaves_the_switch_no_agent() -> None:
    centre = Centre()
    contact = centre.talk("ada")
    centre.ask("ada", BlindTransfer(endpoint=ADA, interaction="interaction1", leg="leg1", destination=WIFE))
    centre.pass_time(50)
    assert centre.switch.live_objects() > 0
    centre.switch.hangup(contact)
    assert centre.switch.live_objects() == 0


def test_a_customer_who_is_left_with_others_outside_does_not_talk_for_ever() -> None:
    centre = Centre()
    centre.talk("ada")
    for number in (WIFE, "+49305550"):
        conference = BlindConference(endpoint=ADA, interaction="interaction1", leg="leg1", destination=number)
        centre.ask("ada", conference)
        centre.pass_time(5)
    centre.ask("ada", ReleaseLeg(endpoint=ADA, interaction="interaction1", leg="leg1"))
    centre.pass_time(SETTINGS.patience_s - 1)
    assert centre.switch.live_objects() > 0
    centre.pass_time(1)
    assert centre.switch.live_objects() == 0
    assert centre.switch.tally.answered == 1


def test_of_a_blind_transfer_to_the_outside_nothing_is_left_when_patience_is_over() -> None:
    centre = Centre()
    centre.talk("ada")
    centre.ask("ada", BlindTransfer(endpoint=ADA, interaction="interaction1", leg="leg1", destination=WIFE))
    centre.pass_time(SETTINGS.patience_s)
    assert centre.switch.live_objects() > 0, "patience begins when the other answers"
    centre.pass_time(SETTINGS.outside_answer_s)
    assert centre.switch.live_objects() == 0


def test_two_outside_who_are_left_in_a_queue_do_not_wait_for_ever() -> None:
    centre = Centre()
    consulting(centre, WIFE)
    centre.ask("ada", ConferenceConsult(endpoint=ADA, interaction="interaction1"))
    centre.ask("ada", BlindTransfer(endpoint=ADA, interaction="interaction1", leg="leg1", destination=SALES))
    centre.pass_time(SETTINGS.patience_s)
    assert len(centre.switch.routing) == 1, "the customer has given up, the other still waits"
    centre.pass_time(SETTINGS.patience_s)
    assert centre.switch.live_objects() == 0


def test_who_is_answered_in_time_goes_on_talking() -> None:
    centre = Centre(wrapup_s=WrapUpTimes(telephony=0.0))
    consulting(centre, WIFE)
    centre.ask("ada", ConferenceConsult(endpoint=ADA, interaction="interaction1"))
    centre.ask("ada", BlindTransfer(endpoint=ADA, interaction="interaction1", leg="leg1", destination=BOB))
    centre.pass_time(10)
    centre.switch.phone(BOB, "answer")
    centre.pass_time(2 * SETTINGS.patience_s)
    assert [member.address for member in centre.interaction("bob").legs[0].members] == [CUSTOMER, WIFE]


def test_outside_parties_without_a_customer_are_not_kept_connected() -> None:
    centre = Centre()
    consulting(centre, WIFE)
    centre.switch.hangup("contact1")
    assert centre.interaction("ada").legs == (leg(2, CS.CONNECTED, party(3, WIFE), direction=OUT),)
    centre.take()
    centre.ask("ada", BlindTransfer(endpoint=ADA, interaction="interaction1", leg="leg2", destination=CUSTOMER))
    assert centre.switch.live_objects() == 0


def test_a_blind_conference_has_the_new_member_in_its_answer() -> None:
    centre = Centre()
    centre.talk("ada")
    answer = centre.ask("ada", BlindConference(endpoint=ADA, interaction="interaction1", leg="leg1", destination=WIFE))
    wife = party(3, WIFE)
    assert answer == call(ADA, 1, IS.STARTED, leg(1, CS.CONNECTED, EVE, wife))
    assert centre.take() == [("ada", answer)]
    centre.pass_time(50)
    assert centre.take() == []
    assert centre.interaction("ada") == answer


@pytest.mark.parametrize(("number", "after_s"), [("111", 3.0), ("222", 30.0), (EMPTY, 20.0)])
def test_a_blind_conference_drops_who_does_not_answer(number: str, after_s: float) -> None:
    centre = Centre()
    centre.talk("ada")
    centre.ask("ada", BlindConference(endpoint=ADA, interaction="interaction1", leg="leg1", destination=number))
    centre.pass_time(after_s - 0.1)
    centre.take()
    centre.pass_time(0.1)
    assert centre.take() == [("ada", call(ADA, 1, IS.STARTED, leg(1, CS.CONNECTED, EVE)))]


def test_a_blind_conference_with_a_colleague() -> None:
    centre = Centre()
    centre.talk("ada")
    centre.ask("ada", BlindConference(endpoint=ADA, interaction="interaction1", leg="leg1", destination=BOB))
    assert centre.take() == [
        ("ada", call(ADA, 1, IS.STARTED, leg(1, CS.CONNECTED, EVE, BOBS))),
        ("bob", call(BOB, 2, IS.ALERTING, leg(2, CS.ALERTING, EVE, ADAS))),
    ]
    centre.switch.phone(BOB, "answer")
    assert centre.take() == [("bob", call(BOB, 2, IS.STARTED, leg(2, CS.CONNECTED, EVE, ADAS)))]


def test_of_two_who_are_rung_each_is_waited_for_by_itself() -> None:
    centre = Centre()
    centre.talk("ada")
    for number in ("222", BOB):
        call_ = BlindConference(endpoint=ADA, interaction="interaction1", leg="leg1", destination=number)
        centre.ask("ada", call_)
    centre.switch.phone(BOB, "answer")
    assert [member.address for member in centre.interaction("ada").legs[0].members] == [CUSTOMER, "222", BOB]
    centre.pass_time(30)
    assert [member.address for member in centre.interaction("ada").legs[0].members] == [CUSTOMER, BOB]


def test_of_two_queues_in_a_conference_each_stands_for_whoever_answers_there() -> None:
    centre = Centre()
    centre.talk("ada")
    for number in (SALES, SERVICE):
        call_ = BlindConference(endpoint=ADA, interaction="interaction1", leg="leg1", destination=number)
        centre.ask("ada", call_)
    centre.ready("bob")
    centre.pass_time(0)
    assert centre.interaction("bob").legs[0].members == (EVE, ADAS, party(4, SERVICE, "Service"))
    centre.switch.phone(BOB, "answer")
    members = centre.interaction("ada").legs[0].members
    assert [member.address for member in members] == [CUSTOMER, SERVICE, BOB]


def test_when_nobody_is_left_but_phones_that_ring_they_stop() -> None:
    centre = Centre()
    contact = centre.talk("ada")
    centre.ask("ada", BlindConference(endpoint=ADA, interaction="interaction1", leg="leg1", destination=BOB))
    centre.switch.phone(ADA, "hangup")
    assert centre.interaction("bob").legs == (leg(2, CS.ALERTING, EVE),)
    centre.take()
    centre.switch.hangup(contact)
    assert centre.take() == [("bob", call(BOB, 2, IS.COMPLETED, cause=EndCause.ABANDONED))]
    assert centre.switch.live_objects() == 0


# Without the agent


def test_a_call_goes_on_at_the_phone_when_the_agent_has_logged_out() -> None:
    centre = Centre()
    contact = centre.talk("ada")
    centre.ask("ada", LogoutAgent())
    assert [report for _, report in centre.take() if report.endpoint == ADA and hasattr(report, "legs")] == []
    assert centre.ask("ada", StartAgent()).interactions == ()
    # Coming back to the phone, the agent finds it.
    centre.ask("ada", AddChannel(endpoint=ADA, type=ChannelType.TELEPHONY))
    centre.take()
    centre.ask("ada", ActivateChannel(endpoint=ADA))
    assert centre.take() == [
        ("ada", phone(ADA, NOTREADY)),
        ("ada", call(ADA, 1, IS.STARTED, leg(1, CS.CONNECTED, EVE))),
    ]
    centre.ask("ada", LogoutAgent())
    centre.take()
    centre.switch.hangup(contact)
    assert centre.take() == []
    assert centre.switch.live_objects() == 0


def test_what_a_queue_rings_goes_to_somebody_else_when_the_agent_logs_out() -> None:
    centre = Centre()
    centre.ready("ada")
    centre.switch.call(SALES, CUSTOMER)
    centre.pass_time(0)
    assert centre.interaction("ada").state is IS.ALERTING
    centre.ready("bob")
    centre.take()
    centre.ask("ada", LogoutAgent())
    assert [agent for agent, _ in centre.take()] == ["ada"]
    centre.pass_time(0)
    assert centre.take() == [("bob", call(BOB, 2, IS.ALERTING, leg(2, CS.ALERTING, EVE)))]
    centre.switch.hangup("contact1")
    centre.finish()


def test_what_was_answered_from_a_queue_goes_on_when_the_agent_logs_out() -> None:
    centre = Centre()
    centre.ready("ada")
    contact = centre.switch.call(SALES, CUSTOMER)
    centre.pass_time(0)
    centre.switch.phone(ADA, "answer")
    centre.ask("ada", LogoutAgent())
    centre.ready("bob")
    centre.take()
    centre.pass_time(1)
    assert centre.take() == []
    centre.switch.hangup(contact)
    centre.finish()


def test_what_rings_at_a_phone_rings_on_when_the_agent_logs_out() -> None:
    centre = Centre()
    centre.switch.call(ADA, CUSTOMER)
    centre.ask("ada", LogoutAgent())
    centre.switch.phone(ADA, "answer")
    centre.switch.phone(ADA, "hangup")
    assert centre.switch.tally == Tally(offered=1, answered=1)


def test_a_wrap_up_is_dropped_with_the_logout() -> None:
    centre = Centre(wrapup_s=WRAPUP)
    centre.switch.hangup(centre.talk("ada"))
    assert centre.interaction("ada").state is IS.ENDED
    centre.ask("ada", LogoutAgent())
    assert centre.switch.live_objects() == 0


def test_hold_is_a_matter_of_one_side_alone() -> None:
    centre = Centre()
    dialled = centre.dial("ada", BOB)
    centre.switch.phone(BOB, "answer")
    centre.take()
    answer = centre.ask("ada", of(HoldLeg, dialled, 0))
    assert answer.legs[0].state is CS.HELD
    assert centre.take() == [("ada", answer)]
    assert centre.interaction("bob").legs[0].state is CS.CONNECTED


def test_the_platform_is_lost_and_calls_go_on() -> None:
    centre = Centre()
    centre.talk("ada")
    centre.switch.lose()
    assert centre.interaction("ada").state is IS.STARTED
