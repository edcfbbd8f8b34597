"""The HTTP server: accepts connections on trio and has anycorn speak HTTP on each.

Of anycorn, only what serves one connection is used. Its own accept loop ends, and with it everything, when file
descriptors run out; and it shields what it sends from cancellation, so that a client which does not read would keep
the process from ever stopping. Hence: trio's accept loop, a border around every connection, and a cut at the socket.
"""

import contextlib
import logging
import socket
import ssl
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, cast

import anyio
import structlog
import trio
from anycorn import Config
from anycorn.app_wrappers import ASGIWrapper
from anycorn.tcp_server import TCPServer
from anycorn.typing import ASGIFramework, LifespanState
from anycorn.worker_context import WorkerContext
from anyio.abc import SocketStream
from anyio.streams.tls import TLSStream
from starlette.types import ASGIApp

from engine.security.addresses import counted_as

log = structlog.get_logger(__name__)

CONNECTIONS: Final = 512
"""Connections at once; further ones are closed unanswered."""
CONNECTIONS_PER_ADDRESS: Final = 256
"""Of these, from one address: one client alone must not keep out those who look after the server."""
IDLE_S: Final = 5.0
"""How long a connection may go without a complete request head."""
UNREAD_S: Final = 20.0
"""How long a client may take nothing of what is sent to it."""
TLS_S: Final = 5.0
"""How long the TLS handshake may take."""
GRACE_S: Final = 3.0
"""How long requests under way may go on at a shutdown."""


async def serve_http(
    app: ASGIApp,
    host: str,
    port: int,
    *,
    shutdown: trio.Event | None = None,
    tls: Callable[[], ssl.SSLContext] | None = None,
    task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve until cancelled, at once; or until `shutdown` is set, when requests under way get some time to end.

    `port` 0 is any free one; `task_status` gets the real one. Raises OSError when the address cannot be had. The
    application gets no lifespan events: what it needs is opened and closed by whoever makes it. `tls` is asked at each
    new connection, so that a certificate can be changed; None: plain HTTP.
    """
    listeners = await trio.open_tcp_listeners(port, host=host)
    _limit_unread(listeners)
    context = WorkerContext(max_requests=None)
    async with trio.open_nursery() as connections:
        border = partial(_border, _Protocol(app, context, tls), connections, Counter())
        async with trio.open_nursery() as accepting:
            await accepting.start(partial(trio.serve_listeners, border, listeners, handler_nursery=connections))
            task_status.started(listeners[0].socket.getsockname()[1])
            await (trio.Event() if shutdown is None else shutdown).wait()
            accepting.cancel_scope.cancel()
        await context.terminated.set()
        connections.cancel_scope.deadline = trio.current_time() + GRACE_S


def _limit_unread(listeners: Sequence[trio.SocketListener]) -> None:
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # pragma: no branch - Linux alone has it; accepted sockets inherit it
        for listener in listeners:
            listener.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(UNREAD_S * 1000))


async def _border(
    protocol: "_Protocol", connections: trio.Nursery, addresses: Counter[str], stream: trio.SocketStream
) -> None:
    """Whatever happens in one connection stays in it."""
    # Out of trio's hands, since anycorn wants an anyio stream, which makes a trio socket of its own.
    with socket.socket(fileno=stream.socket.detach()) as sock:
        try:
            address = str(sock.getpeername()[0])
        except OSError:  # gone already
            return
        counted = counted_as(address)
        if len(connections.child_tasks) > CONNECTIONS or addresses[counted] >= CONNECTIONS_PER_ADDRESS:
            log.warning("http_connection_refused", why="too many", address=address)
            return
        addresses[counted] += 1
        try:
            await protocol.serve(sock)
        except* Exception:
            log.exception("http_connection_defect")
        finally:
            addresses[counted] -= 1
            if not addresses[counted]:
                del addresses[counted]


class _Protocol:
    """HTTP on connected sockets, by anycorn."""

    def __init__(self, app: ASGIApp, context: WorkerContext, tls: Callable[[], ssl.SSLContext] | None) -> None:
        self._context = context
        self._tls = tls
        self._config = Config()
        self._config.errorlog = logging.getLogger("anycorn.error")
        self._config.include_server_header = False
        self._config.keep_alive_timeout = IDLE_S
        self._app = ASGIWrapper(cast(ASGIFramework, app))

    async def serve(self, sock: socket.socket) -> None:
        try:
            plain = await SocketStream.from_socket(sock)
        except ValueError:  # reset by the client before it was looked at
            return
        stream = await self._begin_tls(plain)
        if stream is None:
            return
        server = _Connection(self._app, self._config, self._context, LifespanState({}), stream)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_cut_when_cancelled, sock)
            await server.run()
            nursery.cancel_scope.cancel()

    async def _begin_tls(self, plain: SocketStream) -> SocketStream | None:
        """The stream to speak plainly over, or None where the peer does not come to an agreement in time."""
        if self._tls is None:
            return plain
        try:
            with trio.fail_after(TLS_S):
                # Not "standard compatible": clients end without TLS's goodbye, and HTTP knows its own ends.
                encrypted = await _Encrypted.wrap(
                    plain, server_side=True, ssl_context=self._tls(), standard_compatible=False
                )
        except (trio.TooSlowError, ssl.SSLError, anyio.BrokenResourceError, anyio.EndOfStream):
            return None
        # The library takes both alike, and declares the one.
        return cast(SocketStream, encrypted)


class _Encrypted(TLSStream):
    """A peer that is gone, or breaks TLS, is lost: anycorn expects no other word for it."""

    async def send(self, item: bytes) -> None:
        try:
            await super().send(item)
        except (ssl.SSLError, anyio.EndOfStream) as error:
            raise anyio.BrokenResourceError from error

    async def receive(self, max_bytes: int = 65536) -> bytes:
        try:
            return await super().receive(max_bytes)
        except ssl.SSLError as error:
            raise anyio.BrokenResourceError from error


class _Connection(TCPServer):
    """Over when the client is gone: anycorn itself goes on waiting for the idle timeout, and the place stays taken."""

    async def _read_data(self) -> None:
        await super()._read_data()
        await self.idle_task.stop()


async def _cut_when_cancelled(sock: socket.socket) -> None:
    """Ends a send that waits for a client which does not read: nothing else reaches it behind anycorn's shield."""
    try:
        await trio.sleep_forever()
    finally:
        with contextlib.suppress(OSError):  # closed already
            sock.shutdown(socket.SHUT_RDWR)
