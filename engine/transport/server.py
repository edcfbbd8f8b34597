"""The agent WebSocket server: accepts, guards, moves frames, closes.

Its traps, and what is done about them: an exception out of a handler would end the server, so a border catches
everything of one connection; a cancelled send corrupts the stream, so one writer sends and closes, and is cancelled
only to drop the connection; protocol violations close without a code, so does whatever runs over its byte budget, and
the code is sent by the line below.
"""

import contextlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
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
from engine.observe import NO_TRACES, Metrics, Traces
from engine.security.audit import Audit
from engine.security.door import Door, Knock
from engine.security.identities import Identities
from engine.security.people import Identity
from engine.security.settings import Role
from engine.security.tls import Certificates
from engine.sessions.registry import Registry
from engine.transport import pump
from engine.transport.connection import Connection
from engine.transport.eager import EagerStream
from engine.transport.gate import Gate, retry_after
from engine.transport.guards import BudgetStream
from engine.transport.line import GOING_AWAY, INTERNAL, NO_UTF8, PROTOCOL_ERROR, Line
from engine.transport.presence import Presence
from protocol.endpoint import BATCHED, PATH, PLAIN, come_back_reason
from protocol.errors import FailureCode, Refused
from protocol.wire import join_batch

log = structlog.get_logger()

CUT: Final = ("slow consumer", "no pong", "history trimmed", "defect")
"""Why the server drops a connection by itself."""

UTF8_BYTES_A_CHARACTER: Final = 4
DROPPED: Final = frozenset({"slow consumer", "no pong"})
"""Peers that take nothing, or are gone: there is no last word to them."""


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
        traces: Traces = NO_TRACES,
        connections: int | None = None,
    ) -> None:
        """`door` None: everybody may come in, and shows later who they are. `certificates` None: no TLS.

        `connections`: how many there may be where the system cannot have as many as the limits say.
        """
        self._registry = registry
        self._identities = identities
        self._door = door or Door(identities)
        self._certificates = certificates
        self._audit = audit or Audit()
        self._limits = limits
        self._metrics = metrics
        self._traces = traces
        self._connections: set[Connection] = set()
        self._gate = Gate(limits, most=min(limits.connections, connections or limits.connections))
        self._presence = Presence(limits.connections_per_identity)
        self._accepting = trio.CancelScope()
        self._draining = False
        self._idle = trio.Event()
        metrics.watch_outbox(lambda: sum(len(connection.outbox) for connection in self._connections))
        metrics.watch_connections(lambda: self._gate.inside)

    async def serve(self, host: str, port: int, *, task_status: trio.TaskStatus[int]) -> None:
        """Serve until cancelled; `task_status` gets the port. Raises OSError when the address cannot be had."""
        listeners = await trio.open_tcp_listeners(port, host=host)
        task_status.started(listeners[0].socket.getsockname()[1])
        async with trio.open_nursery() as nursery:
            with self._accepting:
                await trio.serve_listeners(self._guard_connection, listeners, handler_nursery=nursery)

    async def drain(self) -> None:
        """Accept no more, and close every connection when all that waits for it is written.

        Whose handshake is under way is let in, to be told so likewise.
        """
        self._draining = True
        self._accepting.cancel()
        for connection in tuple(self._connections):
            self._say_goodbye(connection)
        while self._connections or self._gate.half_open:
            self._idle = trio.Event()
            await self._idle.wait()

    def _say_goodbye(self, connection: Connection) -> None:
        connection.finish(GOING_AWAY, come_back_reason(self._limits.come_back_s))

    def expel(self) -> None:
        """Close the connections of those who may not be here any longer. Their sessions stay, as after any loss."""
        for connection in tuple(self._connections):
            why = self._door.why_out(connection.identity) or connection.why_out()
            if why:
                connection.expel(why)

    # One connection

    async def _guard_connection(self, accepted: trio.SocketStream) -> None:
        """The border: whatever happens in one connection stays in it."""
        try:
            address = str(accepted.socket.getpeername()[0])
        except OSError:  # gone already
            address = "unknown"
        stream = EagerStream.instead_of(accepted)
        structlog.contextvars.bind_contextvars(address=address)
        why = "peer"
        try:
            with self._gate.open_for(address) as turned_away:
                if turned_away is not None:
                    why = "too many"
                    log.warning("connection_refused", why=turned_away.name.lower())
                    if self._certificates is None:  # before TLS, plain words are no answer
                        await self._gate.turn_away(stream, turned_away)
                    return
                why = await self._converse(stream, address)
        except Exception:
            why = "defect"
            log.exception("connection_defect")
        finally:
            self._metrics.connection_closed(why)
            if why in CUT:
                log.info("connection_cut", why=why)
            with trio.CancelScope(shield=True):
                await trio.aclose_forcefully(stream)

    async def _converse(self, stream: EagerStream, address: str) -> str:
        """Agree on a WebSocket, serve it, and part in good order. Returns why it ended."""
        until = trio.current_time() + self._limits.handshake_s
        plain = await self._begin_tls(stream, address, until)
        if plain is None:
            return "tls"
        line = Line(plain, send_s=self._limits.send_s, pings_per_s=self._limits.pings_per_s)
        budget = BudgetStream(
            line,
            bytes_a_message=UTF8_BYTES_A_CHARACTER * self._limits.message_bytes,
            bytes_per_s=self._limits.bytes_per_s,
        )
        why = "handshake"
        try:
            async with trio.open_nursery() as nursery:
                accepted = await self._shake_hands(nursery, line, budget, address, until)
                if accepted is not None:
                    why = await self._serve_websocket(accepted, line, budget, address)
                    closed = accepted.websocket.closed
                    if line.farewell is None and closed is not None and closed.code in (PROTOCOL_ERROR, NO_UTF8):
                        line.farewell = closed.code, f"not as RFC 6455 has it: {closed.reason}"
                nursery.cancel_scope.cancel()  # the library's reader
        finally:
            self._presence.leave(line)  # also of who has shown who they are, and was not let in after all
        if accepted is not None:
            _end_parser(accepted.websocket)
        if why not in DROPPED:
            await line.part(within_s=self._limits.close_s)
        return why

    async def _begin_tls(self, stream: EagerStream, address: str, until: float) -> trio.abc.Stream | None:
        """The stream to speak plainly over, or None where the peer does not come to an agreement in time."""
        if self._certificates is None:
            return stream
        encrypted = trio.SSLStream(stream, self._certificates.context, server_side=True, https_compatible=True)
        agreed = None
        with (
            trio.move_on_at(until) as patience,
            self._half_open(address, patience),
            contextlib.suppress(trio.BrokenResourceError),
        ):
            await encrypted.do_handshake()
            agreed = encrypted
        return agreed

    async def _accept(self, request: WebSocketRequest, line: Line, address: str) -> "_Accepted | None":
        """Judge who knocks, then accept with the first subprotocol that we know, or with none."""
        if request.path.partition("?")[0] != PATH:
            await self._reject(request, Refused(FailureCode.INVALID_TARGET, f"agent desktops connect to {PATH}"))
            return None
        knock = Knock(
            address=address,
            host=request._event.host,  # which the library keeps from its public headers
            headers=request.headers,
            subprotocols=request.proposed_subprotocols,
        )
        try:
            identity = await self._door.enter(knock)
            # Of a service, the agents are counted that it has sessions of: a backend connects once for each desktop.
            if identity is not None and identity.role is not Role.SERVICE:
                self._presence.arrive(f"{identity.role} {identity.id}", line)
        except Refused as refusal:
            self._metrics.request_refused(refusal.code)
            log.info("handshake_refused", address=address, code=refusal.code)
            await self._reject(request, refusal)
            return None
        chosen = next((name for name in request.proposed_subprotocols if name in (PLAIN, BATCHED)), None)
        return _Accepted(await request.accept(subprotocol=chosen), chosen == BATCHED, identity)

    async def _shake_hands(
        self, nursery: trio.Nursery, line: Line, budget: BudgetStream, address: str, until: float
    ) -> "_Accepted | None":
        """Who came in; None when nobody did. One time limit is for all that comes before."""
        accepted = None
        with trio.move_on_at(until) as patience, self._half_open(address, patience):
            line.on_silent = patience.cancel
            try:
                request = await wrap_server_stream(nursery, budget, max_message_size=self._limits.message_bytes)
                accepted = await self._accept(request, line, address)
            except (HandshakeError, ConnectionClosed):
                pass
        line.on_silent = None
        return accepted

    @contextlib.contextmanager
    def _half_open(self, address: str, scope: trio.CancelScope) -> Iterator[None]:
        try:
            with self._gate.handshake(address, scope):
                yield
        finally:
            self._idle.set()

    async def _reject(self, request: WebSocketRequest, refusal: Refused) -> None:
        """Say no as HTTP does, in the one form of failures."""
        response = refusal_response(refusal)
        if refusal.code is FailureCode.OVERLOADED:
            response.headers["Retry-After"] = str(retry_after(self._limits.come_back_s))
        headers = [
            (name, value) for name, value in response.raw_headers if name != b"content-length"
        ]  # the library adds it
        await request.reject(
            response.status_code, extra_headers=[*headers, (b"connection", b"close")], body=bytes(response.body)
        )

    async def _serve_websocket(self, accepted: "_Accepted", line: Line, budget: BudgetStream, address: str) -> str:
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
            traces=self._traces,
            presence=self._presence,
            place=line,
        )
        self._connections.add(connection)
        if self._draining:
            self._say_goodbye(connection)
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(partial(self._write, websocket, budget, connection, drop))
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

    async def _write(
        self,
        websocket: WebSocketConnection,
        budget: BudgetStream,
        connection: Connection,
        drop: Callable[[str], None],
    ) -> None:
        """The only task that sends messages: as many as wait, one or a batch a frame; at the end, the close frame."""
        await pump.write(
            websocket,
            connection.outbox,
            frames_of=_in_one_frame if connection.batched else pump.in_a_frame_each,
            send=budget.send_texts,
            bytes_at_most=self._limits.batch_bytes if connection.batched else pump.AT_ONCE_BYTES,
            last=lambda: (connection.close_code, connection.close_reason),
            close_s=self._limits.close_s,
            drop=drop,
        )

    async def _beat(self, websocket: WebSocketConnection, drop: Callable[[str], None]) -> None:
        limits = self._limits
        await pump.beat(websocket, every_s=limits.ping_every_s, within_s=limits.pong_within_s, drop=drop)


@attrs.frozen
class _Accepted:
    websocket: WebSocketConnection
    batched: bool
    identity: Identity | None


def _end_parser(websocket: WebSocketConnection) -> None:
    """It is in a circle with itself, which the collector would find only after many thousands more have gone."""
    upgraded = websocket._wsproto.connection
    if upgraded is not None:
        with contextlib.suppress(AttributeError):  # of a release that keeps it elsewhere
            upgraded._proto._parse_more.close()


def _in_one_frame(texts: list[bytes]) -> Sequence[bytes]:
    return (join_batch(texts),)
