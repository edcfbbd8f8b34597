"""`ixp serve` that ends, and is started again on the same folder. Source: specs/durability.md."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from engine.cli import app
from tests.blackbox.client import AgentSession, Desktop, code_of, told
from tests.blackbox.configs import config
from tests.blackbox.conftest import Serve
from tests.blackbox.server import ServerProcess, run_serve

ENDINGS = ["kill", "stop"]
LOST = [
    "state.updated c1.i1.v1",
    "conversation.disposed c1.i1.v1",
    "interaction.ended c1.i1",
    "interaction.completed c1.i1",
    "interaction.disposed c1.i1",
    "channel.infochanged c1",
    "state.updated c1",
]


def again(server: ServerProcess, serve: Serve, **more: Any) -> ServerProcess:
    """Another server on its folder."""
    return serve(None, "--data", str(server.data), **more)


def engaged(server: ServerProcess, desktop: Desktop) -> AgentSession:
    """An agent with a call of their own."""
    session = desktop.session_of("agent1")
    session.do("session.start", requestid="r1")
    session.do("session.addchannel", data={"channel": {"endpoint": "4001", "type": "Telephony"}}, requestid="r2")
    session.do("channel.activate", "c1")
    session.do("channel.dial", "c1", {"destination": "+15550100"}, requestid="r3")
    return session


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_session_outlives_the_server(serve: Serve, ending: str) -> None:
    server = serve()
    with Desktop(server.agent_url) as desktop:
        session = engaged(server, desktop)
        before = dict(session.raw)
        getattr(server, ending)()
    with Desktop(again(server, serve).agent_url) as desktop:
        session.resume(desktop, 2)
        events = session.do("session.request.getdirectory")
        assert {seq: session.raw[seq] for seq in before} == before
        assert len(session.again) == len(before) - 2, "what was missed is byte for byte what was sent"
        assert told(events)[: len(LOST)] == LOST, "the simulator has forgotten its calls"
        assert told(events)[-1] == "session.request.getdirectory: success"
        assert session.do("channel.activate", "c1")[0]["result"] == "success"


def test_a_request_is_not_executed_again_after_a_restart(serve: Serve) -> None:
    server = serve()
    with Desktop(server.agent_url) as desktop:
        session = engaged(server, desktop)
        server.kill()
    with Desktop(again(server, serve).agent_url) as desktop:
        session.resume(desktop)
        session.settle()
        session.send("channel.dial", "c1", {"destination": "+15550100"}, requestid="r3")
        session.settle()
        assert len(session.again) == 1


def test_a_request_whose_answer_is_damaged_is_refused_for_good(serve: Serve) -> None:
    server = serve()
    with Desktop(server.agent_url) as desktop:
        session = engaged(server, desktop)
        server.stop()
    db = sqlite3.connect(server.data / "journal.sqlite3")
    with db:
        (seq,) = db.execute("SELECT seq FROM responses WHERE requestid = 'r3'").fetchone()
        db.execute("UPDATE responses SET text = 'damaged', text_digest = 1 WHERE requestid = 'r3'")
    db.close()
    later = again(server, serve, errors=frozenset({"journal_damaged"}))
    with Desktop(later.agent_url) as desktop:
        session.resume(desktop)
        session.settle()
        for _ in range(2):
            session.send("channel.dial", "c1", {"destination": "+15550100"}, requestid="r3")
            refused = desktop.read()
            assert (code_of(refused), refused["requestid"]) == ("TIMEOUT", "r3")
            assert "seq" not in refused
        assert told(session.settle()) == []
    (first, _) = later.log_events("journal_damaged")
    assert (first["session"], first["command"]) == (session.id, "channel.dial")
    assert f"the response with seq {seq} is damaged" in first["error"]


def test_the_agent_has_a_session_after_a_restart_too(serve: Serve) -> None:
    server = serve()
    with Desktop(server.agent_url) as desktop:
        session = engaged(server, desktop)
        server.kill()
    with Desktop(again(server, serve).agent_url) as desktop:
        assert code_of(desktop.prepare("agent1")) == "confirm"
        assert code_of(desktop.ask("bindSession", session.id, {})) == "FORBIDDEN"
        wrong = {"resume": {**session.cursor(), "token": "x" * 43}}
        assert code_of(desktop.ask("bindSession", session.id, wrong)) == "FORBIDDEN"
        assert code_of(desktop.prepare("agent1", override=True)) == "success"
        assert code_of(desktop.ask("bindSession", session.id, {"resume": session.cursor()})) == "INVALID_TARGET"


def test_a_session_that_has_ended_does_not_come_back(serve: Serve) -> None:
    server = serve()
    with Desktop(server.agent_url) as desktop:
        session = desktop.session_of("agent1")
        session.do("session.start")
        session.send("session.logout")
        while desktop.read().get("command") != "session.logout":
            pass
        server.kill()
    with Desktop(again(server, serve).agent_url) as desktop:
        assert code_of(desktop.prepare("agent1")) == "success"


def test_the_grace_of_an_absent_desktop_goes_on_after_a_restart(serve: Serve) -> None:
    short = config("[sessions]\nnot_ready_after_s = 0.2\nlogout_after_s = 1.0\n")
    server = serve(short)
    with Desktop(server.agent_url) as desktop:
        session = desktop.session_of("agent1")
        session.do("session.start")
        server.kill()
    later = serve(short, "--data", str(server.data))
    with Desktop(later.agent_url) as desktop:
        session.resume(desktop)
        session.settle()
        desktop.ask("unbindSession", session.id)
    with Desktop(later.agent_url) as desktop:
        while code_of(desktop.prepare("agent1")) == "confirm":
            pass


def test_what_was_said_by_other_settings_is_no_difference(serve: Serve) -> None:
    """Changed at a restart, and then the server dies before the session has taken a picture."""
    server = serve()
    with Desktop(server.agent_url) as desktop:
        session = engaged(server, desktop)
        server.stop()
    debugging = config("debug = true\n\n[sessions]\nnot_ready_after_s = 0.2\n")
    later = serve(debugging, "--data", str(server.data))
    with Desktop(later.agent_url) as desktop:
        session.resume(desktop)
        assert code_of(session.do("channel.ready", "c9")[-1]) == "INVALID_TARGET"
        later.kill()
    last = again(server, serve)
    with Desktop(last.agent_url) as desktop:
        session.resume(desktop)
        assert "context" not in session.do("session.request.getdirectory")[-1]
        last.kill()
    done = CliRunner().invoke(app, ["journal", "replay", session.id, "--data", str(server.data)])
    assert done.stdout.endswith("; none with a difference\n")


def test_without_a_durable_journal_sessions_end_with_the_process(serve: Serve) -> None:
    memory = config('[journal]\ndurability = "memory"\n')
    server = serve(memory)
    with Desktop(server.agent_url) as desktop:
        session = desktop.session_of("agent1")
        session.do("session.start")
        server.kill()
    assert not server.data.exists()
    later = serve(memory, "--data", str(server.data))
    with Desktop(later.agent_url) as desktop:
        assert code_of(desktop.ask("bindSession", session.id, {"resume": session.cursor()})) == "INVALID_TARGET"
    assert "survives neither" in later.log_events("journal")[0]["promise"]


def test_a_folder_has_one_server_at_a_time(serve: Serve) -> None:
    server = serve()
    done = run_serve("--agent-port", "0", "--http-port", "0", "--data", str(server.data))
    assert done.returncode == 2
    assert "another server uses it; stop that one, or give another folder" in done.stderr


def test_a_folder_that_cannot_be_had_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run_serve("--agent-port", "0", "--http-port", "0", "--data", str(tmp_path / "file"))
    assert done.returncode == 2
    assert "give a folder that may be written to" in done.stderr


def test_a_journal_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite3").write_bytes(b"no database" * 1000)
    done = run_serve("--agent-port", "0", "--http-port", "0", "--data", str(tmp_path))
    assert done.returncode == 1
    assert "or give another folder with --data" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_damaged_session_is_not_taken_up_and_the_others_are(serve: Serve) -> None:
    server = serve()
    with Desktop(server.agent_url) as desktop:
        damaged, sound = desktop.session_of("agent1"), desktop.session_of("agent2")
        for session in (damaged, sound):
            session.do("session.start")
        server.kill()
    with sqlite3.connect(server.data / "journal.sqlite3") as db:
        db.execute("UPDATE steps SET given = x'00' WHERE session = ? AND step = 2", (damaged.id,))
    db.close()
    later = again(server, serve, errors=("session_lost",))
    with Desktop(later.agent_url) as desktop:
        assert code_of(desktop.ask("bindSession", damaged.id, {"resume": damaged.cursor()})) == "INVALID_TARGET"
        sound.resume(desktop)
    (lost,) = later.log_events("session_lost")
    assert f"session {damaged.id}: step 2 is damaged or missing" in lost["error"]
    assert (lost["session"], lost["agent"], lost["seq"], lost["cause"]) == (damaged.id, None, None, "restart")
