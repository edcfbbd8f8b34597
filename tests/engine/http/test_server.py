"""The HTTP server over real sockets: starting, stopping, and clients that mean it no good."""

import errno
import socket
import struct

import httpx2
import pytest
import trio
import trio.testing
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from structlog.testing import capture_logs

from engine.http import server
from engine.http.server import serve_http
from tests.engine.http.helpers import exchange, open_client, read_to_end, read_until, served

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
GET_AND_CLOSE = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


async def hello(_: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


HELLO = Starlette(routes=[Route("/", hello)])


class Held:
    """An app whose requests wait until they are let go."""

    def __init__(self) -> None:
        self.begun = trio.Event()
        self.go = trio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.begun.set()
        await self.go.wait()
        await PlainTextResponse("at last")(scope, receive, send)


class Huge:
    """An app whose answer fits into no buffer, so that it is stuck with a client that does not read."""

    def __init__(self) -> None:
        self.over = trio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse(bytes(64 * 1024 * 1024))(scope, receive, send)
        self.over.set()


# Starting


async def test_it_says_its_port_and_answers() -> None:
    async with served(HELLO) as here, httpx2.AsyncClient() as client:
        assert here.port > 0
        first, second = await client.get(here.url), await client.get(here.url)
    assert first.text == second.text == "hello"
    assert "server" not in first.headers


async def test_it_is_a_task_that_is_ended_by_cancelling() -> None:
    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            port = await nursery.start(serve_http, HELLO, "127.0.0.1", 0)
            assert (await exchange(port, GET_AND_CLOSE)).endswith(b"hello")
            nursery.cancel_scope.cancel()
    with pytest.raises(OSError):
        await open_client(port)


async def test_an_address_in_use_is_an_oserror() -> None:
    async with served(HELLO) as here:
        with pytest.raises(OSError) as caught:
            await serve_http(HELLO, "127.0.0.1", here.port)
        assert caught.value.errno == errno.EADDRINUSE
        assert caught.value.strerror


async def test_a_host_that_is_none_is_an_oserror() -> None:
    with pytest.raises(OSError):
        await serve_http(HELLO, "256.0.0.1", 0)


# Stopping


async def test_a_request_under_way_may_end_at_a_shutdown() -> None:
    held = Held()
    async with served(held) as here, await open_client(here.port) as client:
        await client.send_all(GET)
        await held.begun.wait()
        here.shutdown.set()
        await trio.testing.wait_all_tasks_blocked()
        with pytest.raises(OSError):
            await open_client(here.port)
        assert not here.ended.is_set()
        held.go.set()
        assert (await read_to_end(client)).endswith(b"at last")
        await here.ended.wait()


async def test_a_shutdown_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "GRACE_S", 0.1)
    held = Held()
    async with served(held) as here, await open_client(here.port) as client:
        await client.send_all(GET)
        await held.begun.wait()
        here.shutdown.set()
        await here.ended.wait()
        assert await read_to_end(client) == b""


async def test_idle_connections_close_at_once_at_a_shutdown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "GRACE_S", 1000)
    monkeypatch.setattr(server, "IDLE_S", 1000)
    async with served(HELLO) as here, await open_client(here.port) as idle, await open_client(here.port) as used:
        await used.send_all(GET)
        await read_until(used, b"hello")
        here.shutdown.set()
        await here.ended.wait()
        assert await read_to_end(idle) == await read_to_end(used) == b""


@pytest.mark.parametrize("how", ["cancelled", "shutdown"])
async def test_a_client_that_does_not_read_does_not_keep_the_server(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    monkeypatch.setattr(server, "GRACE_S", 0.1)
    huge = Huge()
    async with served(huge) as here, await open_client(here.port) as client:
        await client.send_all(GET)
        assert await client.receive_some(1)
        if how == "shutdown":
            here.shutdown.set()
            await here.ended.wait()


# Clients that mean it no good


async def test_a_client_that_does_not_read_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "UNREAD_S", 0.5)
    huge = Huge()
    async with served(huge) as here, await open_client(here.port) as client:
        await client.send_all(GET)
        await huge.over.wait()


@pytest.mark.parametrize("head", [b"", b"GET / HT", GET[:-2]])
async def test_a_request_head_that_does_not_come_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, head: bytes
) -> None:
    monkeypatch.setattr(server, "IDLE_S", 0.2)
    async with served(HELLO) as here:
        with trio.fail_after(server.IDLE_S + 2):
            assert await exchange(here.port, head) == b""


async def test_connections_beyond_the_bound_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "CONNECTIONS", 1)
    with capture_logs() as logs:
        async with served(HELLO) as here:
            async with await open_client(here.port) as client:
                await client.send_all(GET)
                await read_until(client, b"hello")
                async with await open_client(here.port) as refused:
                    assert await read_to_end(refused) == b""
                await client.send_all(GET_AND_CLOSE)
                assert (await read_to_end(client)).endswith(b"hello")
            await trio.testing.wait_all_tasks_blocked()
            assert (await exchange(here.port, GET_AND_CLOSE)).endswith(b"hello")
    assert [(log["event"], log["why"]) for log in logs] == [("http_connection_refused", "too many")]


async def test_one_address_does_not_take_all_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond its own bound it is refused, another one is not; and its places come back."""
    monkeypatch.setattr(server, "CONNECTIONS_PER_ADDRESS", 1)
    with capture_logs() as logs:
        async with served(HELLO) as here:
            async with await open_client(here.port) as client:
                await client.send_all(GET)
                await read_until(client, b"hello")
                async with await open_client(here.port) as refused:
                    assert await read_to_end(refused) == b""
                other = await trio.open_tcp_stream("127.0.0.1", here.port, local_address="127.0.0.2")
                async with other:
                    await other.send_all(GET_AND_CLOSE)
                    assert (await read_to_end(other)).endswith(b"hello")
                await client.send_all(GET_AND_CLOSE)
                assert (await read_to_end(client)).endswith(b"hello")
            await trio.testing.wait_all_tasks_blocked()
            assert (await exchange(here.port, GET_AND_CLOSE)).endswith(b"hello")
    assert [(log["event"], log["address"]) for log in logs] == [("http_connection_refused", "127.0.0.1")]


async def test_addresses_of_one_network_share_its_places_and_the_log_tells_them_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "CONNECTIONS_PER_ADDRESS", 1)
    monkeypatch.setattr(server, "counted_as", lambda address: address.rpartition(".")[0])
    with capture_logs() as logs:
        async with served(HELLO) as here, await open_client(here.port) as client:
            await client.send_all(GET)
            await read_until(client, b"hello")
            other = await trio.open_tcp_stream("127.0.0.1", here.port, local_address="127.0.0.2")
            async with other:
                assert await read_to_end(other) == b""
    assert [(log["event"], log["address"]) for log in logs] == [("http_connection_refused", "127.0.0.2")]


async def test_a_connection_that_the_client_has_closed_makes_room_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "CONNECTIONS", 2)
    async with served(HELLO) as here:
        for _ in range(5):
            async with await open_client(here.port) as client:
                await client.send_all(GET)
                with trio.move_on_after(server.IDLE_S / 3) as patience:  # the server hears of the close a moment later
                    while b"hello" not in await _answer_or_nothing(here.port):
                        pass
                assert not patience.cancelled_caught


async def _answer_or_nothing(port: int) -> bytes:
    try:
        return await exchange(port, GET_AND_CLOSE)
    except (trio.BrokenResourceError, AssertionError):
        return b""


async def test_a_reset_before_the_first_look_harms_nobody() -> None:
    with capture_logs() as logs:
        async with served(HELLO) as here:
            for _ in range(5):  # blocking, so that the reset is there before the server's task runs
                with socket.create_connection(("127.0.0.1", here.port)) as client:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            assert (await exchange(here.port, GET_AND_CLOSE)).endswith(b"hello")
    assert logs == []


async def test_a_defect_ends_its_connection_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    run = server.TCPServer.run
    defects = [ZeroDivisionError()]

    async def run_with_defect(self: server.TCPServer) -> None:
        if defects:
            raise defects.pop()
        await run(self)

    monkeypatch.setattr(server.TCPServer, "run", run_with_defect)
    with capture_logs() as logs:
        async with served(HELLO) as here:
            assert await exchange(here.port, b"") == b""
            assert (await exchange(here.port, GET_AND_CLOSE)).endswith(b"hello")
    (log,) = logs
    assert log["event"] == "http_connection_defect"


async def test_it_survives_a_lack_of_file_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    accept = trio.SocketListener.accept
    failures = [OSError(errno.EMFILE, "too many open files")]

    async def accept_or_fail(self: trio.SocketListener) -> trio.SocketStream:
        stream = await accept(self)
        if failures:
            await stream.aclose()
            raise failures.pop()
        return stream

    monkeypatch.setattr(trio.SocketListener, "accept", accept_or_fail)
    async with served(HELLO) as here:
        assert await exchange(here.port, b"") == b""
        assert (await exchange(here.port, GET_AND_CLOSE)).endswith(b"hello")


async def test_what_is_no_http_is_refused_and_closed() -> None:
    async with served(HELLO) as here:
        assert (await exchange(here.port, b"\x16\x03\x01\x02\x00\r\n\r\n")).startswith(b"HTTP/1.1 400 ")


async def test_a_web_socket_is_refused() -> None:
    upgrade = (
        b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    async with served(HELLO) as here:
        assert (await exchange(here.port, upgrade)).startswith(b"HTTP/1.1 403 ")
