"""Hands at the phones, in calls; who logs in and out there is in test_platform."""

from typing import Any

import pytest

from engine.adapters.simulator.settings import WrapUpTimes
from protocol.errors import FailureCode, Refused
from protocol.platform import HoldLeg, InteractionReport, StartConsult
from protocol.states import AgentState, ConversationState, EndCause, InteractionState
from tests.engine.adapters.simulator.centre import ADA, BOB, CUSTOMER, EMPTY, Centre, of

ALERTING, HELD, CONNECTED = ConversationState.ALERTING, ConversationState.HELD, ConversationState.CONNECTED


def refusal(centre: Centre, extension: str, action: str, **details: Any) -> tuple[FailureCode, str]:
    before = centre.snapshots()
    centre.take()
    with pytest.raises(Refused) as refused:
        centre.switch.phone(extension, action, **details)
    assert centre.take() == []
    assert centre.snapshots() == before
    return refused.value.code, refused.value.message


def states(centre: Centre, agent: str = "ada") -> list[ConversationState]:
    return [leg.state for leg in centre.interaction(agent).legs]


def test_a_call_is_answered_held_retrieved_and_hung_up_at_the_phone() -> None:
    centre = Centre()
    centre.switch.call(ADA, CUSTOMER)
    for action, state in (("answer", CONNECTED), ("hold", HELD), ("retrieve", CONNECTED)):
        centre.take()
        centre.switch.phone(ADA, action)
        assert states(centre) == [state]
        assert len(centre.take()) == 1
    centre.switch.phone(ADA, "hangup")
    ((_, over),) = centre.take()
    assert isinstance(over, InteractionReport)
    assert over.cause is EndCause.RELEASED


def test_a_call_is_rejected_at_the_phone() -> None:
    for action in ("reject", "hangup"):
        centre = Centre()
        centre.switch.call(ADA, CUSTOMER)
        centre.take()
        centre.switch.phone(ADA, action)
        ((_, over),) = centre.take()
        assert isinstance(over, InteractionReport)
        assert over.cause is EndCause.REJECTED


def test_a_call_is_dialled_at_the_phone() -> None:
    centre = Centre()
    centre.switch.phone(ADA, "dial", destination=BOB)
    assert centre.interaction("ada").state is InteractionState.DIALING
    assert centre.interaction("bob").state is InteractionState.ALERTING


def test_a_phone_without_an_agent_calls_an_agent() -> None:
    centre = Centre()
    centre.switch.phone(EMPTY, "dial", destination=ADA)
    assert centre.interaction("ada").legs[0].members[0].address == EMPTY
    centre.switch.phone(ADA, "answer")
    centre.switch.phone(EMPTY, "hangup")
    assert centre.switch.live_objects() == 0


def test_of_two_legs_the_active_one_is_held_and_hung_up() -> None:
    centre = Centre()
    centre.talk("ada")
    consulting = centre.ask("ada", of(StartConsult, centre.interaction("ada"), destination=BOB))
    code, message = refusal(centre, ADA, "retrieve")
    assert (code, message) == (FailureCode.CONSULT_EXISTS, "4001 has another leg that is DIALING; hang that up first")
    centre.switch.phone(BOB, "answer")
    centre.switch.phone(ADA, "hold")
    assert states(centre) == [HELD, HELD]
    centre.ask("ada", of(HoldLeg, consulting, 0))
    centre.switch.phone(ADA, "retrieve")
    assert states(centre) == [HELD, CONNECTED]
    assert refusal(centre, ADA, "retrieve")[0] is FailureCode.CONSULT_EXISTS
    centre.switch.phone(ADA, "hangup")
    assert states(centre) == [HELD]
    centre.switch.phone(ADA, "hangup")
    assert centre.switch.live_objects() == 0


@pytest.mark.parametrize("action", ["answer", "reject", "hold", "retrieve", "hangup"])
def test_where_there_is_no_call_nothing_is_done_with_it(action: str) -> None:
    code, message = refusal(Centre(), ADA, action)
    assert code is FailureCode.INVALID_STATE
    assert message == "there is no call at 4001; call it, or dial there, first"


def test_what_is_not_in_the_state_for_it() -> None:
    centre = Centre()
    centre.talk("ada")
    assert refusal(centre, ADA, "answer")[0] is FailureCode.INVALID_STATE
    assert refusal(centre, ADA, "retrieve")[1] == "no call at 4001 is HELD; look at the latest events"


def test_a_call_in_wrap_up_is_not_hung_up() -> None:
    centre = Centre(wrapup_s=WrapUpTimes(telephony=10.0))
    centre.switch.hangup(centre.talk("ada"))
    code, message = refusal(centre, ADA, "hangup")
    assert code is FailureCode.INVALID_STATE
    assert message == "the call at 4001 is over, and waits to be completed"


def test_nobody_logs_out_or_dials_at_a_phone_with_a_call() -> None:
    centre = Centre()
    centre.talk("ada")
    assert refusal(centre, ADA, "logout")[0] is FailureCode.INTERACTION_ACTIVE
    assert refusal(centre, ADA, "dial", destination=BOB)[0] is FailureCode.INTERACTION_ACTIVE


def test_a_phone_is_made_automatic_and_no_longer() -> None:
    centre = Centre()
    centre.switch.phone(ADA, "automatic", answers_after_s=1.0, talks_s=5.0)
    centre.switch.call(ADA, CUSTOMER)
    centre.pass_time(1)
    assert states(centre) == [CONNECTED]
    centre.pass_time(5)
    assert centre.switch.live_objects() == 0
    centre.switch.phone(ADA, "automatic", on=False)
    centre.switch.call(ADA, CUSTOMER)
    centre.pass_time(1)
    assert states(centre) == [ALERTING]


def test_a_state_set_at_the_phone_counts_at_once_and_ends_what_was_pending() -> None:
    centre = Centre()
    centre.talk("ada")
    centre.ready("ada")
    assert centre.channel("ada").pendingagentstate is AgentState.READY
    centre.switch.phone(ADA, "state", agentstate="NOTREADY")
    assert centre.channel("ada").pendingagentstate is None


@pytest.mark.parametrize(
    ("action", "details", "message"),
    [
        ("explode", {}, "a phone has no explode; take one of answer, reject, hold"),
        ("dial", {}, "dial: missing a required argument: 'destination'; it takes destination"),
        ("answer", {"loudly": True}, "answer: got an unexpected keyword argument 'loudly'; it takes nothing else"),
        ("dial", {"destination": 4002}, "destination: expected text of 1 to 128 characters"),
        ("state", {"agentstate": "ASLEEP"}, "agentstate: ASLEEP is none; take one of NOTREADY, READY, WORK"),
        ("state", {"agentstate": "READY", "reason": 7}, "reason: expected text of 1 to 128 characters"),
        ("automatic", {"answers_after_s": -1}, "answers_after_s: expected a number of seconds from 0"),
        ("automatic", {"talks_s": "long"}, "talks_s: expected a number of seconds from 0"),
        ("automatic", {"on": "yes"}, "on: expected true or false"),
    ],
)
def test_what_is_no_action_or_has_other_details(action: str, details: dict[str, Any], message: str) -> None:
    code, text = refusal(Centre(), ADA, action, **details)
    assert code is FailureCode.INVALID_REQUEST
    assert text.startswith(message)


def test_a_phone_that_is_unknown() -> None:
    assert refusal(Centre(), "9999", "answer")[0] is FailureCode.CHANNEL_UNAVAILABLE
