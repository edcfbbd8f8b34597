"""A simulated AES on a port of its own, and adapters to it; what the tests of the adapter have in common."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import attrs
import trio
import trio.testing

from engine.adapters.contract.bench import Bench
from engine.adapters.contract.connection import Connection, Recorder
from engine.adapters.csta import open_adapter
from engine.adapters.csta.adapter import CstaAdapter
from engine.dmcc_simulator.server import DmccSimulator
from engine.dmcc_simulator.settings import SwitchSettings, demo
from protocol.platform import (
    AcceptInteraction,
    ActivateChannel,
    AddChannel,
    InteractionReport,
    SetAgentState,
    StartAgent,
)
from protocol.states import AgentState, ChannelType

AGENTS = 4
QUIET_S = 30.0
"""Machines that run all tests at once are slow."""
CUSTOMER = "+15550100"
REASONS = [{"code": "1", "name": "Break"}, {"code": "2", "name": "Lunch"}]
PATIENT: dict[str, Any] = {"event_wait_s": 10.0, "reply_timeout_s": 20.0, "return_within_s": 60.0, "retry_s": 0.05}
LOSES_ANSWERS: dict[str, Any] = {"reply_timeout_s": 1.0}
"""For a switch that does not answer everything."""


def switch(**changes: Any) -> SwitchSettings:
    return attrs.evolve(demo(AGENTS), **{"outside_answer_s": 0.02, "tone_s": 0.2, **changes})


def table(port: int, **more: Any) -> dict[str, Any]:
    """The adapter's table of the TOML file."""
    agents = [
        {"id": f"agent{n}", "extension": f"{4000 + n}", "name": f"Agent {n}", "password": "1234"}
        for n in range(1, AGENTS + 1)
    ]
    return {
        "host": "127.0.0.1",
        "port": port,
        "tls": False,
        "user": "ixp",
        "password": "demo",
        "switch_name": "CM1",
        "agents": agents,
        "groups": [{"name": "Default"}],
        "not_ready_reasons": REASONS,
        "logout_reasons": [{"code": "7", "name": "End of shift"}],
        "dispositions": [{"code": "RESOLVED", "name": "Resolved"}],
        "directory": [{"name": "Front desk", "number": "4004", "type": "internal"}],
        **PATIENT,
        **more,
    }


@attrs.define
class Centre:
    """The simulator, and the adapters that were made for it."""

    simulator: DmccSimulator
    port: int
    more: dict[str, Any]
    adapters: list[CstaAdapter] = attrs.field(factory=list)

    def make(self) -> CstaAdapter:
        adapter = open_adapter(table(self.port, **self.more), Path())()
        assert isinstance(adapter, CstaAdapter)
        self.adapters.append(adapter)
        return adapter

    @property
    def quiet(self) -> bool:
        """Has all that was sent been received, and is nobody at anything?"""
        links = sorted((link.sent, link.received) for each in self.adapters if (link := each.link) is not None)
        far_ends = sorted((each.received, each.sent) for each in self.simulator.connections)
        return links == far_ends and not self.simulator.busy and not any(each.busy for each in self.adapters)

    async def settle(self) -> None:
        with trio.fail_after(QUIET_S):
            while True:
                await trio.testing.wait_all_tasks_blocked(0.0005)
                if self.quiet:
                    return

    def bench(self) -> Bench:
        return Bench(
            make=self.make,
            agents={
                f"agent{n}": AddChannel(endpoint=f"{4000 + n}", type=ChannelType.TELEPHONY)
                for n in range(1, AGENTS + 1)
            },
            unknown_agent="nobody",
            unknown_extension="9999",
            groups=("Default",),
            unknown_group="Nowhere",
            settle=self.settle,
            patience_s=20.0,
            deadline_s=30.0,
        )


@contextlib.asynccontextmanager
async def centre(settings: SwitchSettings | None = None, **more: Any) -> AsyncIterator[Centre]:
    """A new switch, and `more` settings of the adapters to it."""
    simulator = DmccSimulator(settings or switch())
    async with trio.open_nursery() as nursery:
        port = await nursery.start(simulator.run, await trio.open_tcp_listeners(0, host="127.0.0.1"))
        yield Centre(simulator, port, more)
        nursery.cancel_scope.cancel()


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
