"""A WebSocket that carries texts, of the side that listens or of the one that connects, behind this folder's guards.

`accept` and `connect` hold one connection to its end. Whatever happens in it stays in it: both return why it ended.
"""

import contextlib
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final, cast

import attrs
import structlog
import trio
from trio_websocket import (
    ConnectionClosed,
    ConnectionRejected,
    HandshakeError,
    WebSocketConnection,
    wrap_client_stream,
    wrap_server_stream,
)

from engine.transport import pump
from engine.transport.guards import BudgetStream
from engine.transport.line import GOING_AWAY, INTERNAL, NO_UTF8, NORMAL, PROTOCOL_ERROR, Line
from engine.transport.outbox import Outbox

log = structlog.get_logger()

Headers = list[tuple[bytes, bytes]]

UTF8_BYTES_A_CHARACTER: Final = 4
SILENT: Final = frozenset({"slow consumer", "no pong", "replaced"})
"""Peers that take nothing, or are gone: there is no last word to them."""
TOLD_CHARS: Final = 200
"""So much of what a refusing peer says is told on."""


@attrs.frozen(kw_only=True)
class Bounds:
    """What one connection may do: bytes, seconds, numbers a second."""

    message_bytes: int
    bytes_per_s: float
    outbox_bytes: int
    pings_per_s: float
    handshake_s: float
    send_s: float
    close_s: float
    ping_every_s: float
    pong_within_s: float


@attrs.frozen
class Rejection:
    """An answer to a handshake, by HTTP."""

    status: int
    text: str


class TextSocket:
    """One connection, as whoever speaks by it has it."""

    def __init__(
        self, websocket: WebSocketConnection, budget: BudgetStream, bounds: Bounds, end: Callable[[], None]
    ) -> None:
        self.outbox = Outbox(bytes_at_most=bounds.outbox_bytes)
        self.close_code, self.close_reason = NORMAL, ""
        self._dropped = ""
        self._websocket = websocket
        self._budget = budget
        self._end = end

    @property
    def why(self) -> str:
        """Why it ended, or is going to."""
        return self.close_reason or self._dropped or "peer"

    def send(self, text: bytes) -> None:
        """Queue a text. A peer that lets too much wait is cut."""
        if not self.outbox.put(text):
            self.drop("slow consumer")

    def drop(self, why: str) -> None:
        """End it at once; the first reason stands."""
        self._dropped = self._dropped or why
        self._end()

    def finish(self, code: int, reason: str) -> None:
        """Close when all that waits is written. The first reason stands."""
        if self.close_code == NORMAL:
            self.close_code, self.close_reason = code, reason
        self.outbox.close()

    async def receive(self) -> str | bytes | None:
        """The next frame; None when no more come."""
        try:
            frame: str | bytes = await self._websocket.get_message()
        except ConnectionClosed:
            self.finish(GOING_AWAY, "")
            return None
        self._budget.message_taken()
        return frame


Talk = Callable[[TextSocket], Awaitable[None]]
"""Speaks by a connection; it is closed when this returns."""

_ShakeHands = Callable[[trio.Nursery, BudgetStream], Awaitable[WebSocketConnection | str]]


async def accept(
    stream: trio.abc.Stream, bounds: Bounds, *, judge: Callable[[str, Headers], Rejection | None], word: str, talk: Talk
) -> str:
    """Serve who has connected, if `judge` lets the path and the headers pass. `word` is the subprotocol."""

    async def shake_hands(nursery: trio.Nursery, budget: BudgetStream) -> WebSocketConnection | str:
        request = await wrap_server_stream(nursery, budget, max_message_size=bounds.message_bytes)
        rejection = judge(request.path.partition("?")[0], request.headers)
        if rejection is not None:
            said = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
            await request.reject(rejection.status, extra_headers=said, body=f"{rejection.text}\n".encode())
            return f"refused with {rejection.status}: {rejection.text}"
        return await request.accept(subprotocol=word if word in request.proposed_subprotocols else None)

    return await _hold(stream, bounds, shake_hands, talk, client=False)


async def connect(
    stream: trio.abc.Stream, bounds: Bounds, *, host: str, resource: str, headers: Headers, word: str, talk: Talk
) -> str:
    """Speak to whom `stream` leads to."""

    async def shake_hands(nursery: trio.Nursery, budget: BudgetStream) -> WebSocketConnection | str:
        try:
            return await wrap_client_stream(
                nursery,
                cast(Any, budget),  # any stream will do
                host,
                resource,
                subprotocols=[word],
                extra_headers=headers,
                max_message_size=bounds.message_bytes,
            )
        except ConnectionRejected as rejected:
            said = (rejected.body or b"").decode("utf-8", "replace").strip()[:TOLD_CHARS]
            return f"refused with {rejected.status_code}{said and f': {said}'}"

    return await _hold(stream, bounds, shake_hands, talk, client=True)


async def _hold(stream: trio.abc.Stream, bounds: Bounds, shake_hands: _ShakeHands, talk: Talk, *, client: bool) -> str:
    """The border of one connection: agree on a WebSocket, speak, part in good order, close."""
    try:
        line = Line(stream, send_s=bounds.send_s, pings_per_s=bounds.pings_per_s, client=client)
        budget = BudgetStream(
            line, bytes_a_message=UTF8_BYTES_A_CHARACTER * bounds.message_bytes, bytes_per_s=bounds.bytes_per_s
        )
        async with trio.open_nursery() as nursery:
            why = await _speak(nursery, line, budget, bounds, shake_hands, talk)
            nursery.cancel_scope.cancel()  # the library's reader
        if why not in SILENT:
            await line.part(within_s=bounds.close_s)
        return why  # noqa: TRY300 - what went wrong is told otherwise
    except Exception:
        log.exception("connection_defect")
        return "defect"
    finally:
        with trio.CancelScope(shield=True):
            await trio.aclose_forcefully(stream)


async def _speak(
    nursery: trio.Nursery, line: Line, budget: BudgetStream, bounds: Bounds, shake_hands: _ShakeHands, talk: Talk
) -> str:
    websocket: WebSocketConnection | str = "no WebSocket handshake"
    with trio.move_on_after(bounds.handshake_s) as patience:
        line.on_silent = patience.cancel
        with contextlib.suppress(HandshakeError, ConnectionClosed):
            websocket = await shake_hands(nursery, budget)
    line.on_silent = None
    if isinstance(websocket, str):
        return websocket
    ended = False
    try:
        why = await _converse(websocket, budget, bounds, talk)
        ended = True
    finally:
        if not ended:  # cancelled, as the library's reader is
            line.farewell = GOING_AWAY, "stopping"
            with trio.move_on_after(bounds.close_s, shield=True):
                await line.part(within_s=bounds.close_s)
    closed = websocket.closed
    if line.farewell is None and closed is not None and closed.code in (PROTOCOL_ERROR, NO_UTF8):
        line.farewell = closed.code, f"not as RFC 6455 has it: {closed.reason}"
    return why


async def _converse(websocket: WebSocketConnection, budget: BudgetStream, bounds: Bounds, talk: Talk) -> str:
    scope = trio.CancelScope()
    socket = TextSocket(websocket, budget, bounds, scope.cancel)
    write = partial(
        pump.write,
        websocket,
        socket.outbox,
        frames_of=pump.in_a_frame_each,
        send=budget.send_texts,
        bytes_at_most=pump.AT_ONCE_BYTES,
        last=lambda: (socket.close_code, socket.close_reason),
        close_s=bounds.close_s,
        drop=socket.drop,
    )
    beat = partial(pump.beat, every_s=bounds.ping_every_s, within_s=bounds.pong_within_s, drop=socket.drop)
    try:
        with scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(write)
                nursery.start_soon(beat, websocket)
                await _guard(socket, talk)
                socket.finish(NORMAL, "")  # the writer closes when it has written what waits
    finally:
        socket.outbox.give_up()
    return socket.why


async def _guard(socket: TextSocket, talk: Talk) -> None:
    """A defect closes the connection, by the writer, when its frame is out."""
    try:
        await talk(socket)
    except Exception:
        log.exception("connection_defect")
        socket.finish(INTERNAL, "a defect on this side; connect again")
