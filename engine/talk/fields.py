"""The data of a command as dotted keys, `channel.endpoint`: for `key=value` pairs, completion and help."""

from collections.abc import Iterator, Mapping
from types import NoneType
from typing import Annotated, Any, get_args, get_origin

import attrs
import msgspec

from protocol.commands import PROPERTY_ALIASES, Command
from protocol.convert import NO_ALIASES
from protocol.strictjson import Json


@attrs.frozen
class Field:
    """One value that a command takes. `kind` is its plain type, `form` says in words what it may be."""

    key: str
    kind: type
    form: str
    required: bool

    @property
    def any_keys(self) -> bool:
        """May keys of the user's own follow below this one?"""
        return self.kind is dict

    def read(self, text: str) -> Json:
        """The value that `text` stands for. Raises ValueError, whose message says what was expected."""
        if self.kind is str:
            return text
        # All else is spelt as in JSON.
        try:
            return msgspec.json.decode(text, type=self.kind)
        except msgspec.DecodeError:
            raise ValueError(f"{self.key}: expected {self.form}, as JSON has it, not {text!r}") from None


_FORMS: Mapping[type, str] = {
    bool: "true or false",
    int: "a whole number",
    list: "an array",
    dict: "an object of texts",
    str: "text",
}


def fields_of(command: Command) -> dict[str, Field]:
    """All values that the command's data can hold, by key, in the order of its class."""
    return {field.key: field for field in _fields(command.data, "", required=True)}


def _fields(kind: type[Any], prefix: str, *, required: bool) -> Iterator[Field]:
    for each in attrs.fields(kind):
        inner = get_args(each.type)[0] if NoneType in get_args(each.type) else each.type
        must = required and each.default is attrs.NOTHING
        if attrs.has(inner):
            yield from _fields(inner, f"{prefix}{each.name}.", required=must)
        else:
            yield _leaf(f"{prefix}{each.name}", inner, required=must)


def _leaf(key: str, kind: Any, *, required: bool) -> Field:
    form = None
    if get_origin(kind) is Annotated:
        kind, *notes = get_args(kind)
        form = next((note.description for note in notes if isinstance(note, msgspec.Meta)), None)
    plain = get_origin(kind) or kind
    plain = list if plain is tuple else plain
    return Field(key, plain, form or _FORMS[plain], required)


def field_at(command: Command, key: str) -> tuple[Field, tuple[str, ...]] | None:
    """The field that `key` names, with the path to its value as `key` spells it; None when there is none.

    A key may lie below a field that takes any keys, and may be spelt in an older way.
    """
    first, dot, rest = key.partition(".")
    aliases = PROPERTY_ALIASES.get(command.data, NO_ALIASES)
    fields = fields_of(command)
    field = fields.get(f"{aliases.get(first, first)}{dot}{rest}")
    if field is not None:
        return field, tuple(key.split("."))
    for holder in fields.values():
        if holder.any_keys and key.startswith(f"{holder.key}."):
            own = key.removeprefix(f"{holder.key}.")
            return Field(key, str, _FORMS[str], required=False), (*holder.key.split("."), own)
    return None
