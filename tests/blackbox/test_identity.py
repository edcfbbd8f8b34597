"""People of the directory, services and operators at a running server, and that no secret gets into any log.

Source: specs/security.md.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import httpx2
import pytest
from websockets.exceptions import InvalidStatus

from tests.blackbox.client import Desktop, code_of
from tests.blackbox.configs import config
from tests.blackbox.issuer import AUDIENCE, ISSUER, Issuer, key_set
from tests.blackbox.server import ROOT, ServerProcess, run_serve, wait_until

SETTINGS = f"""
log_level = "debug"

[identity]
file = "people.json"
audit_file = "audit.jsonl"
metrics_for_operators = true

[identity.hashing]
memory_kib = 64
time_cost = 1

[identity.lockout]
failures = 3

[identity.tokens]
keys = "keys.json"
issuer = "{ISSUER}"
audience = "{AUDIENCE}"
skew_s = 0

[[operators]]
id = "tester"
key = "plain-key-of-many-letters"
"""
PASSWORD = "correct horse battery"


@attrs.define
class Place:
    server: ServerProcess
    folder: Path
    issuer: Issuer
    keys: dict[str, str]

    def enter(self, shown: str) -> Desktop:
        return Desktop(self.server.agent_url, additional_headers={"Authorization": f"Bearer {shown}"})

    def get(self, path: str, shown: str | None = None) -> httpx2.Response:
        headers = {} if shown is None else {"Authorization": f"Bearer {shown}"}
        return httpx2.get(self.server.http_url + path, headers=headers, trust_env=False)

    @property
    def audit(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "audit.jsonl").read_text().splitlines()]


def users(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "engine", "users", *arguments, "--config", str(folder / "ixp.toml")],
        cwd=ROOT,
        input=f"{PASSWORD}\n",
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def peopled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A folder with a configuration and a directory, to copy from, and the keys of those who have one."""
    folder = tmp_path_factory.mktemp("people")
    agents = re.sub(r'\[\[agents\]\]\nid = "agent[12]"\npassword = "demo"\n', "", config(agents=3))
    (folder / "ixp.toml").write_text(SETTINGS + agents)
    users(folder, "add", "agent1")
    users(folder, "add", "agent2")
    users(folder, "add", "grace", "--role", "supervisor", "--team", "agent1")
    keys = {
        "crm": users(folder, "add", "crm", "--role", "service", "--team", "agent1"),
        "olga": users(folder, "add", "olga", "--role", "operator"),
    }
    return folder, keys


@pytest.fixture
def place(peopled: tuple[Path, dict[str, str]], tmp_path: Path) -> Iterator[Place]:
    folder, keys = peopled
    issuer = Issuer()
    (tmp_path / "keys.json").write_text(key_set(issuer))
    for kept in ("people.json", "audit.jsonl"):
        shutil.copy(folder / kept, tmp_path)
    with ServerProcess(tmp_path, (folder / "ixp.toml").read_text()) as server:
        yield Place(server, tmp_path, issuer, keys)


def test_people_of_the_directory_log_in_with_their_passwords(place: Place) -> None:
    with Desktop(place.server.agent_url) as desktop:
        assert code_of(desktop.prepare("agent1", password=PASSWORD)) == "success"
        assert code_of(desktop.prepare("agent3", password="demo")) == "success"
        assert code_of(desktop.prepare("agent2", password="demo")) == "AUTH_FAILED"
        assert code_of(desktop.prepare("agent2", password=PASSWORD)) == "success"
        login = {"supervisor": {"id": "grace", "password": PASSWORD}}
        assert desktop.ask("supervisor.login", data=login)["data"]["team"] == ["agent1"]
    (plain,) = place.server.log_events("plain_secrets")
    assert plain["where"] == ["agents[0].password", "operators[0].key"]
    assert "ixp users hash" in plain["remedy"]


def test_a_service_acts_for_its_agents_and_nobody_else(place: Place) -> None:
    with place.enter(place.keys["crm"]) as backend:
        assert code_of(backend.ask("prepareSession", data={"override": False, "agent": {"id": "agent1"}})) == "success"
        for agent in ("agent2", "nobody"):
            data = {"override": False, "agent": {"id": agent, "password": PASSWORD}}
            assert code_of(backend.ask("prepareSession", data=data)) == "FORBIDDEN"
        assert code_of(backend.ask("supervisor.list")) == "NOT_AUTHENTICATED"


def test_supervisors_and_operators_are_logged_in_by_their_tokens_and_keys(place: Place) -> None:
    with Desktop(place.server.agent_url) as desktop:
        for agent in ("agent1", "agent2"):
            desktop.prepare(agent, password=PASSWORD)

        def seen(shown: str) -> list[str]:
            with place.enter(shown) as supervisor:
                assert code_of(supervisor.prepare("agent1", password=PASSWORD)) == "FORBIDDEN"
                listed = supervisor.ask("supervisor.list")["data"]["sessions"]
                return [each["agent"]["id"] if isinstance(each["agent"], dict) else each["agent"] for each in listed]

        assert seen(place.issuer.token("grace", role="supervisor")) == ["agent1"]
        assert seen(place.issuer.token("new", role="supervisor")) == []
        assert seen(place.issuer.token("boss", role="operator")) == ["agent1", "agent2"]
        assert seen(place.keys["olga"]) == ["agent1", "agent2"]


def test_http_is_for_operators_by_key_or_token(place: Place) -> None:
    operators = ["plain-key-of-many-letters", place.keys["olga"], place.issuer.token("boss", role="operator")]
    for path in ("/simulator", "/metrics"):
        for shown in operators:
            assert place.get(path, shown).status_code == 200
        for shown in (place.issuer.token("agent1"), place.keys["crm"]):
            assert place.get(path, shown).status_code == 403
        refused = place.get(path)
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
        expired = place.get(path, place.issuer.token("boss", role="operator", expires_in_s=-1))
        assert expired.json()["failure"]["message"].startswith("the token has expired")
    assert place.get("/healthz").status_code == 200
    told = [(each["event"], each.get("who"), each.get("asked")) for each in place.audit]
    logins = [("login", who, None) for who in ("tester", "olga", "boss")]
    refused = [("overreach", who, "simulator overview") for who in ("agent1", "crm")]
    refused += [("overreach", who, "metrics") for who in ("agent1", "crm")]
    assert [each for each in told if each[0] in ("login", "overreach")] == [*logins, *refused]


def test_guessing_is_locked_out_alike_for_people_and_for_nobody(place: Place) -> None:
    with Desktop(place.server.agent_url) as desktop:
        said = []
        for agent in ("agent1", "nobody"):
            answers = [desktop.prepare(agent, password=f"guess {number}") for number in range(4)]
            answers.append(desktop.prepare(agent, password=PASSWORD))
            said.append([re.sub(r"\d+ s", "N s", answer["failure"]["message"]) for answer in answers])
            assert {code_of(answer) for answer in answers} == {"AUTH_FAILED"}
        assert said[0] == said[1]
        assert said[0][-1] == "too many logins have failed; try again in N s"
        assert code_of(desktop.prepare("agent2", password=PASSWORD)) == "success"
    assert [each["who"] for each in place.audit if each["event"] == "login_locked"] == ["agent1", "unknown"]
    for number in range(3):
        assert place.get("/simulator", f"olga.guess{number}").status_code == 401
    locked = place.get("/simulator", place.keys["olga"])
    assert (locked.status_code, 0 < int(locked.headers["retry-after"]) <= 60) == (429, True)


def test_who_is_revoked_loses_connection_session_and_key(place: Place) -> None:
    with Desktop(place.server.agent_url) as desktop, Desktop(place.server.agent_url) as other:
        prepared = desktop.prepare("agent1", password=PASSWORD)["data"]
        session = prepared["session"]["id"]
        assert code_of(desktop.ask("bindSession", session)) == "success"
        users(place.folder, "revoke", "agent1")
        users(place.folder, "revoke", "olga")
        assert desktop.closed_with() == (1008, "access was revoked")
        resume = {"resume": {"token": prepared["resumetoken"], "epoch": 1, "seq": 0}}
        assert code_of(other.ask("bindSession", session, resume)) == "INVALID_TARGET"
        assert code_of(other.prepare("agent1", password=PASSWORD)) == "AUTH_FAILED"
        assert code_of(other.prepare("agent2", password=PASSWORD)) == "success"
    wait_until(lambda: place.get("/simulator", place.keys["olga"]).status_code == 401, "the key's end")


def test_who_came_by_a_secret_that_is_no_longer_theirs_is_sent_away(place: Place) -> None:
    sent_away = (1008, "password, key, role or team have changed; sign in again")
    with Desktop(place.server.agent_url) as desktop, Desktop(place.server.agent_url) as other:
        assert code_of(other.prepare("agent2", password=PASSWORD)) == "success"
        prepared = desktop.prepare("agent1", password=PASSWORD)["data"]
        session = prepared["session"]["id"]
        assert code_of(desktop.ask("bindSession", session)) == "success"
        with place.enter(place.keys["crm"]) as backend, place.enter(place.issuer.token("agent1")) as by_token:
            users(place.folder, "passwd", "agent1")
            assert desktop.closed_with() == sent_away
            users(place.folder, "passwd", "crm")
            assert backend.closed_with() == sent_away
            by_token.answers_still()
        resume = {"resume": {"token": prepared["resumetoken"], "epoch": 1, "seq": 0}}
        assert code_of(other.ask("bindSession", session, resume)) == "success"
    expelled = [(each["who"], each["why"]) for each in place.audit if each["event"] == "connection_expelled"]
    assert expelled == [(None, sent_away[1]), ("crm", sent_away[1])]


def test_a_directory_that_breaks_is_named_and_the_old_one_stays(place: Place) -> None:
    place.server.errors |= {"directory_kept"}
    good = (place.folder / "people.json").read_text()
    (place.folder / "people.json").write_text(good[:-20])
    wait_until(lambda: place.server.log_events("directory_kept") != [], "the complaint")
    assert "people.json" in place.server.log_events("directory_kept")[0]["why"]
    with Desktop(place.server.agent_url) as desktop:
        assert code_of(desktop.prepare("agent1", password=PASSWORD)) == "success"
    refused = run_serve("--config", str(place.folder / "ixp.toml"), "--agent-port", "0", "--http-port", "0")
    assert refused.returncode == 2
    assert "identity.file: " in refused.stderr
    assert "people.json" in refused.stderr


def test_an_odd_key_of_the_provider_is_left_out_and_the_server_stays(place: Place) -> None:
    new = Issuer("new")
    odd = new.public_jwk() | {"kid": "odd", "alg": "none"}
    (place.folder / "keys.json").write_text(json.dumps({"keys": [odd, new.public_jwk()]}))

    def taken_up() -> bool:
        return place.get("/simulator", new.token("boss", role="operator")).status_code == 200

    wait_until(taken_up, "the new key")
    with Desktop(place.server.agent_url) as desktop:
        assert code_of(desktop.prepare("agent1", password=PASSWORD)) == "success"


def test_no_secret_is_in_any_log(place: Place) -> None:
    """At level debug, through logins, refusals, a takeover, an order, and requests that hold secrets by mistake."""
    good, bad = place.issuer.token("agent1"), place.issuer.token("agent1", aud="other")
    secrets = [PASSWORD, "wrong password", good, bad, *place.keys.values(), "plain-key-of-many-letters", "wrong.key"]
    secrets += re.findall(r"\$argon2id[^\"]+", (place.folder / "people.json").read_text())
    assert len(secrets) == 13
    with Desktop(place.server.agent_url) as first, place.enter(good) as second:
        assert code_of(first.prepare("agent1", password="wrong password")) == "AUTH_FAILED"
        prepared = first.prepare("agent1", password=PASSWORD)["data"]
        taken = second.ask("prepareSession", data={"override": True, "agent": {"id": "agent1", "password": PASSWORD}})
        secrets += [prepared["resumetoken"], taken["data"]["resumetoken"]]
        session, token = taken["data"]["session"]["id"], taken["data"]["resumetoken"]
        assert code_of(second.ask("bindSession", session)) == "success"
        resume = {"resume": {"token": token, "epoch": 1, "seq": 0}}
        assert code_of(first.ask("bindSession", session, resume)) == "success"
        first.send_text(json.dumps({"command": "prepareSession", "data": {"agent": {"id": 5, "password": PASSWORD}}}))
        first.answers_still()
        login = {"supervisor": {"id": "grace", "password": PASSWORD}}
        assert code_of(second.ask("supervisor.login", data=login)) == "FORBIDDEN"
        with Desktop(place.server.agent_url) as grace:
            assert code_of(grace.ask("supervisor.login", data=login)) == "success"
            assert code_of(grace.ask("supervisor.watch", session)) == "success"
            order = {"why": "the shift is over"}
            assert code_of(grace.ask("supervisor.logoutagent", session, order)) == "success"
    for shown in (bad, "wrong.key"):
        with pytest.raises(InvalidStatus):
            place.enter(shown)
        with pytest.raises(InvalidStatus):
            Desktop(place.server.agent_url, offers=[f"bearer.{shown}"])
    for shown in ("plain-key-of-many-letters", "wrong.key", bad, *place.keys.values()):
        place.get("/simulator", shown)
        place.get(f"/nowhere?access_token={shown}")
    place.server.stop()
    kept = (place.folder / "audit.jsonl").read_text()
    for secret in secrets:
        assert secret not in place.server.log
        assert secret not in kept
    told = {each["event"] for each in place.audit}
    assert told >= {"login", "login_failed", "takeover", "supervisor_watch", "supervisor_order", "user_added"}
    takeovers = [(each["how"], each["agent"], each["who"]) for each in place.audit if each["event"] == "takeover"]
    assert takeovers == [("prepare", "agent1", "agent1"), ("bind", "agent1", None)]
    assert (place.folder / "audit.jsonl").stat().st_mode & 0o777 == 0o600


def test_the_demo_lets_no_foreign_page_in(demo: ServerProcess) -> None:
    for origin in ("https://evil.example", "null", "http://127.0.0.1.evil.example"):
        with pytest.raises(InvalidStatus) as refused:
            Desktop(demo.agent_url, origin=origin)
        assert refused.value.response.status_code == 403
        assert json.loads(refused.value.response.body)["failure"]["code"] == "FORBIDDEN"
    for origin in ("http://127.0.0.1:3000", "http://localhost:5173"):
        Desktop(demo.agent_url, origin=origin).close()
    with pytest.raises(InvalidStatus):
        Desktop(demo.agent_url, additional_headers={"Host": "evil.example"})
