"""The keys that tokens are verified with: a JSON Web Key Set, from a file or a URL, kept and read again in time."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
import jwt
import structlog
import trio
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from engine.security.loopback import is_loopback
from engine.security.settings import is_url
from protocol.strictjson import parse_json

log = structlog.get_logger(__name__)

FETCH_S: Final = 3.0
"""How long the whole answer may take: below the time that a handshake has."""
FETCH_BYTES: Final = 256 * 1024
KEYS_AT_MOST: Final = 100
EVERY_S: Final = 600.0
"""How often the keys are read again, so that one which the provider has withdrawn is gone here, too."""
AGAIN_S: Final = 60.0
"""How soon a token with an unknown key may have them read again, however many such tokens come."""
RSA_BITS: Final = 2048
ASKING: Final = {"Accept": "application/json", "Accept-Encoding": "identity"}
"""Uncompressed, so that what is counted is what is kept."""

Read = Callable[[], Awaitable[bytes]]


class KeysUnavailable(Exception):
    """The keys cannot be had; the message says why."""


class KeySet:
    """`find` is what tokens need, `run` is its task. `read` brings the text of a key set; it raises KeysUnavailable."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._keys: Mapping[str | None, jwt.PyJWK] = MappingProxyType({})
        self._tried_at = -AGAIN_S
        self._reading = trio.Lock()

    async def run(self) -> None:
        """Read the keys now and then. While they cannot be had, those from before stay."""
        while True:
            await self.refresh()
            await trio.sleep(EVERY_S)

    async def find(self, kid: str | None) -> jwt.PyJWK | None:
        """The key with this id; without an id, the one key that there is."""
        if kid not in self._keys:
            async with self._reading:  # who waited finds what the one before has read
                if kid not in self._keys and trio.current_time() - self._tried_at >= AGAIN_S:
                    await self._read_again()
        return self._keys.get(kid)

    async def refresh(self, *, told: str = "") -> str:
        """Read the keys now; why they cannot be had, or "". It is logged unless it is what has been `told`."""
        async with self._reading:
            return await self._read_again(told)

    async def _read_again(self, told: str = "") -> str:
        self._tried_at = trio.current_time()
        try:
            self._keys = keys_of(await self._read())
        except (KeysUnavailable, ValueError) as error:
            why = str(error)
            if why != told:
                remedy = "see to what identity.tokens.keys names; until then the keys from before are used"
                log.warning("token_keys_unavailable", why=why, remedy=remedy)
        except Exception as error:  # whatever a file, a network or a library come up with must end no server
            why = f"{type(error).__name__}: {error}"
            if why != told:
                remedy = "mend what identity.tokens.keys names, and report this; the keys from before are used"
                log.warning("token_keys_unavailable", why=why, remedy=remedy, exc_info=True)
        else:
            return ""
        return why


def keys_of(text: bytes) -> Mapping[str | None, jwt.PyJWK]:
    """The public signing keys of a set, by id; a lone key is found without an id, too. Raises ValueError.

    Keys that cannot be used are left out: a set may hold some that are for others.
    """
    data = parse_json(text)
    if not isinstance(data, dict) or not isinstance(data.get("keys"), list):
        raise ValueError('the text is no key set; it must be {"keys": […]}')  # noqa: TRY004 - it is the text that is wrong
    found: dict[str | None, jwt.PyJWK] = {}
    for each in data["keys"][:KEYS_AT_MOST]:
        key = _usable(each)
        if key is not None:
            found[key.key_id] = key
    if not found:
        raise ValueError("the key set has no public key for signatures (RSA of 2048 bits or more, EC, OKP)")
    if len(found) == 1:
        found[None] = next(iter(found.values()))
    elif None in found:
        raise ValueError("the key set has several keys, and one without kid; give each one")
    return MappingProxyType(found)


def _usable(data: Any) -> jwt.PyJWK | None:
    # A secret that signs and verifies is none to verify with; what has a private part should not be here at all.
    if not isinstance(data, dict) or data.get("kty") not in ("RSA", "EC", "OKP") or "d" in data:
        return None
    if data.get("use", "sig") != "sig" or not isinstance(data.get("kid", ""), str):
        return None
    try:
        key = jwt.PyJWK(data)
    except Exception:  # an odd key makes the library raise much more than its own errors, as "alg": "none" does
        return None
    weak = isinstance(key.key, RSAPublicKey) and key.key.key_size < RSA_BITS
    return None if weak else key


def reader(keys: str) -> Read:
    """Of a file or of a URL, as the settings have it."""
    if is_url(keys):
        return lambda: _fetch(keys)
    return lambda: _read_file(Path(keys))


async def _read_file(path: Path) -> bytes:
    try:
        return await trio.Path(path).read_bytes()
    except OSError as error:
        raise KeysUnavailable(f"{path}: cannot be read ({error.strerror})") from None


async def _fetch(url: str) -> bytes:
    try:
        with trio.fail_after(FETCH_S):
            # What is on this machine is not behind a proxy.
            trust_env = not is_loopback(urlsplit(url).netloc)
            async with (
                httpx2.AsyncClient(timeout=FETCH_S, trust_env=trust_env) as client,
                client.stream("GET", url, headers=ASKING) as response,
            ):
                if response.status_code != httpx2.codes.OK:
                    raise KeysUnavailable(f"{url}: answered {response.status_code}")
                return await _bounded(url, response)
    except trio.TooSlowError:
        raise KeysUnavailable(f"{url}: did not answer within {FETCH_S:g} s") from None
    except httpx2.HTTPError as error:
        raise KeysUnavailable(f"{url}: {str(error) or type(error).__name__}") from None


async def _bounded(url: str, response: httpx2.Response) -> bytes:
    text = bytearray()
    with trio.CancelScope() as scope:
        async for chunk in response.aiter_raw():
            text += chunk
            if len(text) > FETCH_BYTES:
                scope.cancel()  # the library's generators end by that, and are not left half-way
    if len(text) > FETCH_BYTES:
        raise KeysUnavailable(f"{url}: answered with more than {FETCH_BYTES} bytes")
    return bytes(text)
