"""What becomes of a scenario at a real server: each way in which it can end."""

from typing import Any
from urllib.parse import urlsplit

import attrs
import pytest

from engine.conformance.drivers import NoDriver
from engine.conformance.messages import JsonObject
from engine.conformance.relay import relayed
from engine.conformance.runner import Place, Result, Status, play
from engine.conformance.scenario import read_scenarios
from engine.conformance.whereabouts import place_of
from tests.engine.conformance.mutant import alter, answer, says

READY = {"ask": "channel.ready", "at": "$phone"}
INFO: Any = {"channel.infochanged $phone": {"channel": {"agentstate": "READY"}}}


async def played(place: Place, *steps: Any, given: str = "phone active", **more: Any) -> Result:
    (scenario,) = read_scenarios(
        "x", [{"scenario": "a", "rules": ["CMD-channel.ready"], "given": given, "steps": list(steps), **more}]
    )
    return await play(scenario, place)


async def test_one_that_passes(place: Place) -> None:
    result = await played(place, {**READY, "then": [INFO, "state.updated $phone"]})
    assert (result.status, result.problem, result.rule) == (Status.PASSED, "", None)
    assert result.took_s > 0
    assert result.record[0].way == "connected"


@pytest.mark.parametrize(
    ("then", "says"),
    [
        ([], "nothing more was expected"),
        ([INFO], "nothing more was expected"),
        (["state.updated $phone", INFO], "name: expected 'state.updated', got 'channel.infochanged'"),
        ([{"channel.infochanged $phone": {"channel": {"agentstate": "WORK"}}}], "data.channel.agentstate: expected"),
        ([INFO, {"state.updated $phone": {"opens": ["channel.dance"]}}], "data: expected {'name': 'channel.dance'"),
        ([INFO, {"state.updated $phone": {"changes": "nothing"}}], "data: expected 0 items, got 1"),
        ([INFO, "state.updated $session"], "target: expected"),
        ([INFO, "state.updated $phone", "state.updated $phone"], "the event state.updated $phone did not come within"),
    ],
)
async def test_events_that_are_otherwise(place: Place, then: list[Any], says: str) -> None:
    result = await played(place, {**READY, "then": then})
    assert result.status is Status.FAILED
    assert says in result.problem
    assert result.rule == "CMD-channel.ready"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("INVALID_STATE", "result: expected 'failure', got 'success'"),
        ({"data": {"a": 1}}, "data: is missing"),
        ({"data": "$absent", "seq": 4711}, "seq: expected 4711"),
        ("confirm", "result: expected 'confirm', got 'success'"),
    ],
)
async def test_answers_that_are_otherwise(place: Place, answer: Any, says: str) -> None:
    result = await played(place, {**READY, "answer": answer, "rest": True})
    assert result.status is Status.FAILED
    assert says in result.problem
    assert result.seen["command"] == "channel.ready"
    assert result.step == 7
    place = place_of(result)
    assert place is not None
    assert result.record[place].what == result.seen
    assert "session.logout" in [each.what["command"] for each in result.record[place:] if each.way == "->"]


async def test_what_a_server_may_do_otherwise_is_not_there(place: Place) -> None:
    expects = {**READY, "answer": "INVALID_STATE", "rest": True}
    result = await played(place, {**expects, "otherwise": {"it is so here": {"result": "success"}}})
    assert result.status is Status.NOT_THERE
    assert result.problem.startswith("it is so here (result: expected 'failure'")
    result = await played(place, {**expects, "otherwise": {"it is so here": {"result": "confirm"}}})
    assert result.status is Status.FAILED


async def test_several_requests_at_once(place: Place) -> None:
    ready = {**READY, "then": [INFO, "state.updated $phone"]}
    unbind = {"ask": "unbindSession", "answer": {"seq": "$absent"}}
    assert (await played(place, {"together": [ready, ready, unbind]})).status is Status.PASSED
    result = await played(place, {"together": [unbind, ready]})
    assert result.status is Status.FAILED
    result = await played(place, {"together": [ready, {**ready, "then": []}, unbind]})
    assert (result.problem, result.seen["name"]) == ("result: is missing", "channel.infochanged")


async def test_the_number_of_the_last_message_is_known(place: Place) -> None:
    assert (await played(place, {**READY, "answer": {"seq": "$seen+1"}, "rest": True})).status is Status.PASSED
    assert "seq: expected 12" in (await played(place, {**READY, "answer": {"seq": "$seen+3"}, "rest": True})).problem


async def test_codes_that_a_platform_may_require_go_with_requests_without_data(place: Place) -> None:
    given = attrs.evolve(place, names={**place.names, "notready_reason": "LUNCH"})
    notready = {"ask": "channel.notready", "at": "$phone", "rest": True}
    result = await played(given, notready, {**notready, "data": {}})
    sent = [each.what for each in result.record if each.way == "->" and each.what["command"] == "channel.notready"]
    assert [each.get("data") for each in sent] == [{"reason": {"code": "LUNCH"}}, {}]


async def test_a_code_that_is_required_where_there_is_no_list_ends_no_run(place: Place) -> None:
    """What cannot be ended so is left, and told by whoever comes next."""

    def require(message: JsonObject) -> None:
        message.update(result="failure", failure={"code": "REASON_REQUIRED", "message": "no"}, original={})

    make = says(alter(answer("conversation.release"), require))
    parts = urlsplit(place.url)
    async with relayed(str(parts.hostname), int(parts.port or 0), make()) as port:
        there = attrs.evolve(place, url=f"ws://127.0.0.1:{port}{parts.path}")
        dial = {"ask": "channel.dial", "at": "$phone", "data": {"destination": "$outside"}, "rest": True}
        result = await played(there, dial, {"hear": [], "rest": True})
    assert result.status in (Status.PASSED, Status.FAILED)
    assert (await played(place, {"pause": 0}, given="started")).status is Status.PASSED


async def test_a_message_beside_all_sessions_is_not_overlooked(place: Place) -> None:
    result = await played(place, {"say": '{"command": "session.dance"}'}, given="connected")
    assert "nothing more was expected" in result.problem
    assert result.seen["failure"]["code"] == "UNKNOWN_COMMAND"


async def test_a_connection_that_ends_is_not_overlooked(place: Place) -> None:
    result = await played(place, {"say": [{"opcode": 2, "hex": "00"}]}, given="connected")
    assert "nothing more was expected" in result.problem
    assert "1003" in result.seen


async def test_the_rest_and_what_comes_until_an_event_are_passed_over(place: Place) -> None:
    result = await played(place, {**READY, "rest": True}, {**READY, "until": "state.updated $phone"})
    assert result.status is Status.PASSED, result


async def test_events_that_come_by_themselves(place: Place) -> None:
    make = {"make": "phone", "using": {"extension": "$extension", "action": "state", "value": "READY"}}
    assert (await played(place, {**make, "then": [INFO, "state.updated $phone"]})).status is Status.PASSED
    assert (await played(place, make, {"hear": [INFO], "rest": True})).status is Status.PASSED
    assert "nothing more was expected" in (await played(place, make)).problem


async def test_without_a_driver_it_is_not_run(place: Place) -> None:
    result = await played(attrs.evolve(place, driver=NoDriver()), {"make": "call", "using": {"to": "1"}})
    assert (result.status, result.problem) == (Status.NOT_RUN, "needs a driver that can call; give --driver")


async def test_what_the_driver_is_refused_is_not_run(place: Place) -> None:
    result = await played(place, {"make": "call", "using": {"to": "999", "from": "+1"}})
    assert result.status is Status.NOT_RUN
    assert "INVALID_DESTINATION" in result.problem


async def test_without_a_name_it_is_not_run(place: Place) -> None:
    result = await played(place, {"ask": "channel.dial", "at": "$phone", "data": {"destination": "$moon"}})
    assert (result.status, result.problem) == (
        Status.NOT_RUN,
        "needs $moon; give --set moon=…",
    )


async def test_without_a_password_none_is_sent(place: Place) -> None:
    given = attrs.evolve(place, names={**place.names, "password": None})
    result = await played(given, {"pause": 0}, given="prepared")
    assert "NOT_AUTHENTICATED" in str(result.seen)
    (sent,) = (each.what for each in result.record if each.way == "->")
    assert sent["data"]["agent"] == {"id": "agent41"}


async def test_with_a_token_nobody_is_tried_by_a_password(place: Place) -> None:
    given = attrs.evolve(place, names={**place.names, "by_password": None})
    result = await played(given, {"pause": 0}, given="connected", needs=["by_password"])
    assert result.status is Status.NOT_RUN
    assert result.problem == "needs agents who log in by a password; play it without --bearer"


async def test_frames_closes_and_pongs(place: Place) -> None:
    steps: list[Any] = [
        {"say": "x", "answers": ["INVALID_REQUEST"]},
        {"say": [{"opcode": "ping", "payload": "a"}]},
        {"pong": "a"},
        {"say": [{"opcode": 2, "hex": "00"}]},
        {"closed": [1003]},
    ]
    assert (await played(place, *steps, given="connected")).status is Status.PASSED
    says = {
        "message": (
            {"say": "x", "answers": ["NOT_BOUND"]},
            "failure.code: expected 'NOT_BOUND', got 'INVALID_REQUEST'",
        ),
        "pong": ({"pong": "b"}, "another payload"),
        "code": ({"closed": [1002]}, "closed with another code"),
    }
    for wrong, (step, says_) in says.items():
        before = {"message": [], "pong": steps[1:2], "code": steps[3:4]}[wrong]
        assert says_ in (await played(place, *before, step, given="connected")).problem


async def test_connections(place: Place) -> None:
    again = {"connect": "again", "offers": ["agent-session.v1"]}
    assert (await played(place, {**again, "speaks": "agent-session.v1"}, given="connected")).status is Status.PASSED
    assert "another subprotocol" in (await played(place, {**again, "speaks": "x"}, given="connected")).problem
    astray = attrs.evolve(place, url=place.url.replace("/agent", "/astray"))
    assert "HTTP 404" in (await played(astray, {"connect": "desk"}, given=None)).problem
    nowhere = attrs.evolve(place, url="ws://127.0.0.1:1/agent")
    assert "cannot be reached" in (await played(nowhere, {"connect": "desk"}, given=None)).problem


async def test_an_answer_that_never_comes_is_missed_with_the_end_of_the_connection(place: Place) -> None:
    say = {"say": [{"opcode": "close", "hex": "03e8"}]}
    result = await played(place, say, {"ask": "session.start", "at": "nobody"}, given="connected")
    assert "the answer to session.start did not come: the connection was closed with 1000" in result.problem


async def test_what_a_scenario_leaves_behind_is_ended(place: Place) -> None:
    left = {"make": "call", "using": {"to": "$extension", "from": "+15550123"}, "rest": True}
    assert (await played(place, left)).status is Status.PASSED
    result = await played(place, {"pause": 0}, given="phone added")
    assert result.status is Status.PASSED
    assert not [
        each for each in result.record if isinstance(each.what, dict) and "interaction" in str(each.what.get("name"))
    ]
