"""Promises about calls: what each is answered with, what it does, and how it is refused."""

from typing import Any, Final

import trio

from engine.adapters.contract.bench import Bench
from engine.adapters.contract.broken import require
from engine.adapters.contract.connection import connected
from engine.adapters.contract.day import a_day, channels_of, one, two
from protocol.errors import FailureCode
from protocol.platform import (
    CHANNEL_FEATURES,
    ActivateChannel,
    AddChannel,
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
    StartAgent,
)
from protocol.states import AgentState, ChannelType, LoginState

_NO_REASON: Final = "no-such-reason"


async def every_call_is_answered_by_its_type(bench: Bench) -> None:
    agent = one(bench)
    async with connected(bench) as link:
        for call in await a_day(bench, link, agent):
            answer = await link.ask(agent, call)
            if isinstance(answer, ChannelReport):
                require(answer.problem() is None, f"{call}: {answer.problem()}")
                require(
                    answer.endpoint == getattr(call, "endpoint", None), f"{call} is answered about another endpoint"
                )


async def every_call_does_what_it_says(bench: Bench) -> None:
    agent = one(bench)
    async with connected(bench) as link:
        for call in await a_day(bench, link, agent):
            answer = await link.ask(agent, call)
            match call:
                case AddGroup():
                    require(answer.name == call.name, f"{call} is answered with {answer}")
                case AddChannel():
                    require(answer.type is call.type, f"{call} is answered with {answer}")
                case ActivateChannel():
                    require(answer.loginstate is LoginState.ACTIVE, f"{call} is answered with {answer}")
                case DeactivateChannel():
                    require(answer.loginstate is LoginState.INACTIVE, f"{call} is answered with {answer}")
                case SetAgentState():
                    require(
                        call.agentstate in (answer.agentstate, answer.pendingagentstate),
                        f"{call} is answered with {answer}",
                    )


async def every_call_is_idempotent(bench: Bench) -> None:
    agent = one(bench)
    async with connected(bench) as link:
        for call in await a_day(bench, link, agent):
            answer = await link.ask(agent, call)
            told = link.sink.last(agent)
            require(await link.ask(agent, call) == answer, f"the second {call} is answered otherwise")
            require(link.sink.last(agent) == told, f"the second {call} changed something")


async def the_snapshot_has_what_was_added_until_it_is_let_go(bench: Bench) -> None:
    agent = one(bench)
    async with connected(bench) as link:
        kept: dict[str, ChannelReport] = {}
        groups: dict[str, set[str]] = {}
        for call in await a_day(bench, link, agent):
            answer = await link.ask(agent, call)
            match call:
                case AddGroup():
                    new = {report.endpoint: report for report in answer.channels}
                    groups[call.name] = set(new)
                    kept |= new
                case AddChannel() | SetAgentState() | ActivateChannel() | DeactivateChannel():
                    kept[call.endpoint] = answer
                case RemoveGroup():
                    gone = groups.pop(call.name)
                    kept = {endpoint: report for endpoint, report in kept.items() if endpoint not in gone}
                case RemoveChannel():
                    del kept[call.endpoint]
            snapshot = await link.ask(agent, StartAgent())
            has, names = channels_of(snapshot), [group.name for group in snapshot.groups]
            require(has == kept, f"the snapshot after {call} has the channels {has}, not {kept}")
            require(names == list(groups), f"the snapshot after {call} has the groups {names}, not {list(groups)}")


async def a_logout_lets_go_of_everything(bench: Bench) -> None:
    agent = one(bench)
    async with connected(bench) as link:
        *_, logout = day = await a_day(bench, link, agent)
        for call in day:
            if not isinstance(call, RemoveChannel | RemoveGroup):
                await link.ask(agent, call)
        snapshot = await link.ask(agent, StartAgent())
        left = (*snapshot.groups, *snapshot.channels)
        require(not left, f"something is left after {logout}: {left}")


async def a_refused_call_says_why_and_has_changed_nothing(bench: Bench) -> None:
    agent, other = two(bench)
    own, others = bench.agents[agent], bench.agents[other]
    async with connected(bench) as link:
        features = link.adapter.features
        await link.ask_all(agent, StartAgent(), own)
        await link.ask_all(other, StartAgent(), others, ActivateChannel(endpoint=others.endpoint))
        ready = SetAgentState(endpoint=own.endpoint, agentstate=AgentState.READY)
        refused: list[tuple[str, PlatformCall[Any], FailureCode | None]] = [
            (bench.unknown_agent, StartAgent(), None),
            (bench.unknown_agent, LogoutAgent(), None),
            (agent, others, FailureCode.CHANNEL_UNAVAILABLE),
            (agent, ActivateChannel(endpoint=bench.unknown_extension), FailureCode.CHANNEL_UNAVAILABLE),
            (agent, ActivateChannel(endpoint=others.endpoint), FailureCode.CHANNEL_UNAVAILABLE),
            (agent, ready, FailureCode.CHANNEL_INACTIVE),
        ]
        if Feature.TELEPHONY in features:
            unknown = AddChannel(endpoint=bench.unknown_extension, type=ChannelType.TELEPHONY)
            refused.append((agent, unknown, FailureCode.CHANNEL_UNAVAILABLE))
            refused.append((agent, StartAgent(extension=unknown.endpoint), FailureCode.CHANNEL_UNAVAILABLE))
        if Feature.CHANNELGROUPS in features:
            join = AddGroup(name=bench.unknown_group, chat=True, email=True, callback=True)
            refused.append((agent, join, FailureCode.INVALID_TARGET))
        if Feature.NOTREADY_REASONS in features and (await link.ask(agent, ListNotReadyReasons())) != ():
            notready = SetAgentState(endpoint=others.endpoint, agentstate=AgentState.NOTREADY, reason=_NO_REASON)
            refused.append((other, notready, FailureCode.INVALID_REASON))
        if Feature.LOGOUT_REASONS in features and (await link.ask(agent, ListLogoutReasons())) != ():
            refused.append((other, LogoutAgent(reason=_NO_REASON), FailureCode.INVALID_REASON))
        before = [await link.ask(each, StartAgent()) for each in (agent, other)]
        told = list(link.sink.told)
        for whose, call, expected in refused:
            code = await link.refusal(whose, call)
            require(expected in (None, code), f"{call} is refused with {code}, not {expected}")
        await bench.settle()
        require(link.sink.told == told, "a refused call changed something")
        after = [await link.ask(each, StartAgent()) for each in (agent, other)]
        require(after == before, "a refused call changed something")


async def what_the_platform_cannot_do_is_unsupported(bench: Bench) -> None:
    agent = one(bench)
    own = bench.agents[agent]
    needing: dict[Feature, PlatformCall[Any]] = {
        feature: AddChannel(endpoint="no-such-channel", type=kind) for kind, feature in CHANNEL_FEATURES.items()
    }
    needing |= {
        Feature.CHANNELGROUPS: AddGroup(name=bench.unknown_group, chat=False, email=False, callback=False),
        Feature.DIRECTORY: ListDirectory(),
        Feature.NOTREADY_REASONS: ListNotReadyReasons(),
        Feature.LOGOUT_REASONS: ListLogoutReasons(),
        Feature.DISPOSITIONS: ListDispositions(endpoint=own.endpoint),
    }
    async with connected(bench) as link:
        await link.ask(agent, StartAgent())
        await link.ask(agent, own)
        for feature in needing.keys() - link.adapter.features:
            code = await link.refusal(agent, needing[feature])
            require(code is FailureCode.UNSUPPORTED, f"without {feature}, {needing[feature]} is refused with {code}")


async def many_agents_are_served_at_once(bench: Bench) -> None:
    async with connected(bench) as link:

        async def live(agent: str) -> None:
            endpoints: set[str] = set()
            for call in await a_day(bench, link, agent):
                await link.ask(agent, call)
                if not isinstance(call, LogoutAgent):
                    endpoints |= channels_of(await link.ask(agent, StartAgent())).keys()
            strange = link.sink.last(agent).keys() - endpoints
            require(not strange, f"{agent} was told of {strange}, which it never had")

        async with trio.open_nursery() as nursery:
            for agent in bench.agents:
                nursery.start_soon(live, agent)


async def a_call_given_up_leaves_the_adapter_in_order(bench: Bench) -> None:
    agent = one(bench)
    async with connected(bench) as link:
        for call in await a_day(bench, link, agent):
            with trio.CancelScope() as scope:
                scope.cancel()
                await link.ask(agent, call)
            await bench.settle()
            await link.ask(agent, call)
