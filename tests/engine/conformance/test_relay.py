"""The relay: what passes, in which form, and what becomes of it when either end ends."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, Final

import attrs
import pytest
import trio
import trio.lowlevel
import trio.testing
from websockets.frames import Close, Frame, Opcode

from engine.conformance import relay
from engine.conformance.incoming import Incoming
from engine.conformance.line import frame
from engine.conformance.relay import Change, JsonObject, Link, Unchanged, relayed

PLAIN: Final = b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Protocol: agent-session.v1\r\n\r\n"
BATCHED: Final = b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Protocol: agent-session-batch.v1\r\n\r\n"
ASKED: Final = b"GET /agent HTTP/1.1\r\n\r\n"
GOODBYE: Final = Frame(Opcode.CLOSE, Close(1000, "").serialize())


@attrs.define(eq=False)
class End:
    """One end: the client's or the server's own socket."""

    stream: trio.SocketStream
    client: bool
    _incoming: Incoming = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._incoming = Incoming(self.stream, b"", mask=not self.client)

    async def say(self, *frames: Frame) -> None:
        for each in frames:
            await self.stream.send_all(frame(each.opcode, bytes(each.data), fin=each.fin, masked=self.client))

    async def tell(self, message: Any) -> None:
        await self.say(text(message))

    async def hear(self) -> Frame | bytes:
        with trio.fail_after(5):
            return await self._incoming.take()

    async def told(self) -> Any:
        heard = await self.hear()
        assert isinstance(heard, Frame), heard
        assert (heard.opcode, heard.fin) == (Opcode.TEXT, True)
        return json.loads(bytes(heard.data))


def text(message: Any, *, fin: bool = True) -> Frame:
    return Frame(Opcode.TEXT, message if isinstance(message, bytes) else json.dumps(message).encode(), fin)


@asynccontextmanager
async def ends(
    change: Callable[[Link], Change] = lambda link: Unchanged(), answer: bytes = PLAIN
) -> AsyncIterator[tuple[End, End]]:
    """A client and a server, with the relay between them."""
    arrived, arrivals = trio.open_memory_channel[trio.SocketStream](1)
    done = trio.Event()

    async def serve(stream: trio.SocketStream) -> None:
        await head(stream)
        await stream.send_all(answer)
        await arrived.send(stream)
        await done.wait()

    async with serving(serve) as port, relayed("127.0.0.1", port, change) as at:
        client = await trio.open_tcp_stream("127.0.0.1", at)
        await client.send_all(ASKED)
        assert await head(client) == answer
        async with client, await arrivals.receive() as server:
            yield End(client, client=True), End(server, client=False)
        done.set()


@asynccontextmanager
async def serving(serve: Callable[[trio.SocketStream], Awaitable[object]]) -> AsyncIterator[int]:
    async with trio.open_nursery() as nursery:
        (listener,) = await nursery.start(partial(trio.serve_tcp, serve, 0, host="127.0.0.1"))
        yield listener.socket.getsockname()[1]
        nursery.cancel_scope.cancel()


async def head(stream: trio.SocketStream) -> bytes:
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        data += await stream.receive_some(1)
    return data


# What passes


@pytest.mark.parametrize(
    "frames",
    [
        [text({"a": 1})],
        [text(b'{ "a":1,"a":2}')],
        [text(b"no JSON")],
        [text(b"[" * 100_000)],
        [text(b"")],
        [text([1, 2])],
        [Frame(Opcode.BINARY, b"\0\xff")],
        [Frame(Opcode.PING, b"x"), Frame(Opcode.PONG, b""), GOODBYE],
        [text(b'{"a"', fin=False), Frame(Opcode.CONT, b":", fin=False), Frame(Opcode.CONT, b"1}")],
        [Frame(Opcode.CONT, b"of nothing")],
        [text(bytes(200_000))],
    ],
)
async def test_what_is_not_changed_passes_frame_by_frame(frames: list[Frame]) -> None:
    async with ends() as (client, server):
        for one, other in ((client, server), (server, client)):
            await one.say(*frames)
            for each in frames:
                heard = await other.hear()
                assert isinstance(heard, Frame)
                assert (heard.opcode, bytes(heard.data), heard.fin) == (each.opcode, bytes(each.data), each.fin)


class Upper(Unchanged):
    """Of each message two, but of {"drop": …} none."""

    def __init__(self, link: Link) -> None:
        self.link = link

    async def from_server(self, message: JsonObject) -> Iterable[JsonObject]:
        return [] if "drop" in message else [{key.upper(): value for key, value in message.items()}, message]

    async def from_client(self, message: JsonObject) -> Iterable[JsonObject]:
        return await self.from_server(message)


async def test_messages_are_changed_both_ways() -> None:
    async with ends(Upper) as (client, server):
        for one, other in ((client, server), (server, client)):
            await one.tell({"drop": 1})
            await one.tell({"a": "é\ud800"})
            assert [await other.told(), await other.told()] == [{"A": "é\ud800"}, {"a": "é\ud800"}]


async def test_a_message_in_fragments_is_changed_as_a_whole() -> None:
    async with ends(Upper) as (client, server):
        for one, other in ((client, server), (server, client)):
            await one.say(text(b'{"a"', fin=False), Frame(Opcode.PING, b"p"), Frame(Opcode.CONT, b":1}"))
            ping = await other.hear()
            assert isinstance(ping, Frame)
            assert ping.opcode is Opcode.PING, "a control frame does not wait"
            assert [await other.told(), await other.told()] == [{"A": 1}, {"a": 1}]


async def test_the_messages_of_a_batch_are_changed_one_by_one_and_travel_together() -> None:
    async with ends(Upper, BATCHED) as (client, server):
        for one, other in ((client, server), (server, client)):
            await one.tell([{"drop": 1}])
            await one.tell([{"a": 1}, {"drop": 1}, {"b": 2}])
            assert await other.told() == [{"A": 1}, {"a": 1}, {"B": 2}, {"b": 2}]
            for odd in ([{"a": 1}, 5], {"a": 1}, []):
                await one.tell(odd)
                assert await other.told() == odd


async def test_a_change_may_say_something_of_its_own() -> None:
    class Talks(Unchanged):
        def __init__(self, link: Link) -> None:
            self.link = link

        async def from_client(self, message: JsonObject) -> Iterable[JsonObject]:
            await self.link.tell_client({"to": "client"}, {"to": "client", "again": True})
            await self.link.tell_server({"to": "server"})
            return []

    async with ends(Talks) as (client, server):
        await client.tell({})
        assert [await client.told(), await client.told()] == [{"to": "client"}, {"to": "client", "again": True}]
        assert await server.told() == {"to": "server"}
    async with ends(Talks, BATCHED) as (client, server):
        await client.tell([{}])
        assert await client.told() == [{"to": "client"}, {"to": "client", "again": True}]
        assert await server.told() == [{"to": "server"}]


async def test_control_frames_of_the_server_and_frames_of_the_client_are_changed() -> None:
    class Frames(Unchanged):
        async def control_from_server(self, control: Frame) -> Iterable[Frame]:
            return [Frame(control.opcode, b"other"), Frame(Opcode.PONG, b"more")]

        async def frames_from_client(self, frames: Sequence[Frame]) -> Sequence[Frame]:
            return [text({"frames": [bytes(each.data).decode() for each in frames]})]

    async with ends(lambda link: Frames()) as (client, server):
        await server.say(Frame(Opcode.PING, b"x"))
        heard = [await client.hear(), await client.hear()]
        assert [(each.opcode, bytes(each.data)) for each in heard if isinstance(each, Frame)] == [
            (Opcode.PING, b"other"),
            (Opcode.PONG, b"more"),
        ]
        await client.say(Frame(Opcode.BINARY, b"1", fin=False), Frame(Opcode.CONT, b"2"), Frame(Opcode.PING, b"3"))
        assert [await server.told(), await server.told()] == [{"frames": ["1", "2"]}, {"frames": ["3"]}]


async def test_what_is_no_frame_passes_as_bytes_and_may_be_changed() -> None:
    nonsense = frame(Opcode.TEXT, b"{}", masked=False)
    async with ends() as (client, server):
        await client.stream.send_all(frame(Opcode.TEXT, b"{}") + nonsense)
        assert await server.told() == {}
        assert await server.hear() == nonsense
        await client.stream.send_all(b"more")
        assert await server.hear() == b"more"
        await server.tell({"still": "there"})
        assert await client.told() == {"still": "there"}

    class Silent(Unchanged):
        async def noise_from_client(self, data: bytes) -> bytes:
            return data.replace(b"{}", b"[]")

    async with ends(lambda link: Silent()) as (client, server):
        await client.stream.send_all(nonsense)
        assert await server.hear() == nonsense.replace(b"{}", b"[]")


# Handshakes


async def test_a_refused_handshake_passes_with_its_body() -> None:
    async def refuse(stream: trio.SocketStream) -> None:
        await head(stream)
        await stream.send_all(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 4\r\n\r\n")
        await trio.testing.wait_all_tasks_blocked()
        await stream.send_all(b"body")

    async with serving(refuse) as port, relayed("127.0.0.1", port, lambda link: Unchanged()) as at:
        assert await heard_at(at) == b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 4\r\n\r\nbody"


async def test_the_head_of_the_answer_is_changed() -> None:
    def handshake(answer: bytes) -> bytes:
        return answer.replace(b"agent-session.v1", b"other")

    async def accept(stream: trio.SocketStream) -> None:
        await head(stream)
        await stream.send_all(PLAIN + frame(Opcode.TEXT, b"{}", masked=False))

    async with serving(accept) as port, relayed("127.0.0.1", port, lambda link: Unchanged(), handshake) as at:
        heard = await heard_at(at)
    assert heard == handshake(PLAIN) + frame(Opcode.TEXT, b"{}", masked=False), "what follows at once is not lost"


async def test_where_there_is_no_server_the_client_is_left_alone() -> None:
    async with serving(everything) as port:
        pass
    async with relayed("127.0.0.1", port, lambda link: Unchanged()) as at:
        for _ in range(2):
            assert await heard_at(at, b"") == b""


async def heard_at(port: int, ask: bytes = ASKED) -> bytes:
    async with await trio.open_tcp_stream("127.0.0.1", port) as client:
        await client.send_all(ask)
        return await everything(client)


async def everything(stream: trio.SocketStream) -> bytes:
    with trio.fail_after(5):
        return b"".join([bytes(data) async for data in stream])


# Ends


async def test_a_client_that_ends_ends_the_connection_to_the_server() -> None:
    async with ends() as (client, server):
        await client.tell({"last": 1})
        await client.stream.aclose()
        assert await server.told() == {"last": 1}
        assert await server.hear() == b""


async def test_a_server_that_ends_is_heard_to_the_end() -> None:
    async with ends() as (client, server):
        await server.tell({"last": 1})
        await server.say(GOODBYE)
        await server.stream.aclose()
        assert await client.told() == {"last": 1}
        closed = await client.hear()
        assert isinstance(closed, Frame)
        assert closed.opcode is Opcode.CLOSE
        assert await client.hear() == b""


async def test_a_server_that_no_longer_reads_is_heard_all_the_same() -> None:
    async with ends() as (client, server):
        await server.say(GOODBYE)
        await server.stream.aclose()
        with suppress(trio.BrokenResourceError):
            await client.say(*[text(bytes(10_000))] * 100)
        closed = await client.hear()
        assert isinstance(closed, Frame)
        assert closed.opcode is Opcode.CLOSE


@pytest.mark.parametrize("way", [1, -1])
async def test_what_one_end_says_after_the_other_has_ended_is_heard(way: int) -> None:
    async with ends() as both:
        one, other = both[::way]
        await one.stream.send_eof()
        assert await other.hear() == b""
        await other.tell({"late": 1})
        assert await one.told() == {"late": 1}


async def test_an_end_that_stays_is_cut_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "LINGER_S", 0.1)
    async with ends() as (client, server):
        await client.stream.send_eof()
        assert await server.hear() == b""
        assert await client.hear() == b""


async def test_a_connection_is_cut_at_both_ends_and_others_live_on() -> None:
    class Cuts(Unchanged):
        def __init__(self, link: Link) -> None:
            self.link = link

        async def from_client(self, message: JsonObject) -> Iterable[JsonObject]:
            if "cut" in message:
                await self.link.cut()
            return [message]

    async def echo(stream: trio.SocketStream) -> None:
        await head(stream)
        await stream.send_all(PLAIN)
        end = End(stream, client=False)
        while isinstance(heard := await end.hear(), Frame):
            await end.say(heard)

    async with serving(echo) as port, relayed("127.0.0.1", port, Cuts) as at:
        clients = [await trio.open_tcp_stream("127.0.0.1", at) for _ in range(2)]
        for stream in clients:
            await stream.send_all(ASKED)
            await head(stream)
        first, second = (End(stream, client=True) for stream in clients)
        await first.tell({"cut": True})
        assert await first.hear() == b""
        await second.tell({"still": "here"})
        assert await second.told() == {"still": "here"}
        for stream in clients:
            await stream.aclose()


async def test_a_change_that_has_a_defect_is_not_kept_quiet() -> None:
    class Broken(Unchanged):
        async def from_client(self, message: JsonObject) -> Iterable[JsonObject]:
            raise RuntimeError("a defect")

    with pytest.RaisesGroup(RuntimeError, flatten_subgroups=True, allow_unwrapped=True):
        async with ends(lambda link: Broken()) as (client, _):
            await client.tell({})
            await trio.sleep(5)
