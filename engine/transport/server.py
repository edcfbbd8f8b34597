"""The agent WebSocket server: accepts, guards, moves frames, closes. The only importer of trio_websocket.

Its traps, and what is done about them: an exception out of a handler would end the server, so a border catches
everything of one connection; a cancelled send corrupts the stream, so one writer sends and closes, and is cancelled
only to drop the connection; protocol violations close without a code, so does whatever runs over its byte budget.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import attrs
import structlog
import trio
from trio_websocket import (
    ConnectionClosed,
    HandshakeError,
    WebSocketConnection,
    WebSocketRequest,
    wrap_server_stream,
)

from engine.config import Limits
from engine.http.failures import refusal_response
from engine.observe import Metrics
from engine.security.audit import Audit
from engine.security.door import Door, Knock
from engine.security.identities import Identities
from engine.security.people import Identity
from engine.security.tls import Certificates
from engine.sessions.registry import Registry
from engine.transport.connection import GOING_AWAY, INTERNAL, Connection
from engine.transport.guards import BudgetStream
from protocol.endpoint import BATCHED, PATH, PLAIN
from protocol.errors import FailureCode, Refused
from protocol.wire import join_batch

log = structlog.get_logger()

UTF8_BYTES_A_CHARACTER: Final = 4


class AgentServer:
    """Listens for agent desktops. `serve` is its task."""

    def __init__(
        self,
        *,
        registry: Registry,
        identities: Identities,
        limits: Limits,
        metrics: Metrics,
        door: Door | None = None,
        certificates: Certificates | None = None,
        audit: Audit | None = None,
    ) -> None:
        """`door` None: everybody may come in, and shows later who they are. `certificates` None: no TLS."""
        self._registry = registry
        self._identities = identities
        self._door = door or Door(identities)
        self._certificates = certificates
        self._audit = audit or Audit()
        self._limits = limits
        self._metrics = metrics
        self._connections: set[Connection] = set()
        self._addresses: Counter[str] = Counter()
        self._accepting = trio.CancelScope()
        self._idle = trio.Event()
        metrics.watch_outbox(lambda: sum(len(connection.outbox) for connection in self._connections))
        metrics.watch_connections(lambda: self._addresses.total())

    async def serve(self, host: str, port: int, *, task_status: trio.TaskStatus[int]) -> None:
        """Serve until cancelled; `task_status` gets the port. Raises OSError when the address cannot be had."""
        listeners = await trio.open_tcp_listeners(port, host=host)
        task_status.started(listeners[0].socket.getsockname()[1])
        async with trio.open_nursery() as nursery:
            with self._accepting:
                await trio.serve_listeners(self._guard_connection, listeners, handler_nursery=nursery)

    async def drain(self) -> None:
        """Accept no more, and close every connection when all that waits for it is written."""
        self._accepting.cancel()
        for connection in tuple(self._connections):
            connection.finish(
                GOING_AWAY, "the server is stopping, and its sessions end; connect again and prepare a new one"
            )
        while self._connections:
            self._idle = trio.Event()
            await self._idle.wait()

    def expel(self) -> None:
        """Close the connections of those who may not be here any longer. Their sessions stay, as after any loss."""
        for connection in tuple(self._connections):
            why = self._door.why_out(connection.identity) or connection.why_out()
            if why:
                connection.expel(why)

    # One connection

    async def _guard_connection(self, stream: trio.SocketStream) -> None:
        """The border: whatever happens in one connection stays in it."""
        try:
            address = str(stream.socket.getpeername()[0])
        except OSError:  # gone already
            address = "unknown"
        self._addresses[address] += 1
        why = "peer"
        try:
            if (
                self._addresses.total() > self._limits.connections
                or self._addresses[address] > self._limits.connections_per_address
            ):
                why = "too many"
                log.warning("connection_refused", address=address, why=why)
                return
            why = await self._handshake(stream, address)
        except Exception:
            why = "defect"
            log.exception("connection_defect", address=address)
        finally:
            self._addresses[address] -= 1
            if not self._addresses[address]:
                del self._addresses[address]
            self._metrics.connection_closed(why)
            with trio.CancelScope(shield=True):
                await trio.aclose_forcefully(stream)

    async def _handshake(self, stream: trio.SocketStream, address: str) -> str:
        """Agree on a WebSocket and serve it. Returns why it ended. One time limit is for all that comes before."""
        until = trio.current_time() + self._limits.handshake_s
        plain = await self._begin_tls(stream, until)
        if plain is None:
            return "tls"
        budget = BudgetStream(plain, bytes_a_message=UTF8_BYTES_A_CHARACTER * self._limits.message_bytes)
        why = "handshake"
        async with trio.open_nursery() as nursery:
            accepted = None
            try:
                with trio.fail_at(until):
                    request = await wrap_server_stream(nursery, budget, max_message_size=self._limits.message_bytes)
                    accepted = await self._accept(request, address)
            except (trio.TooSlowError, HandshakeError, ConnectionClosed):
                pass
            if accepted is not None:
                why = await self._serve_websocket(accepted, budget, address)
            nursery.cancel_scope.cancel()  # the library's reader
        return why

    async def _begin_tls(self, stream: trio.SocketStream, until: float) -> trio.abc.Stream | None:
        """The stream to speak plainly over, or None where the peer does not come to an agreement in time."""
        if self._certificates is None:
            return stream
        encrypted = trio.SSLStream(stream, self._certificates.context, server_side=True, https_compatible=True)
        try:
            with trio.fail_at(until):
                await encrypted.do_handshake()
        except (trio.TooSlowError, trio.BrokenResourceError):
            return None
        return encrypted

    async def _accept(self, request: WebSocketRequest, address: str) -> "_Accepted | None":
        """Judge who knocks, then accept with the first subprotocol that we know, or with none."""
        if request.path.partition("?")[0] != PATH:
            await _reject(request, Refused(FailureCode.INVALID_TARGET, f"agent desktops connect to {PATH}"))
            return None
        knock = Knock(
            address=address,
            host=request._event.host,  # which the library keeps from its public headers
            headers=request.headers,
            subprotocols=request.proposed_subprotocols,
        )
        try:
            identity = await self._door.enter(knock)
        except Refused as refusal:
            self._metrics.request_refused(refusal.code)
            log.info("handshake_refused", address=address, code=refusal.code)
            await _reject(request, refusal)
            return None
        chosen = next((name for name in request.proposed_subprotocols if name in (PLAIN, BATCHED)), None)
        return _Accepted(await request.accept(subprotocol=chosen), chosen == BATCHED, identity)

    async def _serve_websocket(self, accepted: "_Accepted", budget: BudgetStream, address: str) -> str:
        websocket, dropped = accepted.websocket, ""

        def drop(why: str) -> None:
            nonlocal dropped
            dropped = dropped or why
            nursery.cancel_scope.cancel()

        connection = Connection(
            registry=self._registry,
            identities=self._identities,
            limits=self._limits,
            metrics=self._metrics,
            batched=accepted.batched,
            drop=drop,
            start=lambda task: nursery.start_soon(self._guard, connection, task),
            identity=accepted.identity,
            address=address,
            audit=self._audit,
        )
        self._connections.add(connection)
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(partial(self._write, websocket, connection, drop))
                nursery.start_soon(partial(self._beat, websocket, drop))
                await self._guard(connection, partial(self._read, websocket, budget, connection))
        finally:
            connection.lose()
            self._connections.discard(connection)
            self._idle.set()
        return dropped or "peer"

    async def _guard(self, connection: Connection, task: Callable[[], Awaitable[None]]) -> None:
        """Run a task of a connection. A defect in it closes the connection, by the writer, when its frame is out."""
        try:
            await task()
        except Exception:
            log.exception("connection_defect")
            connection.finish(INTERNAL, "the processor has a defect; connect again and resume")

    async def _read(self, websocket: WebSocketConnection, budget: BudgetStream, connection: Connection) -> None:
        """Take frames until the connection closes or must be closed."""
        try:
            while True:
                frame = await websocket.get_message()
                budget.message_taken()
                if not await connection.take_frame(frame):
                    return  # the writer closes when it has written what waits
        except ConnectionClosed:
            connection.finish(GOING_AWAY, "")

    async def _write(self, websocket: WebSocketConnection, connection: Connection, drop: Callable[[str], None]) -> None:
        """The only task that sends messages: as many as wait, one or a batch a frame; at the end, the close frame."""
        most = self._limits.batch_bytes if connection.batched else 0
        try:
            while texts := await connection.outbox.take(bytes_at_most=most):
                frame = join_batch(texts) if connection.batched else texts[0]
                with trio.move_on_after(self._limits.send_s) as patience:
                    await websocket.send_message(frame.decode())
                if patience.cancelled_caught:
                    drop("slow consumer")
                    return
            with trio.move_on_after(self._limits.close_s):
                await websocket.aclose(connection.close_code, connection.close_reason)
            drop("closed" if connection.close_reason else "peer")
        except ConnectionClosed:
            drop("peer")

    async def _beat(self, websocket: WebSocketConnection, drop: Callable[[str], None]) -> None:
        """Ping; a peer that does not answer in time is gone, whatever TCP believes."""
        try:
            while True:
                await trio.sleep(self._limits.ping_every_s)
                with trio.move_on_after(self._limits.pong_within_s) as patience:
                    await websocket.ping()
                if patience.cancelled_caught:
                    drop("no pong")
                    return
        except ConnectionClosed:
            return


@attrs.frozen
class _Accepted:
    websocket: WebSocketConnection
    batched: bool
    identity: Identity | None


async def _reject(request: WebSocketRequest, refusal: Refused) -> None:
    """Say no as HTTP does, in the one form of failures."""
    response = refusal_response(refusal)
    headers = [
        (name, value) for name, value in response.raw_headers if name != b"content-length"
    ]  # the library adds it
    await request.reject(
        response.status_code, extra_headers=[*headers, (b"connection", b"close")], body=bytes(response.body)
    )
