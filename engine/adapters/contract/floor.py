"""Agents at their phones, ready, on a running adapter: where the promises about calls and chats take place."""

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping

import attrs

from engine.adapters.contract.bench import AGENTS, Bench
from engine.adapters.contract.broken import BrokenPromise, require
from engine.adapters.contract.connection import Connection, Recorder, connected
from protocol.platform import (
    OVER,
    AcceptInteraction,
    ActivateChannel,
    AddChannel,
    CompleteInteraction,
    Dial,
    InteractionCall,
    InteractionReport,
    ReleaseLeg,
    SetAgentState,
    StartAgent,
)
from protocol.states import AgentState, InteractionState


@attrs.frozen
class Floor:
    """Three agents and their channels, of one kind."""

    link: Connection
    bench: Bench
    channels: Mapping[str, AddChannel]
    agents: tuple[str, str, str]

    def endpoint(self, agent: str) -> str:
        return self.channels[agent].endpoint

    async def sit_down(self, agent: str) -> None:
        """The agent starts, and is ready at the channel."""
        own = self.channels[agent]
        await self.link.ask(agent, StartAgent())
        await self.link.ask(agent, own)
        await self.link.ask(agent, ActivateChannel(endpoint=own.endpoint))
        await self.link.ask(agent, SetAgentState(endpoint=own.endpoint, agentstate=AgentState.READY))

    def latest_of(self, agent: str, kept: Callable[[InteractionReport], bool]) -> InteractionReport | None:
        """The latest that the agent was told of an interaction, if it is so."""
        for report in reversed(self.link.sink.of(agent)):
            if isinstance(report, InteractionReport):
                return report if kept(report) else None
        return None

    async def told(self, agent: str, what: str, kept: Callable[[InteractionReport], bool]) -> InteractionReport:
        """The latest that the agent is told of an interaction, as soon as it is so."""
        await self.link.wait(lambda: self.latest_of(agent, kept) is not None)
        report = self.latest_of(agent, kept)
        if report is None:
            last = self.latest_of(agent, lambda _: True)
            but = f"the latest is {_words(last)}" if last is not None else "nothing is told of any interaction"
            raise BrokenPromise(f"{agent} is not told {what}; {but}")
        return report

    async def calls(self, agent: str, other: str) -> tuple[InteractionReport, InteractionReport]:
        """`agent` has dialled `other`; the interaction at each of them."""
        call = Dial(endpoint=self.endpoint(agent), destination=self.endpoint(other))
        dialled = await self.link.ask(agent, call)
        require(dialled.state is InteractionState.DIALING, f"{call} was answered with {dialled.state}")
        offered = await self.told(other, f"that {agent} calls", _is(InteractionState.ALERTING))
        return dialled, offered

    async def talk(self, agent: str, other: str) -> tuple[InteractionReport, InteractionReport]:
        _, offered = await self.calls(agent, other)
        answered = await self.accept(other, offered)
        dialled = await self.told(agent, f"that {other} has answered", _is(InteractionState.STARTED))
        return dialled, answered

    async def accept(self, agent: str, offered: InteractionReport) -> InteractionReport:
        answered = await self.link.ask(agent, about(AcceptInteraction, offered))
        require(answered.state is InteractionState.STARTED, f"an accepted {offered.type} is {answered.state}")
        return answered

    async def hang_up(self, agent: str, talking: InteractionReport) -> InteractionReport:
        (leg, *_) = talking.legs
        call = ReleaseLeg(endpoint=talking.endpoint, interaction=talking.id, leg=leg.id)
        released = await self.link.ask(agent, call)
        require(released.state in OVER, f"{call} was answered with {released.state}")
        return released

    async def complete(self, agent: str) -> InteractionReport:
        """The latest interaction of the agent, over and wrapped up."""
        report = await self.told(agent, "that it is over", is_over)
        if report.state is InteractionState.ENDED:
            report = await self.link.ask(agent, about(CompleteInteraction, report))
        require(report.state is InteractionState.COMPLETED, f"{report.id} is {report.state} after wrap-up")
        return report


def about(
    call: type[InteractionCall[InteractionReport]], report: InteractionReport
) -> InteractionCall[InteractionReport]:
    return call(endpoint=report.endpoint, interaction=report.id)


def is_over(report: InteractionReport) -> bool:
    return report.state in OVER


def _is(state: InteractionState) -> Callable[[InteractionReport], bool]:
    return lambda report: report.state is state


def _words(report: InteractionReport) -> str:
    legs = "".join(f", {leg.type} {leg.state}" for leg in report.legs)
    return f"that {report.id} is {report.state}{legs}{f', {report.cause}' if report.cause else ''}"


@contextlib.asynccontextmanager
async def floor(
    bench: Bench, channels: Mapping[str, AddChannel] | None = None, *, ready: int = AGENTS
) -> AsyncIterator[Floor]:
    """Three agents, the first so many of them ready. At the end no phone may have had two connected legs."""
    one, two, three, *_ = bench.agents
    async with connected(bench) as link:
        at = Floor(link, bench, channels or bench.agents, (one, two, three))
        for agent in at.agents[:ready]:
            await at.sit_down(agent)
        yield at
    require_one_connected(link.sink)


def require_one_connected(sink: Recorder) -> None:
    """No agent may have been told of two connected legs at once."""
    talking: dict[tuple[str, str], int] = {}
    for agent, report in sink.told:
        if isinstance(report, InteractionReport):
            talking[agent, report.id] = report.connected
            at_once = sum(count for (whose, _), count in talking.items() if whose == agent)
            require(at_once <= 1, f"{agent} has {at_once} connected legs")
