"""A server on a free port, and clients that say exactly what a test wants said."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import attrs
import trio
from starlette.types import ASGIApp

from engine.http.server import serve_http

PATIENCE_S = 10


@attrs.frozen(kw_only=True)
class Served:
    """`ended` is set when serve_http has returned."""

    port: int
    shutdown: trio.Event
    ended: trio.Event

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[Served]:
    """Serves `app` over a real socket while the block runs; fails when it takes too long, or to stop."""
    shutdown, ended = trio.Event(), trio.Event()

    async def serve(*, task_status: trio.TaskStatus[int]) -> None:  # noqa: ASYNC128 - serve_http calls it
        await serve_http(app, "127.0.0.1", 0, shutdown=shutdown, task_status=task_status)
        ended.set()

    with trio.fail_after(PATIENCE_S):
        async with trio.open_nursery() as nursery:
            port = await nursery.start(serve)
            yield Served(port=port, shutdown=shutdown, ended=ended)
            nursery.cancel_scope.cancel()


async def read_to_end(stream: trio.SocketStream) -> bytes:
    """All that the server sends until it closes."""
    return b"".join([chunk async for chunk in stream])


async def read_until(stream: trio.SocketStream, ending: bytes) -> bytes:
    """What the server sends up to `ending`; fails when it closes before."""
    got = b""
    while not got.endswith(ending):
        chunk = await stream.receive_some()
        assert chunk, f"closed after {got!r}"
        got += chunk
    return got


async def exchange(port: int, sent: bytes) -> bytes:
    """Send bytes and return all that comes until the server closes."""
    async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
        await stream.send_all(sent)
        return await read_to_end(stream)


open_client = partial(trio.open_tcp_stream, "127.0.0.1")
