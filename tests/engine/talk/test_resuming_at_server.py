"""Going on with a session in another process, as people do it, against the server as operators run it."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.blackbox.configs import config
from tests.blackbox.server import ROOT, ServerProcess
from tests.engine.talk.commands import Terminal, messages, run_talk

KEY = "the key of an operator"
SETTINGS = f"""
[journal]
durability = "memory"

[sessions]
history_messages = 15

[[operators]]
id = "ops"
key = "{KEY}"
"""
"""An offer fits into the history, and a whole call does not; in memory no more is kept than this."""
BE_READY = """
session.start
session.addchannel channel.endpoint=400{number} channel.type=Telephony
channel.activate
channel.ready
expect state.updated
"""
SEE_IT_THROUGH = """
expect interaction.preview @400{number}
answer
hangup
session.logout
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path_factory.mktemp("server"), SETTINGS + config(agents=4)) as server:
        yield server


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "session"


def begin(server: ServerProcess, path: Path, number: int) -> list[int]:
    """A script that is ready for calls and leaves; the numbers of the messages that it was told."""
    arguments = ("--agent", f"agent{number}", "--resume", str(path), "--script", "-")
    done = run_talk(server.agent_url, *arguments, script=BE_READY.format(number=number))
    assert (done.returncode, done.stderr) == (0, "")
    return [message["seq"] for message in messages(done) if "seq" in message]


def simulate(server: ServerProcess, *arguments: str) -> dict[str, Any]:
    command = (sys.executable, "-m", "engine", "simulate", *arguments, "--json", "--url", server.http_url)
    environment = {**os.environ, "IXP_OPERATOR_KEY": KEY}
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_a_script_goes_on_where_another_left_and_gets_the_call_that_came_meanwhile(
    server: ServerProcess, path: Path
) -> None:
    seen = begin(server, path, 1)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    simulate(server, "call", "4001")
    done = run_talk("--resume", str(path), "--script", "-", script=SEE_IT_THROUGH.format(number=1))
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("ixp: RESUMED: ")
    bound, *others = messages(done)
    assert bound["data"]["outcome"] == "RESUMED"
    assert [*seen, *(message["seq"] for message in others)] == list(range(1, len(seen) + len(others) + 1))
    assert {message.get("result", "success") for message in others} == {"success"}
    assert not path.exists(), "the session has ended, and the file with it"


def test_who_was_killed_at_a_terminal_goes_on_at_another_one(server: ServerProcess, path: Path) -> None:
    begin(server, path, 2)
    with Terminal("--resume", str(path)) as terminal:
        terminal.wait_for("RESUMED: 0 messages")
        terminal.wait_for("The session is bound. Tab completes")
        terminal.wait_for("agent2>")
        terminal.type("notready\r")
        terminal.wait_for("ACTIVE/NOTREADY")
        terminal.kill()
    with Terminal("--resume", str(path)) as terminal:
        terminal.wait_for("RESUMED: ")
        terminal.wait_for("agent2>")
        terminal.type("state\r")
        terminal.wait_for("4002")
        terminal.wait_for("ACTIVE/NOTREADY")
        terminal.type("quit\r")
        terminal.wait_for("The session waits for a while")
        assert terminal.end() == 0
    token = path.read_text(encoding="utf-8").partition('"token":"')[2].partition('"')[0]
    assert token
    assert token not in terminal.screen


def test_what_is_too_much_to_be_kept_is_a_reset(server: ServerProcess, path: Path) -> None:
    begin(server, path, 3)
    simulate(server, "hangup", simulate(server, "call", "4003")["call"])
    done = run_talk(
        "--resume", str(path), "--script", "-", script="session.start\nexpect session.initialized\nsession.logout"
    )
    assert (done.returncode, done.stderr) == (
        0,
        "ixp: RESET: the history is gone; send session.start to be told what exists now\n",
    )
    assert messages(done)[0]["data"]["outcome"] == "RESET"


def test_a_session_that_has_ended_meanwhile_is_told_of_and_another_one_can_be_begun(
    server: ServerProcess, path: Path
) -> None:
    begin(server, path, 4)
    assert run_talk(server.agent_url, "--agent", "agent4", "--override", "--script", "-", script="").returncode == 0
    done = run_talk("--resume", str(path), "--script", "-", script="session.start")
    assert (done.returncode, done.stdout.count("\n")) == (1, 1)
    assert f"ixp: the session that {path} keeps cannot be resumed (there is no session " in done.stderr
    assert done.stderr.endswith("; begin a new one with --override\n")
    done = run_talk("--resume", str(path), "--override", "--script", "-", script="session.start\nsession.logout")
    assert (done.returncode, done.stderr) == (0, "")
    assert not path.exists()


def test_the_session_of_somebody_else_is_not_gone_on_with(server: ServerProcess, path: Path) -> None:
    run_talk(server.agent_url, "--override", "--resume", str(path), "--script", "-", script="session.start")
    done = run_talk("--agent", "agent2", "--resume", str(path), "--script", "-", script="session.logout")
    assert (done.returncode, done.stdout, done.stderr) == (
        1,
        "",
        "ixp: the session that is kept is of agent1; leave --agent out, or name another file\n",
    )
