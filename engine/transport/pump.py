"""The two tasks that every WebSocket has beside its reader: the one writer, and the heartbeat.

A cancelled send corrupts the stream: the writer is the only one that sends and closes, and is cancelled only to drop
the connection.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import trio
from trio_websocket import ConnectionClosed, WebSocketConnection

from engine.transport.outbox import Outbox

AT_ONCE_BYTES: Final = 16 * 1024
"""Where each message has a frame of its own, the frames of so many bytes are written at once."""

Drop = Callable[[str], None]
"""Ends a connection at once, for this reason."""


def in_a_frame_each(texts: list[bytes]) -> Sequence[bytes]:
    return texts


async def write(
    websocket: WebSocketConnection,
    outbox: Outbox,
    *,
    frames_of: Callable[[list[bytes]], Sequence[bytes]],
    send: Callable[[Sequence[bytes]], Awaitable[None]],
    bytes_at_most: int,
    last: Callable[[], tuple[int, str]],
    close_s: float,
    drop: Drop,
) -> None:
    """Send what waits, as many messages at once as have `bytes_at_most`; at the end close with code and reason.

    `send` puts texts into a frame each, and on the line under the websocket. Raises TooSlowError for a slow consumer.
    """
    try:
        while texts := await outbox.take(bytes_at_most=bytes_at_most):
            if websocket.closed is not None:
                drop("peer")
                return
            try:
                await send(frames_of(texts))
            except trio.TooSlowError:
                drop("slow consumer")
                return
            outbox.written(len(texts))
        code, reason = last()
        with trio.move_on_after(close_s):
            await websocket.aclose(code, reason)
        drop("closed" if reason else "peer")
    except (ConnectionClosed, trio.BrokenResourceError, trio.ClosedResourceError):
        drop("peer")


async def beat(websocket: WebSocketConnection, *, every_s: float, within_s: float, drop: Drop) -> None:
    """Ping; a peer that does not answer in time is gone, whatever TCP believes."""
    try:
        while True:
            await trio.sleep(every_s)
            with trio.move_on_after(within_s) as patience:
                await websocket.ping()
            if patience.cancelled_caught:
                drop("no pong")
                return
    except ConnectionClosed:
        return
