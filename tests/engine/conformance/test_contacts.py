"""The client view follows interactions and conversations, and complains of each broken promise."""

import pytest

from engine.conformance.view import Broken
from tests.engine.conformance.contact_corruptions import BROKEN
from tests.engine.conformance.contact_story import CALL, CHAT, CONSULT, EMAIL, LEG, conversation
from tests.engine.conformance.corruptions import (
    at,
    follow,
    renumbered,
)


def test_a_sound_conversation_is_followed() -> None:
    messages = conversation()
    view = follow(messages)
    assert view.over
    assert set(view.world()) == {"s1.c1", "s1.c2", "s1.c3"}
    assert {f"s1{each}" for each in (CALL, LEG, CONSULT, CHAT, EMAIL)} <= view.gone


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_promise_is_noticed(name: str) -> None:
    rule, corrupt, complaint = BROKEN[name]
    messages = conversation()
    corrupt(messages)
    for each in messages:
        each.pop("seq", None)
        each.pop("cause", None)
        each.pop("requestid", None)
    with pytest.raises(Broken, match=f"^{rule}: .*{complaint}"):
        follow(renumbered(messages))


def test_the_world_as_a_client_knows_it() -> None:
    messages = conversation()
    world = follow(messages[: at(messages, "interaction.alternate", CALL)]).world()
    assert world[f"s1{CALL}"]["kind"] == "interaction"
    assert world[f"s1{CALL}"]["state"] == "STARTED"
    assert world[f"s1{CALL}"]["recording"] == "RECORDING"
    assert world[f"s1{CALL}"]["focus"] == "v2"
    assert world[f"s1{CALL}"]["interactiondata"] == {"account": "7", "vip": "yes"}
    assert world[f"s1{LEG}"]["state"] == "HELD"
    assert world[f"s1{LEG}"]["members"] == [{"id": "m555", "address": "555"}]
    assert world[f"s1{CONSULT}"]["type"] == "CONSULT"
    assert world[f"s1{CONSULT}"]["capabilities"] >= {"conversation.hold", "conversation.release"}
    assert world[f"s1{CHAT}"]["state"] == "STARTED"
    assert "focus" not in world[f"s1{CHAT}"]
    assert world[f"s1{EMAIL}"]["state"] == "ENDED"


def test_who_joined_is_listed_until_they_leave() -> None:
    messages = conversation()
    joined = at(messages, "conversation.member.removed", LEG)
    world = follow(messages[:joined]).world()
    assert [member["address"] for member in world[f"s1{LEG}"]["members"]] == ["555", "4002"]
    world = follow(messages[: at(messages, "interaction.typing.started", CHAT)]).world()
    assert [member["address"] for member in world[f"s1{LEG}"]["members"]] == ["555"]
