"""Bytes to requests and messages to bytes. Source: specs/protocol.md, "Envelope" and "What is refused"."""

import difflib
from collections.abc import Callable
from typing import Final, TypeVar

import attrs
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

    def read(field: str, reader: Callable[[Json], T]) -> T | None:
        try:
            return reader(value[field]) if field in value else None
        except _Problem as problem:
            problems.append(f"{field}: {problem}")
            return None

    name = read("command", _read_text)
    target = read("target", _read_target)
    requestid = read("requestid", _read_requestid)

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

_RESULT_WORDS: Final = {Success: "success", Failure: "failure", Confirm: "confirm"}
_NAMES: Final = {kind: tuple(field.name for field in attrs.fields(kind)) for kind in (Success, Failure, Confirm, Event)}


def encode(message: Message, *, seq: int | None = None, context: Json = None) -> bytes:
    """One message as compact UTF-8 JSON. `seq` and `context` are put beside its own properties."""
    out: dict[str, Json] = {}
    for name in _NAMES[type(message)]:
        value = getattr(message, name)
        if value is not None or name == "original":  # what came may have been null
            out[name] = value if name == "original" else WIRE.unstructure(value)
    return msgspec.json.encode(_ordered(message, out, seq, context))


def _ordered(message: Message, out: dict[str, Json], seq: int | None, context: Json) -> dict[str, Json]:
    """The properties in the order that people expect to read them in."""
    ordered: dict[str, Json] = {}
    for name in ("command", "name", "target"):
        if name in out:
            ordered[name] = out.pop(name)
    if type(message) in _RESULT_WORDS:
        ordered["result"] = _RESULT_WORDS[type(message)]
    ordered.update(out)
    if seq is not None:
        ordered["seq"] = seq
    if context is not None:
        ordered["context"] = context
    return ordered


def join_batch(messages: list[bytes]) -> bytes:
    """Encoded messages as one batched frame."""
    return b"[" + b",".join(messages) + b"]"
