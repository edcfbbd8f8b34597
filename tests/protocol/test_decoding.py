"""Every command, every field, every wrong JSON type: specs/protocol.md, "What is refused".

The cases are made from the registry of commands, so a new command is covered by being there.
"""

import copy
from typing import Any

import pytest

from protocol.commands import COMMANDS, EXACTLY_ONE, Command
from protocol.errors import FailureCode
from protocol.messages import BadRequest, Request
from protocol.wire import read_request
from tests.protocol.shapes import ALL_FIELDS, ANY_KEY, JSON_KINDS, Field, fields_of, holder_of, request

WRONG = [
    pytest.param(command, field, value, id=f"{command.name}-{field}-{kind}")
    for command, field in ALL_FIELDS
    for kind, value in JSON_KINDS.items()
    if kind not in field.kinds
]
REQUIRED = [
    pytest.param(command, field, id=f"{command.name}-{field}") for command, field in ALL_FIELDS if field.required
]
OPTIONAL = [
    pytest.param(command, field, id=f"{command.name}-{field}")
    for command, field in ALL_FIELDS
    if not field.required and not field.alternative
]


def refused(message: Any) -> str:
    bad = read_request(message)
    assert isinstance(bad, BadRequest)
    assert bad.code is FailureCode.INVALID_REQUEST
    assert bad.original == message
    return bad.message


def test_there_is_something_to_test() -> None:
    assert len(WRONG) > 300
    assert len(REQUIRED) > 30


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda command: command.name)
def test_a_complete_request_is_taken(command: Command) -> None:
    message = request(command)
    before = copy.deepcopy(message)
    taken = read_request(message)
    assert isinstance(taken, Request), taken
    assert taken.command is command
    assert type(taken.data) is command.data
    assert taken.original == before == message


@pytest.mark.parametrize(("command", "field", "value"), WRONG)
def test_a_value_of_the_wrong_type_is_refused_with_its_path(command: Command, field: Field, value: Any) -> None:
    message = request(command)
    holder_of(message, field)[field.path[-1]] = value
    assert refused(message).startswith(f"{field}: expected ")


@pytest.mark.parametrize(("command", "field"), REQUIRED)
def test_a_required_field_that_is_missing_is_refused_with_its_path(command: Command, field: Field) -> None:
    message = request(command)
    del holder_of(message, field)[field.path[-1]]
    assert refused(message) == f"{field}: is required"


@pytest.mark.parametrize(("command", "field"), OPTIONAL)
def test_an_optional_field_may_be_left_out(command: Command, field: Field) -> None:
    message = request(command)
    del holder_of(message, field)[field.path[-1]]
    assert isinstance(read_request(message), Request)


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda command: command.name)
def test_unknown_properties_are_ignored_wherever_they_are(command: Command) -> None:
    plain, message = read_request(request(command)), request(command)
    message["unknown"] = message["data"]["unknown"] = [None]
    for field in fields_of(command.data):
        holder = holder_of(message, field)
        known = holder if field.alternative else holder[field.path[-1]]
        if isinstance(known, dict) and ANY_KEY not in known:
            known["unknown"] = {"x": 1}
    taken = read_request(message)
    assert isinstance(taken, Request)
    assert isinstance(plain, Request)
    assert taken.data == plain.data
    assert taken.original == message


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda command: command.name)
@pytest.mark.parametrize("data", [None, True, 5, 1.5, "x", []])
def test_data_is_an_object(command: Command, data: Any) -> None:
    assert refused({**request(command), "data": data}).startswith("data: expected an object, got ")


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda command: command.name)
def test_data_may_be_left_out_where_nothing_in_it_is_required(command: Command) -> None:
    message = request(command)
    del message["data"]
    required = [field for field in fields_of(command.data) if field.required and len(field.path) == 1]
    if required:
        assert refused(message) == f"{required[0]}: is required"
    elif command.data in EXACTLY_ONE:
        assert refused(message).startswith("data: wants ")
    else:
        assert isinstance(read_request(message), Request)


@pytest.mark.parametrize(
    ("text", "fits"),
    [("x", True), ("x" * 128, True), ("é" * 128, True), ("", False), ("x" * 129, False)],
    ids=["one", "128", "128 letters of two bytes", "empty", "129"],
)
def test_names_have_1_to_128_characters(text: str, fits: bool) -> None:
    message = {"command": "channel.dial", "target": "s1.c1", "data": {"destination": text}}
    assert isinstance(read_request(message), Request) == fits
    if not fits:
        assert refused(message) == "data.destination: expected text of 1 to 128 characters"


@pytest.mark.parametrize("number", [-1, 2**53, 1.5, True, "1", None])
def test_counts_are_whole_numbers_in_the_range_of_javascript(number: Any) -> None:
    resume = {"token": "t", "epoch": 0, "seq": number}
    message = {"command": "bindSession", "target": "s1", "data": {"resume": resume}}
    assert refused(message).startswith("data.resume.seq: expected a whole number from 0 to 9007199254740991")
    resume["seq"] = 2**53 - 1
    assert isinstance(read_request(message), Request)


@pytest.mark.parametrize("word", ["Telephony", "Chat", "Email", "Callback", "CALLBACK", "eMaIl"])
def test_channel_types_are_matched_without_regard_to_case(word: str) -> None:
    data = {"channel": {"endpoint": "1", "type": word}}
    assert isinstance(read_request({"command": "session.addchannel", "target": "s1", "data": data}), Request)


@pytest.mark.parametrize("word", ["", "Phone", "Chats", " Chat", "Chat ", "TELEPHONY|CHAT", "Chat\n"])
def test_other_channel_types_are_refused(word: str) -> None:
    data = {"channel": {"endpoint": "1", "type": word}}
    message = refused({"command": "session.addchannel", "target": "s1", "data": data})
    assert message == "data.channel.type: expected one of Telephony, Chat, Email, Callback (in any case)"


@pytest.mark.parametrize("wrong", ["", "c 1", "c.1", "é", "x" * 129, "c1\n"])
def test_other_ids_are_refused(wrong: str) -> None:
    data = {"channel": {"id": wrong}}
    message = refused({"command": "session.removechannel", "target": "s1", "data": data})
    assert message == "data.channel.id: expected an id of letters, digits, _ and -"


def test_of_several_wrong_fields_the_first_is_named() -> None:
    message = {"command": "session.addchannel", "target": "s1", "data": {"channel": {"endpoint": 5, "type": 6}}}
    assert refused(message) == "data.channel.endpoint: expected text of 1 to 128 characters, got a number"


def test_the_older_spelling_of_a_property() -> None:
    def read(data: Any) -> Any:
        return read_request({"command": "session.removechannelgroup", "target": "s1", "data": data})

    assert read({"channel": {"id": "g1"}}).data == read({"channelgroup": {"id": "g1"}}).data
    assert read({"channel": {"id": "g2"}, "channelgroup": {"id": "g1"}}).data.channelgroup.id == "g1"
    assert read({"channel": 5, "channelgroup": {"id": "g1"}}).data.channelgroup.id == "g1"
    assert refused(read({"channel": 5}).original).startswith("data.channelgroup: expected an object")
    assert refused(read([]).original) == "data: expected an object, got an array"


def test_a_key_with_an_at_sign_is_no_end_of_the_path() -> None:
    message = {"command": "channel.activate", "target": "s1.c1", "data": {"options": {"a @ b": 5}}}
    assert refused(message) == "data.options['a @ b']: expected text, got a number"
