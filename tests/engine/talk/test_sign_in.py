"""Signing in with a token or a key, at a server as operators run it. Source: specs/security.md, "At the handshake"."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from tests.blackbox.configs import config
from tests.blackbox.issuer import AUDIENCE, ISSUER, Issuer, key_set
from tests.blackbox.server import ROOT, ServerProcess
from tests.engine.talk.commands import PATIENCE_S, TALK, Terminal, messages, run_talk

SETTINGS = f"""
[identity]
file = "people.json"
required = true

[identity.hashing]
memory_kib = 64
time_cost = 1

[identity.lockout]
failures = 1

[identity.tokens]
keys = "keys.json"
issuer = "{ISSUER}"
audience = "{AUDIENCE}"
skew_s = 0
"""
HELLO = ("--script", "-")
STRANGER = "show a token or key that opens, with --token or in IXP_TOKEN\n"


@attrs.frozen
class Place:
    """A server that lets nobody in without a token or a key."""

    folder: Path
    url: str
    issuer: Issuer
    key: str
    """Of a service that may act for agent1 and agent2."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("guarded")
    issuer = Issuer()
    (folder / "keys.json").write_text(key_set(issuer))
    key = users(folder, "add", "crm", "--role", "service", "--team", "agent1", "--team", "agent2")
    with ServerProcess(folder, SETTINGS + config(agents=3)) as server:
        yield Place(folder, server.agent_url, issuer, key)


def users(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "engine", "users", *arguments, "--file", str(folder / "people.json")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def start(place: Place, *arguments: str, script: str = "session.start", **environment: str) -> tuple[int, str, str]:
    """Start a session, and let it go; status, whether it was started, and what was complained of."""
    done = run_talk(place.url, *HELLO, *arguments, script=script, **environment)
    for secret in (*environment.values(), *arguments[-1:]):
        assert secret not in done.stdout + done.stderr
    results = {message["command"]: message["result"] for message in messages(done) if "result" in message}
    return done.returncode, results.get("session.start", ""), done.stderr


def test_an_agent_signs_in_with_a_token_of_the_environment(place: Place) -> None:
    token = place.issuer.token("agent1")
    assert start(place, "--agent", "agent1", "--override", IXP_TOKEN=token) == (0, "success", "")


def test_a_token_may_be_given_on_the_command_line_with_the_line_end_of_its_file(place: Place) -> None:
    token = place.issuer.token("agent1")
    assert start(place, "--agent", "agent1", "--override", "--token", f"{token}\n") == (0, "success", "")


def test_a_person_at_a_terminal_signs_in_with_a_token(place: Place) -> None:
    token = place.issuer.token("agent1")
    with Terminal(place.url, "--agent", "agent1", "--override", IXP_TOKEN=token) as terminal:
        terminal.wait_for("help explains.")
        terminal.wait_for("agent1>")
        terminal.type("\x04")
        assert terminal.end() == 0
    assert token not in terminal.screen


def test_a_service_is_any_agent_of_its_team_with_its_key(place: Place) -> None:
    assert start(place, "--agent", "agent2", "--override", "--key", place.key) == (0, "success", "")
    status, _, complaint = start(place, "--agent", "agent3", "--key", place.key)
    assert (status, complaint) == (
        1,
        "ixp: prepareSession was refused for agent3: data.agent.id: this connection is service crm, who may not act "
        "for this agent; connect as the agent\n",
    )


def test_whom_a_token_is_for_must_be_said(place: Place) -> None:
    assert start(place, IXP_TOKEN=place.key) == (
        1,
        "",
        "ixp: a token or key is for certain agents; say with --agent who to be\n",
    )


def test_without_a_token_a_guarded_server_is_explained(place: Place) -> None:
    assert start(place, "--agent", "agent1") == (
        1,
        "",
        f"ixp: {place.url} does not let you in (nobody comes in without a token; send Authorization: Bearer); "
        f"{STRANGER}",
    )


def test_a_token_that_does_not_open_is_explained(place: Place) -> None:
    old = place.issuer.token("agent1", expires_in_s=-1)
    assert start(place, "--agent", "agent1", IXP_TOKEN=old) == (
        1,
        "",
        f"ixp: {place.url} does not let you in (the token has expired; get a new one); {STRANGER}",
    )


def test_too_many_wrong_keys_are_told_to_wait(place: Place) -> None:
    assert start(place, "--agent", "agent1", IXP_TOKEN="nobody.secret-of-nobody") == (
        1,
        "",
        f"ixp: {place.url} does not let you in (this key is nobody's; check it); {STRANGER}",
    )
    status, _, complaint = start(place, "--agent", "agent1", IXP_TOKEN="nobody.secret-of-nobody")
    assert status == 1
    assert complaint.startswith(f"ixp: {place.url} lets nobody in now (too many logins have failed")


def test_a_token_that_is_good_no_longer_ends_the_talk_at_once_with_what_to_do(place: Place) -> None:
    environment = {**os.environ, "IXP_TOKEN": place.issuer.token("agent3", jti="lent")}
    script = place.folder / "script"
    script.write_text("session.start\nsleep 50", encoding="utf-8")
    begun = time.monotonic()
    with subprocess.Popen(
        [*TALK, place.url, "--agent", "agent3", "--script", str(script)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as talk:
        assert talk.stdout is not None
        assert any("session.initialized" in line for line in talk.stdout)
        users(place.folder, "revoke", "--jti", "lent")
        _, complaints = talk.communicate(timeout=PATIENCE_S)
    assert talk.returncode == 1
    assert complaints.splitlines() == [
        "ixp: the connection is lost (access was revoked); trying to come back for 60 s",
        f"ixp: line 2: {place.url} does not let you in (the token is not accepted; get a new one); {STRANGER}".strip(),
    ]
    assert time.monotonic() - begun < 50
