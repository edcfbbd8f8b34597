"""One leg of a channel talks at a time, and a consult is in the way of what is done blindly."""

from typing import Any

import pytest

from protocol.platform import InteractionReport
from tests.fakes.calls import (
    alternated,
    answered,
    call,
    conferenced,
    consulting,
    in_state,
    leg,
    without_leg,
)
from tests.fakes.desk import Desk, story, su, with_interaction

V, W = ".c1.i1.v1", ".c1.i1.v2"
TALKING = call("STARTED")
RINGING = consulting(TALKING, "4002")
ASKING = answered(RINGING)
FAR: Any = {"destination": "4002"}


def beside_another_call(*legs: Any, state: str = "STARTED") -> Desk:
    """The agent talks in interaction i1; i2 waits."""
    desk = with_interaction(TALKING)
    desk.report(call(state, *legs, key="2"))
    return desk


@pytest.mark.parametrize(
    ("state", "command", "target", "data"),
    [
        ("ALERTING", "interaction.accept", ".c1.i2", {}),
        ("ALERTING", "conversation.answer", ".c1.i2.v2", {}),
        ("HELD", "conversation.retrieve", ".c1.i2.v2", {}),
        ("HELD", "interaction.consult", ".c1.i2", FAR),
    ],
)
def test_another_call_that_talks_is_in_the_way(state: str, command: str, target: str, data: Any) -> None:
    desk = beside_another_call(leg("HELD")) if state == "HELD" else beside_another_call(state=state)
    (failure,) = desk.ask(command, target, data)
    assert failure["failure"]["code"] == "INTERACTION_ACTIVE"
    assert failure["failure"]["message"] == (
        "interaction i1 has the connected conversation v1; hold or release it first"
    )
    desk.ask("conversation.hold", V)
    assert desk.ask(command, target, data)[0]["result"] == "success"


def test_a_leg_that_talks_beside_it_is_in_the_way() -> None:
    (failure,) = with_interaction(ASKING).ask("conversation.retrieve", V)
    assert failure["failure"]["code"] == "CONSULT_EXISTS"
    assert "conversation v2 is connected; use interaction.alternate" in failure["failure"]["message"]


def test_nothing_talks_so_either_leg_may_be_retrieved() -> None:
    both_held = in_state(ASKING, "b", "HELD")
    for target in (V, W):
        assert story(with_interaction(both_held).ask("conversation.retrieve", target))[:2] == [
            ("success", target),
            su(target),
        ]


@pytest.mark.parametrize("command", ["conversation.blindtransfer", "conversation.blindconference"])
@pytest.mark.parametrize("begin", [RINGING, ASKING, alternated(ASKING)], ids=["ringing", "asking", "back"])
def test_a_consult_is_in_the_way_of_what_is_done_blindly(command: str, begin: InteractionReport) -> None:
    desk = with_interaction(begin)
    open_at = [target for target in (V, W) if desk.client.may(f"s1{target}", command)]
    for target in open_at:
        (failure,) = desk.ask(command, target, FAR)
        assert failure["failure"]["code"] == "CONSULT_EXISTS"
        assert "interaction i1 has the consult v2" in failure["failure"]["message"]
    assert len(desk.platform.calls) == 1


def test_after_the_consult_it_may_be_done_blindly() -> None:
    desk = with_interaction(ASKING)
    desk.report(without_leg(ASKING, "b"))
    assert desk.ask("conversation.blindtransfer", V, FAR)[0]["result"] == "success"
    desk = with_interaction(ASKING)
    desk.report(conferenced(ASKING))
    assert desk.ask("conversation.blindconference", V, {"destination": "4003"})[0]["result"] == "success"
