"""The bytes under one WebSocket, and the last word on them.

The library above closes its stream without a word where a peer breaks the protocol, answers every ping for ever, and
waits for ever for a peer that takes nothing. So this stream does not close when it is told to, it only falls silent:
the server then says why, and lets the peer read it. And it breaks when a peer pings too fast or takes nothing.
"""

from collections.abc import Callable
from typing import Final

import trio
from wsproto.frame_protocol import FrameProtocol, Opcode

from engine.transport.rate import Rate

NORMAL: Final = 1000
GOING_AWAY: Final = 1001
PROTOCOL_ERROR: Final = 1002
NOT_TEXT: Final = 1003
NO_UTF8: Final = 1007
POLICY: Final = 1008
TOO_BIG: Final = 1009
INTERNAL: Final = 1011
TRY_AGAIN_LATER: Final = 1013

AT_ONCE_BYTES: Final = 64 * 1024
LINGER_BYTES: Final = 1024 * 1024
"""So much of what a peer still sends is thrown away while it may read the last word."""

_TEXT: Final = 0x80 | Opcode.TEXT
_PONG: Final = 0x80 | Opcode.PONG
_CLOSE: Final = 0x80 | Opcode.CLOSE


class Line(trio.abc.Stream):
    """One connected socket. The library sends each frame by one `send_all`, so its first byte tells of what kind it is.

    `farewell`, once set, is the close code and reason that `part` gives, unless a close frame has been sent before.
    `on_silent` is called when nothing more comes of the peer, or the library has closed. `client`: ours is the side
    that has connected.
    """

    def __init__(self, stream: trio.abc.Stream, *, send_s: float, pings_per_s: float, client: bool = False) -> None:
        self.farewell: tuple[int, str] | None = None
        self.on_silent: Callable[[], None] | None = None
        self._stream = stream
        self._client = client
        self._send_s = send_s
        self._pings_per_s = pings_per_s
        self._pongs = Rate(pings_per_s, now=trio.current_time())
        self._closed = False
        self._to_come = 0
        """How many frames that were announced have not been given here yet."""
        self._gathered = b""
        self._in_a_frame = False
        """Has a frame been begun and not been ended? If nobody sends any longer, it is cut for good."""
        self._said_close = False

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        if self._closed:
            raise trio.ClosedResourceError
        data: bytes | bytearray = b""
        try:
            data = await self._stream.receive_some(max_bytes)
        finally:
            if not data:
                self._fall_silent()
        return data

    def gather(self, frames: int) -> None:
        """So many texts come now, a frame each: they are sent at once when the last one comes."""
        self._to_come = frames

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        if self._closed:
            raise trio.ClosedResourceError
        if data[0] == _PONG and not self._pongs.allows(trio.current_time()):
            self.farewell = POLICY, f"at most {self._pings_per_s:g} pings a second; connect again and send fewer"
            raise trio.BrokenResourceError("too many pings")
        kind = data[0]
        self._to_come -= kind == _TEXT
        if kind == _TEXT and self._to_come > 0:
            self._gathered += data
            return
        if self._gathered:  # a control frame, too, stands behind what was to go before it
            data, self._gathered = self._gathered + data, b""
        self._in_a_frame = True
        rest = memoryview(data)
        while rest:
            with trio.move_on_after(self._send_s) as patience:
                await self._stream.send_all(rest[:AT_ONCE_BYTES])
            if patience.cancelled_caught:
                raise trio.BrokenResourceError(f"the peer took nothing for {self._send_s:g} s")
            rest = rest[AT_ONCE_BYTES:]
        self._in_a_frame = False
        self._said_close |= kind == _CLOSE

    async def wait_send_all_might_not_block(self) -> None:
        await self._stream.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        """For the library. Whoever made the stream closes it."""
        self._closed = True
        self._fall_silent()
        await trio.lowlevel.checkpoint()

    def _fall_silent(self) -> None:
        if self.on_silent is not None:
            self.on_silent()

    async def part(self, *, within_s: float) -> None:
        """Say the farewell, if there is one and no frame is cut, and give the peer time to read all that was sent.

        A socket that is closed while bytes of the peer's are unread is reset, and the peer may never see the last
        word. Nobody else may use the stream any more.
        """
        try:
            with trio.move_on_after(within_s):
                if self.farewell is not None and not (self._said_close or self._in_a_frame):
                    await self._stream.send_all(FrameProtocol(client=self._client, extensions=[]).close(*self.farewell))
                if isinstance(self._stream, trio.abc.HalfCloseableStream):  # over TLS there is no such thing
                    await self._stream.send_eof()
                left = LINGER_BYTES
                while left > 0 and (data := await self._stream.receive_some(AT_ONCE_BYTES)):
                    left -= len(data)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # the peer is gone already
