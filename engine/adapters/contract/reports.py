"""Promises about reports: what is told, to whom, and when."""

import contextlib
from functools import partial
from typing import Any

from engine.adapters.contract.bench import Bench
from engine.adapters.contract.broken import BrokenPromise, require
from engine.adapters.contract.connection import connected
from engine.adapters.contract.day import a_day, channels_of, one, two
from protocol.errors import FailureCode, Refused
from protocol.platform import (
    ActivateChannel,
    ChannelReport,
    DeactivateChannel,
    PlatformCall,
    RemoveChannel,
    StartAgent,
)
from protocol.states import AgentState, LoginState


async def changes_are_told_before_the_answer_and_agree_with_it(bench: Bench) -> None:
    agent = one(bench)
    async with connected(bench) as link:
        for call in await a_day(bench, link, agent):
            before = len(link.sink.of(agent))
            answer = await link.ask(agent, call)
            told = link.sink.of(agent)
            await bench.settle()
            require(link.sink.of(agent) == told, f"{call} was answered before its change was told")
            for report in told[-1:] if len(told) > before and isinstance(answer, ChannelReport) else ():
                require(report == answer, f"{call} is told in one way and answered in another")


async def an_agent_is_told_of_from_its_start_to_its_logout(bench: Bench) -> None:
    agent, other = two(bench)
    shared = bench.agents[other]
    async with connected(bench) as link:
        await link.ask(other, StartAgent())
        require(link.sink.told == [], "told before the answer to StartAgent")
        await link.ask(other, shared)
    async with connected(bench) as link:  # whose `other` nobody starts, though the platform may know its channel
        await link.ask(agent, StartAgent())
        taking: tuple[PlatformCall[Any], ...] = (shared, ActivateChannel(endpoint=shared.endpoint))
        for call in (*taking, RemoveChannel(endpoint=shared.endpoint)):
            with contextlib.suppress(Refused):
                await link.ask(agent, call)
        await bench.settle()
        require(link.sink.of(other) == [], f"told of {other}, whom nobody started")
        await link.ask_all(other, *await a_day(bench, link, other))
        told = link.sink.of(other)
        for call in taking:
            with contextlib.suppress(Refused):
                await link.ask(agent, call)
        await bench.settle()
        require(link.sink.of(other) == told, f"told of {other} after its logout")


async def an_agent_is_told_when_another_takes_and_frees_its_endpoint(bench: Bench) -> None:
    """Holds, too, for a platform that lets no two agents have a channel at one endpoint."""
    agent, other = two(bench)
    shared = bench.agents[agent]
    activate = ActivateChannel(endpoint=shared.endpoint)
    async with connected(bench) as link:
        day = await a_day(bench, link, agent)
        await link.ask(agent, shared)
        await link.ask(other, StartAgent())
        try:
            await link.ask(other, shared)
        except Refused as refused:
            right = refused.code is FailureCode.CHANNEL_UNAVAILABLE
            require(right, f"a channel at an endpoint that another agent has is refused with {refused.code}")
            return

        def is_told(state: LoginState) -> bool:
            told = link.sink.last(other).get(shared.endpoint)
            return told is not None and told.loginstate is state

        for freeing in (DeactivateChannel(endpoint=shared.endpoint), RemoveChannel(endpoint=shared.endpoint), day[-1]):
            await link.ask_all(agent, shared, activate)
            if not await link.wait(partial(is_told, LoginState.UNAVAILABLE)):
                told = link.sink.last(other).get(shared.endpoint, "nothing")
                raise BrokenPromise(f"{other} is told {told} when {agent} took its endpoint, not UNAVAILABLE")
            code = await link.refusal(other, activate)
            require(code is FailureCode.CHANNEL_UNAVAILABLE, f"an endpoint that is taken is refused with {code}")
            await link.ask(agent, freeing)
            if not await link.wait(partial(is_told, LoginState.INACTIVE)):
                told = link.sink.last(other)[shared.endpoint]
                raise BrokenPromise(f"{other} is told {told} after {freeing}, not INACTIVE")
        await link.ask(other, activate)


async def a_change_at_the_phone_itself_is_told(bench: Bench) -> None:
    agent = one(bench)
    own = bench.agents[agent]
    async with connected(bench) as link:
        await link.ask_all(agent, StartAgent(), own, ActivateChannel(endpoint=own.endpoint))

        def is_told(state: AgentState) -> bool:
            told = link.sink.last(agent).get(own.endpoint)
            return told is not None and told.agentstate is state

        for state in (AgentState.READY, AgentState.NOTREADY):
            await bench.do("phone_state", own.endpoint, state)
            if not await link.wait(partial(is_told, state)):
                raise BrokenPromise(f"{agent} is not told that it is {state} since it said so at the phone itself")
            snapshot = channels_of(await link.ask(agent, StartAgent()))
            require(snapshot[own.endpoint].agentstate is state, f"the snapshot does not have {agent} {state}")
