"""What a link is set to: who connects to whom, the token, times, bounds. Source: specs/adapter-link.md, "Settings"."""

import hashlib
import ipaddress
import re
import ssl
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import SplitResult, urlsplit

import attrs
from msgspec import Meta

from engine.adapters.spi import settings_of
from engine.transport.texts import Bounds
from protocol.ids import END
from protocol.texts import Name

TOKEN_CHARS: Final = 20
"""A shorter token could be guessed from its hash."""

Seconds = Annotated[float, Meta(ge=0.01, le=3_600, description="seconds, 0.01 to 3600")]
Port = Annotated[int, Meta(ge=1, le=65_535, description="a port, 1 to 65535")]
Path_ = Annotated[str, Meta(pattern=rf"^/[!-~]*{END}", max_length=512, description="a path that begins with /")]
Digest = Annotated[
    str, Meta(pattern=rf"^[0-9a-f]{{64}}{END}", description="the SHA-256 of the token, 64 hexadecimal digits")
]
Token = Annotated[
    str,
    Meta(
        pattern=rf"^[!-~]{{{TOKEN_CHARS},1024}}{END}",
        description=f"{TOKEN_CHARS} to 1024 printable ASCII characters without blanks",
    ),
]
Bytes = Annotated[int, Meta(ge=1_024, le=2**30, description="bytes, 1024 to 1073741824")]
Rate = Annotated[float, Meta(ge=1, le=10_000_000, description="a number a second, 1 to 10000000")]
Number = Annotated[int, Meta(ge=1, le=100_000, description="1 to 100000")]


@attrs.frozen(kw_only=True)
class LinkSettings:
    """Either `port`, where the program connects, or `url`, where it listens. What is left out has these values."""

    port: Port | None = None
    host: Name = "127.0.0.1"
    path: Path_ = "/adapter"
    token_hash: Digest | None = None
    """With `port`: what the token that the program shows must hash to."""
    tls_certificate: Name | None = None
    tls_key: Name | None = None
    """With `port`: PEM files; without them only programs on this machine are let in."""

    url: Name | None = None
    token: Token | None = None
    """With `url`: what we show to the program."""
    tls_ca: Name | None = None
    """With a wss `url`: the PEM file of who vouches for the program; left out, those whom the system trusts."""
    retry_s: Seconds = 1.0
    """With `url`: how long we wait before we try again."""

    grace_s: Seconds = 10.0
    """How long a cut link may take to be mended before the platform is lost."""
    hello_s: Seconds = 5.0
    """How long a handshake, and the hello after it, may take."""
    ping_every_s: Seconds = 5.0
    pong_within_s: Seconds = 5.0
    send_s: Seconds = 10.0
    """How long the program may take nothing of what is sent."""
    close_s: Seconds = 1.0
    """How long parting may take."""
    message_bytes: Bytes = 1024 * 1024
    """The longest message that the program may send."""
    messages_per_s: Rate = 5_000.0
    """The program's steady rate; as many again may come in one burst."""
    bytes_per_s: Rate = 8 * 1024 * 1024
    """How fast the program is read; one that sends faster has to wait."""
    outbox_bytes: Bytes = 16 * 1024 * 1024
    """What may wait to be taken by the program; beyond, the connection is cut."""
    calls_at_once: Number = 256
    """Further calls wait for their turn."""
    bad_in_a_row: Number = 10
    """After so many messages that could not be taken, one behind the other, the connection is closed."""

    def bounds(self) -> Bounds:
        return Bounds(
            message_bytes=self.message_bytes,
            bytes_per_s=self.bytes_per_s,
            outbox_bytes=self.outbox_bytes,
            pings_per_s=PINGS_PER_S,
            handshake_s=self.hello_s,
            send_s=self.send_s,
            close_s=self.close_s,
            ping_every_s=self.ping_every_s,
            pong_within_s=self.pong_within_s,
        )


PINGS_PER_S: Final = 20.0


@attrs.frozen
class Listening:
    """The program connects to us."""

    host: str
    port: int
    path: str
    token_hash: str
    tls: ssl.SSLContext | None

    @property
    def url(self) -> str:
        """Where the program is to connect."""
        return f"{_scheme(self.tls)}://{_authority(self.host, self.port)}{self.path}"


@attrs.frozen
class Connecting:
    """We connect to the program."""

    host: str
    port: int
    resource: str
    token: str
    tls: ssl.SSLContext | None
    retry_s: float

    @property
    def authority(self) -> str:
        """The host as a Host header has it."""
        return _authority(self.host, self.port)

    @property
    def url(self) -> str:
        """Where the program listens. A query, which may hold what is secret, is left out."""
        return f"{_scheme(self.tls)}://{self.authority}{self.resource.partition('?')[0]}"


def _authority(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _scheme(tls: ssl.SSLContext | None) -> str:
    return "ws" if tls is None else "wss"


def read(table: Mapping[str, object], folder: Path) -> tuple[LinkSettings, Listening | Connecting]:
    """The settings, checked. Raises ValueError, "key: what is wrong, and what to do"."""
    settings = settings_of(table, LinkSettings)
    for key, problem in _strangers(settings):
        raise ValueError(f"{key}: {problem}")
    match settings:
        case LinkSettings(url=str(url), token=str(token)):
            return settings, _connecting(settings, url, token, folder)
        case LinkSettings(port=int(port), token_hash=str(token_hash)):
            return settings, _listening(settings, port, token_hash, folder)
    raise ValueError("port: set port and token_hash, or url and token")


_WITH_PORT: Final = ("token_hash", "tls_certificate", "tls_key")
_WITH_URL: Final = ("token", "tls_ca")


def _strangers(settings: LinkSettings) -> Iterator[tuple[str, str]]:
    if settings.port is None and settings.url is None:
        yield "port", "set port, where the program connects, or url, where it listens"
    if settings.port is not None and settings.url is not None:
        yield "url", "either the program connects to us or we to it; leave out url, or port"
    mine, theirs = (_WITH_URL, _WITH_PORT) if settings.url is not None else (_WITH_PORT, _WITH_URL)
    for key in theirs:
        if getattr(settings, key) is not None:
            yield key, f"goes with {'port' if theirs is _WITH_PORT else 'url'}; leave it out, or take {mine[0]}"
    if getattr(settings, mine[0]) is None:
        yield mine[0], f"is required; `ixp` lets no program in without a token of {TOKEN_CHARS} characters or more"


def _listening(settings: LinkSettings, port: int, token_hash: str, folder: Path) -> Listening:
    certificate, key = settings.tls_certificate, settings.tls_key
    if (certificate is None) != (key is None):
        raise ValueError("tls_certificate: goes with tls_key; set both, or none")
    tls = None
    if certificate is not None and key is not None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        _load(tls.load_cert_chain, "tls_certificate", folder / certificate, folder / key)
    elif not _is_this_machine(settings.host):
        raise ValueError(
            f"host: {settings.host} is open to other machines, and the token would pass in plain text; set "
            "tls_certificate and tls_key, or take 127.0.0.1"
        )
    return Listening(settings.host, port, settings.path, token_hash, tls)


def _connecting(settings: LinkSettings, url: str, token: str, folder: Path) -> Connecting:
    parts, port = _parts(url)
    host = parts.hostname or ""
    tls = None
    if parts.scheme == "wss":
        tls = ssl.create_default_context()
        if settings.tls_ca is not None:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            _load(tls.load_verify_locations, "tls_ca", folder / settings.tls_ca)
    elif settings.tls_ca is not None:
        raise ValueError("tls_ca: url has no TLS; make it a wss one, or leave tls_ca out")
    elif not _is_this_machine(host):
        raise ValueError(
            f"url: {host} is another machine, and the token would pass in plain text; make it a wss url, or take "
            "127.0.0.1"
        )
    resource = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Connecting(host, port, resource, token, tls, settings.retry_s)


def _parts(url: str) -> tuple[SplitResult, int]:
    try:
        parts = urlsplit(url)
        port = parts.port or {"ws": 80, "wss": 443}[parts.scheme]
    except (ValueError, KeyError):
        parts, port = urlsplit(""), 0
    if not parts.hostname or parts.username or parts.fragment or not re.fullmatch(r"[!-~]*", url):
        raise ValueError("url: is no ws or wss URL; write it as ws://127.0.0.1:9000/adapter")
    return parts, port


def _load(load: Callable[..., None], key: str, *files: Path) -> None:
    try:
        load(*files)
    except (OSError, ValueError) as error:  # what ssl raises is an OSError, too
        names = " and ".join(map(str, files))
        raise ValueError(f"{key}: {names} cannot be used ({error}); give PEM files that the server may read") from None


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def digest_of(token: str) -> str:
    """What `token_hash` has."""
    return hashlib.sha256(token.encode()).hexdigest()
