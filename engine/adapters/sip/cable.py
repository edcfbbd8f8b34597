"""Between an adapter and its phones, for benches and tests: control connections that break, dawdle and lose replies.

The phones at the other end are real ones, and know nothing of it.
"""

import contextlib
from collections.abc import Callable

import attrs
import msgspec
import trio

from engine.adapters.sip.framing import Frames, frame

_CHUNK = 65_536


@attrs.define(eq=False)
class Cables:
    """`connect` is how the adapter gets its connections. `slow_s`: how long whatever it says takes to the phone.

    `lose_reply_to`: the phone carries out the next command of this name, and its reply is lost. `on_command`: told of
    each command before the phone is.
    """

    nursery: trio.Nursery
    whole: bool = True
    slow_s: float = 0.0
    lose_reply_to: str | None = None
    on_command: Callable[[str], None] = lambda _: None
    _open: list["_Cable"] = attrs.field(factory=list)

    async def connect(self, host: str, port: int) -> trio.SocketStream:
        """Raises OSError, as the phone's own port does."""
        self._require_whole()
        far = await trio.open_tcp_stream(host, port)
        async with contextlib.AsyncExitStack() as made:
            await made.enter_async_context(far)
            (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
            async with listener:
                near = await trio.open_tcp_stream(*listener.socket.getsockname())
                await made.enter_async_context(near)
                cable = _Cable(self, await listener.accept(), far)
            self._require_whole()
            made.pop_all()
        self._open.append(cable)
        self.nursery.start_soon(cable.run)
        return near

    def _require_whole(self) -> None:
        if not self.whole:
            raise ConnectionRefusedError("the cable is cut")

    def cut(self) -> None:
        """All connections break, and none can be made until `mend`."""
        self.whole = False
        for cable in self._open:
            cable.cut()
        self._open.clear()

    def mend(self) -> None:
        self.whole = True


@attrs.define(eq=False)
class _Cable:
    """One connection."""

    of: Cables
    near: trio.SocketStream
    far: trio.SocketStream
    _lost: set[str] = attrs.field(factory=set)

    async def run(self) -> None:
        async with self.near, self.far, trio.open_nursery() as nursery:
            nursery.start_soon(self._to_phone, nursery.cancel_scope)
            nursery.start_soon(self._from_phone, nursery.cancel_scope)

    def cut(self) -> None:
        self.near.socket.close()
        self.far.socket.close()

    async def _to_phone(self, scope: trio.CancelScope) -> None:
        frames = Frames()
        with contextlib.suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            while data := await self.near.receive_some(_CHUNK):
                await trio.sleep(self.of.slow_s)
                for payload in frames.take(bytes(data)):
                    self._commanded(msgspec.json.decode(payload))
                await self.far.send_all(data)
        scope.cancel()

    def _commanded(self, message: dict[str, str]) -> None:
        if message["command"] == self.of.lose_reply_to:
            self.of.lose_reply_to = None
            self._lost.add(message["token"])
        self.of.on_command(message["command"])

    async def _from_phone(self, scope: trio.CancelScope) -> None:
        frames = Frames()
        with contextlib.suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            while data := await self.far.receive_some(_CHUNK):
                passing = [payload for payload in frames.take(bytes(data)) if not self._is_lost(payload)]
                if passing:
                    await self.near.send_all(b"".join(map(frame, passing)))
        scope.cancel()

    def _is_lost(self, payload: bytes) -> bool:
        if not self._lost:
            return False
        token = msgspec.json.decode(payload.decode("utf-8", "replace")).get("token")
        return token in self._lost
