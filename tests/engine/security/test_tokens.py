"""Which tokens open, and as whom."""

import json
import time
from typing import Any

import jwt
import pytest
import trio
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from engine.security.bearer import BadToken, is_token
from engine.security.directory import Directory, Entry, RevokedToken
from engine.security.identities import Identities
from engine.security.keysets import keys_of
from engine.security.settings import Role, TokenSettings
from engine.security.tokens import Tokens
from tests.blackbox.issuer import AUDIENCE, ISSUER, Issuer, key_set

PROVIDER, OTHER = Issuer("first"), Issuer("second")
KEYS = keys_of(key_set(PROVIDER, OTHER).encode())


class Keys:
    async def find(self, kid: str | None) -> jwt.PyJWK | None:
        return KEYS.get(kid)


def tokens(directory: Directory | None = None, **more: Any) -> Tokens:
    settings = TokenSettings(keys="keys.json", issuer=ISSUER, audience=AUDIENCE, **more)
    return Tokens(settings, Keys(), Identities(directory=directory or Directory()))


async def why_not(token: str, **more: Any) -> str:
    with pytest.raises(BadToken) as bad:
        await tokens(**more).identity(token)
    assert len(token) < 20 or token not in str(bad.value)
    return bad.value.why


async def test_a_token_says_who_it_is_for() -> None:
    expires_at = int(time.time()) + 60
    identity = await tokens(skew_s=10).identity(PROVIDER.token("ada", jti="j", name="Ada", exp=expires_at))
    assert (identity.id, identity.role, identity.name, identity.token_id) == ("ada", Role.AGENT, "Ada", "j")
    assert identity.expires_at == expires_at + 10
    assert identity.by_token
    assert (await tokens().identity(OTHER.token("bob", aud=["x", AUDIENCE]))).id == "bob"


async def test_clocks_may_differ_a_little() -> None:
    late = PROVIDER.token(expires_in_s=-5)
    early = PROVIDER.token(nbf=time.time() + 5)
    for token in (late, early):
        assert (await tokens(skew_s=30).identity(token)).id == "agent1"
    assert await why_not(late, skew_s=1) == "expired"
    assert await why_not(early, skew_s=1) == "not yet valid"


async def test_names_of_claims_and_roles_are_the_providers() -> None:
    settings = {
        "id_claim": "uid",
        "role_claim": "groups",
        "roles": {"cc-lead": Role.SUPERVISOR},
        "team_claim": "reports",
    }
    token = PROVIDER.token(None, uid="grace", groups=["staff", "cc-lead"], reports=["ada"])
    identity = await tokens(**settings).identity(token)
    assert (identity.id, identity.role, identity.team) == ("grace", Role.SUPERVISOR, ("ada",))
    assert await why_not(PROVIDER.token(None, uid="grace", groups=["staff"]), **settings) == "role"
    assert await why_not(PROVIDER.token("grace", groups=["cc-lead"]), **settings) == "no claim uid"


@pytest.mark.parametrize("role", ["owner", 5, ["agent", "operator"], [], {"agent": 1}, "", True])
async def test_what_is_no_one_role_of_ours_is_refused(role: Any) -> None:
    assert await why_not(PROVIDER.token(role=role)) == "role"


async def test_a_supervisor_leads_whom_the_token_or_the_directory_says_and_else_nobody() -> None:
    directory = Directory(people=(Entry(id="hedy", role=Role.SUPERVISOR, team=("bob",)),))

    async def team(sub: str, **claims: Any) -> tuple[str, ...] | None:
        return (await tokens(directory).identity(PROVIDER.token(sub, role="supervisor", **claims))).team

    assert await team("grace") == ()
    assert await team("grace", team=["ada"]) == ("ada",)
    assert await team("grace", team="*") is None
    assert await team("grace", team=[5]) == ()
    assert await team("hedy") == ("bob",)
    assert await team("hedy", team="ada") == ()
    assert (await tokens().identity(PROVIDER.token("olga", role="operator"))).team is None


async def test_the_revoked_are_refused_by_token_and_by_person() -> None:
    directory = Directory(
        people=(Entry(id="ada", role=Role.AGENT, revoked="now"), Entry(id="grace", role=Role.SUPERVISOR)),
        revoked_tokens=(RevokedToken(jti="stolen", at="now"),),
    )
    assert await why_not(PROVIDER.token("bob", jti="stolen"), directory=directory) == "revoked"
    assert await why_not(PROVIDER.token("ada"), directory=directory) == "revoked"
    assert (await tokens(directory).identity(PROVIDER.token("bob", jti="other"))).id == "bob"
    # Whom the directory knows as somebody else's role is not that by a token.
    assert "supervisor" in await why_not(PROVIDER.token("grace"), directory=directory)


async def test_claims_that_are_asked_for_must_be_there() -> None:
    settings = {"claims": {"tenant": "acme"}}
    assert (await tokens(**settings).identity(PROVIDER.token(tenant="acme"))).id == "agent1"
    for claims in ({}, {"tenant": "other"}, {"tenant": ["acme"]}):
        assert await why_not(PROVIDER.token(**claims), **settings) == "claim tenant"


@pytest.mark.parametrize("sub", ["", "x" * 129, "a\0b", 5, ["ada"], None])
async def test_an_id_that_is_none_is_refused(sub: Any) -> None:
    await why_not(PROVIDER.token(sub))


async def test_only_the_keys_of_the_provider_sign_and_only_as_allowed() -> None:
    assert await why_not(Issuer("first").token()) == "signature"
    assert await why_not(Issuer("third").token()) == "key"
    assert await why_not(PROVIDER.token(), algorithms=("RS256",)) == "algorithm"
    claims = jwt.decode(PROVIDER.token(), options={"verify_signature": False})
    assert await why_not(jwt.encode(claims, None, algorithm="none")) == "algorithm"
    secret = jwt.encode(claims, "x" * 64, algorithm="HS256", headers={"kid": "first"})
    assert await why_not(secret) == "algorithm"
    crit = jwt.encode(claims, PROVIDER.private, algorithm="ES256", headers={"kid": "first", "crit": ["exp"], "exp": 1})
    assert await why_not(crit) == "malformed: InvalidTokenError"


@pytest.mark.parametrize("exp", [float("1e400"), "soon", [1], 10**400], ids=["infinite", "text", "list", "huge"])
async def test_odd_times_are_the_tokens_fault(exp: Any) -> None:
    await why_not(PROVIDER.token(exp=exp))


async def test_nesting_and_length_are_the_tokens_fault() -> None:
    deep = "[" * 3000
    head = jwt.utils.base64url_encode(deep.encode()).decode()
    await why_not(f"{head}.e30.AAAA")
    assert await why_not("eyJ" + "x" * 9000 + "..") == "too long"


@given(text=st.text() | st.from_regex(r"\AeyJ[\w-]{0,40}\.[\w-]{0,40}\.[\w-]{0,40}\Z"))
def test_no_text_is_more_than_a_bad_token(text: str) -> None:
    async def ask() -> None:
        await why_not(text)

    trio.run(ask)


def test_tokens_are_told_from_keys() -> None:
    assert is_token(PROVIDER.token())
    for key in ("tester.a-secret-of-many-letters", "a.b.c", "eyJ.x", ""):
        assert not is_token(key)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("algorithms", ("HS256",), "must be some of RS256"),
        ("algorithms", ("none",), "not none"),
        ("algorithms", (), "must be some of"),
        ("keys", "http://login.example/keys", "must be an https URL"),
        ("keys", "ftp://127.0.0.1/keys", "must be an https URL"),
        ("keys", "", "path of a file or a URL"),
        ("audience", "", "must not be empty"),
        ("skew_s", -1, "0 or more"),
    ],
)
def test_wrong_settings_say_what_would_be_right(key: str, value: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        TokenSettings(**{"keys": "k", "issuer": "i", "audience": "a", key: value})


async def test_an_rsa_key_is_for_all_of_rsa_unless_it_names_its_algorithm() -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
    claims = jwt.decode(PROVIDER.token(), options={"verify_signature": False})

    async def opens(algorithm: str, **named: str) -> bool:
        keys = keys_of(json.dumps({"keys": [{**public, **named}]}).encode())

        class Set:
            async def find(self, kid: str | None) -> jwt.PyJWK | None:
                return keys.get(kid)

        settings = TokenSettings(keys="k", issuer=ISSUER, audience=AUDIENCE, algorithms=("RS256", "PS256", "ES256"))
        try:
            await Tokens(settings, Set(), Identities()).identity(jwt.encode(claims, private, algorithm=algorithm))
        except BadToken as bad:
            assert bad.why == "key"
            return False
        return True

    assert await opens("RS256")
    assert await opens("PS256")
    assert await opens("PS256", alg="PS256")
    assert not await opens("RS256", alg="PS256")
    assert not await opens("PS256", alg="RS256")
