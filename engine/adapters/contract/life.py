"""Promises about the life of an adapter: when it may be asked, and how it ends."""

from typing import Final

import trio

from engine.adapters.contract.bench import Bench
from engine.adapters.contract.broken import BrokenPromise, require
from engine.adapters.contract.connection import Recorder, connected, perform, refusal
from engine.adapters.contract.day import a_day, one
from protocol.errors import FailureCode
from protocol.platform import Feature, StartAgent

STOP_S: Final = 5.0
"""How long an adapter may take to close what it has opened."""


async def perform_is_refused_before_run_and_after_it(bench: Bench) -> None:
    agent = one(bench)
    adapter = bench.make()
    code = await refusal(bench, adapter, agent, StartAgent())
    require(code is FailureCode.PLATFORM_UNAVAILABLE, f"refused with {code} while it does not run")
    async with trio.open_nursery() as nursery:
        await nursery.start(adapter.run, Recorder(bench.exchange))
        await perform(bench, adapter, agent, StartAgent())
        nursery.cancel_scope.cancel()
    code = await refusal(bench, adapter, agent, StartAgent())
    require(code is FailureCode.PLATFORM_UNAVAILABLE, f"refused with {code} while it does not run")


async def a_stopped_adapter_may_be_followed_by_a_new_one(bench: Bench) -> None:
    agent = one(bench)
    for _ in range(2):
        async with connected(bench) as link:
            for call in await a_day(bench, link, agent):
                await link.ask(agent, call)


async def features_do_not_change(bench: Bench) -> None:
    agent = one(bench)
    async with connected(bench) as link:
        features = link.adapter.features
        require(features <= frozenset(Feature), "a feature that no platform has")
        for call in await a_day(bench, link, agent):
            await link.ask(agent, call)
            require(link.adapter.features == features, f"{call} changed the features")


async def run_stays_until_it_is_cancelled_and_ends_soon_then(bench: Bench) -> None:
    adapter, agent = bench.make(), one(bench)
    ended = trio.Event()

    async def run(*, task_status: trio.TaskStatus[None]) -> None:  # noqa: ASYNC128 # the adapter does
        try:
            await adapter.run(Recorder(bench.exchange), task_status=task_status)
        finally:
            ended.set()

    cancelled_at = trio.current_time()
    async with trio.open_nursery() as nursery:
        await nursery.start(run)
        await perform(bench, adapter, agent, StartAgent())
        await bench.settle()
        if ended.is_set():
            raise BrokenPromise("run has returned, though nobody cancelled it")
        cancelled_at = trio.current_time()
        nursery.cancel_scope.cancel()
    took_s = trio.current_time() - cancelled_at
    require(took_s <= STOP_S, f"run went on for {took_s:.1f} s after it was cancelled; {STOP_S:g} s are enough")
