"""Frames to requests, messages to bytes: specs/protocol.md, "Envelope" and "What is refused"."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.commands import COMMANDS, Command
from protocol.errors import FailureCode
from protocol.events import CapabilityChange, ChannelDisposed, IdInfo, StateInfo, Switch
from protocol.ids import Target
from protocol.messages import BadRequest, Confirm, Event, Failure, FailureInfo, Request, Success
from protocol.results import Directory, DirectoryEntryInfo
from protocol.states import LoginState
from protocol.wire import encode, join_batch, read_frame, read_request
from tests.protocol.shapes import sample
from tests.strategies import json_values

START = {"command": "session.start", "target": "s1"}


def bad(value: Any) -> BadRequest:
    found = read_request(value)
    assert isinstance(found, BadRequest)
    assert found.original == value
    return found


# Requests


def test_a_request() -> None:
    message = {"command": "session.request.start", "target": "s1", "data": {"extension": "4001"}, "requestid": "r1"}
    request = read_request(message)
    assert isinstance(request, Request)
    assert request.name == "session.request.start"
    assert request.command is COMMANDS["session.start"]
    assert request.target == Target(("s1",))
    assert request.requestid == "r1"
    assert request.original is message


@pytest.mark.parametrize("value", [None, True, 5, 1.5, "x", [], [START]])
def test_a_message_is_an_object(value: Any) -> None:
    found = bad(value)
    assert found.code is FailureCode.INVALID_REQUEST
    assert found.message.startswith("a message is a JSON object with command, target and data, got ")
    assert (found.name, found.target, found.requestid) == (None, None, None)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"command": None}, "command: expected text, got null"),
        ({"command": 5}, "command: expected text, got a number"),
        ({"target": None}, "target: expected text, got null"),
        ({"target": ["s1"]}, "target: expected text, got an array"),
        ({"target": ""}, "target: a target is one to five ids of letters, digits, _ and - joined by dots"),
        ({"target": "s1..c1"}, "target: a target is one to five ids of letters, digits, _ and - joined by dots"),
        ({"requestid": None}, "requestid: expected text, got null"),
        ({"requestid": 7}, "requestid: expected text, got a number"),
        ({"requestid": ""}, "requestid: expected text of 1 to 128 characters"),
        ({"requestid": "x" * 129}, "requestid: expected text of 1 to 128 characters"),
        ({"command": 5, "target": 6, "requestid": 7}, "command: expected text, got a number"),
    ],
)
def test_a_wrong_envelope_is_refused_with_the_field(changes: dict[str, Any], problem: str) -> None:
    found = bad({**START, **changes})
    assert (found.code, found.message) == (FailureCode.INVALID_REQUEST, problem)


def test_what_is_missing_from_the_envelope_is_named() -> None:
    assert bad({"target": "s1"}).message == "command: is required"
    assert bad({"target": 5}).message == "command: is required"
    assert bad({"command": "session.start"}).message == "target: is required"
    assert bad({}).message == "command: is required"


def test_what_can_be_read_of_a_bad_request_is_kept() -> None:
    found = bad({"command": "session.start", "target": "s1", "data": 5, "requestid": "r1"})
    assert (found.name, found.target, found.requestid) == ("session.start", Target(("s1",)), "r1")
    found = bad({"command": 5, "target": "s1", "requestid": "r1"})
    assert (found.name, found.target, found.requestid) == (None, Target(("s1",)), "r1")


def test_the_form_is_judged_before_the_command_and_the_command_before_its_data() -> None:
    assert bad({"command": "session.fly", "target": 5}).code is FailureCode.INVALID_REQUEST
    assert bad({"command": "session.fly", "target": "s1", "data": 5}).code is FailureCode.UNKNOWN_COMMAND
    assert "'session.fly'" in bad({"command": "session.fly", "target": "s1"}).message


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda command: command.name)
def test_a_target_is_required_of_commands_that_are_about_one(command: Command) -> None:
    message = {"command": command.name, "data": sample(command.data)}
    if command.targeted:
        assert bad(message).message == "target: is required"
    else:
        request = read_request(message)
        assert isinstance(request, Request)
        assert request.target is None


def test_the_longest_requestid() -> None:
    request = read_request({**START, "requestid": "é" * 128})
    assert isinstance(request, Request)


@given(json_values)
def test_whatever_comes_is_judged(value: Any) -> None:
    assert isinstance(read_request(value), BadRequest)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(("command", "target", "data", "requestid"), json_values)))
def test_whatever_stands_in_the_envelope_is_judged(value: dict[str, Any]) -> None:
    assert read_request(value).original == value


@given(st.sampled_from(sorted(COMMANDS)), json_values)
def test_whatever_the_data_is_it_is_judged(name: str, data: Any) -> None:
    found = read_request({"command": name, "target": "s1", "data": data})
    if isinstance(found, BadRequest):
        assert found.code is FailureCode.INVALID_REQUEST
        assert found.message.startswith("data")


# Frames


def test_a_frame_is_one_message() -> None:
    (request,) = read_frame(json.dumps(START).encode())
    assert isinstance(request, Request)


def test_a_batched_frame_is_an_array_of_messages_each_judged_for_itself() -> None:
    first, second, third = read_frame(json.dumps([START, 5, {"command": "session.fly"}]).encode(), batched=True)
    assert isinstance(first, Request)
    assert isinstance(second, BadRequest)
    assert second.code is FailureCode.INVALID_REQUEST
    assert isinstance(third, BadRequest)
    assert third.code is FailureCode.UNKNOWN_COMMAND


@pytest.mark.parametrize("text", [b"[]", b"{}", b"5", b'"x"', b"null"])
def test_no_batch(text: bytes) -> None:
    (found,) = read_frame(text, batched=True)
    assert isinstance(found, BadRequest)
    assert found.message == "a batched frame is an array of one or more messages"


def test_an_array_is_no_message_where_batches_were_not_asked_for() -> None:
    (found,) = read_frame(json.dumps([START]).encode())
    assert isinstance(found, BadRequest)


@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize(
    ("text", "original"),
    [
        (b"hello", "hello"),
        (b'{"command":', '{"command":'),
        (b"\xff{}", "\ufffd{}"),
        (b"\xef\xbb\xbf{}", "\ufeff{}"),
        (b"x" * 1024, "x" * 1024),
        (b"x" * 1025, "x" * 1024),
        (b"x" * 100_000, "x" * 1024),
    ],
)
def test_a_text_that_is_no_json_is_given_back_cut_at_1_kib(text: bytes, original: str, batched: bool) -> None:
    (found,) = read_frame(text, batched=batched)
    assert isinstance(found, BadRequest)
    assert found.code is FailureCode.INVALID_REQUEST
    assert found.original == original


@pytest.mark.parametrize("text", [b"[1,2]", b"5", b'"x"', b"false", b"null"])
def test_json_that_is_no_object_is_given_back_as_it_came(text: bytes) -> None:
    (found,) = read_frame(text)
    assert isinstance(found, BadRequest)
    failure = Failure(failure=FailureInfo(code=found.code, message=found.message), original=found.original)
    assert b'"original":' + text in encode(failure)


@given(st.binary(max_size=200), st.booleans())
def test_any_frame_is_judged(text: bytes, batched: bool) -> None:
    assert read_frame(text, batched=batched)


# Messages out


def sent(*args: Any, **kwargs: Any) -> str:
    return encode(*args, **kwargs).decode()


def test_a_success() -> None:
    plain = Success(command="session.start", target="s1")
    assert sent(plain) == '{"command":"session.start","target":"s1","result":"success"}'
    entry = DirectoryEntryInfo(name="é", number="9", type="x")
    full = Success(command="c", target="s1", data=Directory(entries=(entry,)), requestid="r1")
    assert sent(full, seq=7) == (
        '{"command":"c","target":"s1","result":"success",'
        '"data":{"entries":[{"name":"é","number":"9","type":"x"}]},"requestid":"r1","seq":7}'
    )
    assert '"data":{}' in sent(Success(command="c", target="s1", data={}))
    assert '"data":{"n":null}' in sent(Success(command="c", target="s1", data={"n": None}))


def test_a_failure() -> None:
    failure = FailureInfo(code=FailureCode.TIMEOUT, message="late")
    assert sent(Failure(failure=failure, original={"x": None})) == (
        '{"result":"failure","failure":{"code":"TIMEOUT","message":"late"},"original":{"x":null}}'
    )
    culprit = FailureInfo(code=FailureCode.TIMEOUT, message="late", channel=IdInfo(id="c1"), context="trace")
    full = Failure(failure=culprit, original=START, command="c", target="s1", requestid="r1")
    assert json.loads(sent(full, seq=1, context={"session": {"id": "s1"}})) == {
        "command": "c",
        "target": "s1",
        "result": "failure",
        "failure": {"code": "TIMEOUT", "message": "late", "channel": {"id": "c1"}, "context": "trace"},
        "original": START,
        "requestid": "r1",
        "seq": 1,
        "context": {"session": {"id": "s1"}},
    }


def test_a_confirm() -> None:
    confirm = Confirm(command="prepareSession", message="sure?", original={})
    assert sent(confirm) == '{"command":"prepareSession","result":"confirm","message":"sure?","original":{}}'


def test_an_event() -> None:
    gone = Event(name="channel.disposed", target="s1.c1", data=ChannelDisposed(channel=IdInfo(id="c1")), cause="r1")
    assert sent(gone, seq=3) == (
        '{"name":"channel.disposed","target":"s1.c1","data":{"channel":{"id":"c1"}},"cause":"r1","seq":3}'
    )
    updated = Event(
        name="state.updated",
        target="s1.c1",
        data=(CapabilityChange(name="channel.ready", type=Switch.ENABLE),),
        state=StateInfo(loginstate=LoginState.ACTIVE),
    )
    assert sent(updated) == (
        '{"name":"state.updated","target":"s1.c1","data":[{"name":"channel.ready","type":"enable"}],'
        '"state":{"loginstate":"ACTIVE"}}'
    )
    assert '"data":[]' in sent(Event(name="state.updated", target="s1", data=(), state=StateInfo()))


def test_messages_of_a_batch_are_joined_as_they_are() -> None:
    messages = [b'{"seq":1}', b'{"seq":2}']
    assert join_batch(messages) == b'[{"seq":1},{"seq":2}]'
    assert join_batch(messages[:1]) == b'[{"seq":1}]'


@pytest.mark.parametrize(
    "message",
    [
        Request(
            name="x",
            command=COMMANDS["session.start"],
            target=None,
            data=COMMANDS["session.start"].data(),
            requestid=None,
            original={"password": "hush"},
        ),
        BadRequest(code=FailureCode.INVALID_REQUEST, message="no", original={"password": "hush"}),
        Failure(failure=FailureInfo(code=FailureCode.TIMEOUT, message="late"), original={"password": "hush"}),
        Confirm(command="prepareSession", message="sure?", original={"password": "hush"}),
    ],
)
def test_originals_are_not_shown_in_logs(message: Any) -> None:
    assert "hush" not in repr(message)
