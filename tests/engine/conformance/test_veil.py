"""No report shows a password or a token."""

import json
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

import pytest
import trio
from websockets.frames import Frame, Opcode

from engine.conformance.desk import Desk, Floor
from engine.conformance.line import Line, NoMessage
from engine.conformance.matching import misfit
from engine.conformance.play import Mismatch
from engine.conformance.reports import FORMS, write_report
from engine.conformance.runner import Place, Status, play
from engine.conformance.scenario import read_scenarios
from engine.conformance.show import failure
from engine.conformance.veil import SECRETS, VEIL, veiled

SECRET: Final = "it's \" pa\\ss"
"""With all that is written otherwise in JSON and in Python."""

WRITTEN: Final[dict[str, Callable[[Any], str]]] = {
    "as JSON": json.dumps,
    "with blanks": lambda value: json.dumps(value, indent=1),
    "in a text of JSON": lambda value: json.dumps({"original": json.dumps(value)}),
    "in a text of a text": lambda value: json.dumps([json.dumps([json.dumps(value)])]),
    "as Python writes it": repr,
    "as Python writes a text": lambda value: repr(json.dumps(value)),
}


def test_secrets_are_veiled_at_any_depth_and_nothing_else_is() -> None:
    value = {"agent": {"id": "a", "password": "p"}, "list": [{"token": "t"}], "resumetoken": "r", "seq": 1}
    assert veiled(value) == {
        "agent": {"id": "a", "password": VEIL},
        "list": [{"token": VEIL}],
        "resumetoken": VEIL,
        "seq": 1,
    }
    assert veiled({"token": "$text", "password": None}) == {"token": "$text", "password": None}
    assert veiled({"password": "$ecret"}) == {"password": VEIL}


@pytest.mark.parametrize("name", sorted(SECRETS))
@pytest.mark.parametrize("write", WRITTEN.values(), ids=WRITTEN)
def test_secrets_are_veiled_in_texts_too(write: Callable[[Any], str], name: str) -> None:
    text = write({"a": 1, name: SECRET, "b": {name: "second"}, "c": "third"})
    said = veiled(text)
    assert said.count(VEIL) == 2
    assert [part in said.replace(name, "") for part in ("pa", "second", "third")] == [False, False, True]
    cut = text[: text.index("pa", text.index(name) + len(name)) + 3]
    assert (veiled(cut).count(VEIL), "pa" in veiled(cut).replace(name, "")) == (1, False)
    assert veiled(f"the {name} is not told: {{}}") == f"the {name} is not told: {{}}"


def test_a_long_text_is_veiled_in_time() -> None:
    """Servers send whatever they like."""
    for text in ("\\" * 1_000_000, '"token":"' * 100_000, "'" * 1_000_000, '"token"' + " " * 1_000_000):
        assert veiled(text).startswith(text[:8])


class Says:
    """A line on which one thing comes."""

    def __init__(self, what: str | NoMessage) -> None:
        self.what = what

    async def messages(self) -> list[str]:
        await trio.lowlevel.checkpoint()
        if isinstance(self.what, NoMessage):
            raise self.what
        return [self.what]


def binary(text: str) -> NoMessage:
    line = Line(None, None, None)
    line._take(Frame(Opcode.BINARY, text.encode()))
    return line._bad


@pytest.mark.parametrize(
    "what",
    [
        '{"resumetoken": "shh", "seq": }',
        '[{"resumetoken": "shh"}]',
        '{"resumetoken": "shh", "result": "confirm"}',
        '{"name": "session.bound", "target": "s1", "data": {"resumetoken": "shh"}, "seq": 1}',
        '{"command": "prepareSession", "result": "confirm", "original": "{\\"password\\": \\"shh\\""}',
        NoMessage("ENV-2", "a frame is no array of messages", '{"resumetoken": "shh"}'),
        binary('{"resumetoken": "shh"}'),
    ],
)
async def test_what_is_no_message_is_told_without_its_secrets(what: str | NoMessage) -> None:
    async with AsyncExitStack() as open_, trio.open_nursery() as nursery:
        floor = Floor("", nursery, open_)
        await floor._hear(Desk("a", Says(what)))
    assert floor.broken is not None
    said = f"{floor.broken} {floor.broken.text} {floor.record}"
    assert VEIL in said
    assert "shh" not in said


def test_what_no_file_takes_is_escaped() -> None:
    assert veiled({"a\ud800": ["\udfff"]}) == {"a\\ud800": ["\\udfff"]}


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_a_difference_in_a_secret_is_told_without_it(name: str) -> None:
    says = misfit({"data": {name: "this"}}, {"data": {name: "that"}}, {})
    assert says == f"data.{name}: expected {VEIL!r}, got {VEIL!r}"
    assert "that" not in str(misfit({"data": []}, {"data": {name: "that"}}, {}))
    assert "that" not in str(Mismatch("x", seen={name: "that"}).seen)


async def test_no_report_of_a_failure_has_the_password_or_the_token(place: Place, tmp_path: Path) -> None:
    """The agent's password is shown to a server that wants another one, and a session's token to one that has none."""
    steps: list[Any] = [
        {"ask": "bindSession", "data": {"resume": {"token": "$token", "epoch": 1, "seq": 0}}},
        {"ask": "prepareSession", "at": None, "data": {"agent": {"id": "$agent", "password": "pass word"}}},
    ]
    (scenario,) = read_scenarios("x", [{"scenario": "a", "rules": ["SVC-1"], "given": "prepared", "steps": steps}])
    result = await play(scenario, place)
    assert result.status is Status.FAILED
    said = "\n".join(failure(result))
    for form in FORMS:
        write_report(tmp_path / f"report{form}", place.url, [result])
        said += (tmp_path / f"report{form}").read_text()
    answers = [each.what for each in result.record if each.way == "<-"]
    assert answers[0]["data"]["resumetoken"] == VEIL
    assert "prepareSession" in said
    assert "pass word" not in said
    assert json.dumps(place.names["password"]) not in said
