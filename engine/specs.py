"""The generated half of specs/: schemas, the AsyncAPI document, types, tables and lists, made from the code.

`write` puts the files where `check` compares them. The golden messages under specs/examples are written by hand;
the AsyncAPI document shows them. Source: specs/README.md.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from engine.settings_page import settings_page
from protocol import asyncapi, schema, typescript
from protocol.commands import COMMANDS, Command, NoData, Success
from protocol.events import EVENTS, EventRow, StateInfo
from protocol.results import RESULTS
from protocol.schema import Schema
from protocol.strictjson import Json, parse_json
from statemachines import diagram
from statemachines.actions import ACTIONS
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
    }
    return {
        "schema/messages.schema.json": _json({"$comment": NOTICE} | schema.document()),
        "asyncapi.json": _json({"x-generated": NOTICE} | asyncapi.document(read_examples(examples))),
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
        "[capabilities.md](capabilities.md).\n",
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
    return "none" if command.name == schema.TARGETLESS else "session"


def _happening(command: Command) -> str:
    happening = COMMAND_YIELDS.get(command.name)
    return _link(happening, "sequences.md", happening) if happening else ""


def _command(command: Command, definitions: Mapping[str, Schema]) -> Iterator[str]:
    yield f"## {command.name}\n"
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
    if others := schema.spellings(command)[1:]:
        words.append(f"Also spelt {', '.join(map(code, others))}.")
    if command.feature:
        words.append(f"Needs the feature {code(command.feature)}.")
    if command.kind is not None and command.name not in ACTIONS:
        words.append("This release always refuses it, with `UNSUPPORTED`.")
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
    for row in EVENTS.values():
        parts += _event(row, definitions)
    return "\n".join(parts)


def _told_by(row: EventRow) -> str:
    if not row.numbered:
        return "the connection, not the session"
    whats = [_link(what, "sequences.md", what) for what in What if row.name in _emitted(SEQUENCES[what])]
    return ", ".join(whats) or "nothing in this release"


def _emitted(steps: Iterable[Step]) -> set[str]:
    return {line.strip() for line in diagram.steps(steps)}


def _event(row: EventRow, definitions: Mapping[str, Schema]) -> Iterator[str]:
    yield f"## {row.name}\n"
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
        yield _property_table(row.data.__name__, definitions)


# Properties


def _property_table(name: str, definitions: Mapping[str, Schema]) -> str:
    rows = ((code(path), needed, form) for path, needed, form in _properties(definitions[name], definitions, ""))
    return markdown_table(("property", "needed", "form"), rows)


def _properties(part: Schema, definitions: Mapping[str, Schema], above: str) -> Iterator[tuple[str, str, str]]:
    """Path, "yes" or nothing, and form of each property, those of inner objects after the object."""
    part = part["anyOf"][0] if "anyOf" in part else part  # the others are older spellings
    for name, each in part["properties"].items():
        listed = each.get("type") == "array"
        item = each["items"] if listed else each
        if "$ref" in item:
            item = definitions[item["$ref"]]
        path = f"{above}{name}{'[]' if listed else ''}"
        yield path, "yes" if name in part["required"] else "", _form(item)
        if "properties" in item:
            yield from _properties(item, definitions, f"{path}.")


_FORMS: Final = {"string": "text", "integer": "whole number", "boolean": "true or false", "object": "object"}


def _form(item: Schema) -> str:
    match item:
        case {"enum": words}:
            return "one of " + ", ".join(map(code, words))
        case {"additionalProperties": _}:
            return "object of texts"
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
