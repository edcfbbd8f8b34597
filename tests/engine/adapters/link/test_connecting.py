"""Where the processor connects, and where the line is encrypted: then all is as before."""

import contextlib
import json
import ssl
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
from structlog.testing import capture_logs
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed, InvalidMessage
from websockets.frames import Opcode
from websockets.trio.client import connect
from websockets.trio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from engine.adapters.link import open_adapter
from engine.adapters.link.words import SUBPROTOCOL
from protocol.platform import ListDirectory
from tests.blackbox.certificates import trusting, write_certificate
from tests.blackbox.raw import frame
from tests.engine.adapters.link.program import FEATURES, PATIENCE_S, TOKEN, Program, Running, running
from tests.ports import free_port


class Listening:
    """A program that listens: it answers every call with an empty list."""

    def __init__(self) -> None:
        self.headers: list[Headers] = []
        self.welcomes: list[dict[str, Any]] = []
        self.connections: list[ServerConnection] = []
        self._resume: dict[str, str] = {}

    async def serve(self, websocket: ServerConnection) -> None:
        self.connections.append(websocket)
        assert websocket.request is not None
        self.headers.append(websocket.request.headers)
        params = {"protocol": 1, "name": "listening switch", "features": list(FEATURES), **self._resume}
        with contextlib.suppress(ConnectionClosed):
            await websocket.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "hello", "params": params}))
            welcome = json.loads(await websocket.recv())["result"]
            self.welcomes.append(welcome)
            self._resume = {"resume": welcome["link"]}
            while True:
                call = json.loads(await websocket.recv())
                await websocket.send(json.dumps({"jsonrpc": "2.0", "id": call["id"], "result": []}))

    @contextlib.asynccontextmanager
    async def at(self, port: int, tls: ssl.SSLContext | None = None) -> AsyncIterator[None]:
        words = [Subprotocol(SUBPROTOCOL)]
        async with trio.open_nursery() as nursery:
            await nursery.start(partial(serve, self.serve, port, host="127.0.0.1", ssl=tls, subprotocols=words))
            yield
            nursery.cancel_scope.cancel()


@contextlib.asynccontextmanager
async def reaching(url: str, folder: Path = Path(), **more: object) -> AsyncIterator[Running]:
    """A link that connects."""
    table = {"url": url, "token": TOKEN, "retry_s": 0.05, "close_s": 0.3, **more}
    link = Running(open_adapter(table, folder)(), 0)  # type: ignore[arg-type] - what is made
    async with trio.open_nursery() as nursery:
        await nursery.start(link.run)
        yield link
        nursery.cancel_scope.cancel()


async def ask(link: Running) -> None:
    with trio.fail_after(PATIENCE_S):
        assert await link.adapter.perform("ada", ListDirectory()) == ()


async def told_last(logs: list[Any], event: str) -> None:
    with trio.fail_after(PATIENCE_S):
        while True:
            if logs and logs[-1]["event"] == event:
                return
            await trio.sleep(0.01)


async def test_we_connect_show_the_token_and_ask() -> None:
    program, port = Listening(), free_port()
    async with program.at(port), reaching(f"ws://127.0.0.1:{port}/adapter") as link:
        await link.wait_up()
        await ask(link)
    assert program.headers[0]["Authorization"] == f"Bearer {TOKEN}"
    assert program.headers[0]["Sec-WebSocket-Protocol"] == SUBPROTOCOL
    assert program.headers[0]["Host"] == f"127.0.0.1:{port}"


async def test_we_try_until_the_program_is_there() -> None:
    program, port = Listening(), free_port()
    async with reaching(f"ws://127.0.0.1:{port}/adapter") as link:
        await trio.sleep(0.1)
        async with program.at(port):
            await link.wait_up()
            await ask(link)


async def test_a_cut_is_mended_by_connecting_again() -> None:
    program, port = Listening(), free_port()
    async with program.at(port), reaching(f"ws://127.0.0.1:{port}/adapter") as link:
        await link.wait_up()
        await ask(link)
        for _ in range(2):
            await trio.aclose_forcefully(program.connections[-1].stream)
            await link.silent()
            await ask(link)
        assert [welcome["outcome"] for welcome in program.welcomes] == ["NEW", "RESUMED", "RESUMED"]


async def test_a_cut_is_no_refusal_and_a_refusal_after_it_is_told_again() -> None:
    program, port = Listening(), free_port()
    with capture_logs() as logs:
        async with reaching(f"ws://127.0.0.1:{port}/adapter", grace_s=60) as link:
            for _ in range(2):
                async with program.at(port):
                    await link.wait_up()
                    await ask(link)
                await link.silent()
                await told_last(logs, "link_refused")
    away = f"ws://127.0.0.1:{port}/adapter cannot be reached"
    refused = [entry["why"] for entry in logs if entry["event"] == "link_refused"]
    assert all(why.startswith(away) for why in refused), refused
    assert [entry["event"] for entry in logs].count("link_cut") == 2


async def test_a_program_that_refuses_us_is_tried_again() -> None:
    port = free_port()
    refused = 0
    twice = trio.Event()

    def no(connection: ServerConnection, _: Any) -> Any:
        nonlocal refused
        refused += 1
        if refused == 2:
            twice.set()
        return connection.respond(401, "wrong token\n")

    async def never(_: ServerConnection) -> None:
        raise AssertionError

    async with reaching(f"ws://127.0.0.1:{port}/adapter") as link, trio.open_nursery() as nursery:
        await nursery.start(partial(serve, never, port, host="127.0.0.1", process_request=no))
        with trio.fail_after(PATIENCE_S):
            await twice.wait()
        assert not link.ended.is_set()
        nursery.cancel_scope.cancel()


async def test_a_program_that_breaks_the_protocol_is_told_why() -> None:
    """By a frame that is masked, as those of the side that connects must be."""
    port, closed = free_port(), trio.Event()
    codes = []

    async def garble(websocket: ServerConnection) -> None:
        await websocket.stream.send_all(frame(Opcode.TEXT, b"\xff\xfe", masked=False))
        try:
            await websocket.recv()
        except ConnectionClosed as end:
            codes.append(end.rcvd and end.rcvd.code)
        closed.set()

    async with reaching(f"ws://127.0.0.1:{port}/adapter"), trio.open_nursery() as nursery:
        await nursery.start(partial(serve, garble, port, host="127.0.0.1"))
        with trio.fail_after(PATIENCE_S):
            await closed.wait()
        nursery.cancel_scope.cancel()
    assert codes[0] == 1007


async def test_we_connect_by_tls_and_only_to_whom_we_trust(tmp_path: Path) -> None:
    write_certificate(tmp_path, "switch")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    program, port = Listening(), free_port()
    url = f"wss://127.0.0.1:{port}/adapter"
    async with program.at(port, tls):
        async with reaching(url) as stranger:
            await trio.sleep(0.2)
            assert not stranger.up.is_set()
        async with reaching(url, tmp_path, tls_ca="cert.pem") as link:
            await link.wait_up()
            await ask(link)
    assert len(program.welcomes) == 1


async def test_a_program_connects_by_tls_and_not_without(tmp_path: Path) -> None:
    write_certificate(tmp_path, "link")
    tls = {"tls_certificate": str(tmp_path / "cert.pem"), "tls_key": str(tmp_path / "key.pem")}
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with running(**tls) as link:
        with pytest.raises((InvalidMessage, OSError)):
            async with connect(f"ws://127.0.0.1:{link.port}/adapter", additional_headers=headers, proxy=None):
                pass
        url = f"wss://127.0.0.1:{link.port}/adapter"
        async with connect(url, ssl=trusting(tmp_path), additional_headers=headers, proxy=None) as websocket:
            program = Program(websocket)
            assert (await program.hello())["outcome"] == "NEW"
            await link.wait_up()
