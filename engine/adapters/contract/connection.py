"""A running adapter, in whose name the promises ask, and what it told."""

import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

import attrs
import trio

from engine.adapters.contract.bench import Bench
from engine.adapters.contract.broken import BrokenPromise, require, words_of
from engine.adapters.contract.exchange import Exchange
from engine.adapters.spi import Adapter
from protocol.errors import FAILURES, FailureCode, Refused
from protocol.platform import ChannelReport, InteractionReport, PlatformCall, Post, Report, answers

R = TypeVar("R")


class Recorder:
    """A sink that keeps what it is told."""

    def __init__(self, exchange: Exchange | None = None) -> None:
        self.told: list[tuple[str, Report]] = []
        self._exchange = exchange
        self._more = trio.Event()

    def report(self, agent: str, report: Report) -> None:
        self.told.append((agent, report))
        if self._exchange is not None:
            self._exchange.note(agent, "is told", report)
        self.wake()

    def wake(self) -> None:
        """Who waits for more looks again."""
        self._more.set()
        self._more = trio.Event()

    def of(self, agent: str) -> list[Report]:
        return [report for whose, report in self.told if whose == agent]

    def last(self, agent: str) -> dict[str, ChannelReport]:
        """By endpoint, the latest that was told of the channel, by itself or with an interaction."""
        return {report.endpoint: channel for report in self.of(agent) if (channel := channel_in(report)) is not None}

    async def wait_more(self) -> None:
        await self._more.wait()


def channel_in(report: Report) -> ChannelReport | None:
    """What the report says of a channel, if anything."""
    if isinstance(report, InteractionReport):
        return report.channel
    return report if isinstance(report, ChannelReport) else None


@attrs.frozen
class Connection:
    """A running adapter, and what it told."""

    adapter: Adapter
    sink: Recorder
    bench: Bench

    async def ask(self, agent: str, call: PlatformCall[R]) -> R:
        """The answer, which must be of the right type. Raises Refused."""
        answer = await perform(self.bench, self.adapter, agent, call)
        require(answers(call, answer), f"{answer!r} is no answer to {call}")
        return answer

    async def ask_all(self, agent: str, *calls: PlatformCall[Any]) -> None:
        """One after the other, whatever they are answered with."""
        for call in calls:
            await self.ask(agent, call)

    async def refusal(self, agent: str, call: PlatformCall[Any]) -> FailureCode:
        return await refusal(self.bench, self.adapter, agent, call)

    async def wait(self, kept: Callable[[], bool]) -> bool:
        """Is it so, after the adapter has had time to tell of it?"""
        await self.bench.settle()
        with trio.move_on_after(self.bench.patience_s):
            while not kept():
                await self.sink.wait_more()
        return kept()


async def perform(bench: Bench, adapter: Adapter, agent: str, call: PlatformCall[R]) -> R:
    """Ask the adapter, as the processor does, and keep what came of it."""
    exchange = bench.exchange
    exchange.note(agent, "asks", call)
    try:
        with trio.move_on_after(bench.deadline_s):
            answer = await adapter.perform(agent, call)
            exchange.note(agent, "gets", answer)
            return answer
    except Refused as refused:
        exchange.note(agent, "refused", f"{refused.code}: {refused.message}")
        raise
    except Exception as error:
        exchange.note(agent, "gets", words_of(error))
        raise
    exchange.note(agent, "gives up", call)
    raise BrokenPromise(f"{call} for {agent} is not answered within {bench.deadline_s:g} s")


async def refusal(bench: Bench, adapter: Adapter, agent: str, call: PlatformCall[Any]) -> FailureCode:
    """The code with which the call is refused; it must be refused in the right way."""
    refused = None
    await trio.lowlevel.checkpoint()
    try:
        await perform(bench, adapter, agent, call)
    except Refused as refusal_of_call:
        refused = refusal_of_call
    if refused is None:
        raise BrokenPromise(f"{call} is not refused")
    require(FAILURES[refused.code].from_platform, f"{refused.code} is no code that a platform may refuse with")
    require(refused.message, f"the refusal of {call} says nothing")
    return refused.code


@contextlib.asynccontextmanager
async def connected(bench: Bench) -> AsyncIterator[Connection]:
    """A new adapter, running. When it ends, all that it told must have been sound."""
    connection = Connection(bench.make(), Recorder(bench.exchange), bench)
    async with trio.open_nursery() as nursery:
        await nursery.start(connection.adapter.run, connection.sink)
        yield connection
        nursery.cancel_scope.cancel()
    require_sound(connection.sink)


def require_sound(sink: Recorder) -> None:
    """Nothing that was told may be impossible to take in."""
    for agent, report in sink.told:
        require(
            isinstance(report, Report),
            f"{agent} is told {report!r}, which is no report; tell a ChannelReport, an InteractionReport or a post",
        )
        problem = None if isinstance(report, Post) else report.problem()
        require(problem is None, f"told to {agent}: {problem}")
