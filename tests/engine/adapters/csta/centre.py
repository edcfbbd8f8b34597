"""Agents at their phones at a simulated AES; what the tests of the adapter have in common."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import attrs
import trio

from engine.adapters.contract.connection import Connection, Recorder
from engine.adapters.csta.bench import CUSTOMER, Centre, centre
from engine.dmcc_simulator.server import DmccSimulator
from engine.dmcc_simulator.settings import SwitchSettings
from protocol.platform import (
    AcceptInteraction,
    ActivateChannel,
    AddChannel,
    InteractionReport,
    SetAgentState,
    StartAgent,
)
from protocol.states import AgentState, ChannelType

LOSES_ANSWERS: dict[str, Any] = {"reply_timeout_s": 1.0}
"""For a switch that does not answer everything."""


@attrs.frozen
class Floor:
    """Agents at their phones, on a running adapter."""

    at: Centre
    link: Connection

    @property
    def simulator(self) -> DmccSimulator:
        return self.at.simulator

    def endpoint(self, agent: str) -> str:
        return f"{4000 + int(agent.removeprefix('agent'))}"

    async def latest(self, agent: str) -> InteractionReport:
        """What the agent was told last of an interaction."""
        await self.at.settle()
        told = self.told(agent)
        assert told, f"{agent} is told of no interaction"
        return told[-1]

    def told(self, agent: str) -> list[InteractionReport]:
        return [report for report in self.link.sink.of(agent) if isinstance(report, InteractionReport)]

    async def customer_calls(self, agent: str, user_data: str | None = None) -> InteractionReport:
        self.simulator.exchange.call_in(CUSTOMER, self.endpoint(agent), user_data)
        return await self.latest(agent)

    async def customer_talks_to(self, agent: str) -> InteractionReport:
        offered = await self.customer_calls(agent)
        return await self.link.ask(agent, AcceptInteraction(endpoint=offered.endpoint, interaction=offered.id))


@contextlib.asynccontextmanager
async def floor(*agents: str, settings: SwitchSettings | None = None, **more: Any) -> AsyncIterator[Floor]:
    """These agents are logged in and ready. All that is told in the end must have been sound."""
    async with centre(settings, **more) as at, trio.open_nursery() as nursery:
        link = Connection(at.make(), Recorder(), at.bench())
        await nursery.start(link.adapter.run, link.sink)
        here = Floor(at, link)
        for agent in agents:
            await log_in(link, agent, here.endpoint(agent))
        yield here
        nursery.cancel_scope.cancel()
    for agent, report in link.sink.told:
        problem = report.problem() if hasattr(report, "problem") else None
        assert problem is None, f"told to {agent}: {problem}"


async def log_in(link: Connection, agent: str, endpoint: str) -> None:
    await link.ask(agent, StartAgent())
    await link.ask(agent, AddChannel(endpoint=endpoint, type=ChannelType.TELEPHONY))
    await link.ask(agent, ActivateChannel(endpoint=endpoint))
    await link.ask(agent, SetAgentState(endpoint=endpoint, agentstate=AgentState.READY))
