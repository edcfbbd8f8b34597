"""Handshakes that are none or do not go on, and peers that are gone without a word. Frames: tests/faults, case 18.

Source: specs/protocol.md, "Transport".
"""

import base64
from collections.abc import Iterator
from typing import Final

import pytest
from websockets.exceptions import InvalidStatus
from websockets.frames import Opcode
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.blackbox.client import BATCHED, PLAIN, Desktop, told
from tests.blackbox.configs import config
from tests.blackbox.conftest import Agent, Serve
from tests.blackbox.raw import RawPeer, frame, refused_handshake
from tests.blackbox.server import ServerProcess, wait_until

MEBIBYTE: Final = 1024 * 1024


@pytest.fixture
def bystander(demo: ServerProcess, agent: Agent) -> Iterator[Desktop]:
    """Somebody at another connection who must not notice anything."""
    with Desktop(demo.agent_url) as desktop:
        session = desktop.session_of(agent.id)
        yield desktop
        assert told(session.do("session.start"))[-1] == "session.initialized"


# The handshake


def request_of(path: str, *more: str) -> bytes:
    key = base64.b64encode(b"0123456789abcdef").decode()
    lines = (
        f"GET {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
        *more,
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@pytest.mark.parametrize("path", ["/", "/agents", "/agent/", "/Agent", "/metrics"])
def test_another_path_is_not_found(demo: ServerProcess, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(demo.agent_url.removesuffix("/agent") + path, proxy=None):
        pass
    assert refused.value.response.status_code == 404
    assert b"/agent" in bytes(refused.value.response.body)


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (None, None),
        ([PLAIN], PLAIN),
        ([BATCHED], BATCHED),
        ([BATCHED, PLAIN], BATCHED),
        ([PLAIN, BATCHED], PLAIN),
        ([Subprotocol("graphql-ws"), BATCHED], BATCHED),
        ([Subprotocol("graphql-ws")], None),
        ([Subprotocol("agent-session.v2")], None),
    ],
)
def test_the_first_subprotocol_that_is_known_is_chosen(
    demo: ServerProcess, offered: list[Subprotocol] | None, chosen: str | None
) -> None:
    """Without one that is known, the connection is a plain one."""
    with connect(f"{demo.agent_url}?from=desk", subprotocols=offered, proxy=None) as websocket:
        assert websocket.subprotocol == chosen
        websocket.send('[{"command":"x"}]' if chosen == BATCHED else '{"command":"x"}')
        assert websocket.recv(10).startswith("[" if chosen == BATCHED else "{")  # type: ignore[arg-type]


def test_compression_is_never_agreed_on(demo: ServerProcess) -> None:
    """So there are no compression bombs."""
    with connect(demo.agent_url, compression="deflate", proxy=None) as websocket:
        assert websocket.protocol.extensions == []


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /agent HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"POST /agent HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\n{}",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 100,
        b"hello\r\n\r\n",
        request_of("/agent").replace(b"Version: 13", b"Version: 8"),
        request_of("/agent").replace(b"Sec-WebSocket-Key", b"Sec-WebSocket-Lock"),
        request_of("/agent", "X-Long: " + "x" * MEBIBYTE),
    ],
    ids=["no upgrade", "post", "tls", "no http", "old version", "no key", "long header"],
)
def test_what_is_no_handshake(bystander: Desktop, demo: ServerProcess, request_bytes: bytes) -> None:
    try:
        answer = refused_handshake(demo.agent_url, request_bytes)
    except ConnectionError:
        answer = b""  # closed before all of it was sent
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")


@pytest.mark.parametrize("begun", [b"", b"GET /agent HTTP/1.1\r\nHost: "], ids=["nothing", "half a request"])
def test_a_handshake_that_does_not_go_on(serve: Serve, begun: bytes) -> None:
    server = serve(config("[limits]\nhandshake_s = 0.3\n"))
    assert refused_handshake(server.agent_url, begun) == b""
    wait_until(lambda: server.metric("ixp_connections") == 0, "the connection is gone")
    with Desktop(server.agent_url) as desktop:
        desktop.answers_still()


# Peers that are gone without a word


def test_a_half_open_peer_is_cut_for_its_missing_pong(serve: Serve) -> None:
    server = serve(config("[limits]\nping_every_s = 0.2\npong_within_s = 0.2\n"))
    with RawPeer(server.agent_url) as peer:
        session, token = peer.upgrade().session_of("agent1")
        assert peer.wait_end() is None
        assert any(received.opcode is Opcode.PING for received in peer.frames)
    assert server.metric("ixp_connections_closed_total", why="no pong") == 1
    with Desktop(server.agent_url) as desktop:
        resume = {"token": token, "epoch": 1, "seq": 0}
        assert desktop.ask("bindSession", session, {"resume": resume})["data"]["outcome"] == "RESUMED"


def test_a_peer_that_answers_pings_stays(serve: Serve) -> None:
    server = serve(config("[limits]\nping_every_s = 0.1\npong_within_s = 5.0\n"))
    with RawPeer(server.agent_url) as peer:
        peer.upgrade()
        for _ in range(5):
            peer.send(frame(Opcode.PONG, peer.take(Opcode.PING)))
        message = {"command": "session.start", "target": "nobody", "requestid": "still here"}
        assert peer.ask(message)["failure"]["code"] == "NOT_BOUND"
