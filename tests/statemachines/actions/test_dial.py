"""Dialling, and all that a platform may answer to it."""

from typing import Any

import attrs
import pytest

from protocol import platform
from protocol.states import EndCause
from tests.fakes.calls import (
    call,
    over,
)
from tests.fakes.desk import Desk, JsonObject, pair, story, with_channel, with_interaction

IT = ".c1.i1"
TALKING = call("STARTED")
DIALLED = call("DIALING", key="9")


def dialling(answer: Any) -> tuple[Desk, list[JsonObject]]:
    desk = with_channel("READY")
    desk.platform.instead["Dial"] = answer
    return desk, desk.ask("channel.dial", ".c1", {"destination": "555"})


def test_what_is_dialled_is_passed_on() -> None:
    desk = with_channel("READY")
    desk.ask("channel.dial", ".c1", {"destination": "555", "extensions": {"line": "2"}})
    assert desk.platform.calls[-1] == platform.Dial(endpoint="4001", destination="555", extensions={"line": "2"})


def test_a_dialled_call_that_is_answered_at_once() -> None:
    _, messages = dialling(call("STARTED", key="9"))
    assert story(messages)[-2:] == [("interaction.started", IT), ("interaction.initialized", IT)]
    assert story(messages)[0] == ("success", ".c1")


@pytest.mark.parametrize(
    ("cause", "code"),
    [
        (EndCause.BUSY, "DESTINATION_BUSY"),
        (EndCause.NOANSWER, "NO_ANSWER"),
        (EndCause.FAILED, "PLATFORM_ERROR"),
        (EndCause.REMOTE, "PLATFORM_ERROR"),
    ],
)
def test_a_dialled_party_that_was_not_reached(cause: EndCause, code: str) -> None:
    desk, messages = dialling(over(DIALLED, cause))
    assert story(messages) == [(code, ".c1")]
    assert not desk.client.children("s1.c1", "interaction")
    assert not list(desk.core.session.all_interactions())


def test_a_dialled_party_that_was_not_reached_and_wrapup_is_due() -> None:
    desk, messages = dialling(over(DIALLED, EndCause.BUSY, wrapup_s=10.0))
    assert story(messages)[0] == ("DESTINATION_BUSY", ".c1")
    assert story(messages)[1:3] == pair(".c1")
    assert story(messages)[-2:] == [("interaction.ended", IT), ("interaction.initialized", IT)]
    assert desk.client.may(f"s1{IT}", "interaction.complete")


def test_a_dialled_call_that_rings_here() -> None:
    """What has come all the same is told after the failure."""
    _, messages = dialling(call("ALERTING", key="9"))
    assert story(messages)[0] == ("PLATFORM_ERROR", ".c1")
    assert story(messages)[-1] == ("interaction.initialized", IT)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (None, "NoneType in answer to Dial"),
        (call("DIALING", at="4002"), "asked to dial from 4001, it told of 4002"),
        (attrs.evolve(DIALLED, legs=()), "legs none"),
        (attrs.evolve(over(DIALLED, EndCause.NOANSWER), wrapup_s=0.0), "wrapup_s 0.0 while COMPLETED"),
    ],
)
def test_nonsense_in_answer_to_dial_is_not_believed(answer: Any, why: str) -> None:
    desk, (failure,) = dialling(answer)
    assert failure["failure"]["code"] == "PLATFORM_ERROR"
    assert why in failure["failure"]["message"]
    assert not list(desk.core.session.all_interactions())


def test_a_call_that_was_completed_is_not_dialled_again() -> None:
    desk = with_interaction(TALKING)
    desk.report(over(TALKING, EndCause.REMOTE))
    desk.platform.instead["Dial"] = call("DIALING")
    (failure,) = desk.ask("channel.dial", ".c1", {"destination": "555"})
    assert "was completed before" in failure["failure"]["message"]


def test_extensions_have_names() -> None:
    desk = with_channel("READY")
    (failure,) = desk.ask("channel.dial", ".c1", {"destination": "555", "extensions": {"": "x"}})
    assert failure["failure"]["code"] == "INVALID_REQUEST"
    assert failure["failure"]["message"].startswith("data.extensions")
