"""The server's own traps: a defect in one connection closes it in good order and harms no other."""

import contextlib
import gc
import json
import weakref
from typing import Any

import pytest
import trio
from structlog.testing import capture_logs
from trio_websocket import ConnectionClosed, WebSocketConnection, open_websocket
from wsproto.extensions import Extension
from wsproto.frame_protocol import FrameProtocol

from engine.config import Agent, Limits
from engine.security.identities import Identities
from engine.transport.connection import Connection
from engine.transport.server import AgentServer
from tests.engine.sessions.conftest import World

HANDSHAKE = (
    b"GET /agent HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
)


@pytest.fixture
async def port(world: World) -> int:
    server = AgentServer(
        registry=world.registry,
        identities=Identities([Agent(id="ada", password="x")]),
        limits=Limits(outbox_bytes=64 * 1024 * 1024),
        metrics=world.metrics,
    )
    started: int = await world.nursery.start(server.serve, "127.0.0.1", 0)
    return started


def connected(port: int) -> Any:
    return open_websocket("127.0.0.1", port, "/agent", use_ssl=False, max_message_size=2**24)


async def ask(websocket: WebSocketConnection, message: dict[str, Any]) -> dict[str, Any]:
    await websocket.send_message(json.dumps(message))
    found: dict[str, Any] = json.loads(await websocket.get_message())
    return found


async def test_a_defect_closes_its_connection_behind_the_frame_that_is_being_sent(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    big = b'"' + b"x" * 8_000_000 + b'"'

    async def defect(self: Connection, frame: str | bytes) -> bool:
        self.deliver(big)
        raise ZeroDivisionError

    with capture_logs() as logs:
        async with connected(port) as bystander, connected(port) as victim:
            with monkeypatch.context() as patch:
                patch.setattr(Connection, "take_frame", defect)
                await victim.send_message("{}")
                await trio.testing.wait_all_tasks_blocked(0.05)
            # The frame is whole, and the close comes after it.
            assert len(await victim.get_message()) == len(big)
            with pytest.raises(ConnectionClosed) as closed:
                await victim.get_message()
            assert closed.value.reason.code == 1011
            await victim._stream.aclose()  # the client library leaves it open where the server closes
            answer = await ask(bystander, {"command": "session.start", "target": "s"})
            assert answer["failure"]["code"] == "NOT_BOUND"
    assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == ["connection_defect"]


async def test_a_connection_that_has_ended_leaves_nothing_to_the_collector(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which looks rarely: of ten thousand that had come and gone, all were still there."""
    left: list[weakref.ref[Any]] = []
    lose, parser = Connection.lose, FrameProtocol.__init__

    def lose_and_note(self: Connection) -> None:
        left.append(weakref.ref(self))
        lose(self)

    def begin_and_note(self: FrameProtocol, client: bool, extensions: list[Extension]) -> None:
        parser(self, client, extensions)
        if not client:
            left.append(weakref.ref(self))

    monkeypatch.setattr(Connection, "lose", lose_and_note)
    monkeypatch.setattr(FrameProtocol, "__init__", begin_and_note)
    gc.disable()
    try:
        async with connected(port) as websocket:
            await ask(websocket, {"command": "session.start", "target": "s"})
        await trio.testing.wait_all_tasks_blocked(0.05)
        assert len(left) == 2
        assert [each() for each in left if each() is not None] == []
    finally:
        gc.enable()


async def test_a_defect_of_the_writer_drops_the_connection_and_no_other(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def defect(*_: object) -> None:
        raise ZeroDivisionError

    with capture_logs() as logs:
        async with connected(port) as bystander, await trio.open_tcp_stream("127.0.0.1", port) as victim:
            with monkeypatch.context() as patch, trio.fail_after(10):
                patch.setattr(AgentServer, "_beat", defect)
                await victim.send_all(HANDSHAKE)
                answer = b""
                with contextlib.suppress(trio.BrokenResourceError):  # reset or closed: gone in any case
                    while data := await victim.receive_some():
                        answer += data
            assert answer.startswith(b"HTTP/1.1 101")
            assert "failure" in await ask(bystander, {"command": "session.start", "target": "s"})
    assert "connection_defect" in [entry["event"] for entry in logs]
