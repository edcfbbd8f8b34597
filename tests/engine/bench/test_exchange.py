"""The simulator in a process of its own, as its adapter and a day see it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
import trio

from engine.adapters.simulator.day_plan import TICKET
from engine.bench.day_exchange import DayExchange
from engine.bench.errors import NoServer
from engine.bench.exchange import Exchange, ExchangeProcess, settings
from engine.bench.exchange_adapter import ExchangeAdapter, open_adapter
from engine.config import AdapterSettings, opened
from protocol.errors import FailureCode, Refused
from protocol.platform import (
    ActivateChannel,
    AddChannel,
    Feature,
    InteractionReport,
    RejectInteraction,
    Report,
    SetAgentState,
    StartAgent,
)
from protocol.states import AgentState, ChannelType, InteractionState


class Heard:
    """What the adapter reports."""

    def __init__(self) -> None:
        self.reports: list[tuple[str, Report]] = []
        self.news = trio.Event()

    def report(self, agent: str, report: Report) -> None:
        self.reports.append((agent, report))
        self.news.set()

    async def interaction(self, state: InteractionState) -> InteractionReport:
        """The next report of one in this state."""
        with trio.fail_after(10):
            while True:
                for _, report in self.reports:
                    if isinstance(report, InteractionReport) and report.state is state:
                        return report
                self.news = trio.Event()
                await self.news.wait()


@asynccontextmanager
async def connected(exchange: Exchange) -> AsyncIterator[tuple[ExchangeAdapter, Heard]]:
    """An adapter at it; agent1 is ready at 4001."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(exchange.keep_time)
        listeners = await nursery.start(partial(trio.serve_tcp, exchange.serve, 0, host="127.0.0.1"))
        adapter, heard = ExchangeAdapter(listeners[0].socket.getsockname()[1]), Heard()
        await nursery.start(adapter.run, heard)
        await adapter.perform("agent1", StartAgent())
        await adapter.perform("agent1", AddChannel(endpoint="4001", type=ChannelType.TELEPHONY))
        await adapter.perform("agent1", ActivateChannel(endpoint="4001"))
        await adapter.perform("agent1", SetAgentState(endpoint="4001", agentstate=AgentState.READY))
        yield adapter, heard
        nursery.cancel_scope.cancel()


async def test_calls_go_there_and_reports_come_back() -> None:
    exchange = Exchange(settings(2))
    async with connected(exchange) as (adapter, heard):
        assert Feature.TELEPHONY in adapter.features
        exchange.switch.call("4001", "+15550100", {TICKET: "T1"})
        ringing = await heard.interaction(InteractionState.ALERTING)
        assert (ringing.endpoint, ringing.data[TICKET]) == ("4001", "T1")


async def test_what_the_switch_refuses_is_refused() -> None:
    async with connected(Exchange(settings(2))) as (adapter, _):
        with pytest.raises(Refused) as refused:
            await adapter.perform("agent1", ActivateChannel(endpoint="4999"))
        assert refused.value.code is not FailureCode.PLATFORM_UNAVAILABLE


async def test_without_a_connection_nothing_can_be_asked() -> None:
    with pytest.raises(Refused) as refused:
        await ExchangeAdapter(1).perform("agent1", StartAgent())
    assert refused.value.code is FailureCode.PLATFORM_UNAVAILABLE


async def test_a_day_notes_each_offer_once_and_each_further_one_again() -> None:
    exchange = DayExchange(2, "calls")
    assert Feature.CHAT not in exchange.settings.declared()
    async with connected(exchange) as (adapter, heard):
        for _ in range(2):
            exchange.switch.call("4001", "+15550100", {TICKET: "T1"})
            ringing = await heard.interaction(InteractionState.ALERTING)
            exchange.reported("agent1", ringing)
            await adapter.perform("agent1", RejectInteraction(endpoint="4001", interaction=ringing.id))
            heard.reports.clear()
        offers = exchange.control("offers")
    assert [(agent, ticket) for agent, ticket, _ in offers] == [("agent1", "T1")] * 2
    assert offers[0][2] < offers[1][2]


def test_what_cannot_be_controlled_is_told() -> None:
    with pytest.raises(ValueError, match="there is no such control"):
        Exchange(settings(1)).control("dance")


def test_a_configuration_names_the_adapter_and_its_port(tmp_path: Path) -> None:
    kind = "engine.bench.exchange_adapter:open_adapter"
    assert opened(AdapterSettings(adapter=kind, settings={"port": 5}))() is not None
    with pytest.raises(ValueError, match="port"):
        open_adapter({}, tmp_path)


def test_an_exchange_that_has_ended_is_told_as_such() -> None:
    with ExchangeProcess(1) as exchange:
        exchange._process.kill()
        exchange._process.wait()
        with pytest.raises(NoServer, match="has ended"):
            exchange.control("offers")
