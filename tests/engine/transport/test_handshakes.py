"""Who is at a handshake: counted with the others of one person and of one address, and told when the server stops."""

import contextlib
import json
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio
from trio_websocket import WebSocketConnection, open_websocket

from engine.config import Agent, Limits
from engine.security.door import Door, Knock
from engine.security.identities import Identities
from engine.security.people import Identity
from engine.security.settings import Role
from engine.security.tls import Certificates
from engine.transport.server import AgentServer
from tests.blackbox.certificates import write_certificate
from tests.engine.sessions.conftest import World
from tests.engine.transport.test_server import HANDSHAKE

PEOPLE = Identities([Agent(id="ada", password="x")])
ADA = Identity(id="ada", role=Role.AGENT)
GRACE = Identity(id="grace", role=Role.SUPERVISOR)
PATIENCE_S = 10


class OpenDoor(Door):
    """Lets somebody in as who they are, when it is told to."""

    def __init__(self, who: Identity | None = None) -> None:
        super().__init__(PEOPLE)
        self.who = who
        self.opens = trio.Event()
        self.opens.set()

    async def enter(self, knock: Knock) -> Identity | None:
        await self.opens.wait()
        return self.who


@attrs.define
class Peer(trio.abc.AsyncResource):
    """Who has sent a handshake. `head`: what came of it first."""

    stream: trio.SocketStream
    head: bytes = b""

    async def all(self) -> bytes:
        """And all that comes until the end."""
        answer = self.head
        with trio.fail_after(PATIENCE_S), contextlib.suppress(trio.BrokenResourceError):  # a reset is an end as well
            while data := await self.stream.receive_some():
                answer += data
        await self.aclose()
        return answer

    async def aclose(self) -> None:
        await self.stream.aclose()


@attrs.frozen
class Running:
    server: AgentServer
    port: int
    door: OpenDoor

    def connected(self) -> Any:
        return open_websocket("127.0.0.1", self.port, "/agent", use_ssl=False)

    async def knock(self, *, answered: bool = True) -> "Peer":
        peer = Peer(await trio.open_tcp_stream("127.0.0.1", self.port))
        await peer.stream.send_all(HANDSHAKE)
        if answered and self.door.opens.is_set():
            with trio.move_on_after(PATIENCE_S):
                peer.head = bytes(await peer.stream.receive_some())
        return peer


async def started(world: World, who: Identity | None = None, *, limits: Limits | None = None, **more: Any) -> Running:
    door = OpenDoor(who)
    server = AgentServer(
        registry=world.registry,
        identities=PEOPLE,
        limits=limits or Limits(),
        metrics=world.metrics,
        door=door,
        **more,
    )
    return Running(server, await world.nursery.start(server.serve, "127.0.0.1", 0), door)


async def ask(websocket: WebSocketConnection, message: dict[str, Any]) -> dict[str, Any]:
    await websocket.send_message(json.dumps(message))
    found: dict[str, Any] = json.loads(await websocket.get_message())
    return found


# One person


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SERVICE])
async def test_whoever_shows_at_the_handshake_who_they_are_is_at_so_many_connections(world: World, role: Role) -> None:
    who = Identity(id="grace", role=role)
    running = await started(world, who)
    async with AsyncExitStack() as stack:
        first, *_ = [await stack.enter_async_context(await running.knock()) for _ in range(32)]
        refused = await running.knock()
        answer = await refused.all()
        assert answer.startswith(b"HTTP/1.1 429 ")
        assert b"\r\nretry-after: 2\r\n" in answer.lower()
        failure = json.loads(answer.partition(b"\r\n\r\n")[2])["failure"]
        assert failure["code"] == "OVERLOADED"
        assert f"{role} grace is at 32 connections already" in failure["message"]
        running.door.who = ADA
        await stack.enter_async_context(await running.knock())  # somebody else may
        running.door.who = who
        await first.aclose()
        await trio.testing.wait_all_tasks_blocked(0.02)
        await stack.enter_async_context(await running.knock())
    await trio.testing.wait_all_tasks_blocked(0.02)
    assert not running.server._presence._at


async def test_a_service_may_connect_once_for_each_desktop(world: World) -> None:
    running = await started(world, Identity(id="crm", role=Role.SERVICE), limits=Limits(connections_per_identity=1))
    with trio.fail_after(PATIENCE_S):
        async with running.connected() as one, running.connected() as other:
            prepare = {"command": "prepareSession", "data": {"override": True, "agent": {"id": "ada"}}}
            assert (await ask(one, prepare))["result"] == "success"
            assert (await ask(other, prepare))["failure"]["code"] == "OVERLOADED"


async def test_a_connection_counts_once_whatever_else_shows_who_it_is(world: World) -> None:
    running = await started(world, ADA, limits=Limits(connections_per_identity=1))
    with trio.fail_after(PATIENCE_S):
        async with running.connected() as websocket:
            for _ in range(2):
                prepare = {"command": "prepareSession", "data": {"override": True, "agent": {"id": "ada"}}}
                assert (await ask(websocket, prepare))["result"] == "success"
            running.door.who = None
            async with running.connected() as other:
                login = {"id": "ada", "password": "x"}
                refused = await ask(other, {"command": "prepareSession", "data": {"override": True, "agent": login}})
                assert refused["failure"]["code"] == "OVERLOADED"


async def test_who_is_not_let_in_after_all_is_counted_no_longer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    running = await started(world, GRACE, limits=Limits(connections_per_identity=1, handshake_s=0.05))

    async def stuck(*_: object, **__: object) -> None:
        await trio.sleep_forever()

    with monkeypatch.context() as patch:
        patch.setattr("trio_websocket.WebSocketRequest.accept", stuck)
        cut = await running.knock()
        assert await cut.all() == b""
    assert not running.server._presence._at


# At a stop


@pytest.mark.parametrize("others", [0, 1])
async def test_a_handshake_under_way_at_a_stop_is_told_so_as_all_others_are(world: World, others: int) -> None:
    running = await started(world)
    peers = [await running.knock() for _ in range(others)]
    running.door.opens = trio.Event()
    peers.append(await running.knock(answered=False))
    await trio.testing.wait_all_tasks_blocked(0.02)
    drained = False

    async def drain() -> None:
        nonlocal drained
        await running.server.drain()
        drained = True

    with trio.fail_after(PATIENCE_S):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(drain)
            await trio.testing.wait_all_tasks_blocked(0.02)
            assert not drained, "whoever drains cuts all that are left"
            running.door.opens.set()
            for peer in peers:
                answer = await peer.all()
                assert answer.startswith(b"HTTP/1.1 101 ")
                assert answer.endswith((1001).to_bytes(2) + b"the server is stopping; connect again in 2 s")


async def test_a_stop_does_not_wait_for_handshakes_that_have_come_to_nothing(world: World) -> None:
    running = await started(world, limits=Limits(handshake_s=0.05))
    async with await trio.open_tcp_stream("127.0.0.1", running.port):
        await trio.testing.wait_all_tasks_blocked(0.02)
        with trio.fail_after(PATIENCE_S):
            await running.server.drain()


# One address


async def test_the_oldest_of_too_many_handshakes_is_given_up_in_tls_as_well(world: World, tmp_path: Path) -> None:
    write_certificate(tmp_path, "here")
    certificates = Certificates(tmp_path / "cert.pem", tmp_path / "key.pem")
    limits = Limits(handshakes_per_address=2, handshake_s=60)
    running = await started(world, limits=limits, certificates=certificates)
    async with AsyncExitStack() as stack:
        streams = []
        for _ in range(3):
            streams.append(await stack.enter_async_context(await trio.open_tcp_stream("127.0.0.1", running.port)))
            await streams[-1].send_all(b"\x16\x03\x01\x02\x00\x01")  # a handshake that promises 512 bytes
            await trio.testing.wait_all_tasks_blocked(0.02)
        assert running.server._gate.half_open == 2
        with trio.fail_after(PATIENCE_S), contextlib.suppress(trio.BrokenResourceError):
            assert await streams[0].receive_some() == b""
        for stream in streams[1:]:
            with trio.move_on_after(0.02) as stays:
                await stream.receive_some()
            assert stays.cancelled_caught
