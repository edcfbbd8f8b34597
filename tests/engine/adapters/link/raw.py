"""A program that says whatever bytes it likes, and answers nothing by itself."""

import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any, Self

import trio
from websockets.frames import Opcode

from tests.blackbox.raw import frame
from tests.engine.adapters.link.program import FEATURES, HANDSHAKE, PATIENCE_S, TOKEN, Running


class RawProgram:
    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream = stream
        self._waiting = b""

    @classmethod
    @contextlib.asynccontextmanager
    async def at(cls, link: Running) -> AsyncIterator[Self]:
        """After the handshake."""
        async with await trio.open_tcp_stream("127.0.0.1", link.port) as stream:
            program = cls(stream)
            await stream.send_all(f"{HANDSHAKE}Authorization: Bearer {TOKEN}\r\n\r\n".encode())
            head = await program._until(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 101")
            yield program

    async def hello(self) -> None:
        params = {"protocol": 1, "name": "raw switch", "features": list(FEATURES)}
        await self.text(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "hello", "params": params}).encode())

    async def text(self, payload: bytes) -> None:
        await self.send(frame(Opcode.TEXT, payload))

    async def send(self, data: bytes) -> None:
        await self._stream.send_all(data)

    async def read(self) -> dict[str, Any]:
        """The next text, which is taken to be a short one."""
        while True:
            opcode, payload = await self._frame()
            if opcode == Opcode.TEXT:
                message: dict[str, Any] = json.loads(payload)
                return message

    async def call(self, method: str) -> dict[str, Any]:
        """The next call of this method; what comes before is dropped."""
        while (message := await self.read()).get("method") != method:
            pass
        return message

    async def close_code(self) -> int:
        """That of the close frame, which must come; what comes before is dropped."""
        while True:
            opcode, payload = await self._frame()
            if opcode == Opcode.CLOSE:
                return int.from_bytes(payload[:2], "big")

    async def wait_end(self) -> None:
        with trio.fail_after(PATIENCE_S), contextlib.suppress(trio.BrokenResourceError):
            while await self._stream.receive_some():
                pass

    async def _frame(self) -> tuple[int, bytes]:
        head = await self._exactly(2)
        length = head[1]
        if length > 125:
            length = int.from_bytes(await self._exactly(2 if length == 126 else 8), "big")
        return head[0] & 0x0F, await self._exactly(length)

    async def _exactly(self, size: int) -> bytes:
        while len(self._waiting) < size:
            await self._more()
        data, self._waiting = self._waiting[:size], self._waiting[size:]
        return data

    async def _until(self, mark: bytes) -> bytes:
        while mark not in self._waiting:
            await self._more()
        data, _, self._waiting = self._waiting.partition(mark)
        return data

    async def _more(self) -> None:
        with trio.fail_after(PATIENCE_S):
            data = await self._stream.receive_some()
        assert data, "the processor has closed the connection"
        self._waiting += data
