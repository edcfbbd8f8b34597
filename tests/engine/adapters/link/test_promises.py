"""The promises of every adapter, kept across a link: by the example program, and by the simulator behind another."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest
import trio

from engine.adapters.contract.bench import Bench
from engine.adapters.contract.connection import connected
from engine.adapters.contract.promise import Promise
from engine.adapters.contract.table import PROMISES
from engine.adapters.link import open_adapter
from engine.adapters.simulator.settings import demo_settings
from protocol.errors import Refused
from protocol.platform import AddChannel, StartAgent
from protocol.states import ChannelType
from tests.engine.adapters.link.program import TOKEN, free_port, settings
from tests.engine.adapters.link.relay import Relay

NODE: Final = shutil.which("node")
SWITCH: Final = Path(__file__).parents[4] / "specs" / "link" / "tiny-switch.mjs"
PHONES: Final = {"ada": "4001", "bob": "4002", "cyd": "4003", "dee": "4004"}

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
    """The demo's platform, with all that it can do, behind a program that passes everything on."""
    demo = demo_settings()
    port = free_port()
    async with trio.open_nursery() as nursery:
        await nursery.start(Relay(demo, port).run)
        phones = {agent.id: agent.extension for agent in demo.agents[:4]}
        yield bench(port, phones=phones, groups=tuple(group.name for group in demo.groups))
        nursery.cancel_scope.cancel()


def bench(port: int, *, phones: dict[str, str], groups: tuple[str, ...] = ()) -> Bench:
    make = open_adapter(settings(port), Path())
    made: list[object] = []

    def remembered() -> object:
        made.append(make())
        return made[-1]

    async def settle() -> None:
        """What the program has told before it refuses a stranger has arrived by then."""
        with contextlib.suppress(Refused):
            await made[-1].perform("nobody at all", StartAgent())  # type: ignore[attr-defined] - an adapter

    return Bench(
        make=remembered,  # type: ignore[arg-type] - adapters
        agents={agent: AddChannel(endpoint=phone, type=ChannelType.TELEPHONY) for agent, phone in phones.items()},
        unknown_agent="nobody",
        unknown_extension="9999",
        groups=groups,
        settle=settle,
    )


async def keep(promise: Promise, bench: Bench) -> None:
    """Try it; skip where it is about something that this platform has not."""
    async with connected(bench) as link:
        features = link.adapter.features
    reason = promise.not_applicable(features) or promise.not_tried(bench)
    if reason:
        pytest.skip(reason)
    with trio.fail_after(20):
        await promise.keep(bench)


@needs_node
@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.id)
async def test_the_example_program_keeps_the_promises_of_every_adapter(promise: Promise) -> None:
    port = free_port()
    async with tiny_switch(port):
        await keep(promise, bench(port, phones=PHONES))


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.id)
async def test_whatever_a_platform_can_do_it_can_do_behind_a_link(promise: Promise) -> None:
    async with simulator() as platform:
        await keep(promise, platform)
