"""The promises of every adapter, kept across a link: by the example program, and by the simulator behind another."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import attrs
import pytest
import trio

from engine.adapters.contract.bench import Bench
from engine.adapters.contract.connection import connected
from engine.adapters.contract.promise import Promise
from engine.adapters.contract.table import PROMISES
from engine.adapters.link import open_adapter
from engine.adapters.simulator.bench import simulator_bench
from engine.adapters.simulator.settings import demo_settings
from engine.adapters.spi import Adapter
from protocol.errors import Refused
from protocol.platform import AddChannel, Feature, StartAgent
from protocol.states import ChannelType
from tests.engine.adapters.link.program import TOKEN, settings
from tests.engine.adapters.link.relay import Relay
from tests.ports import free_port

NODE: Final = shutil.which("node")
SWITCH: Final = Path(__file__).parents[4] / "specs" / "link" / "tiny-switch.mjs"
PHONES: Final = {"ada": "4001", "bob": "4002", "cyd": "4003", "dee": "4004"}

TINY: Final = frozenset({Feature.TELEPHONY, Feature.DIAL, Feature.HOLD, Feature.REJECT})
EIGHT: Final = attrs.evolve(demo_settings(), agents=demo_settings().agents[:8])
STOP_S: Final = 5.0

needs_node = pytest.mark.skipif(
    NODE is None and os.environ.get("CI") != "true", reason="node is not installed; install the package nodejs"
)


@contextlib.asynccontextmanager
async def tiny_switch(port: int) -> AsyncIterator[None]:
    """The example program, running anew, for a link that listens at this port."""
    assert NODE is not None, "node is not installed, and CI needs it: install the package nodejs"
    url = f"ws://127.0.0.1:{port}/adapter"
    process = await trio.lowlevel.open_process([NODE, str(SWITCH), url, TOKEN], stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        with trio.move_on_after(STOP_S, shield=True):
            await process.wait()


@contextlib.asynccontextmanager
async def simulator() -> AsyncIterator[Bench]:
    """The demo's platform, with all that it can do and be made to do, behind a program that passes everything on."""
    port = free_port()
    async with simulator_bench(EIGHT) as inner, trio.open_nursery() as nursery:
        await nursery.start(Relay(EIGHT, port, inner.make).run)
        behind = bench(port)
        yield attrs.evolve(inner, make=behind.make, settle=behind.settle)
        nursery.cancel_scope.cancel()


def bench(port: int) -> Bench:
    make = open_adapter(settings(port, grace_s=1.0), Path())
    made: list[Adapter] = []

    def remembered() -> Adapter:
        made.append(make())
        return made[-1]

    async def settle() -> None:
        """What the program has told before it refuses a stranger has arrived by then."""
        with contextlib.suppress(Refused), trio.move_on_after(1):
            await made[-1].perform("nobody at all", StartAgent())

    return Bench(
        make=remembered,
        agents={agent: AddChannel(endpoint=phone, type=ChannelType.TELEPHONY) for agent, phone in PHONES.items()},
        unknown_agent="nobody",
        unknown_extension="9999",
        settle=settle,
    )


async def keep(promise: Promise, bench: Bench) -> None:
    with trio.fail_after(20):
        await promise.keep(bench)


def tried_with(bench: Bench, features: frozenset[Feature]) -> list[Promise]:
    """The promises that are about something which the platform has, and can be made to do."""
    return [it for it in PROMISES if not it.not_applicable(features) and not it.not_tried(bench)]


@needs_node
async def test_the_example_program_has_telephony() -> None:
    port = free_port()
    async with tiny_switch(port), connected(bench(port)) as link:
        assert link.adapter.features == TINY


@needs_node
@pytest.mark.parametrize("promise", tried_with(bench(1), TINY), ids=lambda promise: promise.id)
async def test_the_example_program_keeps_the_promises_of_every_adapter(promise: Promise) -> None:
    port = free_port()
    async with tiny_switch(port):
        await keep(promise, bench(port))


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.id)
async def test_whatever_a_platform_can_do_it_can_do_behind_a_link(promise: Promise) -> None:
    async with simulator() as platform:
        await keep(promise, platform)
