"""Key sets: which keys are used, and when they are read again."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
import trio
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from structlog.testing import capture_logs
from trio.testing import MockClock

from engine.config import ConfigError, Settings
from engine.security import keysets
from engine.security.guarding import guard
from engine.security.keysets import AGAIN_S, EVERY_S, KeySet, KeysUnavailable, keys_of, reader
from engine.security.settings import IdentitySettings, TokenSettings
from tests.blackbox.issuer import AUDIENCE, ISSUER, Issuer, key_set
from tests.engine.http.helpers import served

FIRST, SECOND = Issuer("first"), Issuer("second")


def rsa_jwk(bits: int, **more: Any) -> dict[str, Any]:
    public = rsa.generate_private_key(public_exponent=65537, key_size=bits).public_key()
    return {**jwt.algorithms.RSAAlgorithm.to_jwk(public, as_dict=True), **more}


class Source:
    """What is read, and how often."""

    def __init__(self, text: str = "") -> None:
        self.text: str | None = text
        self.read = 0

    async def __call__(self) -> bytes:
        self.read += 1
        await trio.lowlevel.checkpoint()
        if self.text is None:
            raise KeysUnavailable("nobody answers")
        return self.text.encode()


def test_keys_are_found_by_id_and_a_lone_one_without() -> None:
    assert set(keys_of(key_set(FIRST, SECOND).encode())) == {"first", "second"}
    assert set(keys_of(key_set(FIRST).encode())) == {"first", None}
    assert set(keys_of(key_set(Issuer(None)).encode())) == {None}


def test_what_cannot_verify_is_left_out() -> None:
    unfit = [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "secret"},
        jwt.algorithms.ECAlgorithm.to_jwk(FIRST.private, as_dict=True) | {"kid": "private"},
        FIRST.public_jwk() | {"kid": "for encryption", "use": "enc"},
        FIRST.public_jwk() | {"kid": 5},
        FIRST.public_jwk() | {"kid": "odd", "crv": "P-1"},
        rsa_jwk(1024, kid="weak"),
        {"kty": "RSA", "kid": "empty"},
        FIRST.public_jwk() | {"kid": "signs nothing", "alg": "none"},
        FIRST.public_jwk() | {"kid": "made up", "alg": "ES255"},
        FIRST.public_jwk() | {"kid": "no name", "alg": ["ES256"]},
        FIRST.public_jwk() | {"kid": "a shared secret's", "alg": "HS256"},
        "text",
    ]
    assert set(keys_of(json.dumps({"keys": [*unfit, SECOND.public_jwk()]}).encode())) == {"second", None}
    with pytest.raises(ValueError, match="no public key for signatures"):
        keys_of(json.dumps({"keys": unfit}).encode())
    assert set(keys_of(json.dumps({"keys": [rsa_jwk(2048, kid="r")]}).encode())) == {"r", None}


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"{}", b'{"keys": 5}', b'{"keys": []}', b"\xff", b'{"keys": [], "keys": []}']
)
def test_what_is_no_key_set_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError):
        keys_of(text)


def test_several_keys_need_ids() -> None:
    with pytest.raises(ValueError, match="give each one"):
        keys_of(key_set(FIRST, Issuer(None)).encode())


async def test_an_unknown_key_is_looked_for_once_a_minute_however_many_ask(autojump_clock: MockClock) -> None:
    source = Source(key_set(FIRST))
    keys = KeySet(source)
    assert await keys.find("first") is not None
    assert source.read == 1

    async def ask() -> None:
        assert await keys.find("second") is None

    source.text = key_set(FIRST, SECOND)
    async with trio.open_nursery() as nursery:
        for _ in range(100):
            nursery.start_soon(ask)
    assert source.read == 1
    await trio.sleep(AGAIN_S + 1)
    async with trio.open_nursery() as nursery:
        for _ in range(100):
            nursery.start_soon(keys.find, "second")
    assert await keys.find("second") is not None
    assert source.read == 2


async def test_withdrawn_keys_go_and_a_provider_that_is_away_changes_nothing(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    source = Source(key_set(FIRST))
    keys = KeySet(source)
    nursery.start_soon(keys.run)
    await trio.sleep(1)
    for broken in (None, "nonsense"):
        source.text = broken
        with capture_logs() as logs:
            await trio.sleep(EVERY_S)
        assert [log["event"] for log in logs] == ["token_keys_unavailable"]
        assert await keys.find("first") is not None
    source.text = key_set(SECOND)
    await trio.sleep(EVERY_S)
    assert await keys.find("first") is None
    assert await keys.find("second") is not None


async def test_whatever_goes_wrong_ends_no_server_and_the_keys_from_before_stay(
    nursery: trio.Nursery, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Source(key_set(FIRST))
    keys = KeySet(source)
    nursery.start_soon(keys.run)
    await trio.sleep(1)

    def fail(text: bytes) -> None:
        raise NotImplementedError(f"{len(text)} bytes")

    with monkeypatch.context() as broken, capture_logs() as logs:
        broken.setattr(keysets, "keys_of", fail)
        await trio.sleep(EVERY_S)
        assert await keys.find("second") is None
    assert {log["event"] for log in logs} == {"token_keys_unavailable"}
    assert logs[0]["why"].startswith("NotImplementedError: ")
    assert "identity.tokens.keys" in logs[0]["remedy"]
    assert await keys.find("first") is not None
    source.text = key_set(FIRST, SECOND)
    await trio.sleep(EVERY_S)
    assert await keys.find("second") is not None


async def test_a_set_without_a_usable_key_is_a_wrong_setting_at_the_start(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    for text in ('{"keys": [{"kty": "EC", "alg": "none"}]}', "[" * 5_000, '{"keys": 5}'):
        file.write_text(text)
        settings = TokenSettings(keys=str(file), issuer=ISSUER, audience=AUDIENCE)
        with pytest.raises(ConfigError, match=r"identity\.tokens\.keys: .*keys\.json: .+; give the provider's key set"):
            guard(Settings(identity=IdentitySettings(tokens=settings)), demo=False)


async def test_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    read = reader(str(file))
    with pytest.raises(KeysUnavailable, match="cannot be read"):
        await read()
    file.write_text(key_set(FIRST))
    assert await read() == key_set(FIRST).encode()


def serving(answer: Callable[[], Response]) -> Starlette:
    async def jwks(_: Request) -> Response:
        return answer()

    return Starlette(routes=[Route("/keys", jwks)])


async def test_a_url_is_fetched() -> None:
    async with served(serving(lambda: Response(key_set(FIRST)))) as here:
        assert set(keys_of(await reader(f"{here.url}/keys")())) == {"first", None}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda: Response("no", status_code=500), "answered 500"),
        (lambda: Response("", status_code=302, headers={"Location": "/keys"}), "answered 302"),
        (lambda: Response("x" * 300_000), "more than"),
    ],
)
async def test_other_answers_are_none(answer: Callable[[], Response], why: str) -> None:
    async with served(serving(answer)) as here:
        with pytest.raises(KeysUnavailable, match=why):
            await reader(f"{here.url}/keys")()


async def test_a_server_that_does_not_answer_is_not_waited_for(
    nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keysets, "FETCH_S", 0.3)
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listener.socket.getsockname()[1]
    with pytest.raises(KeysUnavailable):
        await reader(f"http://127.0.0.1:{port}/keys")()
    await listener.aclose()
    with pytest.raises(KeysUnavailable):
        await reader(f"http://127.0.0.1:{port}/keys")()
