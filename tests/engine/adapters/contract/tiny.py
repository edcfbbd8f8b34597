"""A small adapter for the tests of the suite, with what a developer forgets, each by the name of a bench."""

import contextlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

import trio

from engine.adapters.contract.bench import Bench
from engine.adapters.simulator.adapter import SimulatorAdapter
from engine.adapters.simulator.bench import simulator_bench
from engine.adapters.simulator.settings import demo_settings
from engine.adapters.spi import MakeAdapter, Sink
from protocol.platform import AddChannel, ChannelReport, Feature, HoldLeg, PlatformCall, Report
from protocol.states import ChannelType


def open_adapter(settings: object, folder: object) -> MakeAdapter:
    raise NotImplementedError


def open_instance(settings: object, folder: object) -> Any:
    return "an adapter, not how it is made"


class Skeleton:
    """What a developer writes first."""

    features: frozenset[Feature] = frozenset()

    async def run(self, sink: Sink, *, task_status: trio.TaskStatus[None]) -> None:
        task_status.started()
        await trio.sleep_forever()

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        raise NotImplementedError


class Empty(Skeleton):
    """Answers with nothing."""

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        return None


class Unstartable(Skeleton):
    async def run(self, sink: Sink, *, task_status: trio.TaskStatus[None]) -> None:  # noqa: ASYNC128 # for once
        raise ConnectionRefusedError("nobody listens at 127.0.0.1:1")


class Raises(SimulatorAdapter):
    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        if isinstance(call, HoldLeg):
            raise KeyError("a line too many")
        return await super().perform(agent, call)


class Hangs(SimulatorAdapter):
    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        if isinstance(call, AddChannel):
            await trio.sleep_forever()
        return await super().perform(agent, call)


class WritesEnumsAsText(SimulatorAdapter):
    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        wrong: Any = "INACTIVE"
        if isinstance(call, AddChannel):
            return ChannelReport(endpoint=call.endpoint, type=call.type, name="", loginstate=wrong)
        return await super().perform(agent, call)


class TellsAnything(SimulatorAdapter):
    def changed(self, agent: str, report: Report) -> None:
        wrong: Any = {"endpoint": "4001"}
        super().changed(agent, wrong)


class Blocks(SimulatorAdapter):
    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        time.sleep(60)  # noqa: ASYNC251 # that is what is wrong with it
        return await super().perform(agent, call)


class BlocksOnce(SimulatorAdapter):
    blocked = False

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        if not BlocksOnce.blocked:
            BlocksOnce.blocked = True
            time.sleep(0.3)  # noqa: ASYNC251 # as above
        return await super().perform(agent, call)


class NeverStarts(SimulatorAdapter):
    async def run(self, sink: Sink, *, task_status: trio.TaskStatus[None]) -> None:  # noqa: ASYNC128 # for once
        await trio.sleep_forever()


class CannotConnect(SimulatorAdapter):
    async def run(self, sink: Sink, *, task_status: trio.TaskStatus[None]) -> None:  # noqa: ASYNC128 # for once
        raise ConnectionRefusedError("nobody listens at 127.0.0.1:1")


open_bench = simulator_bench
raising = partial(simulator_bench, make=Raises)
hanging = partial(simulator_bench, make=Hangs)
writing_enums_as_text = partial(simulator_bench, make=WritesEnumsAsText)
telling_anything = partial(simulator_bench, make=TellsAnything)
blocking = partial(simulator_bench, make=Blocks)
blocking_once = partial(simulator_bench, make=BlocksOnce)
never_starting = partial(simulator_bench, make=NeverStarts)
not_connecting = partial(simulator_bench, make=CannotConnect)


@contextlib.asynccontextmanager
async def plain() -> AsyncIterator[Bench]:
    """Without a single hook, and with one feature only."""
    settings = demo_settings()
    phone_only = simulator_bench(type(settings)(agents=settings.agents[:3], features=(Feature.TELEPHONY,)))
    async with phone_only as bench:
        yield Bench(
            make=bench.make,
            agents=bench.agents,
            unknown_agent=bench.unknown_agent,
            unknown_extension=bench.unknown_extension,
        )


@contextlib.asynccontextmanager
async def no_platform() -> AsyncIterator[Bench]:
    raise ConnectionRefusedError("the platform of the test is not there")
    yield


@contextlib.asynccontextmanager
async def wrong_hook() -> AsyncIterator[Bench]:
    async def customer_calls(endpoint: str) -> str:
        raise RuntimeError(f"cannot call {endpoint}")

    async with simulator_bench() as bench:
        yield Bench(
            make=bench.make,
            agents=bench.agents,
            unknown_agent="nobody",
            unknown_extension="9999",
            customer_calls=customer_calls,
            customer_hangs_up=bench.customer_hangs_up,
        )


async def no_manager() -> AsyncIterator[Bench]:
    """Without the line above it."""
    raise AssertionError
    yield


def two_agents() -> AbstractAsyncContextManager[Bench]:
    channel = AddChannel(endpoint="1", type=ChannelType.TELEPHONY)
    make: Callable[[], Any] = object
    Bench(make=make, agents={"a": channel, "b": channel}, unknown_agent="", unknown_extension="")
    raise AssertionError


no_function = "a text"
