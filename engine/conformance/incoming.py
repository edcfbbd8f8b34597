"""What comes in on a WebSocket connection, frame by frame; and as bytes, where it is none of RFC 6455."""

from typing import Final

import attrs
import trio
from websockets.exceptions import PayloadTooBig, ProtocolError
from websockets.frames import Frame
from websockets.streams import StreamReader

READ_BYTES: Final = 65536
MOST_BYTES: Final = 64 * 1024 * 1024
GONE: Final = (OSError, trio.BrokenResourceError, trio.ClosedResourceError)
"""What is met where the other end is there no longer."""


async def received(stream: trio.SocketStream) -> bytes:
    """Nothing, once it has ended in whatever way."""
    try:
        return bytes(await stream.receive_some(READ_BYTES))
    except GONE:
        await trio.lowlevel.checkpoint()
        return b""


@attrs.define(eq=False)
class Incoming:
    """What comes from one end: frame by frame; from what is no frame on, bytes as they come; nothing once it ends."""

    _stream: trio.SocketStream
    _raw: bytes
    """Of the frame that is being read."""
    _mask: bool
    _reader: StreamReader = attrs.field(factory=StreamReader)
    _noise: bool = False

    def __attrs_post_init__(self) -> None:
        self._reader.feed_data(self._raw)

    async def take(self) -> Frame | bytes:
        parser = Frame.parse(self._reader.read_exact, mask=self._mask, max_size=MOST_BYTES)
        while not self._noise:
            try:
                next(parser)
            except StopIteration as done:
                read: Frame = done.value
                self._raw = bytes(self._reader.buffer)
                return read
            except (ProtocolError, PayloadTooBig):
                self._noise = True
                break
            data = await received(self._stream)
            self._raw += data
            self._reader.feed_data(data)
            self._noise = not data
        raw, self._raw = self._raw, b""
        return raw or await received(self._stream)
