"""The page of all settings, read from the classes that the configuration file is structured into.

What a setting means stands in the string below its field, which only the source has; so the source is read.
"""

import ast
import enum
import inspect
import itertools
import textwrap
import types
from collections.abc import Iterator
from typing import Any, get_args, get_origin

import attrs

from engine.config import Settings


def settings_page() -> str:
    """Markdown: a table for each section of the file, in the order of the classes."""
    lines = [
        "# Settings",
        "",
        "Every key of the TOML file that `ixp serve --config` takes. What is left out has its default.",
    ]
    for title, kind in _sections("", Settings):
        meanings = _meanings(kind)
        lines += ["", f"## {title or 'Top level'}", ""]
        if kind.__doc__ and title:
            lines += [inspect.cleandoc(kind.__doc__), ""]
        lines += ["| key | value | default | meaning |", "|---|---|---|---|"]
        lines += [
            f"| `{field.name}` | {_value(field.type)} | {_default(field)} | {meanings.get(field.name, '')} |"
            for field in attrs.fields(kind)
            if _inner(field.type) is None
        ]
    return "\n".join(lines) + "\n"


def _sections(title: str, kind: type) -> Iterator[tuple[str, type]]:
    yield title, kind
    for field in attrs.fields(kind):
        inner = _inner(field.type)
        if inner is not None:
            many = get_origin(field.type) is tuple
            name = f"{title.strip('[]')}.{field.name}".lstrip(".")
            yield from _sections(f"[[{name}]]" if many else f"[{name}]", inner)


def _inner(kind: Any) -> type | None:
    """The class of a section, or of the items of a list of sections."""
    item = get_args(kind)[0] if get_origin(kind) in (tuple, types.UnionType) else kind  # of `X | None`, X
    return item if isinstance(item, type) and attrs.has(item) else None


def _value(kind: Any) -> str:
    words = {str: "text", int: "whole number", float: "number", bool: "true or false"}
    if get_origin(kind) is tuple:
        return f"list of {_value(get_args(kind)[0])}"
    if get_origin(kind) is dict:
        return f"table: {_value(get_args(kind)[1])} by name"
    if isinstance(kind, enum.EnumMeta):
        members: list[enum.Enum] = list(kind)
        return "one of " + ", ".join(str(member.value) for member in members)
    if kind in words:
        return words[kind]
    inner = [each for each in get_args(kind) if each is not type(None) and (isinstance(each, type) or get_args(each))]
    return _value(inner[0]) if inner else "text"


def _default(field: "attrs.Attribute[Any]") -> str:
    default: object = field.default
    if default is attrs.NOTHING:
        return "required"
    factory = getattr(default, "factory", None)
    if factory is not None and isinstance(made := factory(), dict):
        return ", ".join(f"`{key}` = `{value}`" for key, value in made.items()) or "none"
    match default:
        case None | ():
            return "none"
        case tuple():
            return ", ".join(f"`{each}`" for each in default)
        case bool():
            return f"`{str(default).lower()}`"
        case enum.Enum():
            return f"`{default.value}`"
        case _:
            return f"`{default}`"


def _meanings(kind: type) -> dict[str, str]:
    """The string below each field, on one line."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    found: dict[str, str] = {}
    body = tree.body if isinstance(tree, ast.ClassDef) else []
    for statement, following in itertools.pairwise(body):
        match statement, following:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = " ".join(text.split())
    return found
