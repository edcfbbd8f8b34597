"""`ixp why`, on a journal that a server might have left."""

import json
from pathlib import Path

import pytest
import trio
from typer.testing import CliRunner, Result

import statemachines.record
from engine.cli import app
from tests.engine.journal.recorded import record, trim


@pytest.fixture
def data(tmp_path: Path) -> Path:
    trio.run(record, tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["why", *arguments])


def test_a_channel_says_how_it_became_ready(data: Path) -> None:
    done = run("s1.c1", "--data", str(data))
    assert done.exit_code == 0
    assert "channel, now ACTIVE/READY" in done.stdout
    assert "cause     request r1: channel.ready (step 4)" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_one_object_for_programs(data: Path) -> None:
    explained = json.loads(run("s1", "--json", "--last", "1", "--data", str(data)).stdout)
    assert (explained["kind"], explained["now"], len(explained["changes"])) == ("session", {"state": "INITIALIZED"}, 1)
    assert explained["changes"][0]["cause"]["requestid"] == "r0"


@pytest.fixture
def trimmed(tmp_path: Path) -> Path:
    trio.run(lambda: record(tmp_path, end=True))
    trim(tmp_path)
    return tmp_path


def test_of_a_long_life_that_is_kept_in_part_no_beginning_is_made_up(trimmed: Path) -> None:
    done = run("s1", "--data", str(trimmed))
    assert (done.exit_code, done.exception) == (0, None)
    assert "(not known) → DISPOSED" in done.stdout
    assert "rule    not known: what was before is kept no longer" in done.stdout
    assert "request r4: session.logout (step 9)" in done.stdout
    shown = CliRunner().invoke(app, ["journal", "show", "s1", "--data", str(trimmed)]).stdout
    assert any(line.startswith("step 9 ") and "session.logout" in line for line in shown.splitlines())


def test_what_may_have_been_told_in_steps_that_are_gone_is_said_so(trimmed: Path) -> None:
    done = run("s1.c9", "--data", str(trimmed))
    assert (done.exit_code, "; steps 1 to 8 are kept no longer" in done.stderr) == (1, True)


def test_a_step_of_another_version_is_one_sentence(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {name: how for name, how in statemachines.record._UNPACK.items() if name != "Answered"}
    monkeypatch.setattr(statemachines.record, "_UNPACK", known)
    done = run("s1", "--data", str(data))
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("ixp: session s1: step 3 cannot be read (no input of the core: KeyError")
    assert "ask the version of ixp that wrote it" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("target", "said"), [("s1.c9", "s1.c9"), ("s2.c1", "there is no session s2; `ixp journal show` lists them")]
)
def test_what_nobody_knows_is_said(target: str, said: str, data: Path) -> None:
    done = run(target, "--data", str(data))
    assert (done.exit_code, said in done.stderr) == (1, True)
    assert "Traceback" not in done.output
