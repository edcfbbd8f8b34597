"""Logs of every form are read alike, and what cannot be read is said with its place."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
import trio
from typer.testing import CliRunner

from engine.cli import app
from engine.conformance.checklog import check_log
from engine.conformance.logs import Form, Unreadable, form_of, read_log
from tests.engine.journal.recorded import record

START: Final = {"command": "session.start", "target": "s1", "result": "success", "seq": 1}
ASKED: Final = {"command": "session.start", "target": "s1"}


def line(message: Any, direction: str = "in", **more: Any) -> str:
    return json.dumps({"connection": "a", "direction": direction, "message": message, **more})


def har(*frames: dict[str, Any], **more: Any) -> str:
    return json.dumps({"log": {"entries": [{"request": {}}, {"_webSocketMessages": list(frames), **more}]}})


def test_lines_of_our_own() -> None:
    text = f"{line(ASKED, 'out', at=1.5)}\n\n{json.dumps({'direction': 'in', 'text': json.dumps(START)})}\n"
    asked, came = read_log(text)
    assert (asked.place, asked.connection, asked.direction, asked.message) == ("line 1", "a", "out", ASKED)
    assert (came.place, came.connection, came.direction, came.message) == ("line 3", "1", "in", START)
    assert (asked.at, came.at, asked.order, came.order) == (1.5, None, 0, 1)


def test_a_batched_frame_is_several_messages() -> None:
    found = read_log(line([START, {**START, "seq": 2}]))
    assert [(each.place, each.message["seq"]) for each in found] == [
        ("line 1, message 1", 1),
        ("line 1, message 2", 2),
    ]


def test_bare_messages_have_come() -> None:
    (came,) = read_log(json.dumps(START))
    assert (came.direction, came.message) == ("in", START)


@pytest.mark.parametrize("end", ["\u2028", "\u2029", "\x85"], ids=ascii)
def test_what_ends_a_line_elsewhere_may_stand_in_a_text(end: str) -> None:
    said = json.dumps({**START, "requestid": f"a{end}b"}, ensure_ascii=False)
    steps = f'{{"step": 1, "at": 0.0, "input": "RequestCame", "given": {{}}, "said": [{said}]}}'
    lines = json.dumps({"direction": "in", "text": said}, ensure_ascii=False)
    for text in (said, lines, steps, f"step 1  0.000  RequestCame  true\n  → {said}"):
        (came,) = read_log(f"{text}\n")
        assert came.message["requestid"] == f"a{end}b"


def nested(levels: int) -> str:
    """An object of so many levels."""
    return '{"a":' * (levels - 1) + "{}" + "}" * (levels - 1)


def failed(original: str) -> str:
    failure = '"failure": {"code": "INVALID_TARGET", "message": "no such thing"}'
    return f'{{"command": "session.start", "target": "s1", "result": "failure", {failure}, "original": {original}}}'


LEGAL: Final = {
    "the deepest request that there may be": failed(nested(16)),
    "the same in a batched frame": f"[{failed(nested(16))}]",
    "the same as a supervisor hears of it": json.dumps(
        {"name": "supervisor.message", "target": "s1", "data": {"message": json.loads(failed(nested(16)))}}
    ),
    "NUL in a text that was no JSON": failed('"{\\u0000"'),
    "a number that few can hold": '{"result": "success", "data": 9007199254740993}',
}


@pytest.mark.parametrize("name", LEGAL)
def test_the_limits_of_clients_are_not_those_of_servers(name: str) -> None:
    came, sent = read_log("".join(json.dumps({"direction": way, "text": LEGAL[name]}) + "\n" for way in ("in", "out")))
    assert came.problem is None
    assert sent.problem is not None


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', '{"a": NaN}', '{"a": "\\ud800"}', "\ufeff{}", nested(5000)])
def test_what_is_no_json_is_none_of_servers_either(text: str) -> None:
    (came,) = read_log(json.dumps({"direction": "in", "text": text}))
    assert (came.problem or "").startswith("not valid JSON: ")


def test_a_browsers_export() -> None:
    sent = {"type": "send", "time": 2.0, "opcode": 1, "data": json.dumps(ASKED)}
    came = {"type": "receive", "time": 3.0, "opcode": 1, "data": json.dumps(START)}
    found = read_log(har(came, {"type": "receive", "time": 2.5, "opcode": 9, "data": ""}, sent))
    assert [(each.direction, each.place) for each in found] == [
        ("out", "entry 2, message 3"),
        ("in", "entry 2, message 1"),
    ]
    (binary,) = read_log(har({"type": "receive", "time": 1.0, "opcode": 2, "data": "AAAA"}))
    assert check_log([binary]).violations[0].rule == "ENV-1"


@pytest.mark.parametrize("arguments", [(), ("--json",)])
@pytest.mark.parametrize("end", [False, True], ids=["lives", "ended"])
def test_a_journal_as_it_is_shown(arguments: tuple[str, ...], end: bool, tmp_path: Path) -> None:
    trio.run(lambda: record(tmp_path, end=end))
    shown = CliRunner().invoke(app, ["journal", "show", "s1", "--data", str(tmp_path), *arguments]).stdout
    assert form_of(shown) is Form.JOURNAL
    verdict = check_log(read_log(shown))
    assert (verdict.violations, verdict.notes) == ([], [])
    assert verdict.messages > 10


def test_a_reset_in_a_journal_begins_anew() -> None:
    def step(number: int, name: str, given: Any, *said: Any) -> str:
        return json.dumps({"step": number, "at": 0.0, "input": name, "given": given, "said": said})

    agent = {"id": "ada", "name": "Ada"}
    session = {"id": "s1", "agent": agent, "channelgroups": [], "channels": [], "capabilities": []}
    told = {"name": "session.initialized", "target": "s1", "data": {"session": session}}
    begin = step(1, "RequestCame", {}, START, {**told, "seq": 2})
    anew = step(3, "RequestCame", {}, {**START, "seq": 3}, {**told, "seq": 4})
    sound = "\n".join([begin, step(2, "DesktopBound", True), anew])
    assert check_log(read_log(sound)).violations == []
    wrong = "\n".join([begin, step(2, "DesktopBound", False), anew])
    assert [each.rule for each in check_log(read_log(wrong)).violations] == ["O8"]


@pytest.mark.parametrize(
    ("form", "text", "complaint"),
    [
        (None, "", "form cannot be told"),
        (None, "hello", "form cannot be told"),
        (None, '{"some": "thing"}', "form cannot be told"),
        (Form.LINES, "\n", "there is no message in it"),
        (Form.LINES, "{}", "line 1: direction is None"),
        (Form.LINES, '{"direction": "in"}', "line 1 has neither text nor message"),
        (Form.LINES, '{"direction": "in", "text": 5}', "line 1: text is no text"),
        (Form.MESSAGES, f"{json.dumps(START)}\n{{", "line 2 is no JSON"),
        (Form.MESSAGES, "[]", "line 1 is no JSON object"),
        (Form.JOURNAL, "hello", "line 1 is no step of a journal"),
        (Form.JOURNAL, '{"step": 1, "said": []}', "line 1 is no step of a journal: 'at' is missing"),
        (Form.HAR, "{", "it is no HAR file"),
        (Form.HAR, "[]", "it is no HAR file"),
        (Form.HAR, har(), "no WebSocket messages are in it"),
    ],
)
def test_what_cannot_be_read_is_said(form: Form | None, text: str, complaint: str) -> None:
    with pytest.raises(Unreadable, match=complaint):
        read_log(text, form)


def test_a_frame_that_is_no_message_is_no_reason_to_stop() -> None:
    found = read_log(f"{json.dumps({'direction': 'in', 'text': '{no'})}\n{line(5)}\n{line(START)}")
    assert [each.rule for each in check_log(found).violations] == ["ENV-1", "ENV-1"]
