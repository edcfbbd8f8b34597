"""An adapter in another program, which the suite reaches by its URL."""

import contextlib
from functools import partial
from pathlib import Path

import pytest
import trio
from websockets.exceptions import ConnectionClosed
from websockets.trio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from engine.adapters.contract.find import NoBench, find_bench
from engine.adapters.contract.runner import Outcome, features_of, select, try_promise
from engine.adapters.link.words import SUBPROTOCOL
from engine.adapters.simulator.settings import demo_settings
from tests.engine.adapters.link.program import TOKEN
from tests.engine.adapters.link.relay import Relay
from tests.ports import free_port

BENCH = f"""
unknown_agent = "nobody"
unknown_extension = "9999"
groups = ["Default"]
settle_s = 0.05
agents = [
    {{ id = "agent1", endpoint = "4001" }},
    {{ id = "agent2", endpoint = "4002" }},
    {{ id = "agent3", endpoint = "4003" }},
]
[settings]
token = "{TOKEN}"
retry_s = 0.05
close_s = 0.3
"""


class Listening(Relay):
    """The program waits to be connected to."""

    async def serve(self, websocket: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            try:
                await self._serve(websocket)
            except* ConnectionClosed:
                pass


async def test_promises_are_tried_over_a_url(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "bench.toml").write_text(BENCH)
    open_bench = find_bench(f"ws://127.0.0.1:{port}/adapter", "bench.toml", tmp_path)
    program = Listening(demo_settings(), port)
    words = [Subprotocol(SUBPROTOCOL)]
    async with trio.open_nursery() as nursery:
        await nursery.start(partial(serve, program.serve, port, host="127.0.0.1", subprotocols=words))
        features = await features_of(open_bench)
        for promise in select(["AC-LIFE-2", "AC-CALLS-6", "AC-TELEPHONY-1", "AC-TELEPHONY-9", "AC-TELEPHONY-15"]):
            result = await try_promise(open_bench, promise, features)
            wanted = Outcome.NOT_TRIED if promise.hooks else Outcome.KEPT
            assert result.outcome is wanted, (promise.id, result.why)
        nursery.cancel_scope.cancel()


def test_a_url_needs_a_bench() -> None:
    with pytest.raises(NoBench, match="which agents, which endpoints"):
        find_bench("wss://switch.example/adapter")


def test_the_settings_of_the_link_are_checked(tmp_path: Path) -> None:
    (tmp_path / "bench.toml").write_text(BENCH.replace("retry_s", "rety_s"))
    with pytest.raises(ValueError, match=r"bench\.toml: .*rety_s"):
        find_bench("ws://127.0.0.1:1/adapter", "bench.toml", tmp_path)
