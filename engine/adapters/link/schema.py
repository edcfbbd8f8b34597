"""JSON Schema (draft 2020-12) of every message of the link, made from the classes that both ends of it are held to.

A message's schema has the name of its method and what it is: `hello.request`, `StartAgent.success`,
`ChannelReport.report`; a part has the name of its class. Properties that are not named are allowed everywhere.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from engine.adapters.link import rpc
from engine.adapters.link.words import (
    ACK,
    CALL_NAMES,
    CANCEL,
    HELLO,
    KINDS,
    REPORT,
    SUBPROTOCOL,
    Ack,
    CallHead,
    Cancel,
    Hello,
    ReportHead,
    Welcome,
)
from protocol.errors import FAILURES, FailureCode
from protocol.platform import CALLS, CallRow
from protocol.schema import DRAFT, REF, Schema, object_of, tidied
from protocol.strictjson import INTEGER_LIMIT

_OWN: Final[tuple[type[object], ...]] = (Hello, Welcome, Ack, Cancel, CallHead, ReportHead)
_ANSWERS: Final = tuple({row.answer: None for row in CALLS.values() if row.answer is not type(None)})

ADAPTER_MESSAGES: Final = (
    f"{HELLO}.request",
    *(f"{kind}.{REPORT}" for kind in KINDS),
    *(f"{name}.success" for name in CALL_NAMES),
    "call.failure",
)
"""What the program sends."""

PROCESSOR_MESSAGES: Final = (
    f"{HELLO}.success",
    f"{HELLO}.failure",
    *(f"{name}.request" for name in CALL_NAMES),
    f"{ACK}.notification",
    f"{CANCEL}.notification",
    "error",
)
"""What the processor sends."""


def document() -> Schema:
    """One self-contained schema that takes any message; each by itself stands under `$defs`."""
    return {
        "$schema": DRAFT,
        "title": SUBPROTOCOL,
        "description": "Every message between the interaction processor and the program of a CTI platform.",
        "anyOf": [{"$ref": REF.format(name=name)} for name in ("AdapterMessage", "ProcessorMessage")],
        "$defs": definitions(),
    }


def definitions(ref: str = REF) -> dict[str, Schema]:
    """The schemas of all messages, unions and parts by name. `ref` says where references point."""
    classes: tuple[Any, ...] = (*_OWN, *CALL_NAMES.values(), *_ANSWERS, *KINDS.values())
    _, parts = msgspec.json.schema_components(classes, ref_template=ref)
    parts = tidied(parts)

    def at(name: str) -> Schema:
        return {"$ref": ref.format(name=name)}

    out: dict[str, Schema] = {
        "AdapterMessage": _union("Anything that the program sends.", map(at, ADAPTER_MESSAGES)),
        "ProcessorMessage": _union("Anything that the processor sends.", map(at, PROCESSOR_MESSAGES)),
        f"{HELLO}.request": _message(
            "The program's first words.", id=_ID, method={"const": HELLO}, params=at(Hello.__name__)
        ),
        f"{HELLO}.success": _message("The program may go on.", id=_ID, result=at(Welcome.__name__)),
        f"{HELLO}.failure": _message("The program may not be here.", id=_ID, error=_error(FailureCode)),
        f"{ACK}.notification": _message(_about(Ack), method={"const": ACK}, params=at(Ack.__name__)),
        f"{CANCEL}.notification": _message(_about(Cancel), method={"const": CANCEL}, params=at(Cancel.__name__)),
        "call.failure": _message(
            "The call is refused, and nothing has changed.",
            id=_NUMBER,
            error=_error(code for code in FailureCode if FAILURES[code].from_platform),
        ),
        "error": _message(
            "A message could not be taken; `id` is that of the request, if it was one.",
            id={"anyOf": [*_ID["anyOf"], {"type": "null"}]},
            error=_error(FailureCode),
        ),
    }
    for kind in KINDS:
        told = _within(parts[ReportHead.__name__], kind={"const": kind}, report=at(kind))
        out[f"{kind}.{REPORT}"] = _message(f"A {kind} of the platform.", method={"const": REPORT}, params=told)
    for row in CALLS.values():
        name = row.call.__name__
        asked = _within(parts[CallHead.__name__], call=at(name))
        out[f"{name}.request"] = _message(
            f"Carry out {name} for an agent.", id=_NUMBER, method={"const": name}, params=asked
        )
        out[f"{name}.success"] = _message(f"{name} has been done.", id=_NUMBER, result=_answer(row, at))
    return out | {name: part for name, part in parts.items() if name not in (CallHead.__name__, ReportHead.__name__)}


_ID: Final[Schema] = {
    "anyOf": [
        {"type": "integer", "minimum": -INTEGER_LIMIT, "maximum": INTEGER_LIMIT},
        {"type": "string", "minLength": 1, "maxLength": rpc.ID_CHARS},
    ]
}
_NUMBER: Final[Schema] = {"type": "integer", "minimum": 1, "maximum": INTEGER_LIMIT}


def _union(description: str, members: Iterable[Schema]) -> Schema:
    return {"description": description, "anyOf": list(members)}


def _message(description: str, **members: Schema) -> Schema:
    properties = {"jsonrpc": {"const": rpc.VERSION}, **members}
    return object_of(description, properties, properties)


def _within(head: Schema, **more: Schema) -> Schema:
    """The params of a message: a head, and what it is the head of."""
    properties: Mapping[str, Schema] = {**head["properties"], **more}
    return object_of(head["description"], properties, properties)


def _answer(row: CallRow, at: Any) -> Schema:
    if row.answer is type(None):
        return {"type": "null"}
    part: Schema = at(row.answer.__name__)
    return {"type": "array", "items": part} if row.listed else part


def _error(codes: Iterable[FailureCode]) -> Schema:
    data = object_of("What it means here.", {"code": {"enum": [code.value for code in codes]}}, ("code",))
    properties = {"code": {"type": "integer"}, "message": {"type": "string"}, "data": data}
    return object_of("As JSON-RPC has it.", properties, ("code", "message", "data"))


def _about(kind: type[object]) -> str:
    return " ".join((kind.__doc__ or "").split())
