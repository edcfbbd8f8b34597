"""Agents of a running adapter, for tests: what they ask, and what they are told."""

import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any, Final, TypeVar

import attrs
import trio

from engine.adapters.sip.adapter import Running, SipAdapter
from engine.adapters.sip.bench import settle
from engine.adapters.sip.phone import Connect
from engine.adapters.sip.settings import SipSettings
from protocol.platform import (
    AcceptInteraction,
    ActivateChannel,
    AddChannel,
    InteractionCall,
    InteractionReport,
    PlatformCall,
    Report,
    SetAgentState,
    StartAgent,
)
from protocol.states import AgentState, ChannelType, InteractionState

R = TypeVar("R")
PATIENCE_S: Final = 8.0


class Told:
    """A sink that wakes who waits."""

    def __init__(self) -> None:
        self.all: list[tuple[str, Report]] = []
        self.news = trio.Event()

    def report(self, agent: str, report: Report) -> None:
        self.all.append((agent, report))
        self.news.set()
        self.news = trio.Event()


@attrs.frozen
class Agent:
    id: str
    endpoint: str
    adapter: SipAdapter
    told: Told

    @property
    def running(self) -> Running:
        assert self.adapter.running is not None
        return self.adapter.running

    @property
    def uri(self) -> str:
        return self.running.floor.endpoints[self.endpoint].uri

    async def ask(self, call: PlatformCall[R]) -> R:
        return await self.adapter.perform(self.id, call)

    async def about(self, it: InteractionReport, call: type[InteractionCall[R]], **more: Any) -> R:
        return await self.ask(call(endpoint=self.endpoint, interaction=it.id, **more))

    async def hears(self, what: str, wanted: Callable[[InteractionReport], bool]) -> InteractionReport:
        """The first report that is wanted, which has come or comes in time."""
        with trio.move_on_after(PATIENCE_S):
            while True:
                news = self.told.news
                for agent, report in self.told.all:
                    if agent == self.id and isinstance(report, InteractionReport) and wanted(report):
                        return report
                await news.wait()
        raise AssertionError(f"{self.id} was not told {what}, but {self.told.all}")

    async def offered(self) -> InteractionReport:
        """A call rings that has not rung before."""
        it = await self.hears("of a call", lambda it: it.state is InteractionState.ALERTING and not self._is_over(it))
        assert it.problem() is None
        return it

    async def talks(self) -> InteractionReport:
        """Answers the call that rings."""
        return await self.about(await self.offered(), AcceptInteraction)

    async def ended(self, it: InteractionReport) -> InteractionReport:
        return await self.hears("of its end", lambda report: report.id == it.id and report.cause is not None)

    def latest(self, it: InteractionReport) -> InteractionReport:
        told = [r for agent, r in self.told.all if agent == self.id and isinstance(r, InteractionReport)]
        return [report for report in told if report.id == it.id][-1]

    def _is_over(self, it: InteractionReport) -> bool:
        return self.latest(it).cause is not None


@contextlib.asynccontextmanager
async def agents_at(settings: SipSettings, connect: Connect = trio.open_tcp_stream) -> AsyncIterator[tuple[Agent, ...]]:
    """All agents, logged in and ready. In the end whatever was told must have been sound."""
    adapter, told = SipAdapter(settings, connect), Told()
    async with trio.open_nursery() as nursery:
        await nursery.start(adapter.run, told)
        agents = tuple(Agent(agent.id, agent.extension, adapter, told) for agent in settings.agents)
        for agent in agents:
            await agent.ask(StartAgent())
            await agent.ask(AddChannel(endpoint=agent.endpoint, type=ChannelType.TELEPHONY))
            await agent.ask(ActivateChannel(endpoint=agent.endpoint))
            await agent.ask(SetAgentState(endpoint=agent.endpoint, agentstate=AgentState.READY))
        yield agents
        nursery.cancel_scope.cancel()
    for who, report in told.all:
        assert not hasattr(report, "problem") or report.problem() is None, f"told to {who}: {report}"


async def quiet(agent: Agent) -> None:
    await settle(agent.running)
