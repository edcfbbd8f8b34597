"""What a person types: `COMMAND [@TARGET] [DATA]`, or a raw JSON object that is sent as it stands.

    session.addchannel channel.endpoint=4001 channel.type=Telephony
    channel.notready @4001 {"reason": {"code": "LUNCH"}}
    session.removechannel channel.id=$4001

COMMAND is a name or alias of a command, or the verb alone where only one command has it. @TARGET is a path, an id, a
channel's endpoint or a group's name; left out, the session, or the only object that the command could mean. DATA is
JSON or `key=value` pairs; `$4001` as a value stands for the id of the object that @4001 would name, and `$$` for a
dollar sign. A text with spaces is quoted as in JSON: @"Second line", key="two words".

A line is parsed without knowing the session, so a script can be checked before it runs; `resolve` puts in the names.
"""

import difflib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import attrs

from engine.talk.fields import field_at, fields_of
from engine.talk.view import SESSION_LABEL, JsonObject, Known, View
from protocol.commands import COMMANDS, PROPERTY_ALIASES, Command, find_command
from protocol.convert import NO_ALIASES, structure
from protocol.ids import ObjectKind, Target
from protocol.schema import TARGETLESS
from protocol.strictjson import Json

SIGIL: Final = "$"
_SESSION: Final = f"{SIGIL}{SESSION_LABEL}"
_ANY_ID: Final = "id"
"""Stands for ids that are not known yet, when data is checked."""

_TOKEN: Final = re.compile(r'(?:[^\s"]|"(?:[^"\\]|\\.)*")+')
_SPACE: Final = re.compile(r"\s*")


class ShorthandError(ValueError):
    """The line cannot be understood, or names nothing there is; the message says what to write instead."""

    def __init__(self, message: str, column: int | None = None) -> None:
        super().__init__(message if column is None else f"column {column}: {message}")


@attrs.frozen
class Raw:
    """To be sent as it is written, but for `$session`, which stands for the session's id."""

    text: str

    def resolve(self, view: View) -> str:
        return self.text.replace(_SESSION, view.session)


@attrs.frozen
class Ask:
    """A request whose names of objects are still to be looked up. `name` is the command as it will be sent."""

    name: str
    command: Command
    target: str | None
    data: JsonObject

    @property
    def may_name_objects(self) -> bool:
        """Can what the line stands for depend on the objects that there are?"""
        of_session = self.command.kind in (None, ObjectKind.SESSION)
        return not of_session or self.target is not None or SIGIL in json.dumps(self.data)

    def resolve(self, view: View) -> JsonObject:
        """The request, but for its requestid. Raises ShorthandError when a name fits nothing, or too much."""
        request: JsonObject = {"command": self.name}
        if self.command.name != TARGETLESS:
            request["target"] = self._target(view)
        request["data"] = _with_names(self.data, lambda name: find_object(view, name, None).id)
        return request

    def _target(self, view: View) -> str:
        kind = self.command.kind or ObjectKind.SESSION
        if self.target is not None:
            if self.target not in view.objects and _is_path(self.target, view.session):
                return self.target  # nothing is known there, which the server may be asked about
            return find_object(view, self.target, kind).target
        fitting = view.of_kind(kind)
        if len(fitting) == 1:
            return fitting[0].target
        if fitting:
            raise ShorthandError(f"{self.name} could mean several; write one of {_targets(fitting)}")
        raise ShorthandError(f"{self.name} wants a {kind}, and there is none; make one first")


def parse(line: str) -> Raw | Ask | None:
    """Understand one line; None when it is empty or a comment. Raises ShorthandError."""
    start = line.lstrip()
    if not start or start.startswith("#"):
        return None
    if start.startswith("{"):
        return Raw(start.rstrip())
    (column, word), *rest = _tokens(line)
    name, command = command_of(word, column)
    target = None
    if rest and rest[0][1].startswith("@"):
        column, word = rest.pop(0)
        if command.name == TARGETLESS:
            raise ShorthandError(f"{command.name} has no target; leave {word} out", column)
        target = _text(word[1:], column + 1)
    data = _data(command, rest)
    aliases = PROPERTY_ALIASES.get(command.data, NO_ALIASES)
    try:
        structure(_with_names(data, lambda _: _ANY_ID), command.data, aliases)
    except ValueError as error:
        raise ShorthandError(f"{error}; {_keys(command)}") from None
    return Ask(name, command, target, data)


def parse_name(word: str, column: int) -> str:
    """The name in `@NAME`. Raises ShorthandError."""
    if not word.startswith("@"):
        raise ShorthandError(f"{word} is no target; write @ before it", column)
    return _text(word[1:], column + 1)


def split(line: str) -> list[tuple[int, str]]:
    """The words of a line with their columns. Raises ShorthandError where a quote is not closed."""
    return list(_tokens(line))


def find_object(view: View, name: str, kind: ObjectKind | None) -> Known:
    """The one object called `name`: by its path, else its id, else its label. Raises ShorthandError."""
    for attribute in ("target", "id", "label"):
        called = [known for known in view.objects.values() if getattr(known, attribute) == name]
        found = [known for known in called if kind in (None, known.kind)] or called
        if len(found) > 1:
            paths = ", ".join(known.target for known in found)
            raise ShorthandError(f"{name} names several objects; write one of the paths {paths}")
        if found and kind not in (None, found[0].kind):
            raise ShorthandError(f"{name} is a {found[0].kind}, not a {kind}; {_instead(view, kind)}")
        if found:
            return found[0]
    raise ShorthandError(f"nothing here is called {name!r}; {_instead(view, kind)}")


def close_to(word: str, names: Iterable[str], otherwise: str) -> str:
    """The remedy for a word that is none of `names`: those that look like it, or else `otherwise`."""
    near = difflib.get_close_matches(word, names, n=3)
    return f"did you mean {' or '.join(near)}?" if near else otherwise


def verb_of(command: Command) -> str:
    return command.name.rpartition(".")[2]


# Pieces of a line


def _tokens(line: str) -> Iterator[tuple[int, str]]:
    """Words with their columns, from 1. What begins with a brace is one word to the end of the line."""
    position = _end(_SPACE, line, 0)
    while position < len(line):
        end = len(line) if line[position] == "{" else _end(_TOKEN, line, position)
        if line[end : end + 1] == '"':
            raise ShorthandError('a quote is not closed; put a " at the end of the text', end + 1)
        yield position + 1, line[position:end].rstrip()
        position = _end(_SPACE, line, end)


def _end(pattern: re.Pattern[str], line: str, position: int) -> int:
    match = pattern.match(line, position)
    return match.end() if match else position


def _text(word: str, column: int) -> str:
    """A text as it stands, or what is in its quotes."""
    if not word.startswith('"'):
        return word
    return str(_json(word, column))


def _json(text: str, column: int) -> Json:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ShorthandError(f"this is no JSON: {error.msg}", column + error.pos) from None


def command_of(word: str, column: int | None = None) -> tuple[str, Command]:
    command = find_command(word)
    if command is not None:
        return word, command
    having = [each for each in COMMANDS.values() if verb_of(each) == word]
    match having:
        case [only]:
            return only.name, only
        case []:
            names = [*COMMANDS, *(verb_of(each) for each in COMMANDS.values())]
            remedy = close_to(word, names, "`help` in `ixp talk` lists all")
            raise ShorthandError(f"there is no command {word}; {remedy}", column)
        case _:
            raise ShorthandError(f"{word} is short for several; write {' or '.join(c.name for c in having)}", column)


def _data(command: Command, words: list[tuple[int, str]]) -> JsonObject:
    match words:
        case [(column, str(text))] if text.startswith("{"):
            value: JsonObject = _json(text, column)
            return value
    data: JsonObject = {}
    for column, word in words:
        key, equals, text = word.partition("=")
        if not equals:
            raise ShorthandError(f"{word} is no key=value; {_keys(command)}", column)
        found = field_at(command, key)
        if found is None:
            raise ShorthandError(f"there is no key {key}; {_keys(command)}", column)
        field, (*path, last) = found
        text = _text(text, column + len(key) + 1)
        try:
            value = field.read(text)
        except ValueError as error:
            raise ShorthandError(str(error), column) from None
        holder = data
        for part in path:
            holder = holder.setdefault(part, {})
        if last in holder:
            raise ShorthandError(f"{key} comes twice; write it once", column)
        holder[last] = value
    return data


def _keys(command: Command) -> str:
    keys = ", ".join(fields_of(command))
    return f"the keys of {command.name} are {keys}" if keys else f"{command.name} takes no data"


# Names of objects


def _with_names(value: Json, look_up: Callable[[str], str]) -> Json:
    match value:
        case dict():
            return {key: _with_names(item, look_up) for key, item in value.items()}
        case list():
            return [_with_names(item, look_up) for item in value]
        case str() if value.startswith(2 * SIGIL):
            return value[1:]
        case str() if value.startswith(SIGIL):
            return look_up(value[1:])
        case _:
            return value


def _is_path(name: str, session: str) -> bool:
    try:
        return len(Target.parse(name).segments) > 1 and Target.parse(name).session == session
    except ValueError:
        return False


def _instead(view: View, kind: ObjectKind | None) -> str:
    fitting = view.of_kind(kind) if kind else list(view.objects.values())
    return f"write one of {_targets(fitting)}" if fitting else f"there is no {kind} yet"


def _targets(fitting: list[Known]) -> str:
    return ", ".join(f"@{known.label}" for known in fitting)
