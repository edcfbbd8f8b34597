"""`ixp journal`, on a journal that a server might have left."""

import json
import sqlite3
from pathlib import Path

import pytest
import trio
from typer.testing import CliRunner, Result

from engine.cli import app
from engine.journal.sqlite import FILE
from statemachines.core import SessionCore
from tests.engine.journal.recorded import record


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["journal", *arguments])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    trio.run(record, tmp_path)
    return tmp_path


def damage(data: Path, statement: str) -> None:
    with sqlite3.connect(data / FILE) as db:
        db.execute(statement)
    db.close()


def test_a_sound_journal_is_counted(data: Path) -> None:
    done = run("verify", "--data", str(data))
    assert (done.exit_code, done.stdout.strip()) == (
        0,
        "1 sessions, 1 of them not ended; 8 steps with 11 messages; nothing damaged",
    )


def test_damage_is_named(data: Path) -> None:
    damage(data, "UPDATE steps SET at = 77 WHERE step = 3")
    done = run("verify", "--data", str(data))
    assert done.exit_code == 1
    assert "session s1: step 3 is damaged or missing" in done.stdout
    assert "1 damaged" in done.stdout
    shown = run("show", "s1", "--data", str(data))
    assert (shown.exit_code, "step 3 is damaged" in shown.stderr) == (1, True)


def test_sessions_are_listed(data: Path) -> None:
    assert run("show", "--data", str(data)).stdout == "s1  ada  since 2026-11-21T09:30:00Z  lives  11 messages\n"
    (line,) = run("show", "--json", "--data", str(data)).stdout.splitlines()
    assert json.loads(line) == {
        "session": "s1",
        "agent": "ada",
        "since": "2026-11-21T09:30:00Z",
        "ended": None,
        "steps": 8,
        "seq": 11,
    }


def test_an_ended_session_says_when_it_ended(tmp_path: Path) -> None:
    async def ended() -> None:
        await record(tmp_path, end=True)

    trio.run(ended)
    assert "  ended 20" in run("show", "--data", str(tmp_path)).stdout
    assert run("replay", "s1", "--data", str(tmp_path)).exit_code == 0


def test_the_steps_of_a_session_are_shown(data: Path) -> None:
    text = run("show", "s1", "--data", str(data)).stdout
    assert "RequestCame" in text
    assert '→ {"command":"session.start","target":"s1","result":"success","requestid":"r0","seq":1}' in text
    steps = [json.loads(line) for line in run("show", "s1", "--json", "--data", str(data)).stdout.splitlines()]
    assert [step["input"] for step in steps[:3]] == ["DesktopBound", "RequestCame", "Answered"]
    assert [message["seq"] for step in steps for message in step["said"]] == list(range(1, 12))


def test_the_present_rules_say_what_was_said(data: Path) -> None:
    done = run("replay", "s1", "--data", str(data))
    assert (done.exit_code, done.stdout) == (0, "8 steps replayed; none with a difference\n")


def test_other_rules_are_shown_side_by_side(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SessionCore, "_success_data", lambda *_: {"other": "rules"})
    done = run("replay", "s1", "--data", str(data))
    assert done.exit_code == 1
    assert '- {"command":"channel.ready","target":"s1.c1","result":"success","requestid":"r1","seq":6}' in done.stdout
    assert '"data":{"other":"rules"},"requestid":"r1","seq":6}' in done.stdout
    assert "3 with a difference" in done.stdout


def test_inputs_that_nobody_knows_are_named(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.journal.rebuild.unpack", lambda _: 1 / 0)
    done = run("replay", "s1", "--data", str(data))
    assert done.exit_code == 1
    assert "step 1 behind the picture: ZeroDivisionError" in done.stdout


def test_what_is_not_there_is_said(data: Path, tmp_path: Path) -> None:
    nowhere = run("show", "--data", str(tmp_path / "nowhere"))
    assert (nowhere.exit_code, "there is no journal; give the server's folder with --data" in nowhere.stderr) == (
        2,
        True,
    )
    nobody = run("show", "s2", "--data", str(data))
    assert (nobody.exit_code, "there is no session s2; `ixp journal show` lists them" in nobody.stderr) == (1, True)
