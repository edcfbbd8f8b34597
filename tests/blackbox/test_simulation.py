"""The simulator of a running server, controlled as people do it: from the command line, and over HTTP.

Source: specs/simulator.md.
"""

import json
import os
import pty
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any, Final

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, assume, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.blackbox.client import AgentSession, Desktop, told
from tests.blackbox.configs import config
from tests.blackbox.conftest import Serve
from tests.blackbox.server import ROOT, ServerProcess, wait_until

DOCUMENT: Final = json.loads((ROOT / "specs" / "simulator-control.openapi.json").read_text(encoding="utf-8"))
KEY: Final = "the key of an operator"
OPERATORS: Final = f'[[operators]]\nid = "ops"\nkey = "{KEY}"\n'
DAY_LIMIT_S: Final = 15.0


def simulate(
    server: ServerProcess, *arguments: str, key: str | None = None, timeout_s: float = 30.0
) -> subprocess.CompletedProcess[str]:
    """`ixp simulate …` as a process of its own."""
    env = {**os.environ, "COLUMNS": "80"} | ({} if key is None else {"IXP_OPERATOR_KEY": key})
    return subprocess.run(
        [sys.executable, "-m", "engine", "simulate", *arguments, "--url", server.http_url],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def simulated(server: ServerProcess, *arguments: str) -> str:
    """What a command says that must go well."""
    done = simulate(server, *arguments)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    return done.stdout


def at_the_phone(desktop: Desktop, number: int) -> AgentSession:
    """The agent of this number, in a session of one channel, the phone, which is ready."""
    session = desktop.session_of(f"agent{number}")
    session.do("session.start")
    session.do("session.addchannel", data={"channel": {"endpoint": f"{4000 + number}", "type": "Telephony"}})
    for command in ("channel.activate", "channel.ready"):
        assert f"{command}: success" in told(session.do(command, "c1"))
    return session


def hear(session: AgentSession, name: str) -> dict[str, Any]:
    """The next event of this name."""
    *_, message = (message for message in session.wait_news(name) if message.get("name") == name)
    return message


def path_of(message: dict[str, Any]) -> str:
    """What it is about, below the session."""
    return str(message["target"]).partition(".")[2]


# Calls, from the command line to the desktop


def test_a_call_is_made_answered_by_a_desktop_and_hung_up(serve: Serve) -> None:
    server = serve()
    with Desktop(server.agent_url) as desktop:
        session = at_the_phone(desktop, 1)
        said = simulated(server, "call", "4001", "--from", "+15550100", "--name", "Ada", "--data", "topic=invoice")
        contact = said.split()[0]
        preview = hear(session, "interaction.preview")
        interaction = preview["data"]["interaction"]
        assert (interaction["state"], interaction["contact"]) == ("ALERTING", contact)
        assert preview["data"]["interactiondata"] == {"topic": "invoice"}
        messages = session.do("interaction.accept", path_of(preview))
        assert f"interaction.started {path_of(preview)}" in told(messages)
        assert "STARTED at agent1" in simulated(server, "show")
        simulated(server, "hangup", contact)
        assert hear(session, "interaction.ended")["data"]["cause"] == "REMOTE"


def test_what_is_done_at_the_phone_shows_in_the_session(serve: Serve) -> None:
    server = serve()
    with Desktop(server.agent_url) as desktop:
        session = at_the_phone(desktop, 1)
        simulated(server, "phone", "4001", "state", "NOTREADY", "--reason", "LUNCH")
        channel = hear(session, "channel.infochanged")["data"]["channel"]
        assert (channel["agentstate"], channel["reason"]) == ("NOTREADY", {"code": "LUNCH"})


def test_the_platform_is_lost_and_comes_back(serve: Serve) -> None:
    server = serve(errors=("platform_lost",))
    with Desktop(server.agent_url) as desktop:
        session = at_the_phone(desktop, 1)
        assert "tried again" in simulated(server, "lose-platform")
        assert hear(session, "channel.infochanged")["data"]["channel"]["loginstate"] == "UNAVAILABLE"
        assert hear(session, "channel.infochanged")["data"]["channel"]["loginstate"] == "ACTIVE"
    wait_until(lambda: server.get("/readyz").status_code == 200, "the platform is back")


# Days


def test_a_day_of_twenty_agents_ends_soon_with_totals_that_add_up(serve: Serve) -> None:
    server = serve()
    begun = time.monotonic()
    day = ("day", "--agents", "20", "--seed", "7", "--contacts", "150", "--minutes", "60", "--speed", "1200")
    said = simulated(server, *day)
    assert time.monotonic() - begun < DAY_LIMIT_S
    rows = {line.split()[0]: line.split()[1:] for line in said.splitlines() if line.strip()}
    for name in ("calls", "chats", "emails", "all"):
        offered, *outcomes = map(int, rows[name][:6])
        assert offered == sum(outcomes) > 0, said
    assert rows["all"][0] == "150"
    (now,) = [json.loads(line) for line in simulated(server, "show", "--json").splitlines()]
    assert now["contacts"] == []
    assert not any(agent["channels"] for agent in now["agents"])


def test_on_a_terminal_a_day_shows_how_far_it_is(serve: Serve) -> None:
    server = serve()
    terminal, its_end = pty.openpty()
    day = ("--agents", "3", "--seed", "7", "--contacts", "10", "--minutes", "10", "--speed", "600")
    done = subprocess.run(
        [sys.executable, "-m", "engine", "simulate", "day", *day, "--url", server.http_url],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=its_end,
        timeout=30,
        check=False,
    )
    os.close(its_end)
    shown = os.read(terminal, 100_000).decode(errors="replace")
    os.close(terminal)
    assert done.returncode == 0, shown
    assert "of 10 planned contacts" in shown


def test_an_agent_with_a_desktop_gets_a_share_of_the_day(serve: Serve) -> None:
    server = serve()
    with Desktop(server.agent_url) as desktop:
        session = at_the_phone(desktop, 1)
        day = {"agents": 2, "seed": 7, "contacts": 30, "minutes": 60, "speed": 300}
        answer = requests.post(f"{server.http_url}/simulator/days", json=day, timeout=10)
        assert answer.status_code == 201
        preview = hear(session, "interaction.preview")
        assert preview["data"]["interactiondata"]["ticket"].startswith("T")
        messages = session.do("interaction.accept", path_of(preview))
        assert f"interaction.started {path_of(preview)}" in told(messages)
        url = f"{server.http_url}/simulator/days/{answer.json()['day']}"
        state = requests.delete(url, timeout=10).json()
        assert state["status"] == "stopped"
        assert state["totals"]["total"]["answered"] > 0


# Keys


def test_with_a_configuration_it_takes_the_key_of_an_operator(serve: Serve) -> None:
    server = serve(config(OPERATORS))
    for key, code in ((None, "NOT_AUTHENTICATED"), ("another key of many letters", "AUTH_FAILED")):
        done = simulate(server, "show", key=key)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith(f"ixp: {code}: ")
    done = simulate(server, "phone", "4001", "login", "agent1", key=KEY)
    assert (done.returncode, done.stderr) == (0, "")
    (entry,) = server.log_events("simulator_operation")
    assert (entry["operation"], entry["operator"], entry["at"]) == ("phone_login", "ops", {"extension": "4001"})
    assert len(server.log_events("simulator_access_refused")) == 2
    assert KEY not in server.log
    assert "another key" not in server.log


def test_a_configuration_without_operators_lets_nobody_in(serve: Serve) -> None:
    server = serve(config())
    done = simulate(server, "show", key=KEY)
    assert done.returncode == 1
    assert "[[operators]]" in done.stderr


def test_no_page_of_another_origin_reaches_the_demo(demo: ServerProcess) -> None:
    url = f"{demo.http_url}/simulator"
    assert requests.get(url, headers={"Origin": "https://evil.example"}, timeout=10).status_code == 403
    assert requests.get(url, headers={"Host": "evil.example"}, timeout=10).status_code == 403
    assert requests.get(url, timeout=10).status_code == 200


# Whatever is sent

NOT_THERE: Final = [404, 409, 422, 501]
"""What a sound request may be answered, beside success: there is no such call, no such phone, not now, not so."""

SCHEMA: Final = schemathesis.openapi.from_dict(
    DOCUMENT,
    config=SchemathesisConfig.from_dict(
        {
            "checks": {
                "negative_data_rejection": {"expected-statuses": [400, 413, 415, *NOT_THERE]},
                "positive_data_acceptance": {"expected-statuses": ["2xx", 413, *NOT_THERE]},
            },
            # NUL is refused everywhere, which no schema says.
            "generation": {"allow-x00": False},
        }
    ),
)


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server of its own, which nobody else counts on."""
    with ServerProcess(tmp_path_factory.mktemp("fuzzed"), errors=frozenset({"platform_lost"})) as server:
        yield server


@pytest.fixture(scope="module")
def http() -> Iterator[requests.Session]:
    """One client, which keeps its connection."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


def with_whole_numbers(value: Any) -> Any:
    """5.0 is a whole number to JSON Schema, and none to the strict reader; nobody writes it."""
    match value:
        case dict():
            return {key: with_whole_numbers(item) for key, item in value.items()}
        case list():
            return [with_whole_numbers(item) for item in value]
        case float() if value.is_integer() and abs(value) < 2**53:
            return int(value)
        case _:
            return value


@SCHEMA.parametrize()
@settings(max_examples=15, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_as_the_document_says(
    case: schemathesis.Case, fuzzed: ServerProcess, http: requests.Session
) -> None:
    """Sound requests and broken ones: never a server error, always a body of the form that is promised."""
    case.body = with_whole_numbers(case.body)
    # Python has these for white space, which no URL may hold, and JSON Schema has not.
    assume(not any(separator in repr(case.body) for separator in (r"\x1c", r"\x1d", r"\x1e", r"\x1f")))
    # The settings of the server do not allow every day that is well-formed.
    excluded = [positive_data_acceptance] if case.path == "/simulator/days" else []
    case.call_and_validate(base_url=fuzzed.http_url, session=http, excluded_checks=excluded, timeout=20)
