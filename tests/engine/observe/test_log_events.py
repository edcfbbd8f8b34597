"""Every log call of the engine says one of the events of the table, at its level and with its fields."""

import ast
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from engine.observe.log_events import COMMON, CONCERN, LOG_EVENTS

ENGINE = Path(__file__).parents[3] / "engine"
LEVELS = {
    "debug": "debug",
    "info": "info",
    "warning": "warning",
    "error": "error",
    "exception": "error",
    "critical": "critical",
}
BESIDE = {"exc_info"}


@attrs.frozen
class Call:
    """A call of a logger, where it stands, and what it says."""

    where: str
    level: str
    event: str
    fields: frozenset[str]


def calls_of(source: str, where: str) -> Iterator[Call]:
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="log") | ast.Attribute(attr="_log"), attr=level),
                args=arguments,
                keywords=keywords,
            ) if level not in ("bind", "new"):
                match arguments:
                    case [ast.Constant(value=str(event))]:
                        fields = frozenset(keyword.arg or "**" for keyword in keywords)
                        yield Call(f"{where}:{node.lineno}", LEVELS[level], event, fields - BESIDE)
                    case _:
                        raise AssertionError(f"{where}:{node.lineno}: the event of a log call is a literal text")


CALLS = [
    call
    for path in sorted(ENGINE.rglob("*.py"))
    for call in calls_of(path.read_text("utf-8"), path.relative_to(ENGINE).as_posix())
]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.where}-{call.event}")
def test_a_call_says_what_the_table_says(call: Call) -> None:
    assert call.event in LOG_EVENTS, f"{call.where}: {call.event} is in no row of engine/observe/log_events.py"
    row = LOG_EVENTS[call.event]
    assert call.level == row.level
    assert call.fields <= {*row.fields, *(CONCERN if row.concerns else ())}


def test_every_row_is_said_somewhere_with_all_its_fields() -> None:
    said: dict[str, set[str]] = {}
    for call in CALLS:
        said.setdefault(call.event, set()).update(call.fields)
    assert set(said) == set(LOG_EVENTS)
    for name, row in LOG_EVENTS.items():
        assert set(row.fields) <= said[name]
        # The processor names an adapter in words of its own, too.
        assert not set(row.fields) & {*COMMON, *CONCERN} - {"adapter"} or not row.concerns


def test_loggers_have_one_name_so_that_their_calls_are_found() -> None:
    """`log` in a module, `_log` where an object has its own; libraries' loggers are only given away or set."""
    for path in ENGINE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Assign(targets=[target], value=ast.Call(func=ast.Attribute(attr="get_logger"))):
                    # The records of the audit log are another vocabulary: specs/security.md has it.
                    assert ast.unparse(target) == ("audit_log" if "'audit'" in ast.unparse(node) else "log"), path
                case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Attribute(attr="getLogger")), attr=what)):
                    assert what == "setLevel", path


def test_calls_are_found_wherever_they_stand() -> None:
    source = "def f():\n    log.info('a', x=1, **y)\nclass C:\n    def g(self):\n        self._log.exception('b')\n"
    assert [(call.level, call.event, call.fields) for call in calls_of(source, "x")] == [
        ("info", "a", {"x", "**"}),
        ("error", "b", frozenset()),
    ]
    with pytest.raises(AssertionError, match="x:1"):
        list(calls_of("log.info(f'a{b}')", "x"))
