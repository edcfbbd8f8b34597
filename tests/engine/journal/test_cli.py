"""`ixp journal`, on a journal that a server might have left."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio
from typer.testing import CliRunner, Result

from engine.cli import app
from engine.journal import rebuild
from engine.journal.rows import Batch, Head, StepRow
from engine.journal.spi import Record, Step
from engine.journal.sqlite import FILE
from engine.journal.store import Store
from protocol.ids import SessionId
from tests.contracts.journal import opening
from tests.engine.journal.recorded import record, trim


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
        "1 session, 1 of them not ended; 8 steps with 11 messages; nothing damaged",
    )


def test_damage_is_named(data: Path) -> None:
    damage(data, "UPDATE steps SET at = 77 WHERE step = 3")
    done = run("verify", "--data", str(data))
    assert done.exit_code == 1
    assert "session s1: step 3 is damaged or missing" in done.stdout
    assert "1 damaged" in done.stdout
    shown = run("show", "s1", "--data", str(data))
    assert (shown.exit_code, "step 3 is damaged" in shown.stderr) == (1, True)


@pytest.mark.parametrize(
    ("statement", "cost"),
    [
        ("DELETE FROM pictures", "session s1: the next start does not take it up"),
        ("DELETE FROM steps WHERE step = 8", "session s1: a start does without what is damaged"),
    ],
)
def test_what_the_damage_costs_is_said(data: Path, statement: str, cost: str) -> None:
    damage(data, statement)
    assert cost in run("verify", "--data", str(data)).stdout


@pytest.mark.parametrize("command", [("verify",), ("show", "s1")])
def test_what_a_server_forgets_meanwhile_is_not_taken_for_damage(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trio.run(lambda: record(tmp_path, end=True))
    statements: list[str] = []
    connect = sqlite3.connect

    def followed(*arguments: Any, **more: Any) -> sqlite3.Connection:
        db = connect(*arguments, **more)

        def note(statement: str) -> None:
            statements.append(statement)
            if "FROM steps WHERE session" in statement and "CAST(said AS BLOB)" in statement:
                db.set_trace_callback(None)
                monkeypatch.undo()
                trim(tmp_path)

        db.set_trace_callback(note)
        return db

    monkeypatch.setattr(sqlite3, "connect", followed)
    done = run(*command, "--data", str(tmp_path))
    assert (done.exit_code, done.stderr) == (0, "")
    assert run("show", "s1", "--data", str(tmp_path)).stdout.startswith("steps 1 to 8 are kept no longer")


def test_sessions_are_listed(data: Path) -> None:
    assert run("show", "--data", str(data)).stdout.splitlines() == [
        "session  agent  since                 ended  messages",
        "s1       ada    2026-11-21T09:30:00Z  lives        11",
    ]
    (line,) = run("show", "--json", "--data", str(data)).stdout.splitlines()
    assert json.loads(line) == {
        "session": "s1",
        "agent": "ada",
        "since": "2026-11-21T09:30:00Z",
        "ended": None,
        "steps": 8,
        "seq": 11,
    }


def test_the_list_is_aligned_and_fits_a_terminal(tmp_path: Path) -> None:
    store = Store(tmp_path / FILE)
    assert run("show", "--data", str(tmp_path)).stdout == "no session is kept\n"
    for number, (session, agent) in enumerate([("s1", "ada"), ("qWv3-9_bX0aLk2Ty", "agent50")], 1):
        begun = attrs.evolve(opening(SessionId(session)), agent=agent, since="2026-11-21T09:30:00.123Z")
        store.write(Batch(openings=[(begun, number)]))
        store._end(session, 1.8e9 + 0.5)
    store.close()
    lines = run("show", "--data", str(tmp_path)).stdout.splitlines()
    assert {len(line) for line in lines} == {16 + 7 + 20 + 20 + 8 + 8}
    assert len(lines[0]) <= 80
    assert len({line.index("2027-01-15T08:00:00Z") for line in lines[1:]}) == 1


def test_one_of_a_kind_is_not_many(tmp_path: Path) -> None:
    store = Store(tmp_path / FILE)
    step = Step(at=0.0, given=b"given", records=(Record(seq=1, text=b"{}"),))
    row = StepRow(session=SessionId("s1"), ends=Head(1, 1), wall=0.0, step=step)
    store.write(Batch(openings=[(opening(), 1)], steps=[row]))
    store.close()
    counted = "1 session, 1 of them not ended; 1 step with 1 message; nothing damaged\n"
    assert run("verify", "--data", str(tmp_path)).stdout == counted


def test_an_ended_session_says_when_it_ended(tmp_path: Path) -> None:
    async def ended() -> None:
        await record(tmp_path, end=True)

    trio.run(ended)
    _, line = run("show", "--data", str(tmp_path)).stdout.splitlines()
    *_, since, at, _ = line.split()
    assert (len(at), at[10], at[-1]) == (len(since), "T", "Z"), "both times are written alike"
    in_full = json.loads(run("show", "--json", "--data", str(tmp_path)).stdout)["ended"]
    assert in_full == f"{at[:-1]}.{in_full[20:23]}Z"
    assert run("replay", "s1", "--data", str(tmp_path)).exit_code == 0


def test_the_steps_of_a_session_are_shown(data: Path) -> None:
    text = run("show", "s1", "--data", str(data)).stdout
    assert "RequestCame" in text
    assert '→ {"command":"session.start","target":"s1","result":"success","requestid":"r0","seq":1}' in text
    steps = [json.loads(line) for line in run("show", "s1", "--json", "--data", str(data)).stdout.splitlines()]
    assert [step["input"] for step in steps[:3]] == ["DesktopBound", "RequestCame", "Answered"]
    assert [message["seq"] for step in steps for message in step["said"]] == list(range(1, 12))


def test_steps_keep_their_numbers_when_those_before_them_are_gone(tmp_path: Path) -> None:
    trio.run(lambda: record(tmp_path, end=True))
    trim(tmp_path)
    text, *lines = run("show", "s1", "--data", str(tmp_path)).stdout.splitlines()
    assert text == "steps 1 to 8 are kept no longer"
    assert [line.split()[:2] for line in lines if line.startswith("step")] == [["step", "9"], ["step", "10"]]
    steps = [json.loads(line) for line in run("show", "s1", "--json", "--data", str(tmp_path)).stdout.splitlines()]
    assert [step["step"] for step in steps] == [9, 10]
    assert run("replay", "s1", "--data", str(tmp_path)).stdout.startswith("2 steps replayed; none")


def test_the_present_rules_say_what_was_said(data: Path) -> None:
    done = run("replay", "s1", "--data", str(data))
    assert (done.exit_code, done.stdout) == (0, "8 steps replayed; none with a difference\n")


def test_other_rules_are_shown_side_by_side(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("statemachines.outbox._success_data", lambda *_: {"other": "rules"})
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
    assert done.stdout.endswith("0 of 8 steps replayed; none with a difference\n")


def test_a_replay_that_cannot_go_on_says_how_far_it_came(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs, unpack = iter(range(8)), rebuild.unpack
    monkeypatch.setattr(rebuild, "unpack", lambda given: unpack(given) if next(inputs) < 3 else 1 / 0)
    done = run("replay", "s1", "--data", str(data))
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        "step 4 behind the picture: ZeroDivisionError: division by zero",
        "3 of 8 steps replayed; none with a difference",
    ]


def test_what_is_not_there_is_said(data: Path, tmp_path: Path) -> None:
    nowhere = run("show", "--data", str(tmp_path / "nowhere"))
    assert (nowhere.exit_code, "there is no journal; give the server's folder with --data" in nowhere.stderr) == (
        2,
        True,
    )
    nobody = run("show", "s2", "--data", str(data))
    assert (nobody.exit_code, "there is no session s2; `ixp journal show` lists them" in nobody.stderr) == (1, True)
