"""The promise that an adapter leaves the event loop to the others."""

from importlib import import_module
from typing import Final

import trio

from engine.adapters.contract.bench import Bench
from engine.adapters.contract.broken import BrokenPromise
from engine.adapters.contract.connection import connected
from engine.adapters.contract.day import a_day, one
from engine.adapters.contract.floor import floor
from engine.adapters.contract.stalls import LIMIT_S, Stalls, package_of
from protocol.platform import Feature, HoldLeg, RetrieveLeg

_TRIES: Final = 2
"""What the machine does once is not the adapter's fault; what the adapter does, it does each time."""
_CALLS: Final = frozenset({Feature.TELEPHONY, Feature.DIAL})


async def the_event_loop_is_left_to_others(bench: Bench) -> None:
    import_module("trio.testing")  # `settle` does it, where it is first used, and that is not the adapter's fault
    for tried in range(1, _TRIES + 1):
        stalls = Stalls(package_of(bench.make()))
        with stalls.watched():
            await _work(bench)
        if stalls.longest_s <= LIMIT_S:
            return
        if tried == _TRIES:
            where = f" ({stalls.place})" if stalls.place else ""
            raise BrokenPromise(
                f"the event loop stood still for {stalls.longest_s:.2f} s{where}, and with it every agent; await what "
                "takes its time, such as trio.sleep, and have a thread do what cannot be awaited: "
                "await trio.to_thread.run_sync(function)"
            )


async def _work(bench: Bench) -> None:
    """A day, and a call where agents can make one: most of what an adapter has code for."""
    await trio.lowlevel.checkpoint()  # from here on steps are timed
    agent = one(bench)
    async with connected(bench) as link:
        for call in await a_day(bench, link, agent):
            await link.ask(agent, call)
        features = link.adapter.features
    if not features >= _CALLS:
        return
    async with floor(bench, ready=2) as at:
        one_, two_, _ = at.agents
        dialled, _ = await at.talk(one_, two_)
        if Feature.HOLD in features:
            (leg, *_) = dialled.legs
            for call_ in (HoldLeg, RetrieveLeg):
                await at.link.ask(one_, call_(endpoint=dialled.endpoint, interaction=dialled.id, leg=leg.id))
        await at.hang_up(one_, dialled)
        for agent in (one_, two_):
            await at.complete(agent)
