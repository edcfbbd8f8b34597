"""The fields of a data class, found by its annotations, so that tests cover new commands by themselves."""

import types
from collections.abc import Iterator
from typing import Annotated, Any, Union, get_args, get_origin

import attrs
import msgspec

from protocol.commands import COMMANDS, Command

JsonObject = dict[str, Any]

JSON_KINDS: dict[str, Any] = {
    "null": None,
    "boolean": True,
    "number": 5,
    "fraction": 1.5,
    "text": "x1",
    "array": [],
    "object": {},
}
"""A value of each kind that JSON knows; a whole number and a fraction are different here."""

FITS = {"text": {"text"}, "boolean": {"boolean"}, "number": {"number"}, "array": {"array"}, "object": {"object"}}


@attrs.frozen
class Field:
    """Where a field is below `data`, of what kind of JSON it must be, and whether it must be there."""

    path: tuple[str | int, ...]
    kind: str
    required: bool

    def __str__(self) -> str:
        return "data" + "".join(
            (f"['{step}']" if step == ANY_KEY else f".{step}") if isinstance(step, str) else f"[{step}]"
            for step in self.path
        )


ANY_KEY = "any key"
"""The key that samples use where an object may have any."""


def fields_of(kind: Any, path: tuple[str | int, ...] = ()) -> Iterator[Field]:
    """All fields of the data class, outer ones first, items of arrays and of free objects included."""
    for field in attrs.fields(kind):
        yield from _fields_at((*path, field.name), field.type, required=field.default is attrs.NOTHING)


def _fields_at(path: tuple[str | int, ...], kind: Any, *, required: bool) -> Iterator[Field]:
    kind = _bare(kind)
    origin = get_origin(kind)
    if attrs.has(kind):
        yield Field(path, "object", required)
        yield from fields_of(kind, path)
    elif origin in (tuple, dict):
        yield Field(path, "array" if origin is tuple else "object", required)
        item = get_args(kind)[0 if origin is tuple else 1]
        yield from _fields_at((*path, 0 if origin is tuple else ANY_KEY), item, required=False)
    else:
        yield Field(path, {str: "text", bool: "boolean", int: "number"}[_leaf(kind)], required)


def _bare(kind: Any) -> Any:
    """The type without `| None`."""
    if get_origin(kind) in (Union, types.UnionType):
        (kind,) = (arg for arg in get_args(kind) if arg is not types.NoneType)
    return kind


def _leaf(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def sample(kind: Any) -> Any:
    """A value with every field there that the class has."""
    kind = _bare(kind)
    if attrs.has(kind):
        return {field.name: sample(field.type) for field in attrs.fields(kind)}
    match get_origin(kind):
        case origin if origin is tuple:
            return [sample(get_args(kind)[0])]
        case origin if origin is dict:
            return {ANY_KEY: sample(get_args(kind)[1])}
    for meta in getattr(kind, "__metadata__", ()):
        if isinstance(meta, msgspec.Meta) and meta.examples:
            return meta.examples[0]
    return {str: "x1", bool: True, int: 5}[_leaf(kind)]


def request(command: Command) -> JsonObject:
    """A complete request of this command."""
    return {"command": command.name, "target": "s1", "data": sample(command.data)}


def holder_of(message: JsonObject, field: Field) -> Any:
    """The object or array in `message` that holds the field."""
    at: Any = message["data"]
    for step in field.path[:-1]:
        at = at[step]
    return at


ALL_FIELDS = [(command, field) for command in COMMANDS.values() for field in fields_of(command.data)]
