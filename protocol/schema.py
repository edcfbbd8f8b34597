"""JSON Schema (draft 2020-12) of every message and its parts, made from the message classes and the registries.

A message's schema has the message's name: `session.addchannel.request`, `session.addchannel.success`,
`session.addchannel.failure`, `channel.created.event`; a part has the name of its class. Properties that are not
named are allowed everywhere, as the wire allows them. Source: specs/protocol.md, "Envelope".
"""

import types
from collections.abc import Iterable, Mapping
from typing import Any, Final, get_args

import attrs
import msgspec

from protocol.about import COMMANDS_ABOUT, EVENTS_ABOUT
from protocol.commands import COMMANDS, EXACTLY_ONE, PROPERTY_ALIASES, Command, NoData, spellings
from protocol.commands import Success as SuccessForm
from protocol.endpoint import BATCHED, PLAIN
from protocol.events import EVENTS, EventRow
from protocol.ids import TARGET_CHARS, TARGET_PATTERN, ObjectKind
from protocol.messages import Confirm, Event, Failure, Message, Success
from protocol.results import RESULTS, ChannelStates
from protocol.strictjson import INTEGER_LIMIT, Json
from protocol.texts import RequestId

Schema = dict[str, Json]

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
REF: Final = "#/$defs/{name}"

CONFIRMABLE: Final = "prepareSession"
"""The one command that can be answered by a confirm."""

UNREAD: Final = "failure"
"""The failure of a message that names no command there is."""


# Names


def request_name(command: Command) -> str:
    return f"{command.name}.request"


def reply_names(command: Command) -> tuple[str, ...]:
    """The messages that can answer a command."""
    forms = ("success", "failure", "confirm") if command.name == CONFIRMABLE else ("success", "failure")
    return tuple(f"{command.name}.{form}" for form in forms)


def event_name(row: EventRow) -> str:
    return f"{row.name}.event"


CLIENT_MESSAGES: Final = tuple(request_name(command) for command in COMMANDS.values())
SERVER_MESSAGES: Final = (
    *(name for command in COMMANDS.values() for name in reply_names(command)),
    UNREAD,
    *(event_name(row) for row in EVENTS.values()),
)


# Schemas


def document() -> Schema:
    """One self-contained schema that takes any message; each by itself stands under `$defs`."""
    return {
        "$schema": DRAFT,
        "title": PLAIN,
        "description": "Every message between an agent desktop and the interaction processor.",
        "anyOf": [{"$ref": REF.format(name=name)} for name in ("ClientMessage", "ServerMessage")],
        "$defs": definitions(),
    }


def definitions(ref: str = REF) -> dict[str, Schema]:
    """The schemas of all messages, unions and parts by name. `ref` says where references point."""
    return _Maker.of(ref).definitions()


_ENVELOPES: Final[tuple[type[Message], ...]] = (Success, Failure, Confirm, Event)

_NAMED_FIELDS: Final = {"target": "Target", "requestid": "RequestId", "cause": "RequestId"}
"""Envelope properties whose form is tighter than their class says, with the part that has it."""


def _given(kind: Any) -> Any:
    """The type of a property that is there: X of `X | None`."""
    return get_args(kind)[0] if types.NoneType in get_args(kind) else kind


_CLASSES: Final[tuple[Any, ...]] = (
    *(command.data for command in COMMANDS.values()),
    *RESULTS.values(),
    *(row.data for row in EVENTS.values()),
    # The data of an envelope is of another class in each message.
    *(_given(field.type) for kind in _ENVELOPES for field in attrs.fields(kind) if field.name != "data"),
)


@attrs.frozen
class _Maker:
    """Makes schemas that refer to each other by `template`. `made` is what msgspec made of each of _CLASSES."""

    template: str
    made: Mapping[Any, Schema]
    parts: Mapping[str, Schema]

    @classmethod
    def of(cls, template: str) -> "_Maker":
        schemas, parts = msgspec.json.schema_components(_CLASSES, ref_template=template)
        return cls(template, dict(zip(_CLASSES, schemas, strict=True)), tidied(parts))

    def definitions(self) -> dict[str, Schema]:
        out: dict[str, Schema] = {
            "ClientMessage": self._union("Any request.", CLIENT_MESSAGES),
            "ServerMessage": self._union("Any response or event.", SERVER_MESSAGES),
            "ClientBatch": self._batch("ClientMessage"),
            "ServerBatch": self._batch("ServerMessage"),
        }
        for command in COMMANDS.values():
            out[request_name(command)] = self._request(command)
            for name, make in zip(reply_names(command), (self._success, self._failure, self._confirm), strict=False):
                out[name] = make(command)
        out[UNREAD] = self._unread()
        for row in EVENTS.values():
            out[event_name(row)] = self._event(row)
        out.update(self.parts)
        for data, aliases in PROPERTY_ALIASES.items():
            out[data.__name__] = _with_aliases(out[data.__name__], aliases)
        for data, names in EXACTLY_ONE.items():
            out[data.__name__]["oneOf"] = [{"required": [name]} for name in names]
        return out | self._shared()

    def _ref(self, name: str) -> Schema:
        return {"$ref": self.template.format(name=name)}

    def _union(self, description: str, names: Iterable[str]) -> Schema:
        return {"description": description, "anyOf": [self._ref(name) for name in names]}

    def _batch(self, name: str) -> Schema:
        text = f"One frame of the subprotocol {BATCHED}."
        return {"description": text, "type": "array", "items": self._ref(name), "minItems": 1}

    # Messages

    def _request(self, command: Command) -> Schema:
        properties = {
            "command": _words(spellings(command)),
            "target": self._ref("Target"),
            "data": self.made[command.data],
            "requestid": self._ref("RequestId"),
        }
        required = {"command"}
        if command.targeted:
            required.add("target")
        if self.parts[command.data.__name__]["required"] or command.data in EXACTLY_ONE:
            required.add("data")
        return object_of(COMMANDS_ABOUT[command.name], properties, required)

    def _success(self, command: Command) -> Schema:
        own: dict[str, Schema | None] = {"command": _words(spellings(command)), "data": self._success_data(command)}
        required = {"target", "data"} if command.targeted else {"data"}
        if command.kind is not None:
            own["seq"] = self._ref("Seq")
            required.add("seq")
        return self._envelope(Success, f"{command.name} has been done.", own, required)

    def _success_data(self, command: Command) -> Schema | None:
        match command.success:
            case SuccessForm.NONE:
                return None
            case SuccessForm.EMPTY:
                return {"type": "object"}
            case SuccessForm.ECHO:
                return self.made[command.data]
            case _:
                result = self.made[RESULTS[command.name]]
                echoes = RESULTS[command.name] is ChannelStates and command.data is not NoData
                return {"allOf": [self.made[command.data], result]} if echoes else result

    def _failure(self, command: Command) -> Schema:
        own: dict[str, Schema | None] = {"command": _words(spellings(command))}
        if command.kind is not None:
            own["seq"] = self._ref("Seq")
        return self._envelope(Failure, f"{command.name} has been refused.", own, {"command"})

    def _confirm(self, command: Command) -> Schema:
        own = {"command": _words(spellings(command))}
        return self._envelope(Confirm, "The agent has a session; repeat with `override` true to end it.", own)

    def _unread(self) -> Schema:
        known = [name for command in COMMANDS.values() for name in spellings(command)]
        own = {"command": {"type": "string", "not": {"enum": known}}, "seq": self._ref("Seq")}
        return self._envelope(Failure, "A message that is no request, or names no command there is, is refused.", own)

    def _event(self, row: EventRow) -> Schema:
        own: dict[str, Schema | None] = {"name": _words((row.name,)), "data": self.made[row.data]}
        required = {"state", "seq"}
        if row.name != "state.updated":
            own["state"] = None
        if row.numbered:
            own["seq"] = self._ref("Seq")
        return self._envelope(Event, EVENTS_ABOUT[row.name], own, required)

    def _envelope(
        self, kind: type[Message], description: str, own: Mapping[str, Schema | None], required: Iterable[str] = ()
    ) -> Schema:
        """The properties of an envelope class, with those in `own` as one message has them; None: it has none."""
        properties: dict[str, Schema | None] = dict.fromkeys(("command", "name", "target"))
        if kind is not Event:
            properties["result"] = _words((kind.__name__.lower(),))
        must = {"result", *required}
        for field in attrs.fields(kind):
            if field.name in own:
                properties[field.name] = own[field.name]
            elif field.name in _NAMED_FIELDS:
                properties[field.name] = self._ref(_NAMED_FIELDS[field.name])
            else:
                properties[field.name] = self.made[_given(field.type)]
            if field.type is _given(field.type):
                must.add(field.name)
        properties |= own
        properties["context"] = self._ref("Context")
        return object_of(description, {name: each for name, each in properties.items() if each is not None}, must)

    # Parts that have no class

    def _shared(self) -> dict[str, Schema]:
        owners = {kind.value: self._ref("ContextObject") for kind in ObjectKind}
        texts = {name: {"type": "string"} for name in ("id", "name", "type", "modeltype")}
        return {
            "Target": {
                "description": "The path from a session to one of its objects: ids joined by dots.",
                "type": "string",
                "pattern": TARGET_PATTERN,
                "maxLength": TARGET_CHARS,
            },
            "RequestId": {
                **msgspec.json.schema(RequestId),
                "description": "The client's own text for a request, of 1 to 128 characters.",
            },
            "Seq": {
                "description": "The number of the message in its session: 1, 2, 3 and so on, without gaps.",
                "type": "integer",
                "minimum": 1,
                "maximum": INTEGER_LIMIT,
            },
            "Context": object_of("In debug mode: the addressed object, within its owners.", owners, ()),
            "ContextObject": object_of("An object, within the object that owns it.", texts | owners, ("id",)),
        }


# Pieces


def _words(words: tuple[str, ...]) -> Schema:
    return {"const": words[0]} if len(words) == 1 else {"enum": list(words)}


def object_of(description: str, properties: Mapping[str, Schema], required: Iterable[str]) -> Schema:
    return {
        "description": description,
        "type": "object",
        "properties": dict(properties),
        "required": [name for name in properties if name in required],
    }


def tidied(value: Json) -> Json:
    """`X | None = None` is a property that may be absent and is never null; docstrings lose their line breaks."""
    match value:
        case {"anyOf": [given, {"type": "null"}], "default": None, **rest}:
            return tidied({**rest, **given})
        case dict():
            return {key: tidied(item) for key, item in value.items()}
        case list():
            return [tidied(item) for item in value]
        case str():
            return " ".join(value.split())
        case _:
            return value


def _with_aliases(part: Schema, aliases: Mapping[str, str]) -> Schema:
    """An object that may spell a property in an older way instead."""
    forms = [{key: part[key] for key in ("type", "properties", "required")}]
    for alias, name in aliases.items():
        spelt = {name: alias}
        forms.append(
            {
                "type": "object",
                "properties": {spelt.get(key, key): item for key, item in part["properties"].items()},
                "required": [spelt.get(key, key) for key in part["required"]],
            }
        )
    return {"title": part["title"], "description": part["description"], "anyOf": forms}
