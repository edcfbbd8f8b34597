"""The schemas say what the wire does: they take what `encode` writes, and refuse what `read_request` refuses."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from protocol.commands import COMMANDS, MISSPELT, find_command, spellings
from protocol.errors import FailureCode
from protocol.events import (
    EVENTS,
    CapabilityChange,
    ChannelChanged,
    ChannelInfo,
    IdInfo,
    ReasonInfo,
    SessionUnbound,
    StateInfo,
    Switch,
)
from protocol.messages import Confirm, Event, Failure, FailureInfo, Message, Request, Success
from protocol.results import BindOutcome, Bound, BoundSession, ChannelStateInfo, ChannelStates
from protocol.schema import (
    CLIENT_MESSAGES,
    SERVER_MESSAGES,
    definitions,
    document,
    event_name,
    reply_names,
    request_name,
)
from protocol.states import AgentState, ChannelType, LoginState, SessionState
from protocol.wire import encode, read_request
from tests.protocol.shapes import request

DOCUMENT = document()
DEFS = DOCUMENT["$defs"]


def takes(name: str, message: Any) -> bool:
    return Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": DEFS}).is_valid(message)


def nodes(value: Any) -> Iterator[Any]:
    yield value
    if isinstance(value, dict):
        for item in value.values():
            yield from nodes(item)
    if isinstance(value, list):
        for item in value:
            yield from nodes(item)


# The document


def test_document_is_a_valid_schema_whose_references_resolve() -> None:
    Draft202012Validator.check_schema(DOCUMENT)
    refs = {node["$ref"] for node in nodes(DOCUMENT) if isinstance(node, dict) and "$ref" in node}
    assert refs
    assert refs <= {f"#/$defs/{name}" for name in DEFS}


def test_references_point_where_they_are_asked_to() -> None:
    refs = {
        node["$ref"] for node in nodes(definitions("elsewhere/{name}")) if isinstance(node, dict) and "$ref" in node
    }
    assert refs
    assert all(ref.startswith("elsewhere/") for ref in refs)


def test_every_command_and_event_has_its_messages() -> None:
    for command in COMMANDS.values():
        assert request_name(command) in CLIENT_MESSAGES
        assert set(reply_names(command)) <= set(SERVER_MESSAGES)
    assert {event_name(row) for row in EVENTS.values()} <= set(SERVER_MESSAGES)
    assert {*CLIENT_MESSAGES, *SERVER_MESSAGES} <= set(DEFS)


def test_nothing_may_be_null_but_attached_data_that_are_removed() -> None:
    assert {name for name, part in DEFS.items() if {"type": "null"} in nodes(part)} == {"SetData"}
    for node in nodes(DEFS):
        assert not (isinstance(node, dict) and "default" in node and node["default"] is None)


def test_descriptions_are_single_lines() -> None:
    assert not any(isinstance(node, str) and "\n" in node for node in nodes(DEFS))


def test_a_property_that_may_be_absent_keeps_its_form() -> None:
    assert DEFS["SessionStart"]["properties"]["extension"]["maxLength"] == 128
    assert DEFS["SessionStart"]["required"] == []


# Spellings


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda command: command.name)
def test_every_spelling_is_one_that_the_wire_takes(command: Any) -> None:
    assert spellings(command)[0] == command.name
    assert [find_command(name) for name in spellings(command)] == [command] * len(spellings(command))


def test_spellings_hold_all_that_the_wire_takes() -> None:
    all_of_them = {name for command in COMMANDS.values() for name in spellings(command)}
    assert set(MISSPELT) <= all_of_them
    for kind, _, verb in (name.partition(".") for name in COMMANDS):
        bare = verb.removeprefix("request.")
        for more in (verb, bare, f"request.{verb}", f"request.{bare}", f"{verb}.request", verb.rpartition(".")[2]):
            candidate = f"{kind}.{more}"
            assert (find_command(candidate) is not None) == (candidate in all_of_them), candidate


# Requests: the schema and the wire agree

REQUESTS: tuple[dict[str, Any], ...] = (
    *(request(command) | {"requestid": "1"} for command in COMMANDS.values()),
    {"command": "session.removechannelgroup", "target": "s", "data": {"channel": {"id": "g1"}}},
    {"command": "channel.request.dial", "target": "s.c", "data": {"destination": "1", "extensions": {"a": "b"}}},
    {"command": "interaction.transfer", "target": "s.c.i", "data": {"agent": "bob"}},
    {
        "command": "interaction.request.setdata",
        "target": "s.c.i",
        "data": {"interactiondata": {"a": "b", "c": {"d": "e"}, "f": None}},
    },
)

ODD: tuple[Any, ...] = (
    *(None, True, 5, -1, 1.5, 2**53, "", "x", "x y", "1#\n", "x" * 600, "https://x", "x" * 33_000),
    *([], [1], ["x"], {}, {"x": "y"}, {"x": 1}, {"x": None}, {"x": {"y": "z"}}, {"x": {"y": None}}, {"": "x"}),
)


def mutations(value: Any) -> Iterator[Any]:
    """`value` with one of its inner values replaced, taken away, or given company."""
    match value:
        case dict():
            yield {**value, "unknown": 1}
            for key, item in value.items():
                yield {name: each for name, each in value.items() if name != key}
                yield from ({**value, key: odd} for odd in ODD)
                yield from ({**value, key: inner} for inner in mutations(item))
        case list():
            for index, item in enumerate(value):
                yield from ([*value[:index], odd, *value[index + 1 :]] for odd in ODD)
                yield from ([*value[:index], inner, *value[index + 1 :]] for inner in mutations(item))


@pytest.mark.parametrize(
    "request_message", REQUESTS, ids=lambda message: f"{message['command']}-{list(message['data'])}"
)
def test_schema_and_wire_agree_on_requests_and_on_broken_ones(request_message: dict[str, Any]) -> None:
    found = find_command(request_message["command"])
    assert found is not None
    name = request_name(found)
    assert takes(name, request_message)
    assert takes("ClientMessage", request_message)
    verdicts = set()
    for message in mutations(request_message):
        taken = isinstance(read_request(deepcopy(message)), Request)
        assert takes(name, message) == taken, message
        verdicts.add(taken)
    assert verdicts == {True, False}


# Server messages

CHANNEL = ChannelInfo(
    id="c1",
    name="Phone",
    endpoint="4001",
    type=ChannelType.TELEPHONY,
    modeltype=ChannelType.TELEPHONY,
    loginstate=LoginState.ACTIVE,
    agentstate=AgentState.NOTREADY,
    reason=ReasonInfo(code="LUNCH"),
    interactions=(),
)
REFUSED = FailureInfo(code=FailureCode.TIMEOUT, message="too late", channel=IdInfo(id="c1"), context="a trace")
CONTEXT = {"channel": {"id": "c1", "name": "Phone", "session": {"id": "s"}}}

SENT: tuple[tuple[str, Message, int | None], ...] = (
    ("session.start.success", Success(command="session.request.start", target="s", requestid="1"), 1),
    (
        "session.addchannel.success",
        Success(command="session.addchannel", target="s", data={"channel": {"endpoint": "1", "type": "Chat"}, "x": 1}),
        2,
    ),
    ("channel.externaldispositions.success", Success(command="channel.externaldispositions", target="s.c", data={}), 3),
    (
        "bindSession.success",
        Success(
            command="bindSession",
            target="s",
            data=Bound(
                session=BoundSession(id="s", state=SessionState.PREPARED), epoch=1, seq=0, outcome=BindOutcome.NEW
            ),
        ),
        None,
    ),
    (
        "channelgroup.activateall.success",
        Success(
            command="channelgroup.activateall",
            target="s.g",
            data=ChannelStates(channels=(ChannelStateInfo(id="c", loginstate=LoginState.INACTIVE),)),
        ),
        4,
    ),
    ("channel.ready.failure", Failure(command="channel.ready", target="s.c", failure=REFUSED, original={}), 5),
    ("failure", Failure(failure=REFUSED, original="no JSON"), None),
    ("failure", Failure(command="unheard.of", target="s", failure=REFUSED, original={}, requestid="2"), 6),
    ("prepareSession.confirm", Confirm(command="prepareSession", message="sure?", original={}), None),
    ("channel.created.event", Event(name="channel.created", target="s.c1", data=ChannelChanged(channel=CHANNEL)), 7),
    (
        "state.updated.event",
        Event(
            name="state.updated",
            target="s.c1",
            data=(CapabilityChange(name="channel.ready", type=Switch.ENABLE),),
            state=StateInfo(loginstate=LoginState.ACTIVE),
            cause="1",
        ),
        8,
    ),
    ("session.unbound.event", Event(name="session.unbound", target="s", data=SessionUnbound(message="m")), None),
)


@pytest.mark.parametrize(("name", "message", "seq"), SENT, ids=[name for name, _, _ in SENT])
@pytest.mark.parametrize("context", [None, CONTEXT], ids=["plain", "debug"])
def test_schemas_take_what_the_wire_writes(name: str, message: Message, seq: int | None, context: Any) -> None:
    sent = json.loads(encode(message, seq=seq, context=context))
    assert takes(name, sent)
    assert takes("ServerMessage", sent)
    assert takes("ServerBatch", [sent])


@pytest.mark.parametrize(("name", "message", "seq"), SENT, ids=[name for name, _, _ in SENT])
def test_schemas_refuse_a_server_message_that_lacks_something(name: str, message: Message, seq: int | None) -> None:
    sent = json.loads(encode(message, seq=seq))
    optional = {"requestid", "cause"} | ({"target", "command", "seq"} if isinstance(message, Failure) else set())
    if name.endswith(".failure"):
        optional.discard("command")
    for key in sent.keys() - optional:
        assert not takes(name, {other: value for other, value in sent.items() if other != key}), key


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("channel.ready.success", {"command": "channel.activate", "target": "s.c", "result": "success", "seq": 1}),
        ("channel.ready.success", {"command": "channel.ready", "target": "s..c", "result": "success", "seq": 1}),
        ("channel.ready.success", {"command": "channel.ready", "target": "s.c", "result": "failure", "seq": 1}),
        ("channel.ready.success", {"command": "channel.ready", "target": "s.c", "result": "success", "seq": 0}),
        ("failure", {"command": "channel.ready", "result": "failure", "failure": {"code": "TIMEOUT", "message": ""}}),
        ("ServerBatch", []),
        ("ClientBatch", [{"command": "no.such"}]),
        ("Context", {"channel": {"name": "without an id"}}),
    ],
)
def test_schemas_refuse(name: str, message: Any) -> None:
    assert not takes(name, message)


def test_success_data_of_a_group_operation_is_the_echo_and_the_channels() -> None:
    message = {
        "command": "channelgroup.notready",
        "target": "s.g",
        "result": "success",
        "data": {"reason": {"code": "LUNCH"}, "channels": [{"id": "c", "loginstate": "ACTIVE"}]},
        "seq": 1,
    }
    assert takes("channelgroup.notready.success", message)
    for part in ({"reason": {"code": ""}}, {"channels": [{"id": "c"}]}):
        assert not takes("channelgroup.notready.success", {**message, "data": message["data"] | part})


def test_success_data_of_getdata_are_not_the_echo_of_the_keys() -> None:
    message = {
        "command": "interaction.getdata",
        "target": "s.c.i",
        "result": "success",
        "data": {"interactiondata": {"order": {"number": "A-1007"}, "note": "x"}},
        "seq": 1,
    }
    assert takes("interaction.getdata.success", message)
    assert takes("interaction.getdata.success", {**message, "data": {**message["data"], "keys": 5}})
    for data in ({"keys": ["order"]}, {"interactiondata": {"order": None}}, {"interactiondata": {"order": {"a": {}}}}):
        assert not takes("interaction.getdata.success", {**message, "data": data})
