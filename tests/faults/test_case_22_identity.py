"""Case 22: foreign or missing Origin; no, expired, replayed, other tenant's token; token revoked while connected.

Refused before `accept`; revocation closes within 5 s; nothing learned about other sessions. Source: specs/security.md.

A missing Origin is refused where `listen.origin_required` says so: what is no browser sends none. A token opens as
often as it is shown until it expires or is revoked; one that is shown after that is the one that is replayed.

The judges below are also run against servers that lack the guard in question (tests/faults/careless_server.py), and
must find each of them out.
"""

import base64
import hashlib
import hmac
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import attrs
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from websockets.exceptions import InvalidStatus

from engine.conformance.broken import Broken
from tests.blackbox.client import Desktop, code_of
from tests.blackbox.configs import config
from tests.blackbox.issuer import AUDIENCE, ISSUER, Issuer, key_set
from tests.blackbox.server import ENGINE, ROOT, ServerProcess
from tests.faults.careless_server import MUTANTS

CLOSED_WITHIN_S: Final = 5.0
POLICY: Final = 1008

SETTINGS: Final = f"""
[listen]
origins = ["https://desk.test"]

[identity]
file = "people.json"
audit_file = "audit.jsonl"
required = true

[identity.tokens]
keys = "keys.json"
issuer = "{ISSUER}"
audience = "{AUDIENCE}"
skew_s = 0
claims = {{ tenant = "acme" }}
"""

ORIGIN_REQUIRED: Final = SETTINGS.replace("[listen]", "[listen]\norigin_required = true")


@attrs.define
class Place:
    """A server, its identity provider, and its directory."""

    server: ServerProcess
    issuer: Issuer
    directory: Path

    def token(self, sub: str | None = "agent1", **claims: Any) -> str:
        return self.issuer.token(sub, **{"tenant": "acme", **claims})

    def enter(self, token: str | None, **more: Any) -> Desktop:
        if token is not None:
            more["additional_headers"] = {"Authorization": f"Bearer {token}"}
        return Desktop(self.server.agent_url, **more)

    def refused(self, token: str | None, status: int, code: str, **more: Any) -> str:
        """The message of the refusal, which must come before the WebSocket is accepted."""
        try:
            desktop = self.enter(token, **more)
        except InvalidStatus as refusal:
            response = refusal.response
        else:
            desktop.close()
            raise AssertionError(f"was let in, and not refused with {status}")
        failure = json.loads(response.body)["failure"]
        assert (response.status_code, failure["code"]) == (status, code)
        assert ("WWW-Authenticate" in response.headers) == (status == 401)
        message: str = failure["message"]
        assert token is None or token not in message
        return message

    def users(self, *arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "engine", "users", *arguments, "--file", str(self.directory)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


def start(folder: Path, mutant: str | None = None, settings: str = SETTINGS) -> tuple[ServerProcess, Place]:
    issuer = Issuer()
    (folder / "keys.json").write_text(key_set(issuer))
    directory = folder / "people.json"
    directory.write_text('{"version": 1}')
    directory.chmod(0o600)
    program, names = (ENGINE, ()) if mutant is None else ("tests.faults.careless_server", (mutant,))
    server = ServerProcess(folder, settings + config(agents=3), program=program, mutant=names)
    return server, Place(server, issuer, directory)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    server, place = start(tmp_path_factory.mktemp("identity"))
    with server:
        yield place


# The judges


def judge_origin(place: Place) -> None:
    token = place.token()
    for origin in (
        "https://evil.test",
        "https://desk.test.evil.test",
        "http://desk.test",
        "https://desk.test:8443",
        "null",
    ):
        place.refused(token, 403, "FORBIDDEN", origin=origin)
        place.refused(None, 403, "FORBIDDEN", origin=origin)
    for allowed in ("https://desk.test", None):
        place.enter(token, origin=allowed).close()


def judge_no_origin(place: Place) -> None:
    """Where one is required."""
    token = place.token()
    for origin in (None, "https://evil.test"):
        place.refused(token, 403, "FORBIDDEN", origin=origin)
        place.refused(None, 403, "FORBIDDEN", origin=origin)
    place.enter(token, origin="https://desk.test").close()


def judge_presence(place: Place) -> None:
    place.refused(None, 401, "NOT_AUTHENTICATED")
    for header in ("Basic YTpi", "Bearer", "Bearer "):
        place.refused(None, 401, "NOT_AUTHENTICATED", additional_headers={"Authorization": header})


def judge_tenant(place: Place) -> None:
    """All of these are told the same, and not what was wrong."""
    public = place.issuer.private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    claims = jwt.decode(place.token(), options={"verify_signature": False})
    said = {
        place.refused(token, 401, "AUTH_FAILED")
        for token in (
            place.token(aud="another-centre"),
            place.token(aud=None),
            place.token(iss="https://login.other.test"),
            place.token(tenant="other"),
            place.token(tenant=None),
            place.token(sub=None),
            place.token(role="owner"),
            place.token(role=["agent", "operator"]),
            place.token(exp=None),
            place.token(nbf=time.time() + 3600),
            Issuer().token(tenant="acme"),
            Issuer("another").token(tenant="acme"),
            jwt.encode(claims, None, algorithm="none"),
            _signed_with_public_key(claims, public),
            place.token()[:-4] + "AAAA",
            "eyJhbGciOiJFUzI1NiJ9.e30.AAAA",
            "eyJ" + "x" * 5000 + "..",
        )
    }
    assert said == {"the token is not accepted; get a new one"}


def _signed_with_public_key(claims: dict[str, Any], public: bytes) -> str:
    """The public key taken for a shared secret, which careless verifiers fall for; the library refuses to make it."""
    head = {"alg": "HS256", "typ": "JWT", "kid": "first"}
    signed = b".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (head, claims))
    signature = hmac.digest(public, signed, hashlib.sha256)
    return (signed + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


def judge_expired(place: Place) -> None:
    message = place.refused(place.token(expires_in_s=-1), 401, "AUTH_FAILED")
    assert "expired" in message


def judge_replayed(place: Place) -> None:
    token = place.token(jti="lost-laptop")
    place.enter(token).close()
    place.users("revoke", "--jti", "lost-laptop")
    until = time.monotonic() + CLOSED_WITHIN_S
    while True:
        try:
            place.enter(token).close()
        except InvalidStatus:
            break
        assert time.monotonic() < until, "a revoked token still opens"
        time.sleep(0.05)
    place.refused(token, 401, "AUTH_FAILED")
    place.enter(place.token(jti="another")).close()


def judge_closing(place: Place) -> None:
    """Revoked or expired while connected: closed in time, with the session there for who comes back."""
    desktop = place.enter(place.token(jti="stolen"))
    session = desktop.session_of("agent1")
    session.do("session.start")
    place.users("revoke", "--jti", "stolen")
    begun = time.monotonic()  # the command writes at its very end; what it takes to start is not the server's
    assert desktop.closed_with() == (POLICY, "access was revoked")
    assert time.monotonic() - begun < CLOSED_WITHIN_S
    desktop.close()

    brief = place.enter(place.token(expires_in_s=4))
    session.resume(brief)
    begun = time.monotonic()
    code, reason = brief.closed_with()
    assert (code, reason) == (POLICY, "the token has expired; connect with a new one and resume")
    assert time.monotonic() - begun < 4 + CLOSED_WITHIN_S
    brief.close()

    with place.enter(place.token()) as again:
        session.resume(again)
        assert code_of(session.do("session.request.getdirectory")[0]) == "success"


def judge_reach(place: Place) -> None:
    """A token is for one agent, and not even the other's password and resumetoken widen it."""
    with place.enter(place.token("agent2")) as theirs, place.enter(place.token("agent1")) as mine:
        session = theirs.session_of("agent2")
        assert code_of(mine.prepare("agent2", override=True)) == "FORBIDDEN"
        assert code_of(mine.ask("prepareSession", data={"override": True, "agent": {"id": "agent2"}})) == "FORBIDDEN"
        absent = mine.ask("bindSession", "nobody", {"resume": {**session.cursor(), "token": session.token}})
        found = mine.ask("bindSession", session.id, {"resume": {**session.cursor(), "token": session.token}})
        assert code_of(found) == code_of(absent) == "INVALID_TARGET"
        assert found["failure"]["message"].replace(session.id, "nobody") == absent["failure"]["message"]
        assert code_of(mine.ask("session.start", session.id)) == "NOT_BOUND"
        login = {"supervisor": {"id": "agent1", "password": "demo-demo"}}
        assert code_of(mine.ask("supervisor.login", data=login)) == "AUTH_FAILED"
        assert code_of(mine.ask("supervisor.list")) == "NOT_AUTHENTICATED"
        # Their session has felt nothing of it.
        assert code_of(session.do("session.start")[0]) == "success"


JUDGES: Final[dict[str, Callable[[Place], None]]] = {
    "origin": judge_origin,
    "presence": judge_presence,
    "tenant": judge_tenant,
    "expired": judge_expired,
    "replayed": judge_replayed,
    "closing": judge_closing,
    "reach": judge_reach,
}


@pytest.mark.parametrize("judge", JUDGES)
def test_case_22(place: Place, judge: str) -> None:
    JUDGES[judge](place)


def test_where_an_origin_is_required_none_comes_in_without(tmp_path: Path) -> None:
    server, place = start(tmp_path, settings=ORIGIN_REQUIRED)
    with server:
        judge_no_origin(place)


def test_a_server_that_requires_none_is_found_out(tmp_path: Path) -> None:
    server, place = start(tmp_path, "no origin", ORIGIN_REQUIRED)
    with server, pytest.raises(AssertionError, match="was let in"):
        judge_no_origin(place)


FOUND_OUT_BY: Final = {
    "any origin": "origin",
    "accepts whoever is refused": "presence",
    "other tenants": "tenant",
    "expired tokens": "expired",
    "revoked tokens": "replayed",
    "nobody is expelled": "closing",
    "acts for anybody": "reach",
    "binds anybody's": "reach",
}


def test_every_mutant_is_tried() -> None:
    assert {*FOUND_OUT_BY, "no origin"} == MUTANTS.keys()


@pytest.mark.parametrize("mutant", FOUND_OUT_BY)
def test_a_server_without_the_guard_is_found_out(tmp_path: Path, mutant: str) -> None:
    server, place = start(tmp_path, mutant)
    with server, pytest.raises((AssertionError, Broken)):
        JUDGES[FOUND_OUT_BY[mutant]](place)


def test_a_revoked_person_is_cut_and_comes_in_no_more(tmp_path: Path) -> None:
    server, place = start(tmp_path)
    with server:
        desktop = place.enter(place.token("agent9"))
        place.users("revoke", "agent9")
        assert desktop.closed_with() == (POLICY, "access was revoked")
        desktop.close()
        place.refused(place.token("agent9"), 401, "AUTH_FAILED")
        place.enter(place.token("agent1")).close()
        kinds = [
            json.loads(line)["event"] for line in (place.directory.parent / "audit.jsonl").read_text().splitlines()
        ]
    assert kinds == ["login", "connection_expelled", "login_failed", "login"]


def test_a_browser_shows_its_token_among_the_subprotocols(place: Place) -> None:
    token = place.token()
    with Desktop(place.server.agent_url, offers=[f"bearer.{token}"], origin="https://desk.test") as desktop:
        assert code_of(desktop.ask("prepareSession", data={"override": True, "agent": {"id": "agent1"}})) == "success"
    with pytest.raises(InvalidStatus):
        Desktop(place.server.agent_url, offers=[f"bearer.{place.token(aud='other')}"])
    place.refused(token, 401, "NOT_AUTHENTICATED", offers=[f"bearer.{token}"])
