"""How chats, emails and callbacks come to agents, go from one to the other, and end: every report, word for word."""

from typing import Any

import attrs
import pytest

from engine.adapters.simulator.settings import Capacity, SimulatedQueue, WrapUpTimes
from protocol.errors import FailureCode, Refused
from protocol.platform import (
    AcceptInteraction,
    CompleteInteraction,
    Disposition,
    Feature,
    RejectInteraction,
    ReleaseInteraction,
    ReplyEmail,
    SendMessage,
    SetAgentState,
    TransferInteraction,
)
from protocol.states import AgentState, ChannelType, EndCause, InteractionState
from tests.engine.adapters.simulator.media_floor import (
    Floor,
    a_chat,
    a_started_chat,
    channel,
    chat,
    customer,
    endpoint,
    said,
)

CHAT = ChannelType.CHAT
ALERTING, STARTED = InteractionState.ALERTING, InteractionState.STARTED
ENDED, COMPLETED = InteractionState.ENDED, InteractionState.COMPLETED


# Offers


def test_what_arrives_is_offered_as_the_very_next_thing() -> None:
    floor = Floor()
    floor.start("ada", CHAT)
    contact = floor.switch.chat("Sales", "Carl", {"topic": "boots", "order": {"number": "17"}})
    floor.switch.customer_message(contact, "hello")
    assert floor.take() == []
    floor.pass_time(0)
    data = {"topic": "boots", "order": {"number": "17"}}
    hello = said("message1", customer("contact1"), "hello")
    assert floor.take() == [("ada", chat("ada", "interaction1", ALERTING, data=data, transcript=(hello,)))]


def test_it_waits_until_somebody_is_ready() -> None:
    floor = Floor()
    floor.start("ada", CHAT, agentstate=AgentState.NOTREADY)
    floor.switch.chat("Sales", "Carl")
    floor.pass_time(60)
    assert floor.take() == []
    floor.ask("ada", SetAgentState(endpoint=endpoint("ada", CHAT), agentstate=AgentState.READY))
    floor.pass_time(0)
    assert floor.take() == [
        ("ada", channel("ada", CHAT, AgentState.READY)),
        ("ada", chat("ada", "interaction1", ALERTING)),
    ]


def test_a_channel_of_another_kind_is_not_offered_it() -> None:
    floor = Floor()
    floor.start("ada", ChannelType.EMAIL, ChannelType.CALLBACK)
    floor.switch.chat("Sales", "Carl")
    floor.pass_time(0)
    assert floor.take() == []


def test_a_queue_is_served_by_its_agents_alone() -> None:
    floor = Floor()
    floor.start("ada", CHAT)
    floor.start("bob", CHAT)
    floor.switch.chat("Service", "Carl")
    floor.pass_time(0)
    assert floor.take() == [("bob", chat("bob", "interaction1", ALERTING))]


def test_accepted_it_is_started_and_stays_so_when_accepted_again() -> None:
    floor, _ = a_chat()
    floor.take()
    assert floor.accept("ada", CHAT, "interaction1") == chat("ada", "interaction1", STARTED)
    assert floor.take() == [("ada", chat("ada", "interaction1", STARTED))]
    assert floor.accept("ada", CHAT, "interaction1") == chat("ada", "interaction1", STARTED)
    assert floor.take() == []


def test_rejected_it_goes_to_the_next_agent_and_not_back_at_once() -> None:
    floor, _ = a_chat()
    floor.take()
    over = chat("ada", "interaction1", COMPLETED, cause=EndCause.REJECTED)
    assert floor.reject("ada", CHAT, "interaction1") == over
    floor.pass_time(9.9)
    assert floor.take() == [("ada", over)]
    floor.pass_time(0.1)
    assert floor.take() == [("ada", chat("ada", "interaction2", ALERTING))]


@pytest.mark.parametrize("come_to_nothing", ["rejected", "unanswered"])
def test_who_has_it_no_longer_hears_no_more_of_it(come_to_nothing: str) -> None:
    floor, contact = a_chat()
    if come_to_nothing == "rejected":
        floor.reject("ada", CHAT, "interaction1")
    else:
        floor.pass_time(30)
    floor.take()
    floor.switch.customer_message(contact, "is anybody there?")
    assert floor.take() == []


def test_rejected_it_goes_to_another_agent_at_once() -> None:
    floor, _ = a_chat()
    floor.start("bob", CHAT)
    floor.reject("ada", CHAT, "interaction1")
    floor.pass_time(0)
    assert floor.take()[-1] == ("bob", chat("bob", "interaction2", ALERTING))


def test_not_accepted_in_time_it_goes_on_and_the_agent_goes_not_ready() -> None:
    floor, _ = a_chat()
    floor.start("bob", CHAT)
    floor.pass_time(29.9)
    assert floor.take() == []
    floor.pass_time(0.1)
    gone = chat(
        "ada",
        "interaction1",
        COMPLETED,
        cause=EndCause.NOANSWER,
        channel=channel("ada", CHAT, AgentState.NOTREADY, reason="NO_ANSWER"),
    )
    assert floor.take() == [("ada", gone), ("bob", chat("bob", "interaction2", ALERTING))]


def test_accepted_it_does_not_run_out_of_time() -> None:
    floor, _ = a_started_chat()
    floor.pass_time(100)
    assert floor.take() == []


# The customer's end of it


def test_a_customer_who_leaves_while_waiting_is_tallied_as_abandoned() -> None:
    floor = Floor()
    contact = floor.switch.chat("Sales", "Carl")
    floor.switch.customer_leaves(contact)
    assert floor.take() == []
    assert floor.switch.tally.abandoned == 1
    floor.finish()


def test_a_customer_who_leaves_an_offer_abandons_it() -> None:
    floor, contact = a_chat()
    floor.take()
    floor.switch.customer_leaves(contact)
    assert floor.take() == [("ada", chat("ada", "interaction1", COMPLETED, cause=EndCause.ABANDONED))]
    assert floor.switch.tally.abandoned == 1
    floor.finish()


def test_a_customer_who_leaves_what_was_rejected_leaves_nothing_at_that_instant() -> None:
    floor, contact = a_chat()
    floor.reject("ada", CHAT, "interaction1")
    floor.switch.customer_leaves(contact)
    floor.pass_time(0)
    assert floor.switch.live_objects() == 0


def test_a_customer_who_leaves_a_chat_ends_it_remotely() -> None:
    floor, contact = a_started_chat()
    floor.switch.customer_leaves(contact)
    assert floor.take() == [("ada", chat("ada", "interaction1", COMPLETED, cause=EndCause.REMOTE))]
    assert floor.switch.tally.answered == 1
    floor.finish()


def test_nothing_can_be_done_in_a_chat_that_is_over() -> None:
    floor, contact = a_started_chat()
    floor.switch.customer_leaves(contact)
    with pytest.raises(Refused, match=f"there is no chat {contact}, or it is over") as refusal:
        floor.switch.customer_message(contact, "hello?")
    assert refusal.value.code is FailureCode.INVALID_TARGET
    floor.take()
    call = SendMessage(endpoint=endpoint("ada", CHAT), interaction="interaction1", text="hello?")
    assert floor.refused("ada", call)[0] is FailureCode.INVALID_TARGET


# The agent's end of it


def test_released_without_a_wrap_up_it_is_completed_at_once() -> None:
    floor, _ = a_started_chat()
    over = chat("ada", "interaction1", COMPLETED, cause=EndCause.RELEASED)
    assert floor.release("ada", CHAT, "interaction1") == over
    assert floor.take() == [("ada", over)]
    floor.finish()


def test_with_a_wrap_up_due_it_waits_for_its_completion() -> None:
    floor, _ = a_started_chat(wrapup_s=WrapUpTimes(chat=15.0))
    work, ready = channel("ada", CHAT, AgentState.WORK), channel("ada", CHAT, AgentState.READY)
    ended = chat("ada", "interaction1", ENDED, cause=EndCause.RELEASED, wrapup_s=15.0)
    told = attrs.evolve(ended, channel=work)
    assert floor.release("ada", CHAT, "interaction1") == told
    assert floor.release("ada", CHAT, "interaction1") == ended
    done = Disposition(code="SOLVED", note="boots")
    completed = chat("ada", "interaction1", COMPLETED, cause=EndCause.RELEASED, disposition=done, channel=ready)
    assert floor.complete("ada", CHAT, "interaction1", disposition=done) == completed
    assert floor.take() == [("ada", told), ("ada", completed)]
    floor.finish()


def test_during_the_wrap_up_of_the_last_that_there_is_room_for_the_agent_works() -> None:
    floor, contact = a_chat(wrapup_s=WrapUpTimes(chat=15.0), capacity=Capacity(chat=1))
    floor.accept("ada", CHAT, "interaction1")
    floor.take()
    floor.switch.customer_leaves(contact)
    floor.complete("ada", CHAT, "interaction1")
    work, ready = channel("ada", CHAT, AgentState.WORK), channel("ada", CHAT, AgentState.READY)
    assert floor.take() == [
        ("ada", chat("ada", "interaction1", ENDED, cause=EndCause.REMOTE, wrapup_s=15.0, channel=work)),
        ("ada", chat("ada", "interaction1", COMPLETED, cause=EndCause.REMOTE, channel=ready)),
    ]


@pytest.mark.parametrize(
    "call",
    [
        AcceptInteraction(endpoint=endpoint("ada", CHAT), interaction="interaction1"),
        RejectInteraction(endpoint=endpoint("ada", CHAT), interaction="interaction1"),
        TransferInteraction(endpoint=endpoint("ada", CHAT), interaction="interaction1", queue="Service"),
        SendMessage(endpoint=endpoint("ada", CHAT), interaction="interaction1", text="hello?"),
    ],
    ids=lambda call: type(call).__name__,
)
def test_what_has_ended_cannot_be_gone_on_with(call: Any) -> None:
    floor, _ = a_started_chat(wrapup_s=WrapUpTimes(chat=15.0))
    floor.release("ada", CHAT, "interaction1")
    floor.take()
    assert floor.refused("ada", call)[0] is FailureCode.INVALID_STATE


@pytest.mark.parametrize(
    "call",
    [
        ReleaseInteraction(endpoint=endpoint("ada", CHAT), interaction="interaction1"),
        TransferInteraction(endpoint=endpoint("ada", CHAT), interaction="interaction1", queue="Service"),
        SendMessage(endpoint=endpoint("ada", CHAT), interaction="interaction1", text="hello?"),
        CompleteInteraction(endpoint=endpoint("ada", CHAT), interaction="interaction1"),
    ],
    ids=lambda call: type(call).__name__,
)
def test_what_is_only_offered_cannot_be_gone_on_with(call: Any) -> None:
    floor, _ = a_chat()
    floor.take()
    assert floor.refused("ada", call)[0] is FailureCode.INVALID_STATE


def test_what_has_started_cannot_be_rejected() -> None:
    floor, _ = a_started_chat()
    call = RejectInteraction(endpoint=endpoint("ada", CHAT), interaction="interaction1")
    assert floor.refused("ada", call)[0] is FailureCode.INVALID_STATE


def test_a_chat_is_not_answered_by_email() -> None:
    floor, _ = a_started_chat()
    call = ReplyEmail(endpoint=endpoint("ada", CHAT), interaction="interaction1", text="Dear Carl")
    assert floor.refused("ada", call)[0] is FailureCode.UNSUPPORTED


# The queue's side


def test_what_waits_too_long_overflows_to_the_other_queue_and_goes_back_there() -> None:
    floor = Floor(
        queues=(
            SimulatedQueue(name="Sales", agents=(), overflow_s=20.0, overflow_to="Service"),
            SimulatedQueue(name="Service", agents=("bob",)),
        )
    )
    floor.start("ada", CHAT)
    floor.start("bob", CHAT)
    floor.switch.chat("Sales", "Carl")
    floor.pass_time(20)
    assert floor.take() == [("bob", chat("bob", "interaction1", ALERTING))]
    floor.accept("bob", CHAT, "interaction1")
    floor.transfer("bob", CHAT, "interaction1", agent="ada")
    floor.reject("ada", CHAT, "interaction2")
    floor.take()
    floor.pass_time(0)
    assert floor.take() == [("bob", chat("bob", "interaction3", ALERTING))]


def test_what_waits_too_long_without_another_queue_is_turned_away() -> None:
    floor = Floor(queues=(SimulatedQueue(name="Sales", overflow_s=20.0),))
    contact = floor.switch.chat("Sales", "Carl")
    floor.pass_time(20)
    assert floor.switch.tally.overflowed == 1
    with pytest.raises(Refused, match="it is over"):
        floor.switch.customer_message(contact, "hello")
    floor.finish()


def test_a_full_queue_turns_away_at_once() -> None:
    floor = Floor(queues=(SimulatedQueue(name="Sales", limit=1),))
    floor.switch.chat("Sales", "Carl")
    floor.switch.chat("Sales", "Dora")
    assert (floor.switch.tally.offered, floor.switch.tally.turned_away) == (2, 1)
    floor.finish()


@pytest.mark.parametrize(
    ("queue", "name", "data", "code"),
    [
        ("Nowhere", "Carl", {}, FailureCode.INVALID_DESTINATION),
        ("Sales", "", {}, FailureCode.INVALID_REQUEST),
        ("Sales", "C\0", {}, FailureCode.INVALID_REQUEST),
        ("Sales", "Carl", {"topic": 5}, FailureCode.INVALID_REQUEST),
        ("Sales", "Carl", {"topic": {"of": "\ud800"}}, FailureCode.INVALID_REQUEST),
    ],
)
def test_what_cannot_come_is_refused_and_leaves_nothing(
    queue: str, name: str, data: dict[str, Any], code: FailureCode
) -> None:
    floor = Floor()
    with pytest.raises(Refused) as refusal:
        floor.switch.chat(queue, name, data)
    assert refusal.value.code is code
    assert (floor.switch.live_objects(), floor.switch.tally.offered) == (0, 0)


def test_a_platform_without_chats_has_none() -> None:
    floor = Floor(features=(Feature.TELEPHONY, Feature.EMAIL))
    with pytest.raises(Refused, match=r"no chat; add it to simulator\.features"):
        floor.switch.chat("Sales", "Carl")
