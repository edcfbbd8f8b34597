"""What a person types: `COMMAND [@TARGET] [DATA]`, or a raw JSON object that is sent as it stands.

    session.addchannel channel.endpoint=4001 channel.type=Telephony
    channel.notready @4001 {"reason": {"code": "LUNCH"}}
    session.removechannel channel.id=$4001
    answer
    consult 4002
    say @Anna Hello, how can I help?

COMMAND is a name or alias of a command, its verb alone, or a short word of the table in `verbs`. @TARGET is a name as
`targets` has it; left out, what the command is open to now. DATA is JSON or `key=value` pairs; some short words take
texts without a key. `$4001` as a value stands for the id of the object that @4001 would name, and `$$` for a dollar
sign. A text with spaces is quoted as in JSON: @"Second line", key="two words".

A line is parsed without knowing the session, so a script can be checked before it runs; `resolve` puts in the names.
"""

import json
from collections.abc import Callable
from typing import Final

import attrs

from engine.talk.fields import field_at, fields_of
from engine.talk.lines import ShorthandError, Words, json_of, name_of, text_of
from engine.talk.targets import Wanted, choose, find_all, find_any
from engine.talk.verbs import Form, forms_of
from engine.talk.view import SESSION_LABEL, JsonObject, View
from protocol.commands import PROPERTY_ALIASES, Command
from protocol.convert import NO_ALIASES, structure
from protocol.ids import ObjectKind, Target
from protocol.strictjson import Json

SIGIL: Final = "$"
_SESSION: Final = f"{SIGIL}{SESSION_LABEL}"
_ANY_ID: Final = "id"
"""Stands for ids that are not known yet, when data is checked."""


@attrs.frozen
class Raw:
    """To be sent as it is written, but for `$session`, which stands for the session's id."""

    text: str

    def resolve(self, view: View) -> str:
        return self.text.replace(_SESSION, view.session)


@attrs.frozen
class Reading:
    """One way to understand a line. `name` is the command as it will be sent."""

    name: str
    command: Command
    data: JsonObject

    @property
    def kind(self) -> ObjectKind:
        return self.command.kind or ObjectKind.SESSION


@attrs.frozen
class Ask:
    """A request whose names of objects are still to be looked up, and with them which of the readings is meant."""

    word: str
    readings: tuple[Reading, ...]
    target: str | None

    @property
    def may_name_objects(self) -> bool:
        """Can what the line stands for depend on the objects that there are?"""
        of_session = all(reading.kind is ObjectKind.SESSION for reading in self.readings)
        return not of_session or self.target is not None or SIGIL in json.dumps([each.data for each in self.readings])

    @property
    def is_about_session(self) -> bool:
        """Is it for the session that is bound, or for something in it?"""
        return self.readings[0].command.kind is not None

    def resolve(self, view: View) -> JsonObject:
        """The request, but for its requestid. Raises ShorthandError when a name fits nothing, or too much."""
        reading, target = self._meant(view)
        request: JsonObject = {"command": reading.name}
        if target is not None:
            request["target"] = target
        request["data"] = _with_names(reading.data, lambda name: find_any(view, name).id)
        return request

    def _meant(self, view: View) -> tuple[Reading, str | None]:
        first = self.readings[0]
        if not first.command.targeted:
            return first, None
        if self.target is None and first.command.kind is None:
            # What is bound is what was prepared, if anything was.
            return first, view.prepared if view.prepared and first.command.name == "bindSession" else view.session
        if self.target is not None and self._is_beyond(self.target, view):
            return first, self.target
        wanted = {Wanted(reading.command.name, reading.kind): reading for reading in self.readings}
        meant, known = choose(view, self.word, self.target, tuple(wanted))
        return wanted[meant], known.target

    def _is_beyond(self, target: str, view: View) -> bool:
        """Is it a path to something that is not known here, which the server may be asked about all the same?"""
        try:
            path = Target.parse(target)
        except ValueError:
            return False
        of_others = self.readings[0].command.kind is None and not find_all(view, target, ObjectKind.SESSION)
        return target not in view.objects and (of_others or (len(path.segments) > 1 and path.session == view.session))


def parse(line: str) -> Raw | Ask | None:
    """Understand one line; None when it is empty or a comment. Raises ShorthandError."""
    words = Words(line)
    if not words or words.starts_with("#"):
        return None
    if words.starts_with("{"):
        return Raw(words.take_rest())
    column, word = words.take()
    forms = forms_of(word, column)
    target = None
    if words.starts_with("@"):
        column, name = words.take()
        if not forms[0].command.targeted:
            raise ShorthandError(f"{word} has no target; leave {name} out", column)
        target = name_of(name, column)
    return Ask(word, _readings(forms, words), target)


def _readings(forms: tuple[Form, ...], words: Words) -> tuple[Reading, ...]:
    """Those of the forms that what follows fits. Raises the error of the last where it fits none."""
    found = []
    problem = None
    for form in forms:
        try:
            found.append(_reading(form, words.copy()))
        except ShorthandError as error:
            problem = error
    if problem is not None and not found:
        raise problem
    return tuple(found)


def _reading(form: Form, words: Words) -> Reading:
    command = form.command
    data = _data(form, command, words)
    aliases = PROPERTY_ALIASES.get(command.data, NO_ALIASES)
    try:
        structure(_with_names(data, lambda _: _ANY_ID), command.data, aliases)
    except ValueError as error:
        raise ShorthandError(f"{error}; {_keys(command)}") from None
    return Reading(form.name, command, data)


def _data(form: Form, command: Command, words: Words) -> JsonObject:
    if words.starts_with("{") and not form.is_text:
        column = words.column
        value: JsonObject = json_of(words.take_rest(), column)
        return value
    data: JsonObject = {}
    takes = list(form.takes)
    while words:
        key = words.key_ahead()
        if form.below is not None and key and field_at(command, key) is None:
            key = f"{form.below}.{key}"
        rest = form.rest and len(takes) == 1
        if takes and (not key or (rest and field_at(command, key) is None)):
            _put(data, command, takes.pop(0), *_plain_text(words, rest=rest))
        else:
            column, word = words.take()
            spelt, equals, text = word.partition("=")
            if not equals:
                remedy = f"write {word}=VALUE" if form.below else _keys(command)
                raise ShorthandError(f"{word} is no key=value; {remedy}", column)
            _put(data, command, key or spelt, column, text_of(text, column + len(spelt) + 1))
    return data


def _plain_text(words: Words, *, rest: bool) -> tuple[int, str]:
    """A text without a key, and its column. It is as the person says it: a dollar sign in it names nothing."""
    column = words.column
    text = words.take_rest() if rest else text_of(words.take()[1], column)
    return column, SIGIL + text if text.startswith(SIGIL) else text


def _put(data: JsonObject, command: Command, key: str, column: int, text: str) -> None:
    found = field_at(command, key)
    if found is None:
        raise ShorthandError(f"there is no key {key}; {_keys(command)}", column)
    field, (*path, last) = found
    try:
        value = field.read(text)
    except ValueError as error:
        raise ShorthandError(str(error), column) from None
    for part in path:
        data = data.setdefault(part, {})
    if last in data:
        raise ShorthandError(f"{key} comes twice; write it once", column)
    data[last] = value


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
