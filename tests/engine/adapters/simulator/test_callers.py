"""What callers do, and what they cannot."""

from typing import Any

import pytest

from engine.adapters.simulator.callers import CallScript
from engine.adapters.simulator.contact import Tally
from engine.adapters.simulator.legs import DIGITS_KEPT, CallVisit
from protocol.errors import FailureCode, Refused
from protocol.platform import BlindConference, Feature, InteractionReport, SendDigits
from protocol.states import EndCause
from tests.engine.adapters.simulator.centre import ADA, BOB, CUSTOMER, DESK, SALES, WIFE, Centre, of


def refusal(centre: Centre, operation: str, *arguments: Any, **more: Any) -> Refused:
    before = centre.switch.live_objects()
    with pytest.raises(Refused) as refused:
        getattr(centre.switch, operation)(*arguments, **more)
    assert centre.switch.live_objects() == before
    return refused.value


def test_a_caller_talks_for_as_long_as_the_script_says() -> None:
    centre = Centre()
    centre.switch.call(ADA, CUSTOMER, script=CallScript(talks_s=30.0))
    centre.pass_time(10)
    centre.switch.phone(ADA, "answer")
    centre.pass_time(29.9)
    centre.take()
    centre.pass_time(0.1)
    ((_, over),) = centre.take()
    assert isinstance(over, InteractionReport)
    assert over.cause is EndCause.REMOTE
    assert centre.switch.live_objects() == 0


def test_how_long_a_caller_talks_counts_from_the_first_answer() -> None:
    centre = Centre()
    centre.switch.call(ADA, CUSTOMER, script=CallScript(talks_s=30.0))
    centre.switch.phone(ADA, "answer")
    centre.pass_time(10)
    centre.ask("ada", of(BlindConference, centre.interaction("ada"), 0, destination=WIFE))  # who answers after 3 s
    centre.pass_time(19.9)
    assert len(centre.interaction("ada").legs[0].members) == 2
    centre.pass_time(0.1)
    assert [member.address for member in centre.interaction("ada").legs[0].members] == [WIFE]


def test_a_caller_who_was_answered_loses_no_patience() -> None:
    centre = Centre()
    centre.switch.call(ADA, CUSTOMER, script=CallScript(patience_s=5.0))
    centre.switch.phone(ADA, "answer")
    centre.pass_time(1_000)
    assert centre.switch.tally == Tally(offered=1)


def test_the_settings_say_how_patient_callers_are() -> None:
    centre = Centre(patience_s=7.0)
    centre.switch.call(SALES, CUSTOMER)
    centre.pass_time(6.9)
    assert centre.switch.tally.over == 0
    centre.pass_time(0.1)
    assert centre.switch.tally == Tally(offered=1, abandoned=1)


def test_a_phone_that_answers_by_itself_can_be_called_without_anybody_there() -> None:
    centre = Centre()
    contact = centre.switch.call(DESK, CUSTOMER)
    centre.pass_time(2)
    centre.switch.hangup(contact)
    assert centre.switch.tally == Tally(offered=1, answered=1)


@pytest.mark.parametrize("to", ["nowhere", WIFE, "333"])
def test_who_is_not_at_the_switch_is_not_called(to: str) -> None:
    refused = refusal(Centre(), "call", to, CUSTOMER)
    assert refused.code is FailureCode.INVALID_DESTINATION


@pytest.mark.parametrize("about", ["nothing", "what is over"])
def test_who_has_no_call_does_not_hang_up(about: str) -> None:
    centre = Centre()
    contact = "contact9"
    if about == "what is over":
        contact = centre.talk("ada")
        centre.switch.hangup(contact)
    for operation, more in (("hangup", ()), ("caller_digits", ("1",))):
        refused = refusal(centre, operation, contact, *more)
        assert refused.code is FailureCode.INVALID_TARGET
        assert refused.message == f"there is no call {contact}, or it is over; take the id that call gave"


def test_without_a_customer_a_hangup_cuts_the_call_for_all() -> None:
    centre = Centre()
    contact = centre.dial("ada", BOB).contact
    centre.switch.phone(BOB, "answer")
    centre.take()
    centre.switch.hangup(contact)
    causes = {agent: report.cause for agent, report in centre.take() if isinstance(report, InteractionReport)}
    assert causes == {"ada": EndCause.REMOTE, "bob": EndCause.REMOTE}
    assert centre.switch.live_objects() == 0


def test_digits_that_a_caller_dials_are_attached_data() -> None:
    centre = Centre()
    contact = centre.talk("ada")
    centre.switch.caller_digits(contact, "12")
    centre.switch.caller_digits(contact, "#")
    assert [report.data for report in centre.heard_by("ada") if isinstance(report, InteractionReport)] == [
        {"digits": "12"},
        {"digits": "12#"},
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((ADA, ""), "from: expected text of 1 to 128 characters"),
        ((ADA, "\ud800"), "from: holds NUL or a lone surrogate; leave it out"),
        ((ADA, CUSTOMER, {"": "x"}), "data: expected text, or texts by name, for each key"),
        ((ADA, CUSTOMER, {"a": 1}), "data: expected text, or texts by name, for each key"),
    ],
)
def test_what_cannot_be_sent_cannot_be_said(arguments: tuple[Any, ...], message: str) -> None:
    refused = refusal(Centre(), "call", *arguments)
    assert (refused.code, refused.message) == (FailureCode.INVALID_REQUEST, message)


def test_digits_are_digits() -> None:
    centre = Centre()
    contact = centre.talk("ada")
    assert (
        refusal(centre, "caller_digits", contact, "x").message == "digits: expected 1 to 32 of the digits 0-9 * # A-D"
    )


@pytest.mark.parametrize("wrong", [{"patience_s": 0.0}, {"talks_s": -1.0}, {"name": ""}, {"talks_s": "long"}])
def test_a_script_is_checked(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        CallScript(**wrong)


def test_without_telephony_nobody_calls() -> None:
    centre = Centre(staffed=False, features=(Feature.CHAT,))
    assert refusal(centre, "call", SALES, CUSTOMER).code is FailureCode.UNSUPPORTED


def test_of_the_digits_of_a_long_call_the_latest_are_kept() -> None:
    centre = Centre()
    contact = centre.switch.call(ADA, CUSTOMER)
    centre.switch.phone(ADA, "answer")
    for n in range(100):
        centre.switch.caller_digits(contact, f"{n:032}")
        centre.ask("ada", of(SendDigits, centre.interaction("ada"), 0, digits=f"{n:032}"))
    (visit,) = centre.switch.agents.all_visits()
    assert isinstance(visit, CallVisit)
    attached, (party,) = centre.interaction("ada").data["digits"], visit.primary.call.outside
    assert len(attached) == DIGITS_KEPT
    assert attached == party.digits
    assert attached.endswith(f"{98:032}{99:032}")
