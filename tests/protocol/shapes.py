"""The fields of a data class, found by its annotations, so that tests cover new commands by themselves."""

import types
from collections.abc import Iterator
from typing import Annotated, Any, Union, get_args, get_origin

import attrs
import msgspec

from protocol.commands import COMMANDS, EXACTLY_ONE, Command
from protocol.texts import Digits, Url

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

_LEAVES = {str: "text", bool: "boolean", int: "number", types.NoneType: "null"}
_CONTAINERS = {tuple: "array", dict: "object"}

_FITTING = ((Url, "https://example.com/x1"), (Digits, "12#"))
"""Values for the forms that "x1" does not have, and that give no examples of their own."""


@attrs.frozen
class Field:
    """Where a field is below `data`, of which kinds of JSON it may be, and whether it must be there."""

    path: tuple[str | int, ...]
    kinds: frozenset[str]
    required: bool
    alternative: bool = False
    """Is exactly one of several to be there, of which this is one?"""

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
        found = _fields_at((*path, field.name), field.type, required=field.default is attrs.NOTHING)
        if field.name in EXACTLY_ONE.get(kind, ()):
            found = (attrs.evolve(each, alternative=True) for each in found)
        yield from found


def _fields_at(path: tuple[str | int, ...], kind: Any, *, required: bool) -> Iterator[Field]:
    members = _members(kind)
    yield Field(path, frozenset(map(_word, members)), required)
    for member in members:
        if attrs.has(member):
            yield from fields_of(member, path)
        elif get_origin(member) in _CONTAINERS:
            inner = (0, get_args(member)[0]) if get_origin(member) is tuple else (ANY_KEY, get_args(member)[1])
            yield from _fields_at((*path, inner[0]), inner[1], required=False)


def _members(kind: Any) -> tuple[Any, ...]:
    """The types that a value of `kind` may be of. `X | None` is a field that may be left out, not one that is null."""
    if get_origin(kind) not in (Union, types.UnionType):
        return (kind,)
    members = get_args(kind)
    return members if len(members) > 2 else tuple(each for each in members if each is not types.NoneType)


def _word(kind: Any) -> str:
    origin = get_origin(kind)
    if origin is Annotated:
        return _LEAVES[get_args(kind)[0]]
    return "object" if attrs.has(kind) else _CONTAINERS.get(origin) or _LEAVES[kind]


def sample(kind: Any) -> Any:
    """A value with every field there that the class may have at once, and of a union the richest member."""
    kind = _members(kind)[-1] if len(_members(kind)) == 1 else next(each for each in _members(kind) if get_origin(each))
    if attrs.has(kind):
        left_out = EXACTLY_ONE.get(kind, ())[1:]
        return {field.name: sample(field.type) for field in attrs.fields(kind) if field.name not in left_out}
    match get_origin(kind):
        case origin if origin is tuple:
            return [sample(get_args(kind)[0])]
        case origin if origin is dict:
            return {ANY_KEY: sample(get_args(kind)[1])}
    return _leaf_sample(kind)


def _leaf_sample(kind: Any) -> Any:
    for form, value in _FITTING:
        if kind == form:
            return value
    for meta in getattr(kind, "__metadata__", ()):
        if isinstance(meta, msgspec.Meta) and meta.examples:
            return meta.examples[0]
    return {"text": "x1", "boolean": True, "number": 5}[_word(kind)]


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
