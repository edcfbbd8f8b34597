"""The control over HTTP as an OpenAPI 3.1 document, made of the table of operations and the classes of their bodies."""

import re
from collections.abc import Iterator
from typing import Any, Final

import attrs
import msgspec

from engine.adapters.simulator.customer_script import STEPS, Script
from engine.http.failures import SCHEME
from engine.simulation.bodies import CHAT_SCRIPT, SCHEMA_REF, Nothing
from engine.simulation.control import JSON_TYPE
from engine.simulation.operations import OPERATIONS, ROOT, Operation
from protocol.errors import FailureCode
from protocol.strictjson import Json

Schema = dict[str, Json]

VERSION: Final = "1"

_ABOUT: Final = """\
Makes things happen on a running simulator: calls, chats, emails, what is done at the phones, the loss of the \
platform, whole days.

It is there while the simulator is configured, for operators alone: send the key of one of `[[operators]]` as a bearer \
token. In the demo without a configuration, whoever is on the same machine needs none."""

_OPERATOR: Final = "operator"
_FAILURE: Final = "Failure"


def document() -> Schema:
    """The whole document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Control of the simulator",
            "version": VERSION,
            "description": _ABOUT,
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [
            {
                "url": "http://127.0.0.1:8080",
                "description": "Where `ixp serve` listens when nothing else is configured.",
            }
        ],
        "security": [{_OPERATOR: []}, {}],
        "paths": _paths(),
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                _OPERATOR: {"type": "http", "scheme": SCHEME.lower(), "description": "The key of an operator."}
            },
        },
    }


# Paths


def _paths() -> Schema:
    paths: Schema = {}
    for operation in OPERATIONS:
        path = paths.setdefault(ROOT + operation.path, {})
        path[operation.method.lower()] = _operation(operation)
    return paths


def _operation(operation: Operation) -> Schema:
    names = re.findall(r"\{(\w+)\}", operation.path)
    described: Schema = {"operationId": operation.name, "summary": operation.summary}
    if names:
        described["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names
        ]
    if operation.takes not in (None, Nothing):
        needed = any(field.default is attrs.NOTHING for field in attrs.fields(operation.takes))
        described["requestBody"] = {"required": needed, "content": _content(operation.takes.__name__)}
    done: Schema = {"description": "It is done."}
    if operation.answer is not None:
        done["content"] = _content(operation.answer.__name__)
    described["responses"] = {
        str(operation.status): done,
        "default": {"description": "It is not done; the message says what to do.", "content": _content(_FAILURE)},
    }
    return described


def _content(name: str) -> Schema:
    return {JSON_TYPE: {"schema": _ref(name)}}


def _ref(name: str) -> Schema:
    return {"$ref": SCHEMA_REF.format(name=name)}


# Schemas


def _schemas() -> Schema:
    taken = {kind.__name__ for kind in _classes("takes")}
    _, made = msgspec.json.schema_components((*_classes("takes"), *_classes("answer")), ref_template=SCHEMA_REF)
    inside = _referred_to(taken, made)
    schemas = {name: _as_json_has_it(schema, closed=name in inside) for name, schema in made.items()}
    return {**schemas, **dict(_script()), _FAILURE: _failure()}


def _classes(role: str) -> list[type[Any]]:
    kinds = dict.fromkeys(getattr(operation, role) for operation in OPERATIONS)
    return [kind for kind in kinds if kind not in (None, Nothing)]


def _referred_to(names: set[str], schemas: Schema) -> set[str]:
    """These, and all that they refer to."""
    found: set[str] = set()
    pattern = re.compile(re.escape(SCHEMA_REF.format(name="")) + r"(\w+)")
    while names:
        found |= names
        names = {name for each in names for name in pattern.findall(repr(schemas.get(each)))} - found
    return found


def _as_json_has_it(value: Json, *, closed: bool) -> Json:
    """`X | None` is a property that may be left out and is never null; names of Python's own have lost their `_`."""
    match value:
        case {"anyOf": [given, {"type": "null"}], **rest}:
            kept = {key: item for key, item in rest.items() if (key, item) != ("default", None)}
            return _as_json_has_it({**kept, **given}, closed=closed)
        case {"type": "object", "properties": dict(properties), "required": list(required), **rest}:
            inner = {name.rstrip("_"): _as_json_has_it(each, closed=closed) for name, each in properties.items()}
            needed = [name.rstrip("_") for name in required]
            shut = {"additionalProperties": False} if closed else {}
            return {
                **_as_json_has_it(rest, closed=closed),
                "type": "object",
                "properties": inner,
                "required": needed,
            } | shut
        case dict():
            return {key: _as_json_has_it(item, closed=closed) for key, item in value.items()}
        case list():
            return [_as_json_has_it(item, closed=closed) for item in value]
        case str():
            return " ".join(value.split())
        case _:
            return value


def _script() -> Iterator[tuple[str, Schema]]:
    """The script of a chat, and its steps, each of which has its word under `do`."""
    times = {
        field.name: _as_json_has_it(msgspec.json.schema(field.type), closed=True)
        for field in attrs.fields(Script)
        if field.name != "steps"
    }
    steps = {"type": "array", "items": {"oneOf": [_ref(kind.__name__) for kind in STEPS.values()]}}
    yield (
        CHAT_SCRIPT,
        {
            "title": CHAT_SCRIPT,
            "description": " ".join((Script.__doc__ or "").split()),
            "type": "object",
            "properties": {"steps": steps, **times},
            "required": [],
            "additionalProperties": False,
        },
    )
    for word, kind in STEPS.items():
        _, made = msgspec.json.schema_components((kind,), ref_template=SCHEMA_REF)
        step = _as_json_has_it(made[kind.__name__], closed=True)
        step["properties"] = {"do": {"const": word}, **step["properties"]}
        step["required"] = ["do", *step["required"]]
        yield kind.__name__, step


def _failure() -> Schema:
    """What `engine.http.failures` writes."""
    failure = {
        "type": "object",
        "properties": {"code": {"enum": list(FailureCode)}, "message": {"type": "string"}},
        "required": ["code", "message"],
    }
    return {"title": _FAILURE, "type": "object", "properties": {"failure": failure}, "required": ["failure"]}
