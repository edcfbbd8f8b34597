"""`ixp serve`: it says when it is ready, and what is wrong when it cannot be. Source: README.md, "Running"."""

import json
import socket
from pathlib import Path

import httpx2
import pytest

from tests.blackbox.client import Desktop, told
from tests.blackbox.configs import config
from tests.blackbox.conftest import Agent, Serve
from tests.blackbox.server import ServerProcess, run_serve

GOOD = config()


def refused(*arguments: str) -> str:
    """What the command line says instead of serving: one sentence on standard error, and status 2."""
    done = run_serve("--agent-port", "0", "--http-port", "0", *arguments)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    lines = [line for line in done.stderr.splitlines() if line.startswith("ixp: ")]
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    return lines[0]


# Ready


def test_the_ready_line_has_addresses_that_work(demo: ServerProcess) -> None:
    assert demo.agent_url.startswith("ws://127.0.0.1:")
    assert demo.agent_url.endswith("/agent")
    assert demo.http_url.startswith("http://127.0.0.1:")
    with Desktop(demo.agent_url) as desktop:
        desktop.answers_still()
    assert demo.get("/healthz").status_code == 200


def test_the_command_line_wins_over_the_file(serve: Serve) -> None:
    text = '[listen]\nhost = "203.0.113.1"\nagent_port = 1\nhttp_port = 1\n'
    server = serve(config(text), "--host", "localhost", "--debug")
    with Desktop(server.agent_url) as desktop:
        session = desktop.session_of("agent1")
        messages = session.do("session.start")
        assert all(message["context"] == {"session": {"id": session.id}} for message in messages)
        (failure,) = session.do("session.start")
        assert "Traceback" in failure["failure"]["context"]


def test_messages_carry_no_context_unless_asked_for(demo: ServerProcess, agent: Agent) -> None:
    with Desktop(demo.agent_url) as desktop:
        messages = desktop.session_of(agent.id).do("session.start")
    assert told(messages) == ["session.start: success", "session.initialized"]
    assert not any("context" in message for message in messages)


# Health and metrics


def test_health(demo: ServerProcess) -> None:
    assert demo.get("/healthz").json() == {"status": "ok"}
    assert demo.get("/readyz").json() == {"status": "ready"}
    assert set(demo.get("/").json()["paths"]) >= {"/healthz", "/readyz", "/metrics"}


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nothing", 404), ("POST", "/healthz", 405)])
def test_http_says_no_in_one_form(demo: ServerProcess, method: str, path: str, status: int) -> None:
    answer = httpx2.request(method, demo.http_url + path, trust_env=False)
    assert answer.status_code == status
    assert set(answer.json()["failure"]) == {"code", "message"}


def test_metrics_count_what_happens(demo: ServerProcess, agent: Agent) -> None:
    def counts() -> list[float]:
        return [
            demo.metric("ixp_sessions"),
            demo.metric("ixp_connections"),
            demo.metric("ixp_commands_total", command="session.start", result="success"),
            demo.metric("ixp_commands_total", command="session.start", result="ALREADY_STARTED"),
            demo.metric("ixp_commands_total", command="unknown"),
            demo.metric("ixp_events_total", event="session.initialized"),
            demo.metric("ixp_adapter_calls_total", call="StartAgent", result="success"),
            demo.metric("ixp_requests_refused_total", code="NOT_BOUND"),
            demo.metric("ixp_command_seconds_count", command="session.start"),
        ]

    before = counts()
    with Desktop(demo.agent_url) as desktop:
        session = desktop.session_of(agent.id)
        session.do("session.start")
        session.do("session.start")
        desktop.answers_still()
        # Each `do` sends one command that nobody knows, to see the end of what it asked for.
        grown = [now - then for then, now in zip(before, counts(), strict=True)]
    assert grown == [1, 1, 1, 1, 2, 1, 1, 1, 2]


# Not ready


@pytest.mark.parametrize("host", ["0.0.0.0", "example.org"])
def test_the_demo_is_not_served_to_a_network(host: str) -> None:
    said = refused("--host", host)
    assert host in said
    assert "--config" in said
    assert "[[agents]]" in said


@pytest.mark.parametrize("key", ["agent", "http"])
def test_a_port_that_is_taken(key: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = refused(f"--{key}-port", port)
    assert f"listen.{key}_port" in said
    assert port in said
    assert f"--{key}-port" in said


def test_an_address_that_is_not_ours(tmp_path: Path) -> None:
    file = tmp_path / "ixp.toml"
    file.write_text(GOOD, encoding="utf-8")
    assert "192.0.2.7" in refused("--config", str(file), "--host", "192.0.2.7")


@pytest.mark.parametrize(
    ("text", "key", "remedy"),
    [
        ("[listen\n", "line 1", "mend"),
        ("[listen]\n", "agents", "add [[agents]]"),
        (f"[limits]\nmessage_byte = 1\n{GOOD}", "limits", "it may hold"),
        (f'[limits]\nmessage_bytes = "64k"\n{GOOD}', "limits.message_bytes", "expected a whole number"),
        (f"[limits]\nmessage_bytes = 0\n{GOOD}", "message_bytes", "above 0"),
        (f'{GOOD}\n[[simulator.agents]]\nid = "x"\nextension = "4001"\n', "simulator.agents[3].extension", "another"),
    ],
)
def test_a_configuration_that_is_wrong(tmp_path: Path, text: str, key: str, remedy: str) -> None:
    file = tmp_path / "ixp.toml"
    file.write_text(text, encoding="utf-8")
    said = refused("--config", str(file))
    assert str(file) in said
    assert key in said
    assert remedy in said


def test_a_configuration_that_is_not_there(tmp_path: Path) -> None:
    said = refused("--config", str(tmp_path / "none.toml"))
    assert "none.toml" in said
    assert "give the path" in said


def test_the_log_is_json_lines(demo: ServerProcess) -> None:
    for line in demo.log.splitlines():
        entry = json.loads(line)
        assert {"event", "level", "timestamp"} <= set(entry)
