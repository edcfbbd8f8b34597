"""The generated half of specs/: schemas, the AsyncAPI document, types, tables and lists, made from the code.

`write` puts the files where `check` compares them. The golden messages under specs/examples are written by hand;
the AsyncAPI document shows them. Source: specs/README.md.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import attrs

from engine.adapters.contract.page import contract_page
from engine.adapters.link import asyncapi as link_asyncapi
from engine.adapters.link import schema as link_schema
from engine.observe.pages import log_events_page, metrics_page
from engine.settings_page import settings_page
from engine.simulation import openapi
from protocol import asyncapi, schema, typescript
from protocol.about import COMMANDS_ABOUT, EVENTS_ABOUT
from protocol.commands import COMMANDS, Command, NoData, Success, spellings
from protocol.events import EVENTS, EventRow, StateInfo
from protocol.results import RESULTS
from protocol.schema import Schema
from protocol.strictjson import Json, parse_json
from statemachines import diagram
from statemachines.capabilities import BY_NAME
from statemachines.diagram import code, markdown_table
from statemachines.sequences import COMMAND_YIELDS, SEQUENCES, Step, What

NOTICE: Final = "Generated from the code by `ixp spec write specs`: change the code, then run that."

EXAMPLES: Final = Path(__file__).parents[1] / "specs" / "examples"
"""An installed package has no such folder; its documents then show no examples."""


def documents(examples: Path = EXAMPLES) -> Mapping[str, str]:
    """Every generated file: its path below specs/, and its text. `examples` is the folder of the golden messages."""
    pages: dict[str, Callable[[], str]] = {
        "transitions.md": diagram.transitions_page,
        "sequences.md": diagram.sequences_page,
        "capabilities.md": diagram.capabilities_page,
        "failure-codes.md": diagram.failure_codes_page,
        "commands.md": commands_page,
        "events.md": events_page,
        "settings.md": settings_page,
        "log-events.md": log_events_page,
        "metrics.md": metrics_page,
        "adapter-contract.md": contract_page,
    }
    return {
        "schema/messages.schema.json": _json({"$comment": NOTICE} | schema.document()),
        "asyncapi.json": _json({"x-generated": NOTICE} | asyncapi.document(read_examples(examples))),
        "schema/adapter-link.schema.json": _json({"$comment": NOTICE} | link_schema.document()),
        "adapter-link.asyncapi.json": _json({"x-generated": NOTICE} | link_asyncapi.document()),
        "simulator-control.openapi.json": _json({"x-generated": NOTICE} | openapi.document()),
        "types.d.ts": f"// {NOTICE}\n\n{typescript.declarations()}",
        **{name: f"<!-- {NOTICE} -->\n\n{page()}" for name, page in pages.items()},
    }


def write(folder: Path) -> None:
    """Write all generated files below `folder`, over what is there."""
    for name, text in documents(_examples_of(folder)).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def check(folder: Path) -> list[str]:
    """How the files below `folder` differ from what the code says: one line a file, none when all agree."""
    remedy = f"run `ixp spec write {folder}`"
    found: list[str] = []
    for name, text in documents(_examples_of(folder)).items():
        path = folder / name
        if not path.is_file():
            found.append(f"{path}: is missing; {remedy}")
        elif path.read_text(encoding="utf-8") != text:
            found.append(f"{path}: is not what the code says; {remedy}")
    return found


def _examples_of(folder: Path) -> Path:
    """Its own golden messages, where it has any: an installed package has none to offer."""
    own = folder / "examples"
    return own if own.is_dir() else EXAMPLES


def read_examples(folder: Path) -> dict[str, dict[str, Json]]:
    """The golden messages: by message name, then by file name without its ending.

    A file is named after its message; a further one of the same message adds a word in capitals,
    `bindSession.success.RESET.json`.
    """
    found: dict[str, dict[str, Json]] = {}
    for path in sorted(folder.glob("*.json"), key=lambda path: path.stem):
        name, _, variant = path.stem.rpartition(".")
        found.setdefault(name if variant.isupper() else path.stem, {})[path.stem] = parse_json(path.read_bytes())
    return found


def _json(value: Json) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


# Commands


def commands_page() -> str:
    definitions = schema.definitions("{name}")
    parts = [
        "# Commands\n",
        "What a client can ask. The rules stand in [protocol.md](protocol.md); when a command is open, in "
        "[capabilities.md](capabilities.md); which events follow a command about a contact, case by case, in "
        "[contacts.md](contacts.md#what-is-told); what supervisors do, in [supervision.md](supervision.md).\n",
        markdown_table(("command", "target", "success data", "feature", "then happens"), _overview()),
    ]
    for command in COMMANDS.values():
        parts += _command(command, definitions)
    return "\n".join(parts)


_SUCCESS: Final = {
    Success.NONE: "none",
    Success.EMPTY: "`{}`",
    Success.ECHO: "that of the request",
    Success.OWN: "its own",
}


def _overview() -> Iterator[tuple[str, ...]]:
    for command in COMMANDS.values():
        yield (
            _link(command.name, "", command.name),
            _target(command),
            _SUCCESS[command.success],
            code(command.feature) if command.feature else "",
            _happening(command),
        )


def _target(command: Command) -> str:
    if command.kind is not None:
        return command.kind
    return "session" if command.targeted else "none"


def _happening(command: Command) -> str:
    happening = COMMAND_YIELDS.get(command.name)
    return _link(happening, "sequences.md", happening) if happening else ""


def _command(command: Command, definitions: Mapping[str, Schema]) -> Iterator[str]:
    yield f"## {command.name}\n"
    yield f"{COMMANDS_ABOUT[command.name]}\n"
    yield f"{_about(command)}\n"
    if command.data is NoData:
        yield "Request data: none.\n"
    else:
        yield f"Request data:{_doc(command.data)}\n"
        yield _property_table(command.data.__name__, definitions)
    if command.success is Success.OWN:
        result = RESULTS[command.name]
        yield f"Success data:{_doc(result)}\n"
        yield _property_table(result.__name__, definitions)
    else:
        yield f"Success data: {_SUCCESS[command.success]}.\n"


def _about(command: Command) -> str:
    words = [f"Target: {_target(command)}."]
    if others := spellings(command)[1:]:
        words.append(f"Also spelt {', '.join(map(code, others))}.")
    if command.feature:
        words.append(f"Needs the feature {code(command.feature)}.")
    if command.name in BY_NAME and (ability := BY_NAME[command.name].ability):
        words.append(f"Needs a customer's side that can do {code(ability)}.")
    if happening := _happening(command):
        words.append(f"Then: {happening}.")
    words.append(f"[Example](examples/{schema.request_name(command)}.json).")
    return " ".join(words)


# Events


def events_page() -> str:
    definitions = schema.definitions("{name}")
    parts = [
        "# Events\n",
        "What a client is told. Which events follow each other stands in [sequences.md](sequences.md).\n",
        markdown_table(
            ("event", "target", "tells of"),
            ((_link(row.name, "", row.name), row.kind or "any object", _told_by(row)) for row in EVENTS.values()),
        ),
    ]
    shared = _shared(definitions)
    for row in EVENTS.values():
        parts += _event(row, definitions, shared)
    parts.append("# Objects in events\n")
    for name in shared:
        about = definitions[name].get("description")
        parts += [f"## {name}\n", *([f"{about}\n"] if about else []), _property_table(name, definitions, shared)]
    return "\n".join(parts)


def _shared(definitions: Mapping[str, Schema]) -> tuple[str, ...]:
    """The larger objects that several events carry, in the order in which they first come: each is shown once."""
    uses = Counter(name for row in EVENTS.values() if attrs.has(row.data) for name in _parts(row.data, definitions))
    return tuple(name for name, times in uses.items() if times > 1 and len(definitions[name]["properties"]) > _SMALL)


_SMALL: Final = 2
"""An object of so few properties is shown where it stands."""


def _parts(data: type[object], definitions: Mapping[str, Schema]) -> Iterator[str]:
    """The names of the objects in an event's data, outer ones first."""
    found = [data.__name__]
    for name in found:  # the list grows while we walk it
        for each in definitions[name].get("properties", {}).values():
            inner = each.get("items", each).get("$ref")
            if inner and "properties" in definitions[inner] and inner not in found:
                found.append(inner)
    yield from found[1:]


def _told_by(row: EventRow) -> str:
    if row.name.startswith("supervisor."):
        return "[a session that is watched](supervision.md)"
    if not row.numbered:
        return "the connection, not the session"
    whats = [_link(what, "sequences.md", what) for what in What if row.name in _emitted(SEQUENCES[what])]
    return ", ".join(whats) or "nothing in this release"


def _emitted(steps: Iterable[Step]) -> set[str]:
    return {line.strip() for line in diagram.steps(steps)}


def _event(row: EventRow, definitions: Mapping[str, Schema], shared: tuple[str, ...]) -> Iterator[str]:
    yield f"## {row.name}\n"
    yield f"{EVENTS_ABOUT[row.name]}\n"
    about = f"Target: {row.kind or 'any object'}."
    if not row.numbered:
        about += " Carries no `seq`."
    yield f"{about} [Example](examples/{schema.event_name(row)}.json).\n"
    if row.name == "state.updated":
        yield "Data: a list, each item of it:\n"
        yield _property_table("CapabilityChange", definitions)
        yield f"Beside the data, `state`:{_doc(StateInfo)}\n"
        yield _property_table("StateInfo", definitions)
    else:
        yield f"Data:{_doc(row.data)}\n"
        yield _property_table(row.data.__name__, definitions, shared)


# Properties


def _property_table(name: str, definitions: Mapping[str, Schema], shared: tuple[str, ...] = ()) -> str:
    """The properties of a part; those of its inner objects as well, but for the `shared` ones, which are linked."""
    rows = _properties(definitions[name], definitions, shared, "")
    return markdown_table(("property", "needed", "form"), ((code(path), needed, form) for path, needed, form in rows))


def _properties(
    part: Schema, definitions: Mapping[str, Schema], shared: tuple[str, ...], above: str
) -> Iterator[tuple[str, str, str]]:
    """Path, need and form of each property, those of inner objects after the object."""
    part = part["anyOf"][0] if "anyOf" in part else part  # the others are older spellings
    for name, each in part["properties"].items():
        listed = each.get("type") == "array"
        item = each["items"] if listed else each
        path = f"{above}{name}{'[]' if listed else ''}"
        inner = item.get("$ref")
        if inner in shared:
            yield path, _needed(name, part), _link(inner, "", inner)
            continue
        item = definitions[inner] if inner else item
        yield path, _needed(name, part), _form(item)
        if "properties" in item:
            yield from _properties(item, definitions, shared, f"{path}.")


def _needed(name: str, part: Schema) -> str:
    choice = [option["required"][0] for option in part.get("oneOf", ())]
    if name in choice:
        return f"this or {' or '.join(code(other) for other in choice if other != name)}"
    return "yes" if name in part["required"] else ""


_FORMS: Final = {
    "string": "text",
    "integer": "whole number",
    "boolean": "true or false",
    "object": "object",
    "null": "null",
}


def _form(item: Schema) -> str:
    match item:
        case {"enum": words}:
            return ". ".join(filter(None, (f"one of {', '.join(map(code, words))}", item.get("description"))))
        case {"anyOf": [*most, last]}:
            return f"{', '.join(map(_form, most))} or {_form(last)}"
        case {"additionalProperties": {"type": "string"}}:
            return "object of texts"
        case {"additionalProperties": each}:
            return f"object; each value is {_form(each)}"
        case {"description": str(about)}:
            return about
        case _:
            return _FORMS[item["type"]]


def _doc(kind: type[object]) -> str:
    """The docstring of a class, where it has one, to go on with after a colon."""
    return f" {' '.join(kind.__doc__.split())}" if kind.__doc__ else ""


def _link(text: str, page: str, heading: str) -> str:
    """A link to a heading, whose anchor has its letters, digits and hyphens."""
    kept = (letter for letter in heading.lower().replace(" ", "-") if letter.isalnum() or letter == "-")
    return f"[{text}]({page}#{''.join(kept)})"
