"""A program at the far end of a link, by a WebSocket library that is not the processor's; and a link for it."""

import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final, Self

import attrs
import trio
from websockets.exceptions import ConnectionClosed
from websockets.trio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from engine.adapters.link import open_adapter
from engine.adapters.link.adapter import LinkAdapter
from engine.adapters.link.settings import digest_of
from engine.adapters.link.words import SUBPROTOCOL
from protocol.platform import Feature, Report, StartAgent
from tests.ports import free_port

TOKEN: Final = "the-token-of-these-tests"
FEATURES: Final = (Feature.TELEPHONY, Feature.DIAL, Feature.DIRECTORY)
PATIENCE_S: Final = 5.0
HANDSHAKE: Final = (
    "GET /adapter HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
)
PHONE: Final = {"endpoint": "4001", "type": "TELEPHONY", "name": "Phone", "loginstate": "INACTIVE"}


def settings(port: int, **more: object) -> dict[str, object]:
    return {"port": port, "token_hash": digest_of(TOKEN), "close_s": 0.3, **more}


class Told:
    """A sink that one can wait at."""

    def __init__(self) -> None:
        self.reports: list[tuple[str, Report]] = []
        self._more = trio.Event()

    def report(self, agent: str, report: Report) -> None:
        self.reports.append((agent, report))
        self._more.set()
        self._more = trio.Event()

    async def number(self, number: int) -> list[tuple[str, Report]]:
        """All reports, as soon as there are so many."""
        with trio.fail_after(PATIENCE_S):
            while len(self.reports) < number:
                await self._more.wait()
        return self.reports


@attrs.define
class Running:
    """An adapter whose `run` goes on in a task, and how that has ended."""

    adapter: LinkAdapter
    port: int
    told: Told = attrs.field(factory=Told)
    up: trio.Event = attrs.field(factory=trio.Event)
    ended: trio.Event = attrs.field(factory=trio.Event)
    why: str = ""
    _scope: trio.CancelScope = attrs.field(factory=trio.CancelScope)

    def stop(self) -> None:
        """As the processor does it."""
        self._scope.cancel()

    def started(self, _: None = None) -> None:
        """The adapter is up: what a task status is told."""
        self.up.set()

    async def run(self, *, task_status: trio.TaskStatus[None]) -> None:
        task_status.started()
        try:
            with self._scope:
                await self.adapter.run(self.told, task_status=self)
        except ConnectionError as error:
            self.why = str(error)
        finally:
            self.ended.set()

    async def wait_up(self) -> None:
        with trio.fail_after(PATIENCE_S):
            await self.up.wait()

    async def silent(self) -> None:
        """Wait until the link has noticed that its connection is cut."""
        with trio.fail_after(PATIENCE_S):
            await self.adapter._cut.wait()

    async def handshake(self, headers: str) -> bytes:
        """What is answered to a WebSocket handshake with these headers; {} is the right token."""
        async with await trio.open_tcp_stream("127.0.0.1", self.port) as stream:
            await stream.send_all(f"{HANDSHAKE}{headers.format(TOKEN)}\r\n".encode())
            answer = b""
            with trio.fail_after(PATIENCE_S):
                while b"\r\n\r\n" not in answer:
                    answer += await stream.receive_some()
            return answer

    async def lost(self) -> str:
        """Why it has ended."""
        with trio.fail_after(PATIENCE_S):
            await self.ended.wait()
        return self.why


@contextlib.asynccontextmanager
async def running(**more: object) -> AsyncIterator[Running]:
    """A link that listens at a free port."""
    port = free_port()
    adapter = open_adapter(settings(port, **more), Path())()
    assert isinstance(adapter, LinkAdapter)
    link = Running(adapter, port)
    async with trio.open_nursery() as nursery:
        await nursery.start(link.run)
        await listening(port)
        yield link
        nursery.cancel_scope.cancel()


async def listening(port: int) -> None:
    """Wait until somebody listens there."""
    with trio.fail_after(PATIENCE_S):
        while True:
            with contextlib.suppress(OSError):
                await trio.aclose_forcefully(await trio.open_tcp_stream("127.0.0.1", port))
                return
            await trio.sleep(0.01)


class Program:
    """One connection of the program."""

    def __init__(self, websocket: ClientConnection) -> None:
        self.websocket = websocket
        self.link = ""

    @classmethod
    @contextlib.asynccontextmanager
    async def at(cls, link: Running, *, token: str = TOKEN, path: str = "/adapter") -> AsyncIterator[Self]:
        async with connect(
            f"ws://127.0.0.1:{link.port}{path}",
            additional_headers={"Authorization": f"Bearer {token}"},
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            compression=None,
            proxy=None,
            ping_interval=None,
            close_timeout=0.3,
            max_size=None,
        ) as websocket:
            yield cls(websocket)

    @classmethod
    @contextlib.asynccontextmanager
    async def up(cls, link: Running) -> AsyncIterator[Self]:
        """Connected, and welcome."""
        async with cls.at(link) as program:
            await program.hello()
            await link.wait_up()
            yield program

    # Out

    async def send(self, **message: Any) -> None:
        await self.websocket.send(json.dumps({"jsonrpc": "2.0", **message}))

    async def answer(self, call: dict[str, Any], result: Any = None) -> None:
        await self.send(id=call["id"], result=result)

    async def refuse(self, call: dict[str, Any], code: str, message: str = "no") -> None:
        await self.send(id=call["id"], error={"code": -32000, "message": message, "data": {"code": code}})

    async def report(self, seq: int, report: Any = PHONE, *, agent: str = "ada", kind: str = "ChannelReport") -> None:
        params = {"seq": seq, "agent": agent, "kind": kind, "report": report}
        await self.send(method="report", params=params)

    # In

    async def read(self) -> dict[str, Any]:
        with trio.fail_after(PATIENCE_S):
            message: dict[str, Any] = json.loads(await self.websocket.recv())
        assert message["jsonrpc"] == "2.0"
        return message

    async def hello(self, **params: Any) -> dict[str, Any]:
        """Say it, and be welcome."""
        result: dict[str, Any] = (await self.greet(**params))["result"]
        self.link = result["link"]
        return result

    async def greet(self, **params: Any) -> dict[str, Any]:
        known = {"protocol": 1, "name": "test switch", "features": list(FEATURES)}
        await self.send(id="h", method="hello", params={**known, **params})
        answer = await self.read()
        assert answer["id"] == "h"
        return answer

    async def call(self, method: str) -> dict[str, Any]:
        """The next message, which must be this call; acknowledgements between are passed over."""
        message = await self.read()
        while message.get("method") == "ack" != method:
            message = await self.read()
        assert message.get("method") == method, message
        return message

    async def error(self) -> dict[str, Any]:
        """The next message, which must tell of what could not be taken."""
        message = await self.read()
        assert message.get("id") is None, message
        error: dict[str, Any] = message["error"]
        return error

    async def closed(self) -> tuple[int, str]:
        """Code and reason of the close, which must come now."""
        with trio.fail_after(PATIENCE_S):
            try:
                message = await self.websocket.recv()
            except ConnectionClosed as closed:
                assert closed.rcvd is not None, "cut without a word"
                return closed.rcvd.code, closed.rcvd.reason
        raise AssertionError(f"got {message!r} instead of a close")

    async def cut(self) -> None:
        """As a network does it: no close frame."""
        await trio.aclose_forcefully(self.websocket.stream)


async def started(program: Program, link: Running, nursery: trio.Nursery, agent: str = "ada") -> None:
    """Have the processor start the agent."""
    nursery.start_soon(link.adapter.perform, agent, StartAgent())
    await program.answer(await program.call("StartAgent"), {"agent_name": "Ada"})
