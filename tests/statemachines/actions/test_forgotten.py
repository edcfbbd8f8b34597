"""Interactions that the platform knows no longer: their last report may be on the way, else they end FAILED."""

from typing import Any

import attrs
import pytest

from protocol.errors import FailureCode
from protocol.platform import InteractionReport
from protocol.states import EndCause
from tests.fakes.calls import (
    answered,
    call,
    chat,
    completed,
    consulting,
    email,
    in_state,
    leg,
    over,
)
from tests.fakes.desk import Desk, completion, pair, story, su, with_interaction
from tests.fakes.platform import FakePlatform, channel

IT, V = ".c1.i1", ".c1.i1.v1"
TALKING = call("STARTED")
RINGING = consulting(TALKING, "4002")
ASKING = answered(RINGING)
WRAPUP = call("ENDED", wrapup_s=10.0)
FAR: Any = {"destination": "4002"}


COMMANDS: list[tuple[InteractionReport, str, Any]] = [
    (call(), "interaction.accept", {}),
    (call(), "interaction.reject", {}),
    (WRAPUP, "interaction.complete", {}),
    (TALKING, "interaction.setdata", {"interactiondata": {}}),
    (TALKING, "interaction.consult", FAR),
    (ASKING, "interaction.alternate", {}),
    (ASKING, "interaction.consulttransfer", {}),
    (ASKING, "interaction.consultconference", {}),
    (TALKING, "interaction.recording.start", {}),
    (call(), "conversation.answer", {}),
    (TALKING, "conversation.hold", {}),
    (call("STARTED", leg("HELD")), "conversation.retrieve", {}),
    (TALKING, "conversation.release", {}),
    (TALKING, "conversation.blindtransfer", FAR),
    (TALKING, "conversation.blindconference", FAR),
    (TALKING, "conversation.senddtmf", {"digits": "1"}),
    (chat("STARTED"), "interaction.release", {}),
    (chat("STARTED"), "interaction.transfer", {"queue": "Service"}),
    (chat("STARTED"), "interaction.message.send", {"text": "Hello"}),
    (chat("STARTED"), "interaction.typing.start", {}),
    (chat("STARTED"), "interaction.screenshot.request", {}),
    (email("STARTED"), "interaction.reply", {"text": "Dear Carol"}),
    (ASKING, "conversation.release", {}),
    (RINGING, "conversation.release", {}),
]


@pytest.mark.parametrize(("it", "command", "data"), COMMANDS, ids=[command for _, command, _ in COMMANDS])
def test_what_the_platform_has_forgotten_ends_failed(it: InteractionReport, command: str, data: Any) -> None:
    desk = with_interaction(it)
    desk.bind()
    desk.platform.interactions.clear()
    (failure,) = desk.ask(command, V if command.startswith("conversation.") else IT, data)
    assert failure["failure"]["code"] == "INVALID_STATE"
    assert failure["failure"]["message"] == "the CTI platform knows interaction i1 no longer; it is over"
    messages = desk.wait(2.0)
    assert story(messages)[-4:] == completion(IT)
    ended = [message for message in messages if message["name"] == "interaction.ended"]
    assert [message["data"]["cause"] for message in ended] == ([] if it.state == "ENDED" else ["FAILED"])
    assert all("cause" not in message for message in messages)
    assert desk.wait(1e6) == []


def forgotten(it: InteractionReport, command: str) -> Desk:
    desk = with_interaction(it)
    desk.bind()
    desk.platform.interactions.clear()
    target = V if command.startswith("conversation.") else IT
    assert story(desk.ask(command, target)) == [("INVALID_STATE", target)]
    return desk


def test_the_last_report_may_be_on_the_way_and_says_how_it_ended() -> None:
    desk = forgotten(TALKING, "conversation.hold")
    messages = desk.report(over(TALKING, EndCause.REMOTE))
    assert story(messages) == [su(V), ("conversation.disposed", V), ("interaction.ended", IT), *completion(IT)]
    assert messages[2]["data"]["cause"] == "REMOTE"
    assert desk.wait(1e6) == []


def test_the_platform_has_some_time_to_tell_how_it_ended() -> None:
    desk = forgotten(TALKING, "conversation.hold")
    assert desk.core.next_deadline() == desk.now + 1.0
    assert desk.wait(0.9) == []
    assert story(desk.wait(0.1))[-4:] == completion(IT)


def test_an_interaction_that_is_reported_after_all_is_not_forgotten() -> None:
    desk = forgotten(TALKING, "conversation.hold")
    desk.report(in_state(TALKING, "a", "HELD"))
    assert desk.wait(1e6) == []
    assert story(desk.ask("conversation.retrieve", V)) == [("success", V), su(V)]


def test_asked_again_the_time_is_not_begun_anew() -> None:
    desk = forgotten(TALKING, "conversation.hold")
    due = desk.core.next_deadline()
    desk.now = due / 2
    desk.ask("conversation.hold", V)
    assert desk.core.next_deadline() == due


def test_wrapup_of_what_was_forgotten_ends_soon() -> None:
    desk = forgotten(attrs.evolve(WRAPUP, wrapup_s=600.0), "interaction.complete")
    assert story(desk.wait(2.0)) == completion(IT)


def test_a_new_start_tells_what_there_is_and_nothing_of_the_forgotten() -> None:
    desk = forgotten(TALKING, "conversation.hold")
    desk.bind(reset=True)
    assert story(desk.ask("session.start"))[-1] == ("session.initialized", "")
    assert desk.wait(1e6) == []
    assert not desk.client.children("s1.c2", "interaction")


@pytest.mark.parametrize("code", [FailureCode.INVALID_STATE, FailureCode.PLATFORM_ERROR, FailureCode.UNSUPPORTED])
def test_any_other_refusal_leaves_it_alone(code: FailureCode) -> None:
    desk = with_interaction(TALKING)
    desk.bind()
    desk.platform.refuses["HoldLeg", "4001"] = code
    assert story(desk.ask("conversation.hold", V)) == [(code, V)]
    assert desk.wait(1e6) == []


def test_two_that_were_forgotten_end_one_after_another() -> None:
    desk = with_interaction(TALKING)
    desk.report(call("STARTED", leg("HELD"), key="2"))
    desk.bind()
    desk.platform.interactions.clear()
    desk.ask("conversation.hold", V)
    desk.ask("conversation.release", ".c1.i2.v2")
    messages = desk.wait(2.0)
    ended = [message["target"] for message in messages if message["name"] == "interaction.disposed"]
    assert ended == [f"s1{IT}", "s1.c1.i2"]


def test_a_group_with_a_forgotten_call() -> None:
    desk = Desk(FakePlatform().with_group("Sales", channel("4001", "READY")).with_interactions(TALKING)).started()
    desk.bind()
    desk.platform.interactions.clear()
    assert story(desk.ask("conversation.release", ".g1.c1.i1.v1")) == [("INVALID_STATE", ".g1.c1.i1.v1")]
    assert story(desk.wait(2.0))[-2:] == pair(".g1.c1")
    assert story(desk.ask("channelgroup.deactivateall", ".g1"))[0] == ("success", ".g1")


def test_completed_before_it_could_be_doubted() -> None:
    """The end and the completion come as one report."""
    desk = with_interaction(WRAPUP)
    desk.bind()
    desk.report(completed(WRAPUP))
    assert desk.wait(1e6) == []


@pytest.mark.parametrize("leg", [".c1.i1.v1", ".c1.i1.v2"])
def test_a_forgotten_call_with_a_consult_can_be_got_rid_of(leg: str) -> None:
    desk = with_interaction(ASKING)
    desk.bind()
    desk.platform.interactions.clear()
    desk.ask("conversation.release", leg)
    assert story(desk.wait(2.0))[-4:] == completion(IT)
    assert story(desk.ask("session.logout"))[0] == ("success", "")


def test_of_a_leg_alone_that_was_forgotten_the_report_of_the_other_comes() -> None:
    desk = forgotten(ASKING, "conversation.release")
    messages = desk.report(attrs.evolve(TALKING, legs=ASKING.legs[:1]))
    assert story(messages)[0] == su(".c1.i1.v2")
    assert desk.wait(1e6) == []
    assert list(desk.core.session.all_interactions())
