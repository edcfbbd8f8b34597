"""What every adapter must hold to (`engine.adapters.spi`); an adapter's own tests call these with a Driver.

Each promise takes a Driver of its own, whose platform is as new: no agent is logged in, none has a channel.
"""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

import attrs
import trio
import trio.testing

from engine.adapters.spi import Adapter, MakeAdapter
from protocol.errors import FAILURES, FailureCode, Refused
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
    Post,
    RemoveChannel,
    RemoveGroup,
    Report,
    SetAgentState,
    Snapshot,
    StartAgent,
    answers,
)
from protocol.states import AgentState, ChannelType, LoginState

R = TypeVar("R")


@attrs.frozen(kw_only=True)
class Driver:
    """What the promises have to know of the platform behind an adapter."""

    make: MakeAdapter
    """A new adapter for this one platform."""
    agents: Mapping[str, AddChannel]
    """Three agents or more, each with a channel of its own that it may add."""
    unknown_agent: str
    unknown_extension: str
    groups: tuple[str, ...]
    """Groups that all agents may join."""
    unknown_group: str
    settle: Callable[[], Awaitable[None]] = trio.testing.wait_all_tasks_blocked
    """Waits until the adapter has told all that it is going to tell."""


class Recorder:
    """A sink that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Report]] = []

    def report(self, agent: str, report: Report) -> None:
        self.told.append((agent, report))

    def of(self, agent: str) -> list[Report]:
        return [report for whose, report in self.told if whose == agent]

    def last(self, agent: str) -> dict[str, ChannelReport]:
        """By endpoint, the latest that was told of the channel."""
        return {report.endpoint: report for report in self.of(agent) if isinstance(report, ChannelReport)}


@attrs.frozen
class Link:
    """A running adapter, and what it told."""

    adapter: Adapter
    sink: Recorder

    async def ask(self, agent: str, call: PlatformCall[R]) -> R:
        answer = await self.adapter.perform(agent, call)
        assert answers(call, answer), f"{answer!r} is no answer to {call}"
        return answer

    async def refusal(self, agent: str, call: PlatformCall[Any]) -> FailureCode:
        return await refusal(self.adapter, agent, call)


async def refusal(adapter: Adapter, agent: str, call: PlatformCall[Any]) -> FailureCode:
    """The code with which the call is refused; it must be refused in the right way."""
    refused = None
    await trio.lowlevel.checkpoint()
    try:
        await adapter.perform(agent, call)
    except Refused as refusal_of_call:
        refused = refusal_of_call
    assert refused is not None, f"{call} is not refused"
    assert FAILURES[refused.code].from_platform, f"{refused.code} is no code that a platform may refuse with"
    assert refused.message, f"the refusal of {call} says nothing"
    return refused.code


@contextlib.asynccontextmanager
async def connected(driver: Driver) -> AsyncIterator[Link]:
    """A new adapter, running. When it ends, all that it told must have been sound."""
    link = Link(driver.make(), Recorder())
    async with trio.open_nursery() as nursery:
        await nursery.start(link.adapter.run, link.sink)
        yield link
        nursery.cancel_scope.cancel()
    for agent, report in link.sink.told:
        problem = None if isinstance(report, Post) else report.problem()
        assert problem is None, f"told to {agent}: {problem}"


async def a_day(driver: Driver, link: Link, agent: str) -> list[PlatformCall[Any]]:
    """Every call that the platform can do, in an order in which each has something to do. Starts the agent."""
    await link.ask(agent, StartAgent())
    features, own = link.adapter.features, driver.agents[agent]
    groups = driver.groups if Feature.CHANNELGROUPS in features else ()
    notready = logout = None
    lists: list[PlatformCall[Any]] = []
    if Feature.NOTREADY_REASONS in features:
        lists.append(ListNotReadyReasons())
        notready = next((reason.code for reason in await link.ask(agent, ListNotReadyReasons())), None)
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


def channels_of(snapshot: Snapshot) -> dict[str, ChannelReport]:
    reports: Iterable[ChannelReport] = (
        *(report for group in snapshot.groups for report in group.channels),
        *snapshot.channels,
    )
    return {report.endpoint: report for report in reports}


def _one(driver: Driver) -> str:
    return _two(driver)[0]


def _two(driver: Driver) -> tuple[str, str]:
    first, second, *_ = driver.agents
    return first, second


# Life


async def perform_is_refused_before_run_and_after_it(driver: Driver) -> None:
    agent = _one(driver)
    adapter = driver.make()
    code = await refusal(adapter, agent, StartAgent())
    assert code is FailureCode.PLATFORM_UNAVAILABLE, f"refused with {code} while it does not run"
    async with trio.open_nursery() as nursery:
        await nursery.start(adapter.run, Recorder())
        await adapter.perform(agent, StartAgent())
        nursery.cancel_scope.cancel()
    code = await refusal(adapter, agent, StartAgent())
    assert code is FailureCode.PLATFORM_UNAVAILABLE, f"refused with {code} while it does not run"


async def a_stopped_adapter_may_be_followed_by_a_new_one(driver: Driver) -> None:
    agent = _one(driver)
    for _ in range(2):
        async with connected(driver) as link:
            for call in await a_day(driver, link, agent):
                await link.ask(agent, call)


async def features_do_not_change(driver: Driver) -> None:
    agent = _one(driver)
    async with connected(driver) as link:
        features = link.adapter.features
        assert features <= frozenset(Feature), "a feature that no platform has"
        for call in await a_day(driver, link, agent):
            await link.ask(agent, call)
            assert link.adapter.features == features, f"{call} changed the features"


# Calls


async def every_call_is_answered_by_its_type(driver: Driver) -> None:
    agent = _one(driver)
    async with connected(driver) as link:
        for call in await a_day(driver, link, agent):
            answer = await link.ask(agent, call)
            if isinstance(answer, ChannelReport):
                assert answer.problem() is None, f"{call}: {answer.problem()}"
                assert answer.endpoint == getattr(call, "endpoint", None), f"{call} is answered about another endpoint"


async def every_call_does_what_it_says(driver: Driver) -> None:
    agent = _one(driver)
    async with connected(driver) as link:
        for call in await a_day(driver, link, agent):
            answer = await link.ask(agent, call)
            match call:
                case AddGroup():
                    assert answer.name == call.name, f"{call} is answered with {answer}"
                case AddChannel():
                    assert answer.type is call.type, f"{call} is answered with {answer}"
                case ActivateChannel():
                    assert answer.loginstate is LoginState.ACTIVE, f"{call} is answered with {answer}"
                case DeactivateChannel():
                    assert answer.loginstate is LoginState.INACTIVE, f"{call} is answered with {answer}"
                case SetAgentState():
                    assert call.agentstate in (answer.agentstate, answer.pendingagentstate), (
                        f"{call} is answered with {answer}"
                    )


async def every_call_is_idempotent(driver: Driver) -> None:
    agent = _one(driver)
    async with connected(driver) as link:
        for call in await a_day(driver, link, agent):
            answer = await link.ask(agent, call)
            told = link.sink.last(agent)
            assert await link.ask(agent, call) == answer, f"the second {call} is answered otherwise"
            assert link.sink.last(agent) == told, f"the second {call} changed something"


async def the_snapshot_has_what_was_added_until_it_is_let_go(driver: Driver) -> None:
    agent = _one(driver)
    async with connected(driver) as link:
        kept: dict[str, ChannelReport] = {}
        groups: dict[str, set[str]] = {}
        for call in await a_day(driver, link, agent):
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
            assert channels_of(snapshot) == kept, f"after {call}"
            assert [group.name for group in snapshot.groups] == list(groups), f"after {call}"


async def a_logout_lets_go_of_everything(driver: Driver) -> None:
    agent = _one(driver)
    async with connected(driver) as link:
        *_, logout = day = await a_day(driver, link, agent)
        for call in day:
            if not isinstance(call, RemoveChannel | RemoveGroup):
                await link.ask(agent, call)
        snapshot = await link.ask(agent, StartAgent())
        assert snapshot.groups == snapshot.channels == (), f"something is left after {logout}"


_NO_REASON: Final = "no-such-reason"


async def a_refused_call_says_why_and_has_changed_nothing(driver: Driver) -> None:
    agent, other = _two(driver)
    own, others = driver.agents[agent], driver.agents[other]
    async with connected(driver) as link:
        features = link.adapter.features
        for call in (StartAgent(), own):
            await link.ask(agent, call)
        for call in (StartAgent(), others, ActivateChannel(endpoint=others.endpoint)):
            await link.ask(other, call)
        ready = SetAgentState(endpoint=own.endpoint, agentstate=AgentState.READY)
        refused: list[tuple[str, PlatformCall[Any], FailureCode | None]] = [
            (driver.unknown_agent, StartAgent(), None),
            (driver.unknown_agent, LogoutAgent(), None),
            (agent, others, FailureCode.CHANNEL_UNAVAILABLE),
            (agent, ActivateChannel(endpoint=driver.unknown_extension), FailureCode.CHANNEL_UNAVAILABLE),
            (agent, ActivateChannel(endpoint=others.endpoint), FailureCode.CHANNEL_UNAVAILABLE),
            (agent, ready, FailureCode.CHANNEL_INACTIVE),
        ]
        if Feature.TELEPHONY in features:
            unknown = AddChannel(endpoint=driver.unknown_extension, type=ChannelType.TELEPHONY)
            refused.append((agent, unknown, FailureCode.CHANNEL_UNAVAILABLE))
            refused.append((agent, StartAgent(extension=unknown.endpoint), FailureCode.CHANNEL_UNAVAILABLE))
        if Feature.CHANNELGROUPS in features:
            join = AddGroup(name=driver.unknown_group, chat=True, email=True, callback=True)
            refused.append((agent, join, FailureCode.INVALID_TARGET))
        if Feature.NOTREADY_REASONS in features and await link.ask(agent, ListNotReadyReasons()):
            notready = SetAgentState(endpoint=others.endpoint, agentstate=AgentState.NOTREADY, reason=_NO_REASON)
            refused.append((other, notready, FailureCode.INVALID_REASON))
        if Feature.LOGOUT_REASONS in features and await link.ask(agent, ListLogoutReasons()):
            refused.append((other, LogoutAgent(reason=_NO_REASON), FailureCode.INVALID_REASON))
        before = [await link.ask(each, StartAgent()) for each in (agent, other)]
        told = list(link.sink.told)
        for whose, call, expected in refused:
            code = await link.refusal(whose, call)
            assert expected in (None, code), f"{call} is refused with {code}, not {expected}"
        await driver.settle()
        assert link.sink.told == told, "a refused call changed something"
        after = [await link.ask(each, StartAgent()) for each in (agent, other)]
        assert after == before, "a refused call changed something"


async def what_the_platform_cannot_do_is_unsupported(driver: Driver) -> None:
    agent = _one(driver)
    own = driver.agents[agent]
    needing: dict[Feature, PlatformCall[Any]] = {
        feature: AddChannel(endpoint="no-such-channel", type=kind) for kind, feature in CHANNEL_FEATURES.items()
    }
    needing |= {
        Feature.CHANNELGROUPS: AddGroup(name=driver.unknown_group, chat=False, email=False, callback=False),
        Feature.DIRECTORY: ListDirectory(),
        Feature.NOTREADY_REASONS: ListNotReadyReasons(),
        Feature.LOGOUT_REASONS: ListLogoutReasons(),
        Feature.DISPOSITIONS: ListDispositions(endpoint=own.endpoint),
    }
    async with connected(driver) as link:
        await link.ask(agent, StartAgent())
        await link.ask(agent, own)
        for feature in needing.keys() - link.adapter.features:
            code = await link.refusal(agent, needing[feature])
            assert code is FailureCode.UNSUPPORTED, f"without {feature}, {needing[feature]} is refused with {code}"


async def many_agents_are_served_at_once(driver: Driver) -> None:
    async with connected(driver) as link:

        async def live(agent: str) -> None:
            endpoints: set[str] = set()
            for call in await a_day(driver, link, agent):
                await link.ask(agent, call)
                if not isinstance(call, LogoutAgent):
                    endpoints |= channels_of(await link.ask(agent, StartAgent())).keys()
            strange = link.sink.last(agent).keys() - endpoints
            assert not strange, f"{agent} was told of {strange}, which it never had"

        async with trio.open_nursery() as nursery:
            for agent in driver.agents:
                nursery.start_soon(live, agent)


async def a_call_given_up_leaves_the_adapter_in_order(driver: Driver) -> None:
    agent = _one(driver)
    async with connected(driver) as link:
        for call in await a_day(driver, link, agent):
            with trio.CancelScope() as scope:
                scope.cancel()
                await link.ask(agent, call)
            await driver.settle()
            await link.ask(agent, call)


# Reports


async def changes_are_told_before_the_answer_and_agree_with_it(driver: Driver) -> None:
    agent = _one(driver)
    async with connected(driver) as link:
        for call in await a_day(driver, link, agent):
            before = len(link.sink.of(agent))
            answer = await link.ask(agent, call)
            told = link.sink.of(agent)
            await driver.settle()
            assert link.sink.of(agent) == told, f"{call} was answered before its change was told"
            for report in told[-1:] if len(told) > before and isinstance(answer, ChannelReport) else ():
                assert report == answer, f"{call} is told in one way and answered in another"


async def an_agent_is_told_of_from_its_start_to_its_logout(driver: Driver) -> None:
    agent, other = _two(driver)
    shared = driver.agents[other]
    async with connected(driver) as link:
        await link.ask(other, StartAgent())
        assert link.sink.told == [], "told before the answer to StartAgent"
        await link.ask(other, shared)
    async with connected(driver) as link:  # whose `other` nobody starts, though the platform may know its channel
        await link.ask(agent, StartAgent())
        for call in (shared, ActivateChannel(endpoint=shared.endpoint), RemoveChannel(endpoint=shared.endpoint)):
            with contextlib.suppress(Refused):
                await link.ask(agent, call)
        await driver.settle()
        assert link.sink.of(other) == [], f"told of {other}, whom nobody started"
        for call in await a_day(driver, link, other):
            await link.ask(other, call)
        told = link.sink.of(other)
        for call in (shared, ActivateChannel(endpoint=shared.endpoint)):
            with contextlib.suppress(Refused):
                await link.ask(agent, call)
        await driver.settle()
        assert link.sink.of(other) == told, f"told of {other} after its logout"


async def an_agent_is_told_when_another_takes_and_frees_its_endpoint(driver: Driver) -> None:
    """Holds, too, for a platform that lets no two agents have a channel at one endpoint."""
    agent, other = _two(driver)
    shared = driver.agents[agent]
    activate = ActivateChannel(endpoint=shared.endpoint)
    async with connected(driver) as link:
        day = await a_day(driver, link, agent)
        await link.ask(agent, shared)
        await link.ask(other, StartAgent())
        try:
            await link.ask(other, shared)
        except Refused as refused:
            assert refused.code is FailureCode.CHANNEL_UNAVAILABLE
            return
        for freeing in (DeactivateChannel(endpoint=shared.endpoint), RemoveChannel(endpoint=shared.endpoint), day[-1]):
            for call in (shared, activate):
                await link.ask(agent, call)
            await driver.settle()
            told = link.sink.last(other).get(shared.endpoint)
            assert told is not None, f"{other} is not told that {agent} took {shared.endpoint}"
            assert told.loginstate is LoginState.UNAVAILABLE, f"{other} is told {told} when {agent} took its endpoint"
            assert await link.refusal(other, activate) is FailureCode.CHANNEL_UNAVAILABLE
            await link.ask(agent, freeing)
            await driver.settle()
            told = link.sink.last(other)[shared.endpoint]
            assert told.loginstate is LoginState.INACTIVE, f"{other} is told {told} after {freeing}"
        await link.ask(other, activate)


PROMISES: Final = (
    perform_is_refused_before_run_and_after_it,
    a_stopped_adapter_may_be_followed_by_a_new_one,
    features_do_not_change,
    every_call_is_answered_by_its_type,
    every_call_does_what_it_says,
    every_call_is_idempotent,
    the_snapshot_has_what_was_added_until_it_is_let_go,
    a_logout_lets_go_of_everything,
    a_refused_call_says_why_and_has_changed_nothing,
    what_the_platform_cannot_do_is_unsupported,
    many_agents_are_served_at_once,
    a_call_given_up_leaves_the_adapter_in_order,
    changes_are_told_before_the_answer_and_agree_with_it,
    an_agent_is_told_of_from_its_start_to_its_logout,
    an_agent_is_told_when_another_takes_and_frees_its_endpoint,
)
