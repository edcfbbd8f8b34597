"""A phone that is none: a control connection which says what the test wants, whole, in pieces, or not at all."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import attrs
import msgspec
import trio

from engine.adapters.sip.framing import Frames, frame


@attrs.define
class FakePhone:
    """`accounts` are its addresses of record. A command is answered as `answers` has it; None is no answer.

    `asked` are the commands in the order of coming, with the account that was current.
    """

    accounts: tuple[str, ...]
    answers: dict[str, str | None] = attrs.field(factory=dict)
    refused: set[str] = attrs.field(factory=set)
    then_event: dict[str, str] | None = None
    """Comes in one piece with the listing of calls, behind it."""
    slow_s: float = 0.0
    in_pieces: bool = False
    asked: list[tuple[str, str, str]] = attrs.field(factory=list)
    pieces: list[int] = attrs.field(factory=list)
    """How many commands came at once, each time."""
    streams: list[trio.SocketStream] = attrs.field(factory=list)
    current: str = ""
    calls: dict[str, str] = attrs.field(factory=dict)

    async def serve(self, stream: trio.SocketStream) -> None:
        frames = Frames()
        self.streams.append(stream)
        with contextlib.suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            async for data in stream:
                payloads = frames.take(data)
                self.pieces.append(len(payloads))
                for payload in payloads:
                    await self._answer(stream, msgspec.json.decode(payload))

    async def _answer(self, stream: trio.SocketStream, message: Mapping[str, str]) -> None:
        name, parameters = message["command"], message["params"]
        if name == "uafind":
            self.current = parameters
        self.asked.append((self.current, name, parameters))
        await trio.sleep(self.slow_s)
        text = self.answers.get(name, self._usual(name))
        if text is not None:
            answer = {"response": True, "ok": name not in self.refused, "data": text, "token": message["token"]}
            after = [{"event": True, **self.then_event}] if self.then_event and name == "listcalls" else []
            await self.send(stream, answer, *after)

    def _usual(self, name: str) -> str:
        if name == "reginfo":
            return "\n--- User Agents ---\n" + "".join(f"  {account}  \n" for account in self.accounts)
        if name == "listcalls":
            return f"\n--- Active calls (x) ---\n{self.calls.get(self.current, '')}"
        return ""

    async def send(self, stream: trio.SocketStream, *messages: Mapping[str, Any]) -> None:
        data = b"".join(frame(msgspec.json.encode(message)) for message in messages)
        for piece in [data[start : start + 1] for start in range(len(data))] if self.in_pieces else [data]:
            await stream.send_all(piece)

    async def tell(self, **event: Any) -> None:
        await self.send(self.streams[-1], {"event": True, **event})

    async def say(self, data: bytes) -> None:
        await self.streams[-1].send_all(data)


@contextlib.asynccontextmanager
async def fake_phone(*accounts: str) -> AsyncIterator[tuple[FakePhone, int]]:
    phone = FakePhone(accounts)
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with trio.open_nursery() as nursery:
        await nursery.start(trio.serve_listeners, phone.serve, [listener])
        yield phone, listener.socket.getsockname()[1]
        nursery.cancel_scope.cancel()
