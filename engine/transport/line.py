"""The bytes under one WebSocket, and the last word on them.

The library above closes its stream without a word where a peer breaks the protocol, answers every ping for ever, and
waits for ever for a peer that takes nothing. So this stream does not close when it is told to, it only falls silent:
the server then says why, and lets the peer read it. And it breaks when a peer pings too fast or takes nothing.

Texts go past the library, all that wait in one write: its way takes a turn of the scheduler and a conversion for each.
"""

import struct
from collections.abc import Callable, Iterable
from typing import Final

import trio
from wsproto.frame_protocol import FrameProtocol, Opcode

from engine.transport.eager import READ_BYTES, EagerStream
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

LINGER_BYTES: Final = 1024 * 1024
"""So much of what a peer still sends is thrown away while it may read the last word."""

_TEXT: Final = 0x80 | Opcode.TEXT
_SHORT, _LONG, _LONGEST = 126, 1 << 16, 127
_PONG: Final = 0x80 | Opcode.PONG
_CLOSE: Final = 0x80 | Opcode.CLOSE


def text_frame(text: bytes) -> bytes:
    """A whole text in one frame, as a server sends it. Source: RFC 6455, 5.2."""
    size = len(text)
    if size < _SHORT:
        head = struct.pack("!BB", _TEXT, size)
    elif size < _LONG:
        head = struct.pack("!BBH", _TEXT, _SHORT, size)
    else:
        head = struct.pack("!BBQ", _TEXT, _LONGEST, size)
    return head + text


def _masked(text: bytes) -> bytes:
    """The same as a client sends it."""
    return bytes(FrameProtocol(client=True, extensions=[]).send_data(text.decode()))


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
        self._frame = _masked if client else text_frame
        self._sends = False
        self._turns = trio.lowlevel.ParkingLot()
        """Who waits while somebody sends: the next is the one that has waited longest."""
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

    async def send_texts(self, texts: Iterable[bytes]) -> None:
        """Each in a frame of its own. Raises TooSlowError when the peer has not taken them in time,
        BrokenResourceError, and ClosedResourceError behind a close frame."""
        if self._said_close:
            raise trio.ClosedResourceError
        await self._send(b"".join(map(self._frame, texts)))

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """For the library."""
        if data[0] == _PONG and not self._pongs.allows(trio.current_time()):
            self.farewell = POLICY, f"at most {self._pings_per_s:g} pings a second; connect again and send fewer"
            raise trio.BrokenResourceError("too many pings")
        self._said_close |= data[0] == _CLOSE
        try:
            await self._send(data)
        except trio.TooSlowError as error:
            raise trio.BrokenResourceError(f"the peer took nothing for {self._send_s:g} s") from error

    async def _send(self, data: bytes | bytearray | memoryview) -> None:
        """One at a time, each in its turn: a writer that always has more must not keep pings and pongs waiting."""
        if self._closed:
            raise trio.ClosedResourceError
        if self._sends:
            await self._turns.park()  # whoever sent hands on to the one that has waited longest
        self._sends = True
        try:
            if self._in_a_frame:
                raise trio.BrokenResourceError("a frame is cut, and nothing may stand behind it")
            self._in_a_frame = True
            rest = memoryview(data)
            if isinstance(self._stream, EagerStream):
                rest = rest[self._stream.send_now(rest) :]
            if rest:
                with trio.fail_after(self._send_s):
                    await self._stream.send_all(rest)
            self._in_a_frame = False
        finally:
            self._sends = bool(self._turns.unpark())

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
                while left > 0 and (data := await self._stream.receive_some(READ_BYTES)):
                    left -= len(data)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # the peer is gone already
