"""Bytes to requests and messages to bytes. Source: specs/protocol.md, "Envelope" and "What is refused"."""

import difflib
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import msgspec

from protocol.commands import COMMANDS, PROPERTY_ALIASES, find_command
from protocol.convert import NO_ALIASES, WIRE, describe, structure
from protocol.errors import FailureCode
from protocol.ids import Target
from protocol.messages import BadRequest, Confirm, Event, Failure, Message, Request, Success
from protocol.strictjson import Json, NotJson, parse_json

T = TypeVar("T")

REQUESTID_CHARS: Final = 128
ORIGINAL_TEXT_CHARS: Final = 1024
"""How much of a text that is no JSON object is given back in a failure's `original`."""


# Requests in


def read_frame(text: bytes, *, batched: bool = False) -> list[Request | BadRequest]:
    """The messages of one frame: one, or with `batched` those of an array of at least one."""
    try:
        value = parse_json(text)
    except NotJson as error:
        return [_no_request(str(error), text.decode("utf-8", "replace"))]
    if not batched:
        return [read_request(value)]
    if not isinstance(value, list) or not value:
        return [_no_request("a batched frame is an array of one or more messages", value)]
    return [read_request(item) for item in value]


def _no_request(message: str, original: Json) -> BadRequest:
    if isinstance(original, str):
        original = original[:ORIGINAL_TEXT_CHARS]
    return BadRequest(code=FailureCode.INVALID_REQUEST, message=message, original=original)


class _Problem(ValueError):
    """The envelope is wrong; the message names the field."""


def read_request(value: Json) -> Request | BadRequest:
    """Judge one decoded message by the first two checks of the order: its form, then its command.

    What can be read of a bad one is kept, so that its failure can be answered where it belongs.
    """
    if not isinstance(value, dict):
        return _no_request(f"a message is a JSON object with command, target and data, got {describe(value)}", value)
    problems: list[str] = []
    name = _read(value, "command", _read_text, problems)
    target = _read(value, "target", _read_target, problems)
    requestid = _read(value, "requestid", _read_requestid, problems)

    def bad(code: FailureCode, message: str) -> BadRequest:
        return BadRequest(code=code, message=message, original=value, name=name, target=target, requestid=requestid)

    if "command" not in value:
        problems.insert(0, "command: is required")
    if problems or name is None:
        return bad(FailureCode.INVALID_REQUEST, problems[0])
    command = find_command(name)
    if command is None:
        return bad(
            FailureCode.UNKNOWN_COMMAND,
            f"there is no command {name[:64]!r}; {_nearest(name)}specs/commands.md lists all",
        )
    if target is None and command.targeted:
        return bad(FailureCode.INVALID_REQUEST, "target: is required")
    try:
        data = structure(value.get("data", {}), command.data, PROPERTY_ALIASES.get(command.data, NO_ALIASES))
    except ValueError as error:
        return bad(FailureCode.INVALID_REQUEST, str(error))
    return Request(name=name, command=command, target=target, data=data, requestid=requestid, original=value)


def _nearest(name: str) -> str:
    """Names of commands that are much like this one, as a question; a long name is like none."""
    near = difflib.get_close_matches(name[:64], COMMANDS, n=2)
    return f"did you mean {' or '.join(near)}? " if near else ""


def _read(value: dict[str, Json], field: str, reader: Callable[[Json], T], problems: list[str]) -> T | None:
    """The field, if it is there and not wrong; what is wrong goes to `problems`."""
    try:
        return reader(value[field]) if field in value else None
    except _Problem as problem:
        problems.append(f"{field}: {problem}")
        return None


def _read_text(value: Json) -> str:
    if not isinstance(value, str):
        raise _Problem(f"expected text, got {describe(value)}")
    return value


def _read_target(value: Json) -> Target:
    try:
        return Target.parse(_read_text(value))
    except _Problem:
        raise
    except ValueError as error:
        raise _Problem(str(error)) from None


def _read_requestid(value: Json) -> str:
    text = _read_text(value)
    if not 1 <= len(text) <= REQUESTID_CHARS:
        raise _Problem(f"expected text of 1 to {REQUESTID_CHARS} characters")
    return text


# Messages out

_RESULT_WORDS: Final[Mapping[type[Message], str]] = {Success: "success", Failure: "failure", Confirm: "confirm"}
_to_json: Final = msgspec.json.Encoder().encode


def encode(message: Message, *, seq: int | None = None, context: Json = None) -> bytes:
    """One message as compact UTF-8 JSON. `seq` and `context` are put beside its own properties."""
    out = _event(message) if isinstance(message, Event) else _answer(message)
    if seq is not None:
        out["seq"] = seq
    if context is not None:
        out["context"] = context
    return _to_json(out)


def _event(event: Event) -> dict[str, Json]:
    """Its properties, in the order in which people expect to read them."""
    out: dict[str, Json] = {"name": event.name, "target": event.target, "data": WIRE.unstructure(event.data)}
    if event.state is not None:
        out["state"] = WIRE.unstructure(event.state)
    if event.cause is not None:
        out["cause"] = event.cause
    if event.by is not None:
        out["by"] = WIRE.unstructure(event.by)
    return out


def _answer(answer: Success | Failure | Confirm) -> dict[str, Json]:
    out: dict[str, Json] = {}
    if answer.command is not None:
        out["command"] = answer.command
    if not isinstance(answer, Confirm) and answer.target is not None:
        out["target"] = answer.target
    out["result"] = _RESULT_WORDS[type(answer)]
    match answer:
        case Success(data=data):
            if data is not None:
                out["data"] = WIRE.unstructure(data)
        case Failure(failure=failure, original=original):  # what came, which may have been null
            out |= {"failure": WIRE.unstructure(failure), "original": original}
        case _:
            out |= {"message": answer.message, "original": answer.original}
    if answer.requestid is not None:
        out["requestid"] = answer.requestid
    return out


def join_batch(messages: list[bytes]) -> bytes:
    """Encoded messages as one batched frame."""
    return b"[" + b",".join(messages) + b"]"
