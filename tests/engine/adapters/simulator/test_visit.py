"""The end of an interaction: wrap-up, disposition, and the agent state after it."""

from typing import Any

import pytest

from engine.adapters.simulator.settings import WrapUpTimes
from protocol.errors import FailureCode
from protocol.platform import (
    ActivateChannel,
    AddChannel,
    ChannelReport,
    CompleteInteraction,
    DeactivateChannel,
    Disposition,
    InteractionReport,
    RejectInteraction,
    ReleaseLeg,
    RemoveChannel,
    SetAgentState,
    StartAgent,
)
from protocol.states import AgentState, ChannelType, EndCause, InteractionState
from tests.engine.adapters.simulator.centre import ADA, CUSTOMER, Centre, call, of, phone

NOTREADY, READY, WORK = AgentState.NOTREADY, AgentState.READY, AgentState.WORK
ENDED, COMPLETED = InteractionState.ENDED, InteractionState.COMPLETED
WRAPUP = WrapUpTimes(telephony=10.0)
COMPLETE = CompleteInteraction(endpoint=ADA, interaction="interaction1")


def set_state(state: AgentState, reason: str | None = None) -> SetAgentState:
    return SetAgentState(endpoint=ADA, agentstate=state, reason=reason)


def ended(cause: EndCause, **more: Any) -> InteractionReport:
    return call(ADA, 1, ENDED, cause=cause, wrapup_s=10.0, **more)


def test_wrap_up_is_work_until_it_is_completed_and_each_is_one_report() -> None:
    centre = Centre(wrapup_s=WRAPUP)
    centre.ready("ada")
    contact = centre.talk("ada")
    centre.switch.hangup(contact)
    assert centre.take() == [("ada", ended(EndCause.REMOTE, channel=phone(ADA, WORK)))]
    centre.pass_time(1_000)  # it is for the processor to see to the time
    assert centre.take() == []
    solved = Disposition(code="SOLVED", note="all well")
    answer = centre.ask("ada", CompleteInteraction(endpoint=ADA, interaction="interaction1", disposition=solved))
    over = call(ADA, 1, COMPLETED, cause=EndCause.REMOTE, disposition=solved, channel=phone(ADA, READY))
    assert answer == over
    assert centre.take() == [("ada", over)]
    centre.finish()


def test_a_contact_is_there_until_all_have_wrapped_it_up() -> None:
    centre = Centre(wrapup_s=WRAPUP)
    centre.switch.hangup(centre.talk("ada"))
    assert [contact.id for contact in centre.switch.contacts] == ["contact1"]
    assert centre.switch.tally.over == 1
    centre.ask("ada", COMPLETE)
    assert list(centre.switch.contacts) == []


def test_the_answer_to_a_release_has_the_channel_in_work() -> None:
    centre = Centre(wrapup_s=WRAPUP)
    centre.talk("ada")
    answer = centre.ask("ada", of(ReleaseLeg, centre.interaction("ada"), 0))
    assert answer == ended(EndCause.RELEASED, channel=phone(ADA, WORK))


def test_no_wrap_up_follows_what_had_not_started() -> None:
    centre = Centre(wrapup_s=WRAPUP)
    centre.switch.call(ADA, CUSTOMER)
    answer = centre.ask("ada", RejectInteraction(endpoint=ADA, interaction="interaction1"))
    assert answer == call(ADA, 1, COMPLETED, cause=EndCause.REJECTED)


def test_no_wrap_up_follows_where_none_is_set_or_no_session_is_there_to_do_it() -> None:
    centre = Centre()
    centre.switch.hangup(centre.talk("ada"))
    assert centre.switch.live_objects() == 0
    centre = Centre(staffed=False, wrapup_s=WRAPUP)
    centre.switch.phone(ADA, "login", agent="ada")
    centre.switch.hangup(centre.talk("ada"))
    assert centre.take() == [("ada", call(ADA, 1, COMPLETED, cause=EndCause.REMOTE))]


@pytest.mark.parametrize("when", ["talking", "in wrap-up"])
def test_whose_session_is_lost_wraps_up_at_the_phone(when: str) -> None:
    centre = Centre(wrapup_s=WRAPUP)
    contact = centre.talk("ada")
    if when == "in wrap-up":
        centre.switch.hangup(contact)
        centre.pass_time(25)  # the session may take longer than the switch has said
    centre.switch.forsake(["ada"])
    if when == "talking":
        centre.switch.hangup(contact)
    centre.pass_time(10)
    assert centre.switch.agents.all_visits() == []
    assert centre.switch.live_objects() == 0


def test_a_session_that_comes_back_in_time_has_its_wrap_up() -> None:
    centre = Centre(wrapup_s=WRAPUP)
    centre.switch.hangup(centre.talk("ada"))
    centre.pass_time(5)
    centre.switch.forsake(["ada"])
    (there,) = centre.ask("ada", StartAgent()).interactions
    assert (there.state, there.wrapup_s) == (ENDED, 10.0)
    centre.pass_time(1_000)
    assert centre.interaction("ada").state is ENDED
    centre.ask("ada", of(CompleteInteraction, there))
    assert centre.switch.live_objects() == 0


@pytest.mark.parametrize("when", ["talking", "in wrap-up"])
def test_a_state_that_is_asked_for_is_pending_until_the_interaction_is_completed(when: str) -> None:
    centre = Centre(wrapup_s=WRAPUP)
    centre.ready("ada")
    contact = centre.talk("ada")
    if when == "in wrap-up":
        centre.switch.hangup(contact)
    now = WORK if when == "in wrap-up" else READY
    centre.take()
    assert centre.ask("ada", set_state(NOTREADY, "BREAK")) == phone(ADA, now, pending=NOTREADY)
    assert centre.take() == [("ada", phone(ADA, now, pending=NOTREADY))]
    assert centre.ask("ada", set_state(NOTREADY, "BREAK")) == phone(ADA, now, pending=NOTREADY)
    assert centre.take() == []
    if when == "talking":
        centre.switch.hangup(contact)
        assert centre.take() == [("ada", ended(EndCause.REMOTE, channel=phone(ADA, WORK, pending=NOTREADY)))]
    assert centre.ask("ada", COMPLETE).channel == phone(ADA, NOTREADY, reason="BREAK")


def test_a_pending_state_is_taken_back_by_asking_for_the_present_one() -> None:
    centre = Centre()
    centre.ready("ada")
    centre.talk("ada")
    centre.ask("ada", set_state(NOTREADY))
    assert centre.ask("ada", set_state(READY)) == phone(ADA, READY)


def test_without_an_interaction_a_state_holds_at_once_also_from_work() -> None:
    centre = Centre()
    centre.switch.phone(ADA, "state", agentstate="WORK")
    assert centre.ask("ada", set_state(READY)) == phone(ADA, READY)


@pytest.mark.parametrize(
    ("changes", "disposition", "code", "message"),
    [
        (
            {"disposition_required": True},
            None,
            FailureCode.REASON_REQUIRED,
            "a disposition is required; send disposition.code, one of SOLVED",
        ),
        ({}, "GOLF", FailureCode.INVALID_REASON, "there is no disposition GOLF; take one of SOLVED"),
    ],
)
def test_a_disposition_that_is_missing_or_unknown(
    changes: dict[str, Any], disposition: str | None, code: FailureCode, message: str
) -> None:
    centre = Centre(wrapup_s=WRAPUP, **changes)
    centre.switch.hangup(centre.talk("ada"))
    given = Disposition(code=disposition) if disposition else None
    refused = centre.refused("ada", CompleteInteraction(endpoint=ADA, interaction="interaction1", disposition=given))
    assert refused == (code, message)


def test_when_the_time_is_over_no_disposition_is_insisted_on() -> None:
    centre = Centre(wrapup_s=WRAPUP, disposition_required=True)
    centre.switch.hangup(centre.talk("ada"))
    answer = centre.ask("ada", CompleteInteraction(endpoint=ADA, interaction="interaction1", timed_out=True))
    assert answer.state is COMPLETED


def test_any_disposition_goes_where_the_settings_list_none() -> None:
    centre = Centre(wrapup_s=WRAPUP, dispositions=())
    centre.switch.hangup(centre.talk("ada"))
    golf = Disposition(code="GOLF")
    call_ = CompleteInteraction(endpoint=ADA, interaction="interaction1", disposition=golf)
    assert centre.ask("ada", call_).disposition == golf


def test_a_call_that_goes_on_is_not_completed() -> None:
    centre = Centre()
    centre.talk("ada")
    code, message = centre.refused("ada", COMPLETE)
    assert code is FailureCode.INVALID_STATE
    assert message.startswith("interaction interaction1 is STARTED by now, and only one that is ENDED can be completed")


@pytest.mark.parametrize("state", [InteractionState.STARTED, ENDED])
def test_a_channel_with_an_interaction_is_not_let_go(state: InteractionState) -> None:
    centre = Centre(wrapup_s=WRAPUP)
    contact = centre.talk("ada")
    if state is ENDED:
        centre.switch.hangup(contact)
    for call_ in (DeactivateChannel(endpoint=ADA), RemoveChannel(endpoint=ADA)):
        assert centre.refused("ada", call_) == (
            FailureCode.INTERACTION_ACTIVE,
            "interaction interaction1 lives at 4001; end and complete it first",
        )


def test_a_channel_that_is_added_where_something_lives_is_told_of_it_right_after() -> None:
    centre = Centre(staffed=False)
    centre.switch.phone(ADA, "login", agent="ada")
    centre.ask("ada", StartAgent())  # finds the phone, and gets a channel for it
    centre.ask("ada", RemoveChannel(endpoint=ADA))
    centre.switch.phone(ADA, "login", agent="ada")
    centre.talk("ada")
    centre.ask("ada", AddChannel(endpoint=ADA, type=ChannelType.TELEPHONY))
    channel, interaction = (report for _, report in centre.take())
    assert channel == phone(ADA, NOTREADY)
    assert isinstance(interaction, InteractionReport)
    assert (interaction.state, interaction.channel) == (InteractionState.STARTED, None)
    centre.ask("ada", ActivateChannel(endpoint=ADA))
    assert centre.take() == []
    assert isinstance(channel, ChannelReport)
