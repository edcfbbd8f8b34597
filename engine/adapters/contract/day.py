"""The calls of an agent's day, for whatever features an adapter declares; and what a snapshot has."""

from collections.abc import Iterable
from typing import Any

from engine.adapters.contract.bench import Bench
from engine.adapters.contract.connection import Connection
from protocol.platform import (
    ActivateChannel,
    AddGroup,
    ChannelReport,
    DeactivateChannel,
    Feature,
    ListDirectory,
    ListDispositions,
    ListLogoutReasons,
    ListNotReadyReasons,
    LogoutAgent,
    PlatformCall,
    RemoveChannel,
    RemoveGroup,
    SetAgentState,
    Snapshot,
    StartAgent,
)
from protocol.states import AgentState


async def a_day(bench: Bench, link: Connection, agent: str) -> list[PlatformCall[Any]]:
    """Every call that the platform can do, in an order in which each has something to do. Starts the agent."""
    await link.ask(agent, StartAgent())
    features, own = link.adapter.features, bench.agents[agent]
    groups = bench.groups if Feature.CHANNELGROUPS in features else ()
    notready, logout = await notready_reason(link, agent), None
    lists: list[PlatformCall[Any]] = []
    if Feature.NOTREADY_REASONS in features:
        lists.append(ListNotReadyReasons())
    if Feature.LOGOUT_REASONS in features:
        lists.append(ListLogoutReasons())
        logout = next((reason.code for reason in await link.ask(agent, ListLogoutReasons())), None)
    if Feature.DIRECTORY in features:
        lists.append(ListDirectory())
    if Feature.DISPOSITIONS in features:
        lists.append(ListDispositions(endpoint=own.endpoint))
    return [
        StartAgent(),
        own,
        *(AddGroup(name=name, chat=True, email=True, callback=True) for name in groups),
        *lists,
        ActivateChannel(endpoint=own.endpoint),
        SetAgentState(endpoint=own.endpoint, agentstate=AgentState.READY),
        SetAgentState(endpoint=own.endpoint, agentstate=AgentState.NOTREADY, reason=notready),
        SetAgentState(endpoint=own.endpoint, agentstate=AgentState.READY),
        DeactivateChannel(endpoint=own.endpoint),
        ActivateChannel(endpoint=own.endpoint),
        *(RemoveGroup(name=name) for name in groups),
        RemoveChannel(endpoint=own.endpoint),
        LogoutAgent(reason=logout),
    ]


async def notready_reason(link: Connection, agent: str) -> str | None:
    """One that the platform knows, which may insist on one."""
    if Feature.NOTREADY_REASONS not in link.adapter.features:
        return None
    return next((reason.code for reason in await link.ask(agent, ListNotReadyReasons())), None)


def channels_of(snapshot: Snapshot) -> dict[str, ChannelReport]:
    reports: Iterable[ChannelReport] = (
        *(report for group in snapshot.groups for report in group.channels),
        *snapshot.channels,
    )
    return {report.endpoint: report for report in reports}


def one(bench: Bench) -> str:
    return two(bench)[0]


def two(bench: Bench) -> tuple[str, str]:
    first, second, *_ = bench.agents
    return first, second
