"""The documented sequences of calls with a consult, word for word: specs/protocol.md, "Commands" and "Events".

Every list here is copied from the tables of the specification, never from what the core happens to say.
"""

import attrs
import pytest

from protocol.errors import FailureCode
from protocol.platform import InteractionReport
from protocol.states import EndCause
from tests.fakes.calls import alternated, answered, call, conferenced, consulting, leg, over, without_leg
from tests.fakes.desk import completion, story, su, with_group, with_interaction, wrapup

IT, V, W = ".c1.i1", ".c1.i1.v1", ".c1.i1.v2"
"""The interaction, its original leg, and the consult."""

TALKING = call("STARTED")
RINGING = consulting(TALKING, "4002")
ASKING = answered(RINGING)
"""The agent talks with the consulted party; the original is held."""
BACK = alternated(ASKING)
"""The agent talks with the caller again; the consult is held."""
FOCUS = ("interaction.focuschanged", IT)


def held(it: InteractionReport) -> InteractionReport:
    """Both legs wait."""
    return attrs.evolve(it, legs=(leg("HELD"), leg("HELD", "4002", key="b", consult=True)))


# A consult begins

BEGINS = [
    ("conversation.created", W),
    su(W),
    ("conversation.member.added", W),
    ("conversation.initialized", W),
    FOCUS,
    su(IT),
]


def test_consult_while_the_original_is_connected() -> None:
    messages = with_interaction(TALKING).ask("interaction.consult", IT, {"destination": "4002"})
    assert story(messages) == [("success", IT), su(V), *BEGINS]
    assert messages[1]["state"] == {"state": "HELD"}
    assert messages[2]["data"]["conversation"]["type"] == "CONSULT"
    assert messages[2]["data"]["conversation"]["state"] == "DIALING"
    assert messages[6]["data"]["interaction"]["focus"] == "v2"


def test_consult_while_the_original_is_held() -> None:
    desk = with_interaction(call("STARTED", leg("HELD")))
    assert story(desk.ask("interaction.consult", IT, {"destination": "4002"})) == [("success", IT), *BEGINS]


def test_consult_at_the_phone() -> None:
    assert story(with_interaction(TALKING).report(RINGING)) == [su(V), *BEGINS]


@pytest.mark.parametrize("code", [FailureCode.DESTINATION_BUSY, FailureCode.INVALID_DESTINATION])
def test_consult_refused_tells_nothing(code: FailureCode) -> None:
    desk = with_interaction(TALKING)
    desk.platform.refuses["StartConsult", "4001"] = code
    assert story(desk.ask("interaction.consult", IT, {"destination": "4002"})) == [(code, IT)]


def test_the_consult_party_answers() -> None:
    assert story(with_interaction(RINGING).report(ASKING)) == [su(W), su(IT)]


# Between the two


@pytest.mark.parametrize(("begin", "was", "now"), [(ASKING, W, V), (BACK, V, W)], ids=["to the caller", "back"])
def test_alternate(begin: InteractionReport, was: str, now: str) -> None:
    messages = with_interaction(begin).ask("interaction.alternate", IT)
    assert story(messages) == [("success", IT), su(was), su(now), FOCUS]
    assert [message["state"]["state"] for message in messages[1:3]] == ["HELD", "CONNECTED"]
    assert messages[3]["data"]["interaction"]["focus"] == now.split(".")[-1]


@pytest.mark.parametrize(("begin", "was", "now"), [(ASKING, W, V), (BACK, V, W)], ids=["to the caller", "back"])
def test_alternate_at_the_phone(begin: InteractionReport, was: str, now: str) -> None:
    assert story(with_interaction(begin).report(alternated(begin))) == [su(was), su(now), FOCUS]


# It leads to something

TRANSFERRED = [
    su(V),
    ("conversation.disposed", V),
    FOCUS,
    su(W),
    ("conversation.disposed", W),
    ("interaction.ended", IT),
]


@pytest.mark.parametrize("begin", [ASKING, BACK, held(ASKING)], ids=["asking", "back", "both held"])
def test_consulttransfer(begin: InteractionReport) -> None:
    messages = with_interaction(begin).ask("interaction.consulttransfer", IT)
    assert story(messages) == [("success", IT), *TRANSFERRED, *completion(IT)]
    assert messages[6]["data"]["cause"] == "TRANSFERRED"


def test_consulttransfer_with_wrapup() -> None:
    desk = with_interaction(ASKING, wrapup_s=10.0)
    assert story(desk.ask("interaction.consulttransfer", IT)) == [("success", IT), *TRANSFERRED, *wrapup(IT)]
    assert story(desk.ask("interaction.complete", IT)) == [("success", IT), *completion(IT)]


def test_consulttransfer_at_the_phone() -> None:
    messages = with_interaction(ASKING).report(over(ASKING, EndCause.TRANSFERRED))
    assert story(messages) == [*TRANSFERRED, *completion(IT)]


JOINED = [su(V), ("conversation.member.added", V), su(W), ("conversation.disposed", W), FOCUS, su(IT)]


@pytest.mark.parametrize("begin", [ASKING, BACK, held(ASKING)], ids=["asking", "back", "both held"])
def test_consultconference(begin: InteractionReport) -> None:
    messages = with_interaction(begin).ask("interaction.consultconference", IT)
    assert story(messages) == [("success", IT), *JOINED]
    assert messages[1]["state"] == {"state": "CONNECTED"}
    assert messages[2]["data"] == {"member": {"id": "m4002", "address": "4002"}}
    assert messages[5]["data"]["interaction"]["focus"] == "v1"


def test_consultconference_at_the_phone() -> None:
    assert story(with_interaction(ASKING).report(conferenced(ASKING))) == JOINED


@pytest.mark.parametrize("command", ["interaction.consulttransfer", "interaction.consultconference"])
def test_a_consult_that_was_not_answered_leads_to_nothing(command: str) -> None:
    assert story(with_interaction(RINGING).ask(command, IT)) == [("INVALID_STATE", IT)]


# A leg ends

CONSULT_ENDS = [su(W), ("conversation.disposed", W), FOCUS, su(IT)]


@pytest.mark.parametrize("begin", [RINGING, ASKING], ids=["ringing", "asking"])
def test_release_of_the_consult(begin: InteractionReport) -> None:
    desk = with_interaction(begin)
    messages = desk.ask("conversation.release", W)
    assert story(messages) == [("success", W), *CONSULT_ENDS]
    assert messages[3]["data"]["interaction"]["focus"] == "v1"
    assert desk.client.objects[f"s1{V}"].state == {"state": "HELD"}


def test_release_of_the_consult_that_is_held() -> None:
    assert story(with_interaction(BACK).ask("conversation.release", W)) == [("success", W), *CONSULT_ENDS]


@pytest.mark.parametrize("begin", [RINGING, ASKING, BACK], ids=["busy", "asking", "back"])
def test_the_consult_party_hangs_up_or_is_busy(begin: InteractionReport) -> None:
    assert story(with_interaction(begin).report(without_leg(begin, "b"))) == CONSULT_ENDS


PRIMARY_ENDS = [su(V), ("conversation.disposed", V), ("conversation.infochanged", W), FOCUS, su(IT)]


@pytest.mark.parametrize("begin", [ASKING, BACK, held(ASKING)], ids=["asking", "back", "both held"])
def test_release_of_the_primary_beside_a_consult(begin: InteractionReport) -> None:
    messages = with_interaction(begin).ask("conversation.release", V)
    assert story(messages) == [("success", V), *PRIMARY_ENDS]
    assert messages[3]["data"]["conversation"]["type"] == "PRIMARY"
    assert messages[4]["data"]["interaction"]["focus"] == "v2"


@pytest.mark.parametrize("begin", [ASKING, BACK], ids=["asking", "back"])
def test_the_caller_hangs_up_beside_a_consult(begin: InteractionReport) -> None:
    """As the release of the primary would give."""
    assert story(with_interaction(begin).report(without_leg(begin, "a"))) == PRIMARY_ENDS


def test_the_caller_hangs_up_while_the_consult_is_ringing() -> None:
    """As the release of the primary would give: the consult lives, so it becomes the primary."""
    assert story(with_interaction(RINGING).report(without_leg(RINGING, "a"))) == PRIMARY_ENDS


def test_release_of_the_primary_while_the_consult_is_ringing() -> None:
    assert story(with_interaction(RINGING).ask("conversation.release", V)) == [("success", V), *PRIMARY_ENDS]


def test_the_leg_that_is_left_is_released() -> None:
    desk = with_interaction(ASKING)
    desk.ask("conversation.release", V)
    assert story(desk.ask("conversation.release", W)) == [
        ("success", W),
        su(W),
        ("conversation.disposed", W),
        ("interaction.ended", IT),
        *completion(IT),
    ]


def test_another_consult_after_the_first() -> None:
    desk = with_interaction(ASKING)
    desk.ask("conversation.release", W)
    third = ".c1.i1.v3"
    assert story(desk.ask("interaction.consult", IT, {"destination": "4003"})) == [
        ("success", IT),
        ("conversation.created", third),
        su(third),
        ("conversation.member.added", third),
        ("conversation.initialized", third),
        FOCUS,
        su(IT),
    ]


# In the way of each other


def test_a_second_consult() -> None:
    assert story(with_interaction(ASKING).ask("interaction.consult", IT, {"destination": "4003"})) == [
        ("INVALID_STATE", IT)
    ]


@pytest.mark.parametrize("command", ["conversation.blindtransfer", "conversation.blindconference"])
def test_blindly_beside_a_consult(command: str) -> None:
    assert story(with_interaction(ASKING).ask(command, W, {"destination": "4003"})) == [("CONSULT_EXISTS", W)]


def test_retrieve_beside_a_leg_that_talks() -> None:
    assert story(with_interaction(ASKING).ask("conversation.retrieve", V)) == [("CONSULT_EXISTS", V)]


# Within a group


def test_a_consult_within_a_group() -> None:
    desk = with_group("READY")
    desk.report(TALKING)
    it, first, second = ".g1.c1.i1", ".g1.c1.i1.v1", ".g1.c1.i1.v2"
    assert story(desk.ask("interaction.consult", it, {"destination": "4002"})) == [
        ("success", it),
        su(first),
        ("conversation.created", second),
        su(second),
        ("conversation.member.added", second),
        ("conversation.initialized", second),
        ("interaction.focuschanged", it),
        su(it),
    ]


# Holding and retrieving beside a consult


def test_hold_of_the_consult_closes_alternate() -> None:
    desk = with_interaction(ASKING)
    messages = desk.ask("conversation.hold", W)
    assert story(messages) == [("success", W), su(W), su(IT)]
    assert {"name": "interaction.alternate", "type": "disable"} in messages[-1]["data"]


def test_retrieve_beside_a_held_consult_moves_the_focus_and_opens_alternate() -> None:
    desk = with_interaction(ASKING)
    desk.ask("conversation.hold", W)
    messages = desk.ask("conversation.retrieve", V)
    assert story(messages) == [("success", V), su(V), FOCUS, su(IT)]
    assert messages[2]["data"]["interaction"]["focus"] == "v1"
    assert {"name": "interaction.alternate", "type": "enable"} in messages[-1]["data"]


def test_retrieve_beside_a_connected_consult_is_refused_and_tells_nothing() -> None:
    assert story(with_interaction(ASKING).ask("conversation.retrieve", V)) == [("CONSULT_EXISTS", V)]
