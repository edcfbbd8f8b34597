"""`ixp conformance log`: what it prints, and its exit status."""

import json
from pathlib import Path
from typing import Final

import pytest
from typer.testing import CliRunner, Result

from engine.cli import app

START: Final = '{"command":"session.start","target":"s1","result":"success","requestid":"r1","seq":1}'
AGENT: Final = '{"id":"s1","agent":{"id":"ada","name":"Ada"},"channelgroups":[],"channels":[],"capabilities":[]}'
INITIALIZED: Final = f'{{"name":"session.initialized","target":"s1","data":{{"session":{AGENT}}},"cause":"r1","seq":2}}'


def run(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(app, ["conformance", "log", *arguments], input=given)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.jsonl"
    path.write_text(f"{START}\n{INITIALIZED}\n", encoding="utf-8")
    return path


def test_a_sound_log(log: Path) -> None:
    done = run(str(log))
    assert (done.exit_code, done.stdout) == (0, "2 messages, 1 session: no rule is broken\n")


def test_a_log_of_standard_input() -> None:
    assert run("-", given=f"{START}\n{INITIALIZED}\n").exit_code == 0


def test_a_broken_rule_is_told_with_what_is_around(log: Path) -> None:
    log.write_text(log.read_text("utf-8").replace('"seq":2', '"seq":3'), encoding="utf-8")
    done = run(str(log))
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        "ENV-7 at line 2: seq 1: seq 3 came after 1",
        "    rule: The messages of a session are numbered 1, 2, 3 and so on, with no gap and no repetition. "
        "(protocol.md#envelope)",
        f"    ← line 1  {START}",
        f"  > ← line 2  {INITIALIZED.replace(':2', ':3')}",
        "",
        "2 messages, 1 session: 1 violation of 1 rule",
    ]


def test_what_supervisors_are_told_has_no_rules_of_its_own(log: Path) -> None:
    log.write_text('{"command":"supervisor.login","result":"success","data":{}}\n', encoding="utf-8")
    done = run(str(log))
    assert (done.exit_code, done.stdout.splitlines()[0]) == (1, "ENV-4 at line 1: data.supervisor: is required")


def test_the_same_as_json(log: Path) -> None:
    log.write_text(log.read_text("utf-8").replace('"seq":2', '"seq":3'), encoding="utf-8")
    done = run(str(log), "--json")
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    (violation,) = told.pop("violations")
    assert told == {"notes": [], "messages": 2, "sessions": 1, "connections": 1}
    assert (violation["rule"], violation["place"], violation["source"]) == ("ENV-7", "line 2", "protocol.md#envelope")
    assert [each["text"] for each in violation["around"]] == log.read_text("utf-8").splitlines()


def test_what_is_cut_off_is_noted(log: Path) -> None:
    log.write_text(f"{INITIALIZED}\n", encoding="utf-8")
    done = run(str(log))
    assert done.exit_code == 0
    assert "note: the log begins at message 2 of session s1" in done.stdout
    log.write_text(f"{START}\n", encoding="utf-8")
    assert "note: the log ends before all of session s1 was told" in run(str(log)).stdout


def test_what_cannot_be_read_ends_with_2(log: Path, tmp_path: Path) -> None:
    done = run(str(tmp_path / "nowhere"))
    assert (done.exit_code, "nowhere cannot be read" in done.stderr) == (2, True)
    done = run(str(log), "--format", "har")
    assert (done.exit_code, "it is no HAR file" in done.stderr) == (2, True)
    log.write_bytes(b"\xff\xfe\xff")
    done = run(str(log))
    assert (done.exit_code, "give a text file in UTF-8" in done.stderr) == (2, True)
