"""A relay in front of a server, which may change what passes: to play a server that is broken, or merely unusual.

Everything is a frame of RFC 6455, until something comes that is none. Messages are given to a `Change` as JSON, one by
one where they travel together, in whatever fragments they came; what is given back as it was goes on as it came.
"""

import json
import re
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, Protocol

import attrs
import trio
from websockets.frames import Frame, Opcode

from engine.conformance.incoming import GONE, Incoming, received
from engine.conformance.line import frame
from engine.conformance.messages import JsonObject
from engine.conformance.pieces import Pieces
from protocol.endpoint import BATCHED

HEAD_BYTES: Final = 65536
LINGER_S: Final = 2.0
"""How long one end may still talk when the other has ended."""


class Change(Protocol):
    """What becomes of what passes, in one connection. A message that is given back as it is stays as it is."""

    async def from_server(self, message: JsonObject) -> Iterable[JsonObject]:
        """What the client gets in the place of this message."""
        ...

    async def from_client(self, message: JsonObject) -> Iterable[JsonObject]:
        """What the server gets in the place of this message."""
        ...

    async def control_from_server(self, control: Frame) -> Iterable[Frame]:
        """What the client gets in the place of a ping, pong or close frame."""
        ...

    async def frames_from_client(self, frames: Sequence[Frame]) -> Sequence[Frame]:
        """What is taken in the place of these: a message in all its fragments, or a control frame."""
        ...

    async def noise_from_client(self, data: bytes) -> bytes:
        """What the server gets in the place of bytes that begin with no frame, or follow such."""
        ...

    def client_ended(self) -> None:
        """Nothing more comes from the client."""
        ...


class Unchanged:
    """All of it passes."""

    async def from_server(self, message: JsonObject) -> Iterable[JsonObject]:
        return [message]

    async def from_client(self, message: JsonObject) -> Iterable[JsonObject]:
        return [message]

    async def control_from_server(self, control: Frame) -> Iterable[Frame]:
        return [control]

    async def frames_from_client(self, frames: Sequence[Frame]) -> Sequence[Frame]:
        return frames

    async def noise_from_client(self, data: bytes) -> bytes:
        return data

    def client_ended(self) -> None:
        return


class MakeChange(Protocol):
    def __call__(self, link: "Link") -> Change:
        """For a connection that has just been opened."""
        ...


@attrs.define(eq=False)
class Link:
    """A client's connection and that to the server for it. Either end may be said something of one's own.

    What an end does not take any longer is lost without a word: that it has ended is seen by reading from it.
    """

    client: trio.SocketStream
    server: trio.SocketStream
    batched: bool = False
    """A frame is an array of messages."""
    _to_client: trio.Lock = attrs.field(factory=trio.Lock)
    _to_server: trio.Lock = attrs.field(factory=trio.Lock)

    async def tell_client(self, *messages: JsonObject) -> None:
        for text in self.texts(messages):
            await self.send_client(frame(Opcode.TEXT, text, masked=False))

    async def tell_server(self, *messages: JsonObject) -> None:
        for text in self.texts(messages):
            await self.send_server(frame(Opcode.TEXT, text))

    def texts(self, messages: Sequence[JsonObject]) -> list[bytes]:
        """As they go into frames."""
        if self.batched:
            return [_encoded(list(messages))] if messages else []
        return [_encoded(message) for message in messages]

    async def send_client(self, data: bytes) -> None:
        await _send(self.client, self._to_client, data)

    async def send_server(self, data: bytes) -> None:
        await _send(self.server, self._to_server, data)

    async def end_client(self) -> None:
        """Nothing more is said to it."""
        await _send_eof(self.client, self._to_client)

    async def end_server(self) -> None:
        await _send_eof(self.server, self._to_server)

    async def cut(self) -> None:
        """Without a word, at both ends."""
        await trio.aclose_forcefully(self.client)
        await trio.aclose_forcefully(self.server)


_EXTENSIONS: Final = re.compile(rb"(?im)^sec-websocket-extensions:.*\r\n")
"""What is compressed could not be read."""


def _encoded(message: Any) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode()


async def _send(stream: trio.SocketStream, turn: trio.Lock, data: bytes) -> None:
    async with turn:
        try:
            await stream.send_all(data)
        except GONE:
            await trio.lowlevel.checkpoint()


async def _send_eof(stream: trio.SocketStream, turn: trio.Lock) -> None:
    async with turn:
        try:
            await stream.send_eof()
        except GONE:
            await trio.lowlevel.checkpoint()


def as_it_is(answer: bytes) -> bytes:
    return answer


@asynccontextmanager
async def relayed(
    host: str, port: int, make: MakeChange, handshake: Callable[[bytes], bytes] = as_it_is, *, at: int = 0
) -> AsyncIterator[int]:
    """A relay to the server at this place, on the port `at` of this machine, or a free one. Ends with the block.

    `handshake` changes the head of the server's answer to it. Raises OSError where the port is taken.
    """

    async def serve(client: trio.SocketStream) -> None:
        async with client:
            try:
                server = await trio.open_tcp_stream(host, port)
            except OSError:
                return
            async with server:
                for stream in (client, server):
                    stream.setsockopt(trio.socket.IPPROTO_TCP, trio.socket.TCP_NODELAY, 1)
                await _relay(Link(client, server), make, handshake)

    listeners = await trio.open_tcp_listeners(at, host="127.0.0.1")
    async with trio.open_nursery() as nursery:
        await nursery.start(trio.serve_listeners, serve, listeners)
        yield listeners[0].socket.getsockname()[1]
        nursery.cancel_scope.cancel()


async def _relay(link: Link, make: MakeChange, handshake: Callable[[bytes], bytes]) -> None:
    asked, early = await _head(link.client)
    await link.send_server(_EXTENSIONS.sub(b"", asked))
    told, rest = await _head(link.server)
    told = handshake(told)
    await link.send_client(told)
    if not told.startswith(b"HTTP/1.1 101"):
        await _pass_rest(link, rest)
        return
    link.batched = f"sec-websocket-protocol: {BATCHED}\r\n".encode() in told.lower()
    change = make(link)
    async with trio.open_nursery() as nursery:

        async def ended(end: Callable[[], Any]) -> None:
            nursery.cancel_scope.deadline = min(nursery.cancel_scope.deadline, trio.current_time() + LINGER_S)
            await end()

        async def to_server() -> None:
            await _to_server(link, change, early)
            change.client_ended()
            await ended(link.end_server)

        async def to_client() -> None:
            await _to_client(link, change, rest)
            await ended(link.end_client)

        nursery.start_soon(to_server)
        nursery.start_soon(to_client)


async def _head(stream: trio.SocketStream) -> tuple[bytes, bytes]:
    """Up to the empty line, and what came behind it."""
    data = b""
    while b"\r\n\r\n" not in data and len(data) < HEAD_BYTES and (more := await received(stream)):
        data += more
    head, line, rest = data.partition(b"\r\n\r\n")
    return head + line, rest


async def _pass_rest(link: Link, rest: bytes) -> None:
    """The body of an answer that refuses the handshake."""
    while rest := rest or await received(link.server):
        await link.send_client(rest)
        rest = b""


async def _to_server(link: Link, change: Change, first: bytes) -> None:
    pieces = Pieces()
    frames = Incoming(link.client, first, mask=True)
    while each := await frames.take():
        if isinstance(each, bytes):
            await link.send_server(await change.noise_from_client(each))
            continue
        whole = pieces.take(each)
        taken = await change.frames_from_client(whole) if whole else ()
        if (passed := await _changed(link, taken, change.from_client)) is not None:
            await link.tell_server(*passed)
            continue
        for part in taken:
            await link.send_server(frame(part.opcode, bytes(part.data), fin=part.fin))


async def _to_client(link: Link, change: Change, first: bytes) -> None:
    pieces = Pieces()
    frames = Incoming(link.server, first, mask=False)
    while each := await frames.take():
        if isinstance(each, bytes):
            await link.send_client(each)
            continue
        taken: Iterable[Frame] = pieces.take(each)
        if each.opcode in (Opcode.PING, Opcode.PONG, Opcode.CLOSE):
            taken = await change.control_from_server(each)
        elif (passed := await _changed(link, list(taken), change.from_server)) is not None:
            await link.tell_client(*passed)
            continue
        for part in taken:
            await link.send_client(frame(part.opcode, bytes(part.data), fin=part.fin, masked=False))


async def _changed(link: Link, frames: Sequence[Frame], change: Callable[[JsonObject], Any]) -> list[JsonObject] | None:
    """The messages that are in the place of those that came, or None where all stays as it is."""
    messages = _messages(frames, batched=link.batched)
    if not messages:
        return None
    passed = [each for message in messages for each in await change(message)]
    same = len(passed) == len(messages) and all(a is b for a, b in zip(passed, messages, strict=True))
    return None if same else passed


def _messages(frames: Sequence[Frame], *, batched: bool) -> list[JsonObject]:
    """Those of a frame that is one whole; none where it is something else."""
    if not frames or frames[0].opcode is not Opcode.TEXT or not frames[-1].fin:
        return []
    try:
        found = json.loads(b"".join(bytes(each.data) for each in frames))
    except (ValueError, RecursionError):
        return []
    listed = found if batched and isinstance(found, list) else [] if batched else [found]
    return listed if all(isinstance(each, dict) for each in listed) else []


__all__: Sequence[str] = ("Change", "Link", "MakeChange", "Unchanged", "relayed")
