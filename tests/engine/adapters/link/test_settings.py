"""The settings of a link: what is asked for, what does not go together, what would show the token to the world."""

from pathlib import Path
from typing import Any

import pytest

from engine.adapters.link import open_adapter
from engine.adapters.link.settings import Connecting, LinkSettings, Listening, digest_of, read
from tests.blackbox.certificates import write_certificate
from tests.engine.adapters.link.program import TOKEN

HASH = digest_of(TOKEN)
LISTEN: dict[str, object] = {"port": 8790, "token_hash": HASH}
CONNECT: dict[str, object] = {"url": "ws://127.0.0.1:9000/adapter?a=b", "token": TOKEN}


def test_the_program_connects() -> None:
    known, way = read(LISTEN, Path())
    assert way == Listening("127.0.0.1", 8790, "/adapter", HASH, None)
    assert known == LinkSettings(port=8790, token_hash=HASH)


@pytest.mark.parametrize(
    ("url", "host", "port", "resource"),
    [
        ("ws://127.0.0.1:9000/adapter?a=b", "127.0.0.1", 9000, "/adapter?a=b"),
        ("ws://localhost", "localhost", 80, "/"),
        ("ws://[::1]:9000/x", "::1", 9000, "/x"),
        ("wss://switch.example/x", "switch.example", 443, "/x"),
    ],
)
def test_we_connect(url: str, host: str, port: int, resource: str) -> None:
    _, way = read({**CONNECT, "url": url}, Path())
    assert isinstance(way, Connecting)
    assert (way.host, way.port, way.resource, way.token) == (host, port, resource, TOKEN)
    assert (way.tls is not None) == url.startswith("wss")
    assert way.authority == (f"[{host}]:{port}" if ":" in host else f"{host}:{port}")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "port: set port"),
    ({"token_hash": HASH}, "port: set port"),
    ({**LISTEN, **CONNECT}, "url: either"),
    ({"port": 8790}, "token_hash: is required"),
    ({"url": "ws://127.0.0.1/"}, "token: is required"),
    ({**LISTEN, "token": TOKEN}, "token: goes with url"),
    ({**CONNECT, "token_hash": HASH}, "token_hash: goes with port"),
    ({**CONNECT, "tls_key": "k"}, "tls_key: goes with port"),
    ({**LISTEN, "tls_ca": "c"}, "tls_ca: goes with url"),
    ({**LISTEN, "port": 0}, "port: expected a port"),
    ({**LISTEN, "port": "8790"}, "port: expected a port"),
    ({**LISTEN, "token_hash": TOKEN}, "token_hash: expected the SHA-256"),
    ({**LISTEN, "token_hash": HASH.upper()}, "token_hash: expected the SHA-256"),
    ({**CONNECT, "token": "short"}, "token: expected 20 to 1024"),
    ({**CONNECT, "token": "a token that has blanks in it"}, "token: expected 20 to 1024"),
    ({**LISTEN, "path": "adapter"}, "path: expected a path"),
    ({**LISTEN, "grace_s": 0}, "grace_s: expected seconds"),
    ({**LISTEN, "grace_s": "10"}, "grace_s: expected seconds"),
    ({**LISTEN, "calls_at_once": 0}, "calls_at_once: expected"),
    ({**LISTEN, "colour": "blue"}, "colour"),
    ({**LISTEN, "host": "0.0.0.0"}, "host: 0.0.0.0 is open to other machines"),
    ({**LISTEN, "host": "switch.example"}, "host: switch.example is open"),
    ({**LISTEN, "tls_key": "k"}, "tls_certificate: goes with tls_key"),
    ({**LISTEN, "tls_certificate": "nowhere", "tls_key": "k"}, "tls_certificate: "),
    ({**CONNECT, "url": "ws://switch.example/"}, "url: switch.example is another machine"),
    ({**CONNECT, "url": "http://127.0.0.1/"}, "url: is no ws or wss URL"),
    ({**CONNECT, "url": "ws://127.0.0.1:x/"}, "url: is no ws or wss URL"),
    ({**CONNECT, "url": "ws:///adapter"}, "url: is no ws or wss URL"),
    ({**CONNECT, "url": "ws://ada:secret@127.0.0.1/"}, "url: is no ws or wss URL"),
    ({**CONNECT, "url": "ws://127.0.0.1/a b"}, "url: is no ws or wss URL"),
    ({**CONNECT, "tls_ca": "c"}, "tls_ca: url has no TLS"),
    ({**CONNECT, "url": "wss://127.0.0.1/", "tls_ca": "nowhere"}, "tls_ca: "),
]


@pytest.mark.parametrize(("table", "words"), WRONG, ids=[words for _, words in WRONG])
def test_what_is_wrong_is_said_with_its_key(table: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError) as wrong:
        open_adapter(table, tmp_path)
    assert words in str(wrong.value)
    assert TOKEN not in str(wrong.value)


def test_files_are_taken_from_the_folder_of_the_settings(tmp_path: Path) -> None:
    write_certificate(tmp_path, "link")
    tls = {"tls_certificate": "cert.pem", "tls_key": "key.pem"}
    _, way = read({**LISTEN, **tls, "host": "0.0.0.0"}, tmp_path)
    assert way.tls is not None
    _, way = read({**CONNECT, "url": "wss://127.0.0.1/", "tls_ca": "cert.pem"}, tmp_path)
    assert way.tls is not None
    with pytest.raises(ValueError, match="tls_certificate: "):
        read({**LISTEN, **tls, "tls_key": "cert.pem"}, tmp_path)
