"""A line between a program and a link that is cut again and again, somewhere in the middle of a frame."""

import random
from typing import Final

import trio

RECEIVE_BYTES: Final = 4096


class CutLine:
    """Relays connections one after the other to `port`; each breaks after a number of bytes drawn by the seed."""

    def __init__(self, port: int, seed: int, *, at_most: int) -> None:
        self._port = port
        self._random = random.Random(seed)
        self._at_most = at_most
        self.cuts = 0

    async def run(self, *, task_status: trio.TaskStatus[int]) -> None:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        task_status.started(listeners[0].socket.getsockname()[1])
        await trio.serve_listeners(self._relay, listeners)

    async def _relay(self, program: trio.SocketStream) -> None:
        try:
            link = await trio.open_tcp_stream("127.0.0.1", self._port)
        except OSError:
            await trio.aclose_forcefully(program)
            return
        left = [self._random.randint(self._at_most // 4, self._at_most)]
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._pump, program, link, left, nursery.cancel_scope)
                nursery.start_soon(self._pump, link, program, left, nursery.cancel_scope)
        finally:
            with trio.CancelScope(shield=True):
                for end in (program, link):
                    await trio.aclose_forcefully(end)

    async def _pump(
        self, source: trio.SocketStream, sink: trio.SocketStream, left: list[int], scope: trio.CancelScope
    ) -> None:
        try:
            while data := await source.receive_some(RECEIVE_BYTES):
                through = data[: left[0]]
                left[0] -= len(through)
                await sink.send_all(through)
                if left[0] <= 0:
                    self.cuts += 1
                    break
        except trio.BrokenResourceError:
            pass
        scope.cancel()
