"""A relay in front of a server, which may change what passes: to play a server that is broken, or merely unusual.

Everything is a frame of RFC 6455. Whole text messages are given to `Change` as JSON, all else as frames.
"""

import json
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, Protocol

import attrs
import trio
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from engine.conformance.line import frame

READ_BYTES: Final = 65536
HEAD_BYTES: Final = 65536
MOST_BYTES: Final = 64 * 1024 * 1024

JsonObject = dict[str, Any]


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


class Unchanged:
    """All of it passes."""

    async def from_server(self, message: JsonObject) -> Iterable[JsonObject]:
        return [message]

    async def from_client(self, message: JsonObject) -> Iterable[JsonObject]:
        return [message]

    async def control_from_server(self, control: Frame) -> Iterable[Frame]:
        return [control]


class MakeChange(Protocol):
    def __call__(self, link: "Link") -> Change:
        """For a connection that has just been opened."""
        ...


@attrs.define(eq=False)
class Link:
    """A client's connection and that to the server for it. Either end may be said something of one's own."""

    client: trio.SocketStream
    server: trio.SocketStream
    _to_client: trio.Lock = attrs.field(factory=trio.Lock)
    _to_server: trio.Lock = attrs.field(factory=trio.Lock)

    async def tell_client(self, *messages: JsonObject) -> None:
        for message in messages:
            await self.send_client(frame(Opcode.TEXT, json.dumps(message).encode(), masked=False))

    async def tell_server(self, *messages: JsonObject) -> None:
        for message in messages:
            await self.send_server(frame(Opcode.TEXT, json.dumps(message).encode()))

    async def send_client(self, data: bytes) -> None:
        async with self._to_client:
            await self.client.send_all(data)

    async def send_server(self, data: bytes) -> None:
        async with self._to_server:
            await self.server.send_all(data)

    async def cut(self) -> None:
        """Without a word, at both ends."""
        await trio.aclose_forcefully(self.client)
        await trio.aclose_forcefully(self.server)


@asynccontextmanager
async def relayed(host: str, port: int, make: MakeChange) -> AsyncIterator[int]:
    """A relay to the server at this place, on a free port of this machine. Ends with the block."""

    async def serve(client: trio.SocketStream) -> None:
        try:
            async with client, await trio.open_tcp_stream(host, port) as server:
                client.setsockopt(trio.socket.IPPROTO_TCP, trio.socket.TCP_NODELAY, 1)
                await _relay(Link(client, server), make)
        except (OSError, trio.BrokenResourceError, trio.ClosedResourceError):
            pass

    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        await nursery.start(trio.serve_listeners, serve, listeners)
        yield listeners[0].socket.getsockname()[1]
        nursery.cancel_scope.cancel()


async def _relay(link: Link, make: MakeChange) -> None:
    """From the handshake on, which passes as it is."""
    sent, head = await _heads(link)
    if not head.startswith(b"HTTP/1.1 101"):
        return
    change = make(link)

    async def to_server() -> None:
        async for each in _frames(link.client, sent, mask=True):
            await _pass_to_server(link, change, each)
        await link.cut()

    async def to_client(rest: bytes) -> None:
        async for each in _frames(link.server, rest, mask=False):
            await _pass_to_client(link, change, each)
        await link.cut()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(to_server)
        nursery.start_soon(to_client, head.partition(b"\r\n\r\n")[2])


async def _heads(link: Link) -> tuple[bytes, bytes]:
    """Pass on request and answer; what came behind the request, and the answer with what came behind that."""
    request = await _head(link.client)
    asked, _, early = request.partition(b"\r\n\r\n")
    await link.server.send_all(asked + b"\r\n\r\n")
    answer = await _head(link.server)
    told = answer.partition(b"\r\n\r\n")[0]
    await link.client.send_all(told + b"\r\n\r\n")
    return early, answer


async def _head(stream: trio.SocketStream) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data and len(data) < HEAD_BYTES:
        more = await stream.receive_some(READ_BYTES)
        if not more:
            break
        data += more
    return data


async def _frames(stream: trio.SocketStream, first: bytes, *, mask: bool) -> AsyncIterator[Frame]:
    reader = StreamReader()
    reader.feed_data(first)
    while True:
        parser = Frame.parse(reader.read_exact, mask=mask, max_size=MOST_BYTES)
        while True:
            try:
                next(parser)
            except StopIteration as done:
                yield done.value
                break
            data = await stream.receive_some(READ_BYTES)
            if not data:
                return
            reader.feed_data(data)


async def _pass_to_server(link: Link, change: Change, each: Frame) -> None:
    message = _message(each)
    if message is None:
        await link.send_server(frame(each.opcode, bytes(each.data), fin=each.fin))
        return
    for passed in await change.from_client(message):
        if passed is message:
            await link.send_server(frame(Opcode.TEXT, bytes(each.data)))
        else:
            await link.tell_server(passed)


async def _pass_to_client(link: Link, change: Change, each: Frame) -> None:
    if each.opcode in (Opcode.PING, Opcode.PONG, Opcode.CLOSE):
        for control in await change.control_from_server(each):
            await link.send_client(frame(control.opcode, bytes(control.data), masked=False))
        return
    message = _message(each)
    if message is None:
        await link.send_client(frame(each.opcode, bytes(each.data), fin=each.fin, masked=False))
        return
    for passed in await change.from_server(message):
        if passed is message:
            await link.send_client(frame(Opcode.TEXT, bytes(each.data), masked=False))
        else:
            await link.tell_client(passed)


def _message(each: Frame) -> JsonObject | None:
    """The message of a frame that is one whole."""
    if each.opcode is not Opcode.TEXT or not each.fin:
        return None
    try:
        message = json.loads(bytes(each.data))
    except ValueError:
        return None
    return message if isinstance(message, dict) else None


__all__: Sequence[str] = ("Change", "Link", "MakeChange", "Unchanged", "relayed")
