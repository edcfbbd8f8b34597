"""`ixp why`, on a journal that a server might have left."""

import json
from pathlib import Path

import pytest
import trio
from typer.testing import CliRunner, Result

from engine.cli import app
from tests.engine.journal.recorded import record


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


@pytest.mark.parametrize(
    ("target", "said"), [("s1.c9", "s1.c9"), ("s2.c1", "there is no session s2; `ixp journal show` lists them")]
)
def test_what_nobody_knows_is_said(target: str, said: str, data: Path) -> None:
    done = run(target, "--data", str(data))
    assert (done.exit_code, said in done.stderr) == (1, True)
    assert "Traceback" not in done.output
