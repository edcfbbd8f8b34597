"""The picture that somebody who looks on begins with: specs/supervision.md, "Watching"."""

import json
from collections.abc import Callable

import pytest

from protocol.convert import WIRE
from protocol.states import EndCause
from statemachines.picture import picture
from tests.fakes.calls import alternated, answered, call, chat, consulting, message, over
from tests.fakes.desk import SESSION, Desk, JsonObject, with_channel, with_group, with_interaction
from tests.fakes.platform import FakePlatform, channel


def consult() -> Desk:
    return with_interaction(alternated(answered(consulting(answered(call()), "4002"))))


def wrap_up() -> Desk:
    desk = with_interaction(answered(call()), wrapup_s=30)
    desk.report(over(desk.platform.at("4001"), EndCause.REMOTE, wrapup_s=30))
    return desk


def busy_group() -> Desk:
    platform = FakePlatform().with_group("Sales", channel("4001", "READY"), channel("chat-1", "NOTREADY"))
    desk = Desk(platform.with_channels(channel("4002"))).started()
    desk.report(call())
    desk.report(answered(chat(at="chat-1")))
    return desk


SCENES: tuple[Callable[[], Desk], ...] = (
    lambda: with_channel("READY"),
    lambda: with_group("READY", "INACTIVE"),
    lambda: with_interaction(call()),
    lambda: with_interaction(answered(call())),
    consult,
    wrap_up,
    busy_group,
)


def shown(desk: Desk) -> JsonObject:
    found: JsonObject = json.loads(
        json.dumps(WIRE.unstructure(picture(desk.core.session, since="", seq=desk.core.seq)))
    )
    return found


def world_of(found: JsonObject) -> dict[str, JsonObject]:
    """All that the picture tells, as a client has it."""
    world: dict[str, JsonObject] = {}
    for kind in ("channelgroup", "channel", "interaction", "conversation"):
        for each in found[f"{kind}s"]:
            target = each["target"]
            world[target] = {"kind": kind, **each[kind], "capabilities": frozenset(each["capabilities"])}
            if kind == "interaction":
                world[target]["interactiondata"] = each["interactiondata"]
    return world


@pytest.mark.parametrize("scene", SCENES)
def test_it_is_what_the_desktop_knows(scene: Callable[[], Desk]) -> None:
    desk = scene()
    found = shown(desk)
    assert world_of(found) == desk.client.world()
    assert set(found["session"]["capabilities"]) == desk.client.capabilities
    assert found["seq"] == desk.client.seq


@pytest.mark.parametrize("scene", SCENES)
def test_owners_come_before_what_they_own(scene: Callable[[], Desk]) -> None:
    told = list(world_of(shown(scene())))
    owners = {target: target.rpartition(".")[0] for target in told}
    assert all(owner == SESSION or told.index(owner) < told.index(target) for target, owner in owners.items())


def test_an_interaction_has_its_data_its_transcript_and_its_end() -> None:
    (talk,) = shown(with_interaction(chat(transcript=(message("Hello?"),))))["interactions"]
    assert talk["interactiondata"] == {"account": "7"}
    assert [said["text"] for said in talk["transcript"]] == ["Hello?"]
    assert "cause" not in talk
    (ended,) = shown(wrap_up())["interactions"]
    assert (ended["interaction"]["state"], ended["cause"]) == ("ENDED", "REMOTE")


@pytest.mark.parametrize("scene", SCENES)
def test_looking_changes_nothing(scene: Callable[[], Desk]) -> None:
    desk = scene()
    before = shown(desk)
    assert shown(desk) == before
    assert desk.report(channel("4001", "WORK")) == scene().report(channel("4001", "WORK"))


def test_what_a_desktop_has_not_been_told_of_is_not_shown() -> None:
    desk = Desk(FakePlatform().with_channels(channel("4001")))
    assert world_of(shown(desk)) == {}
    assert shown(desk)["session"] == {
        "id": SESSION,
        "agent": {"id": "agent1", "name": "agent1"},
        "state": "PREPARED",
        "since": "",
        "capabilities": ["session.start"],
    }
    desk.started()
    assert list(world_of(shown(desk))) == [f"{SESSION}.c1"]
    assert shown(desk)["session"]["agent"] == {"id": "agent1", "name": "Ann Example"}
    desk.bind(reset=True)
    assert world_of(shown(desk)) == {}
