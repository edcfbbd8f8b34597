"""Who comes in, judged by what the handshake says."""

import json
import time
from pathlib import Path
from typing import Any

import attrs
import pytest
from structlog.testing import capture_logs
from trio.testing import MockClock

from engine.config import Operator
from engine.security.audit import Audit
from engine.security.directory import Directory, Entry, RevokedToken
from engine.security.door import Door, Knock
from engine.security.hashing import make_hash
from engine.security.identities import Identities
from engine.security.lockout import Locked
from engine.security.origins import Origins
from engine.security.people import CHANGED, REVOKED, Identity
from engine.security.settings import Hashing, LockoutSettings, Role, TokenSettings
from engine.security.tokens import Tokens
from protocol.errors import Refused
from tests.blackbox.issuer import AUDIENCE, ISSUER, Issuer
from tests.engine.security.test_tokens import PROVIDER, Keys

CHEAP = Hashing(memory_kib=8, time_cost=1)
PEOPLE = Directory(
    people=(
        Entry(id="crm", role=Role.SERVICE, hash=make_hash("s3cret", CHEAP), team=("ada",)),
        Entry(id="gone", role=Role.OPERATOR, hash=make_hash("s3cret", CHEAP), revoked="now"),
    ),
    revoked_tokens=(RevokedToken(jti="stolen", at="now"),),
)
KEY = "a key of many letters"


def door(**more: Any) -> Door:
    identities = Identities(
        operators=[Operator(id="tester", key=KEY)],
        directory=PEOPLE,
        hashing=CHEAP,
        lockout=LockoutSettings(failures=3),
    )
    settings = TokenSettings(keys="keys.json", issuer=ISSUER, audience=AUDIENCE, skew_s=0)
    return Door(identities, tokens=Tokens(settings, Keys(), identities), **more)


def knock(*authorization: str, origin: str | None = None, offers: tuple[str, ...] = ()) -> Knock:
    headers = [(b"Authorization", value.encode()) for value in authorization]
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    return Knock(address="192.0.2.1", host="desk.example:8765", headers=headers, subprotocols=offers)


async def code(door: Door, knock: Knock) -> str:
    with pytest.raises(Refused) as refused:
        await door.enter(knock)
    return refused.value.code


async def test_who_says_nothing_may_say_it_later_unless_it_is_required() -> None:
    assert await door().enter(knock()) is None
    assert await code(door(required=True), knock()) == "NOT_AUTHENTICATED"


async def test_tokens_and_keys_open_by_header_and_by_subprotocol() -> None:
    token = PROVIDER.token("ada")
    for shown, id_, role in (
        (token, "ada", Role.AGENT),
        ("crm.s3cret", "crm", Role.SERVICE),
        (KEY, "tester", Role.OPERATOR),
    ):
        with capture_logs() as logs:
            for given in (
                knock(f"Bearer {shown}"),
                knock(f"bearer  {shown} "),
                knock(offers=("v1", f"bearer.{shown}")),
            ):
                identity = await door(required=True).enter(given)
                assert identity is not None
                assert (identity.id, identity.role) == (id_, role)
                assert shown not in repr(given)
        assert [log["event"] for log in logs] == ["login"] * 3
        assert shown not in repr(logs)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (knock("Basic x"), "NOT_AUTHENTICATED"),
        (knock("Bearer"), "NOT_AUTHENTICATED"),
        (knock("Bearer a", "Bearer b"), "NOT_AUTHENTICATED"),
        (knock("Bearer a", offers=("bearer.a",)), "NOT_AUTHENTICATED"),
        (knock("Bearer a"), "AUTH_FAILED"),
        (knock("Bearer gone.s3cret"), "AUTH_FAILED"),
        (knock("Bearer crm.wrong"), "AUTH_FAILED"),
        (knock(offers=("bearer.",)), "AUTH_FAILED"),
        (knock("Bearer " + PROVIDER.token(jti="stolen")), "AUTH_FAILED"),
        (knock("Bearer " + PROVIDER.token(expires_in_s=-1)), "AUTH_FAILED"),
    ],
)
async def test_anything_else_does_not_even_where_nothing_is_required(given: Knock, expected: str) -> None:
    assert await code(door(), given) == expected


SOON_S = 600


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"expires_in_s": -1}, "expired"),
        ({"nbf": SOON_S}, "not yet valid"),
        ({"iat": SOON_S}, "not yet valid"),
        ({"aud": "other"}, "audience"),
        ({"aud": 5}, "audience"),
        ({"aud": None}, "no claim aud"),
        ({"iss": "https://elsewhere.test"}, "issuer"),
        ({"iss": None}, "no claim iss"),
        ({"exp": None}, "no claim exp"),
        ({"exp": "soon"}, "malformed: DecodeError"),
        ({"sub": None}, "no claim sub"),
        ({"role": "owner"}, "role"),
        ({"jti": "stolen"}, "revoked"),
    ],
)
async def test_the_audit_log_says_what_was_wrong_with_a_token_and_the_client_is_told_of_expiry_alone(
    claims: dict[str, Any], why: str, tmp_path: Path
) -> None:
    later = {name: int(time.time()) + SOON_S for name in claims if claims[name] == SOON_S}
    assert await refused_as(PROVIDER.token(**claims | later), tmp_path) == why


@pytest.mark.parametrize(("kid", "why"), [("first", "signature"), ("elsewhere", "key")])
async def test_a_token_of_somebody_else_is_told_apart_in_the_audit_log_alone(
    kid: str, why: str, tmp_path: Path
) -> None:
    assert await refused_as(Issuer(kid).token(), tmp_path) == why


async def refused_as(token: str, folder: Path) -> str:
    """Why, as the audit log has it; the client is told as little as ever."""
    file = folder / "audit.jsonl"
    with pytest.raises(Refused) as refused:
        await door(audit=Audit(file)).enter(knock(f"Bearer {token}"))
    (record,) = map(json.loads, file.read_text().splitlines())
    assert (record["event"], record["how"], refused.value.code) == ("login_failed", "token", "AUTH_FAILED")
    told = "the token has expired" if record["why"] == "expired" else "the token is not accepted"
    assert refused.value.message == f"{told}; get a new one"
    return str(record["why"])


async def test_the_origin_is_judged_before_the_token() -> None:
    strict = door(origins=Origins())
    assert await code(strict, knock("Bearer nonsense", origin="https://evil.example")) == "FORBIDDEN"
    assert await strict.enter(knock(origin="https://desk.example")) is None


async def test_guesses_at_keys_are_locked_out_and_bad_tokens_are_no_guesses(autojump_clock: MockClock) -> None:
    plain = Door(Identities(operators=[Operator(id="tester", key=KEY)], lockout=LockoutSettings(failures_of_address=3)))
    for number in range(3):
        assert await code(plain, knock(f"Bearer guess{number}")) == "AUTH_FAILED"
    with pytest.raises(Locked):
        await plain.enter(knock(f"Bearer {KEY}"))
    patient = door()
    for _ in range(20):
        assert await code(patient, knock("Bearer " + PROVIDER.token(aud="other"))) == "AUTH_FAILED"
    assert await patient.enter(knock("Bearer " + PROVIDER.token())) is not None


async def test_who_is_in_must_go_when_their_right_ends() -> None:
    def why(**more: Any) -> str:
        return door().why_out(Identity(**{"id": "ada", "role": Role.AGENT, "by_token": True, **more}))

    assert door().why_out(None) == why() == why(expires_at=time.time() + 60) == why(token_id="other") == ""
    assert "expired" in why(expires_at=time.time() - 1)
    assert why(token_id="stolen") == why(id="gone") == "access was revoked"
    # Keys are nobody's once their owner is taken out of the directory.
    assert why(id="crm", by_token=False) == ""
    assert why(id="nobody", by_token=False) == "access was revoked"


async def test_who_came_by_key_must_go_when_key_role_or_team_are_others() -> None:
    identities = Identities(directory=PEOPLE, hashing=CHEAP)
    keyed = Door(identities)
    identity = await keyed.enter(knock("Bearer crm.s3cret"))
    crm = PEOPLE.people[0]
    for more, why in (
        ({}, ""),
        ({"name": "CRM"}, ""),
        ({"hash": make_hash("s3cret", CHEAP)}, CHANGED),
        ({"team": ("bob",)}, CHANGED),
        ({"role": Role.OPERATOR, "team": None}, CHANGED),
        ({"hash": None, "revoked": "now"}, REVOKED),
    ):
        identities.take(PEOPLE.with_entry(attrs.evolve(crm, **more)))
        assert keyed.why_out(identity) == why, more


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.SERVICE])
async def test_who_came_by_token_must_go_when_the_directory_has_them_otherwise(role: Role) -> None:
    """As far as the token left it to the directory."""
    known = Entry(id="grace", role=role, team=("ada",))
    identities = Identities(directory=Directory(people=(known,)))
    settings = TokenSettings(keys="keys.json", issuer=ISSUER, audience=AUDIENCE)
    door = Door(identities, tokens=Tokens(settings, Keys(), identities))
    by_directory, by_claim, new = [
        await door.enter(knock(f"Bearer {PROVIDER.token(role=role, **claims)}"))
        for claims in ({"sub": "grace"}, {"sub": "grace", "team": ["ada"]}, {"sub": "new"})
    ]
    for people, expected in (
        ([attrs.evolve(known, hash=make_hash("s3cret", CHEAP))], ("", "", "")),
        ([attrs.evolve(known, team=("ada", "bob"))], (CHANGED, "", "")),
        ([attrs.evolve(known, team=None)], (CHANGED, "", "")),
        ([], (CHANGED, "", "")),
        ([known, attrs.evolve(known, id="new")], ("", "", CHANGED)),
        ([Entry(id="grace", role=Role.AGENT)], (CHANGED, CHANGED, "")),
    ):
        identities.take(Directory(people=tuple(people)))
        assert tuple(map(door.why_out, (by_directory, by_claim, new))) == expected, people


async def test_an_agents_token_knows_of_no_team() -> None:
    identities = Identities()
    settings = TokenSettings(keys="keys.json", issuer=ISSUER, audience=AUDIENCE)
    door = Door(identities, tokens=Tokens(settings, Keys(), identities))
    ada = await door.enter(knock(f"Bearer {PROVIDER.token('ada')}"))
    identities.take(Directory(people=(Entry(id="ada", role=Role.AGENT),)))
    assert door.why_out(ada) == ""


def test_whom_they_act_for() -> None:
    def may(role: Role, agent: str, **more: Any) -> bool:
        return Identity(id="ada", role=role, **more).may_act_for(agent)

    assert may(Role.AGENT, "ada")
    assert not may(Role.AGENT, "bob")
    assert may(Role.SERVICE, "bob")
    assert may(Role.SERVICE, "bob", team=("bob",))
    assert not may(Role.SERVICE, "eve", team=("bob",))
    assert not may(Role.SERVICE, "eve", team=())
    for role in (Role.SUPERVISOR, Role.OPERATOR):
        assert not may(role, "ada")
        assert not may(role, "bob")
