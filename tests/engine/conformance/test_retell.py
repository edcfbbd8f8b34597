"""A story written as a scenario says what was sent, and expects what came, by names in the place of ids."""

from typing import Any

import attrs
import yaml

from engine.conformance.broken import Broken
from engine.conformance.deeds import Break, Happening, Pause, Ref, Request
from engine.conformance.retell import as_scenario
from engine.conformance.scenario import read_scenarios, wants
from engine.conformance.teller import Done, Refused, Told

PHONE = "s1.c1"
ADDED = Done(
    deed=Request(number=1, command="session.addchannel", at=None),
    given={"command": "session.addchannel", "target": "s1", "requestid": "d1", "data": {}},
    seen=[
        {"command": "session.addchannel", "target": "s1", "requestid": "d1", "result": "success", "seq": 5},
        {"name": "channel.created", "target": PHONE, "cause": "d1", "data": {"channel": {"id": "c1"}}, "seq": 6},
        {"name": "state.updated", "target": PHONE, "cause": "d1", "data": [], "state": {}, "seq": 7},
    ],
)
CALLED = Done(
    deed=Happening(number=2, deed="call", using={"to": "$extension"}),
    given={"to": "4001"},
    seen=[{"name": "channel.infochanged", "target": PHONE, "data": {"channel": {"id": "c1"}}, "seq": 8}],
)
RESUMED = Done(
    deed=Break(number=4, missed=2),
    given={"command": "bindSession", "requestid": "d4", "data": {"resume": {"token": "t", "epoch": 1, "seq": 17}}},
)


def steps_of(*done: Done, broken: Broken | None = None) -> list[dict[str, Any]]:
    (scenario,) = yaml.safe_load(as_scenario(told(*done, broken=broken)))
    steps: list[dict[str, Any]] = scenario["steps"]
    return steps


def told(*done: Done, broken: Broken | None = None) -> Told:
    return Told(done=done, broken=broken or Broken("O5", "seq 9: it was owed"), record=(), begun=4)


def asked(command: str, *seen: dict[str, Any], **more: Any) -> Done:
    given = {"command": command, "target": PHONE, "requestid": "d5"}
    return Done(deed=Request(number=5, command=command, at=Ref("channel", 1, 0)), given=given, seen=list(seen), **more)


def test_it_is_read_back_and_wants_no_more_than_whoever_runs_it_gives() -> None:
    text = as_scenario(told(ADDED, CALLED, RESUMED, asked("channel.ready")))
    (scenario,) = read_scenarios("x", yaml.safe_load(text))
    assert text.startswith("# O5: seq 9: it was owed\n")
    assert (scenario.rules, scenario.given) == (("O5",), "started")
    assert wants(scenario) == {"agent", "password", "extension"}


def test_what_came_is_expected_by_names() -> None:
    added, ready = steps_of(ADDED, asked("channel.ready"))
    assert added == {
        "ask": "session.addchannel",
        "data": {"channel": {"endpoint": "$extension", "type": "Telephony"}},
        "then": [
            {"channel.created $channel1": {"channel": {"id": "$channel1_id"}}},
            "state.updated $channel1",
        ],
    }
    assert ready == {"ask": "channel.ready", "at": "$channel1", "answer": {"result": "$text"}, "rest": True}


def test_what_comes_by_itself_is_heard_before_and_behind_the_request() -> None:
    message = {"name": "channel.infochanged", "target": PHONE, "data": {}, "seq": 9}
    failure = {"command": "channel.ready", "requestid": "d5", "result": "failure", "failure": {"code": "INVALID_STATE"}}
    steps = steps_of(ADDED, asked("channel.ready", message, failure, message), asked("channel.activate"))
    heard = {"hear": ["channel.infochanged $channel1"]}
    assert steps[1:4] == [heard, {"ask": "channel.ready", "at": "$channel1", "answer": "INVALID_STATE"}, heard]


def test_children_are_named_by_their_id() -> None:
    deed = Request(number=5, command="session.removechannel", at=None, child=Ref("channel", 1, 0))
    given = {"command": "session.removechannel", "target": "s1", "requestid": "d5", "data": {}}
    assert steps_of(ADDED, Done(deed=deed, given=given, child=PHONE))[1]["data"] == {"channel": {"id": "$channel1_id"}}
    assert steps_of(Done(deed=deed, given=given))[0]["data"] == {"channel": {"id": "conformance-nobody"}}


def test_what_is_made_at_the_platform_is_named_by_its_deed() -> None:
    hangup = Done(deed=Happening(number=3, deed="hangup", using={"call": "$made"}, of=2), given={"call": "k7"})
    steps = steps_of(ADDED, CALLED, hangup)
    then = ["channel.infochanged $channel1"]
    assert steps[1] == {"make": "call", "using": {"to": "$extension"}, "name": "call2", "then": then}
    assert steps[2] == {"make": "hangup", "using": {"call": "$call2"}, "rest": True}


def test_after_a_lost_connection_the_story_goes_on_at_the_other() -> None:
    """The numbers are those that messages have where the scenario is played, with nothing in between."""
    leave, connect, bind, hear, ready = steps_of(ADDED, CALLED, RESUMED, asked("channel.ready"))[2:]
    assert (leave, connect) == ({"leave": "desk"}, {"connect": "desk4"})
    assert bind["data"] == {"resume": {"token": "$token", "epoch": "$epoch", "seq": 6}}
    assert bind["answer"] == {"data": {"outcome": "RESUMED"}}
    assert hear == {"hear": [{"message": {"seq": 7}}, {"message": {"seq": 8}}]}
    assert ready["by"] == "desk4"


def test_what_comes_in_a_pause_is_heard() -> None:
    pause = Done(deed=Pause(number=3), given={}, seen=CALLED.seen)
    assert steps_of(ADDED, pause, CALLED)[1] == {"hear": ["channel.infochanged $channel1"]}


def test_what_could_not_be_done_is_left_out() -> None:
    nothing = Done(deed=Request(number=7, command="channel.ready", at=Ref("channel", 6, 0)))
    assert len(steps_of(ADDED, nothing, CALLED)) == 2
    late = attrs.evolve(nothing, seen=CALLED.seen)
    assert steps_of(ADDED, late, CALLED)[1] == {"hear": ["channel.infochanged $channel1"]}


def test_a_code_that_was_wrong_is_not_expected_again() -> None:
    broken = Refused("CAP-2", "it was open", "INVALID_STATE")
    answer = steps_of(ADDED, asked("channel.ready"), broken=broken)[-1]["answer"]
    assert answer == {"$one_of": [{"result": "success"}, {"failure": {"code": {"$not": "INVALID_STATE"}}}]}
