"""The golden messages under specs/examples: complete, valid, and word for word what the code writes."""

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from engine.specs import EXAMPLES, read_examples
from protocol.commands import COMMANDS, find_command
from protocol.commands import Success as SuccessForm
from protocol.convert import WIRE, structure
from protocol.errors import FailureCode
from protocol.events import EVENTS, By, StateInfo
from protocol.messages import Confirm, Event, Failure, FailureInfo, Message, Request, Success
from protocol.results import RESULTS, ChannelStates
from protocol.schema import CLIENT_MESSAGES, SERVER_MESSAGES, definitions
from protocol.wire import encode, read_request

BY_MESSAGE = read_examples(EXAMPLES)
ALL = [(name, stem) for name, examples in BY_MESSAGE.items() for stem in examples]
REQUESTS = [(name, stem) for name, stem in ALL if name in CLIENT_MESSAGES]
ANSWERS = [(name, stem) for name, stem in ALL if name in SERVER_MESSAGES]

DEFS = definitions()


def takes(name: str, message: Any) -> bool:
    return Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": DEFS}).is_valid(message)


def pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


# Completeness


def test_every_message_has_an_example_and_no_example_is_left_over() -> None:
    assert set(BY_MESSAGE) == {*CLIENT_MESSAGES, *SERVER_MESSAGES, "Context"}


@pytest.mark.parametrize(("name", "stem"), ALL, ids=[stem for _, stem in ALL])
def test_every_message_has_one_plain_example_that_is_named_after_it(name: str, stem: str) -> None:
    assert name in BY_MESSAGE[name]
    assert stem == name or stem.startswith(f"{name}.")


def test_every_failure_code_has_an_example() -> None:
    codes = {BY_MESSAGE[name][stem]["failure"]["code"] for name, stem in ANSWERS if name.endswith("failure")}
    assert codes == set(FailureCode)


@pytest.mark.parametrize(("name", "stem"), ANSWERS, ids=[stem for _, stem in ANSWERS])
def test_an_example_of_a_code_or_an_outcome_shows_the_one_in_its_name(name: str, stem: str) -> None:
    word = stem.removeprefix(name).removeprefix(".")
    if word in FailureCode.__members__ and name.endswith("failure"):
        assert BY_MESSAGE[name][stem]["failure"]["code"] == word
    if name == "bindSession.success":
        assert BY_MESSAGE[name][stem]["data"]["outcome"] == (word or "NEW")


# Validity


@pytest.mark.parametrize(("name", "stem"), ALL, ids=[stem for _, stem in ALL])
def test_every_example_is_of_its_schema(name: str, stem: str) -> None:
    example = BY_MESSAGE[name][stem]
    assert takes(name, example)
    if name in CLIENT_MESSAGES:
        assert takes("ClientMessage", example)
        assert not takes("ServerMessage", example)
    if name in SERVER_MESSAGES:
        assert takes("ServerMessage", example)


@pytest.mark.parametrize(("name", "stem"), REQUESTS, ids=[stem for _, stem in REQUESTS])
def test_every_request_is_read_as_what_it_is(name: str, stem: str) -> None:
    request = read_request(deepcopy(BY_MESSAGE[name][stem]))
    assert isinstance(request, Request)
    assert f"{request.command.name}.request" == name
    assert type(request.data) is COMMANDS[request.command.name].data


# The same bytes as the code's own


def rebuild(name: str, example: dict[str, Any]) -> Message:
    """The message of an example, by way of the message classes."""
    shared = {key: example.get(key) for key in ("target", "requestid")}
    match name.rpartition(".")[2]:
        case "success":
            return Success(command=example["command"], data=_success_data(example), **shared)
        case "confirm":
            return Confirm(
                command=example["command"],
                message=example["message"],
                original=example["original"],
                requestid=example.get("requestid"),
            )
        case "event":
            return Event(
                name=example["name"],
                target=example["target"],
                data=structure(example["data"], EVENTS[example["name"]].data),
                state=structure(example["state"], StateInfo) if "state" in example else None,
                cause=example.get("cause"),
                by=structure(example["by"], By) if "by" in example else None,
            )
        case _:
            return Failure(
                command=example.get("command"),
                failure=structure(example["failure"], FailureInfo),
                original=example["original"],
                **shared,
            )


def _success_data(example: dict[str, Any]) -> Any:
    command = find_command(example["command"])
    assert command is not None
    match command.success:
        case SuccessForm.NONE:
            return None
        case SuccessForm.EMPTY:
            return {}
        case SuccessForm.ECHO:
            return WIRE.unstructure(structure(example["data"], command.data))
        case SuccessForm.OWN:
            own = structure(example["data"], RESULTS[command.name])
            if not isinstance(own, ChannelStates):
                return own
            return WIRE.unstructure(structure(example["data"], command.data)) | WIRE.unstructure(own)


def written(name: str, example: dict[str, Any]) -> Any:
    text = encode(rebuild(name, example), seq=example.get("seq"), context=example.get("context"))
    return json.loads(text)


@pytest.mark.parametrize(("name", "stem"), ANSWERS, ids=[stem for _, stem in ANSWERS])
def test_every_answer_and_event_is_what_the_wire_writes(name: str, stem: str) -> None:
    example = BY_MESSAGE[name][stem]
    assert pretty(written(name, example)) == pretty(example)  # the order of properties included


@pytest.mark.parametrize("path", sorted(EXAMPLES.iterdir()), ids=lambda path: path.stem)
def test_every_file_is_laid_out_alike(path: Path) -> None:
    text = path.read_text("utf-8")
    assert path.suffix == ".json"
    assert pretty(json.loads(text)) == text


# Requests and their answers belong together

PAIRS = [name for name, row in COMMANDS.items() if row.success is not SuccessForm.NONE or row.kind is not None]


@pytest.mark.parametrize("name", PAIRS)
def test_a_success_answers_the_request_beside_it(name: str) -> None:
    request = BY_MESSAGE[f"{name}.request"][f"{name}.request"]
    success = BY_MESSAGE[f"{name}.success"][f"{name}.success"]
    shared = ("command", "target", "requestid")
    assert [success.get(key) for key in shared] == [request.get(key) for key in shared]
    if COMMANDS[name].success is SuccessForm.ECHO:
        assert success["data"] == request["data"]


@pytest.mark.parametrize(("name", "stem"), ANSWERS, ids=[stem for _, stem in ANSWERS])
def test_a_failure_or_confirm_repeats_what_it_answers(name: str, stem: str) -> None:
    answer = BY_MESSAGE[name][stem]
    if isinstance(answer.get("original"), dict):
        for key in {"command", "requestid"} & answer.keys():
            assert answer[key] == answer["original"][key]


# A broken example is noticed


REMOVABLE = ("interaction.setdata.request", "data", "interactiondata")
"""Where a null has a meaning: it removes a key of the attached data."""

WITHIN = ("supervisor.message.event", "data", "message")
"""A whole message inside another, whose schema leaves it alone."""


@pytest.mark.parametrize("name", [*CLIENT_MESSAGES, *SERVER_MESSAGES])
def test_an_example_with_a_null_anywhere_is_noticed(name: str) -> None:
    for path, broken in with_nulls(BY_MESSAGE[name][name], (name,)):
        expected = path[:-1] == REMOVABLE or path[:3] == WITHIN != path
        assert takes(name, broken) == expected, broken


def with_nulls(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """`value` with null in the place of each of its inner values, but for those that are given back unread."""
    match value:
        case dict():
            for key in value.keys() - {"original"}:
                yield (*path, key), {**value, key: None}
                for at, broken in with_nulls(value[key], (*path, key)):
                    yield at, {**value, key: broken}
        case list():
            for index, item in enumerate(value):
                for at, broken in ((*path, index), None), *with_nulls(item, (*path, index)):
                    yield at, [*value[:index], broken, *value[index + 1 :]]


@pytest.mark.parametrize(("name", "stem"), ANSWERS, ids=[stem for _, stem in ANSWERS])
def test_an_example_with_something_added_or_misplaced_is_noticed(name: str, stem: str) -> None:
    example = BY_MESSAGE[name][stem]
    for broken in ({**example, "extra": 1}, dict(reversed(example.items()))):
        assert pretty(written(name, broken)) != pretty(broken)
