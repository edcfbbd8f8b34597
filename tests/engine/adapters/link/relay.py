"""A program that has the simulator as its platform: every word goes over the link in both directions."""

import json
from collections.abc import Callable
from typing import Any

import trio
from websockets.exceptions import ConnectionClosed
from websockets.trio.client import connect
from websockets.typing import Subprotocol

from engine.adapters.link.words import CALL_NAMES, CANCEL, SUBPROTOCOL
from engine.adapters.simulator.adapter import SimulatorAdapter
from engine.adapters.simulator.platform import Switch
from engine.adapters.simulator.settings import SimulatorSettings
from engine.adapters.spi import Adapter, MakeAdapter
from protocol.convert import WIRE, structure
from protocol.errors import Refused
from protocol.platform import Report
from tests.engine.adapters.link.program import TOKEN


class Relay:
    """Connects while its platform can be reached, until it is welcome; begins anew after every cut of either line."""

    def __init__(self, settings: SimulatorSettings, port: int, make: MakeAdapter | None = None) -> None:
        """`make` left out: adapters for a switch of the relay's own."""
        switch = Switch(settings)
        self._make = make or (lambda: SimulatorAdapter(settings, switch))
        self._url = f"ws://127.0.0.1:{port}/adapter"
        self._out: Callable[[dict[str, Any]], None] = lambda _: None
        self._seq = 0

    async def run(self, *, task_status: trio.TaskStatus[None]) -> None:
        task_status.started()
        while True:
            try:
                async with connect(
                    self._url,
                    additional_headers={"Authorization": f"Bearer {TOKEN}"},
                    subprotocols=[Subprotocol(SUBPROTOCOL)],
                    compression=None,
                    proxy=None,
                ) as websocket:
                    await self._serve(websocket)
            except* (OSError, ConnectionClosed):
                pass
            await trio.sleep(0.05)

    async def _serve(self, websocket: Any) -> None:
        send, receive = trio.open_memory_channel[dict[str, Any]](10_000)
        self._out = send.send_nowait
        self._seq = 0
        adapter = self._make()
        asked: dict[int, trio.CancelScope] = {}
        async with trio.open_nursery() as nursery:
            await nursery.start(adapter.run, self)
            features = sorted(adapter.features)
            self._tell(id=0, method="hello", params={"protocol": 1, "name": "relay", "features": features})
            nursery.start_soon(_write, websocket, receive)
            try:
                while True:
                    message = json.loads(await websocket.recv())
                    if message.get("method") in CALL_NAMES:
                        scope = asked[message["id"]] = trio.CancelScope()
                        nursery.start_soon(self._carry_out, adapter, message, scope)
                    elif message.get("method") == CANCEL:
                        asked[message["params"]["id"]].cancel()
            finally:
                nursery.cancel_scope.cancel()

    async def _carry_out(self, adapter: Adapter, message: dict[str, Any], scope: trio.CancelScope) -> None:
        params = message["params"]
        call = structure(params["call"], CALL_NAMES[message["method"]])
        with scope:
            try:
                answer = await adapter.perform(params["agent"], call)
            except Refused as refused:
                data = {"code": refused.code}
                self._tell(id=message["id"], error={"code": -32000, "message": refused.message, "data": data})
            else:
                self._tell(id=message["id"], result=WIRE.unstructure(answer))

    def report(self, agent: str, report: Report) -> None:
        self._seq += 1
        what = WIRE.unstructure(report)
        params = {"seq": self._seq, "agent": agent, "kind": type(report).__name__, "report": what}
        self._tell(method="report", params=params)

    def _tell(self, **message: Any) -> None:
        self._out({"jsonrpc": "2.0", **message})


async def _write(websocket: Any, receive: "trio.MemoryReceiveChannel[dict[str, Any]]") -> None:
    async for message in receive:
        await websocket.send(json.dumps(message, default=list))  # a set has no form of its own in JSON
