"""TypeScript declarations of all messages, made from their JSON Schemas.

What TypeScript cannot say (lengths, patterns, bounds) stays in the schemas. A property that may be absent is not
null for that, and nothing that arrives is to be changed, so all is readonly. Source: specs/protocol.md, "Envelope".
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from protocol.schema import Schema, definitions
from protocol.strictjson import Json

_LEAVES: Final = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
_INDENT: Final = "  "
_LINE_CHARS: Final = 100
"""A longer union has a line for each of its options."""


def type_name(name: str) -> str:
    """The TypeScript name of a schema: `session.addchannel.request` → `SessionAddchannelRequest`."""
    return "".join(word[:1].upper() + word[1:] for word in name.split("."))


def declarations() -> str:
    """The text of a .d.ts file."""
    return "\n".join(_declaration(name, schema) for name, schema in definitions("{name}").items())


def _declaration(name: str, schema: Schema) -> str:
    text = _type(schema, "")
    plain = schema.get("properties") and "oneOf" not in schema
    form = f"interface {type_name(name)} {text}" if plain else f"type {type_name(name)} = {text};"
    return "".join((*_comment(schema, ""), "export ", form, "\n"))


def _type(schema: Json, indent: str) -> str:
    """The type of a value; `indent` is that of the line on which it begins."""
    match schema:
        case {"$ref": name}:
            return type_name(name)
        case {"const": word}:
            return _literal(word)
        case {"enum": words}:
            return " | ".join(map(_literal, words))
        case {"anyOf": options}:
            return _union([_type(option, indent + _INDENT) for option in options], indent)
        case {"oneOf": options, "properties": properties}:
            names = [option["required"][0] for option in options]
            plain = {key: item for key, item in schema.items() if key != "oneOf"}
            return f"{_type(plain, indent)} & ({' | '.join(_choice(name, names, properties) for name in names)})"
        case {"allOf": options}:
            return " & ".join(_type(option, indent) for option in options)
        case {"type": "array", "items": items}:
            return f"ReadonlyArray<{_type(items, indent)}>"
        case {"type": "object", "additionalProperties": items}:
            return f"Readonly<Record<string, {_type(items, indent)}>>"
        case {"type": "object", "properties": properties} if properties:
            lines = "".join(_properties(schema, indent + _INDENT))
            return f"{{\n{lines}{indent}}}"
        case {"type": "object"}:
            return "Readonly<Record<string, unknown>>"
        case {"type": leaf}:
            return _LEAVES[leaf]
        case _:
            return "unknown"


def _union(options: list[str], indent: str) -> str:
    line = " | ".join(options)
    long = len(line) > _LINE_CHARS or "\n" in line
    return f"\n{indent}{_INDENT}| ".join(options) if long else line


def _choice(chosen: str, names: list[str], properties: Schema) -> str:
    """One of these properties is there, and the others are not."""
    absent = "".join(f"; readonly {name}?: never" for name in names if name != chosen)
    return f"{{ readonly {chosen}: {_type(properties[chosen], '')}{absent} }}"


def _properties(schema: Schema, indent: str) -> Iterator[str]:
    for name, each in schema["properties"].items():
        yield from _comment(each, indent)
        mark = "" if name in schema["required"] else "?"
        yield f"{indent}readonly {name}{mark}: {_type(each, indent)};\n"


def _comment(schema: Schema, indent: str) -> Iterator[str]:
    if "description" in schema:
        yield f"{indent}/** {schema['description']} */\n"


def _literal(word: str) -> str:
    return msgspec.json.encode(word).decode()
