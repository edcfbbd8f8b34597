"""Layers look one way: protocol, then statemachines, then engine; each imports only from its left.

The imports are read from the source, wherever in it they stand, so that one inside a function counts too.
"""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

PURE_STDLIB = {
    "collections",
    "contextlib",
    "copy",
    "difflib",
    "enum",
    "functools",
    "itertools",
    "json",
    "math",
    "operator",
    "re",
    "string",
    "textwrap",
    "traceback",
    "types",
    "typing",
}
"""The standard library as far as it reads no clock, draws no lots, and opens nothing."""

PROTOCOL = {*PURE_STDLIB, "attrs", "cattrs", "msgspec", "protocol"}
STATEMACHINES = {*PURE_STDLIB, "attrs", "protocol", "statemachines"}

ADAPTERS = {
    *sys.stdlib_module_names,
    "attrs",
    "engine.adapters.refusals",
    "engine.adapters.spi",
    "msgspec",
    "protocol",
    "trio",
}

KIT = {
    *sys.stdlib_module_names,
    "attrs",
    "cattrs",
    "engine.conformance",
    "engine.junit",
    "engine.terminal",
    "httpx2",
    "jinja2",
    "msgspec",
    "protocol",
    "rich",
    "trio",
    "typer",
    "websockets",
    "yaml",
}
"""The conformance kit may check any server, so it knows nothing of this one."""

IMPURE = [
    "asyncio",
    "datetime",
    "importlib",
    "io",
    "os",
    "pathlib",
    "random",
    "secrets",
    "socket",
    "subprocess",
    "sys",
    "threading",
    "time",
    "trio",
    "uuid",
]
"""Some of what must not be on the list above; what is not listed is refused."""

IMPURE_BUILTINS = {"__import__", "breakpoint", "compile", "eval", "exec", "input", "open", "print"}

BESIDES = {"csta": {"lxml", "structlog"}, "link": {"engine.transport", "structlog"}, "sip": {"structlog"}}
"""What an adapter may import beside that: one that speaks WebSocket does so behind the seam, as agents' desktops do."""

ENGINES_SIDE = {"refusals.py", "spi.py", "kinds.py", "supervisor.py", "platforms", "contract"}
"""What in engine/adapters is no adapter: the interface, what adapters share, what uses them, what checks them."""

BENCH = {"engine.adapters.contract", "engine.dmcc_simulator"}
"""What the bench of an adapter may import beside that, in its bench.py: the suite that it is for, and a platform."""


def imports_of(source: str, module: str = "sample") -> set[str]:
    """The dotted names that a module imports; `from a import b` counts as `a.b`, for b may be a module."""
    found: set[str] = set()
    package = module.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                found.update(alias.name for alias in names)
            case ast.ImportFrom(module=name, names=names, level=level):
                above = package[: len(package) - level + 1] if level else []
                origin = ".".join([*above, *([name] if name else [])])
                found.update(f"{origin}.{alias.name}" for alias in names)
    return found


def calls_of(source: str) -> set[str]:
    """The names that are called just so: `open(…)`, not `x.open(…)`."""
    calls = (node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return {func.id for func in calls if isinstance(func, ast.Name)}


def within(name: str, allowed: set[str]) -> bool:
    """Is the dotted name one of these, or something in one of them?"""
    parts = name.split(".")
    return any(".".join(parts[:length]) in allowed for length in range(1, len(parts) + 1))


def outside(path: Path, allowed: set[str]) -> set[str]:
    return {name for name in imports_of(path.read_text("utf-8"), module_of(path)) if not within(name, allowed)}


def importers_of(*wanted: str) -> set[str]:
    """The product's files that import any of these, or something in them."""
    return {
        path.relative_to(ROOT).as_posix()
        for path in files("protocol", "statemachines", "engine")
        if any(within(name, set(wanted)) for name in imports_of(path.read_text("utf-8"), module_of(path)))
    }


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def files(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


# The layers


@pytest.mark.parametrize("path", files("protocol"), ids=module_of)
def test_protocol_knows_only_words(path: Path) -> None:
    assert outside(path, PROTOCOL) == set()


@pytest.mark.parametrize("path", files("statemachines"), ids=module_of)
def test_statemachines_know_only_protocol(path: Path) -> None:
    may = {"transitions"} if path.name == "table.py" else set()
    assert outside(path, STATEMACHINES | may) == set()


@pytest.mark.parametrize("path", files("protocol", "statemachines"), ids=module_of)
def test_pure_layers_open_and_print_nothing(path: Path) -> None:
    assert calls_of(path.read_text("utf-8")) & IMPURE_BUILTINS == set()


def test_trio_lives_in_the_engine_alone_and_asyncio_nowhere() -> None:
    assert all(name.startswith("engine/") for name in importers_of("trio", "trio_websocket"))
    assert importers_of("trio")
    assert importers_of("asyncio") == set()


def test_transitions_has_one_importer() -> None:
    assert importers_of("transitions") == {"statemachines/table.py"}


def test_trio_websocket_stays_behind_its_seam() -> None:
    """But for the bare echo that the engine is measured beside."""
    others = {name for name in importers_of("trio_websocket") if not name.startswith("engine/transport/")}
    assert others == {"engine/bench/echo.py"}


@pytest.mark.parametrize(
    "path", [path for path in files("engine/adapters") if not ENGINES_SIDE & set(path.parts)], ids=module_of
)
def test_adapters_know_only_their_interface(path: Path) -> None:
    folder = path.relative_to(ROOT / "engine/adapters").parts[0].removesuffix(".py")
    own = f"engine.adapters.{folder}"
    bench = BENCH if path.name == "bench.py" else ()
    assert outside(path, {*ADAPTERS, own, *BESIDES.get(folder, ()), *bench}) == set()


def test_the_interface_of_adapters_knows_only_protocol() -> None:
    known = {*PURE_STDLIB, "attrs", "pathlib.Path", "protocol", "trio"}
    assert outside(ROOT / "engine/adapters/spi.py", known) == set()


def test_what_adapters_share_is_pure() -> None:
    assert outside(ROOT / "engine/adapters/refusals.py", {*PURE_STDLIB, "protocol"}) == set()


@pytest.mark.parametrize("path", files("engine/conformance"), ids=module_of)
def test_the_conformance_kit_is_a_black_box(path: Path) -> None:
    assert outside(path, KIT) == set()


def test_only_the_command_line_knows_the_whole() -> None:
    assert importers_of("engine.app") <= {"engine/cli.py", "engine/__main__.py"}


# The reader of imports


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import a", {"a"}),
        ("import a.b, c as d", {"a.b", "c"}),
        ("from a import b", {"a.b"}),
        ("from a.b import c as d, e", {"a.b.c", "a.b.e"}),
        ("from a import *", {"a.*"}),
        ("from . import x", {"engine.adapters.x"}),
        ("from .spi import Sink", {"engine.adapters.spi.Sink"}),
        ("from ..app import serve", {"engine.app.serve"}),
        ("from .. import app", {"engine.app"}),
        ("def f():\n    import random", {"random"}),
        ("if TYPE_CHECKING:\n    from trio import Event", {"trio.Event"}),
        ("try:\n    import uuid\nexcept ImportError:\n    pass", {"uuid"}),
        ("class A:\n    import time", {"time"}),
        ("x = 'import os'  # import sys", set()),
    ],
)
def test_imports_are_read_wherever_they_stand(source: str, names: set[str]) -> None:
    assert imports_of(source, "engine.adapters.sample") == names


@pytest.mark.parametrize("name", IMPURE)
@pytest.mark.parametrize("form", ["import {}", "import {}.path", "from {} import x", "def f():\n    from {} import x"])
def test_what_is_not_pure_is_noticed(name: str, form: str) -> None:
    (found,) = imports_of(form.format(name))
    assert not within(found, PROTOCOL)
    assert not within(found, STATEMACHINES)


def test_a_layer_to_the_right_is_noticed() -> None:
    (found,) = imports_of("from statemachines.core import SessionCore")
    assert not within(found, PROTOCOL)
    (found,) = imports_of("from engine import app")
    assert not within(found, STATEMACHINES)
    (found,) = imports_of("from transitions import Machine")
    assert not within(found, STATEMACHINES)


def test_names_that_only_begin_alike_are_not_taken_for_each_other() -> None:
    assert within("engine.adapters.spi.Sink", {"engine.adapters.spi"})
    assert not within("engine.adapters.spider", {"engine.adapters.spi"})
    assert not within("engine.adapters", {"engine.adapters.spi"})
    assert not within("trio_websocket", {"trio"})


def test_calls_are_read() -> None:
    assert calls_of("def f():\n    return [open('x'), y.print(), g(input)(1)]") == {"open", "g"}
