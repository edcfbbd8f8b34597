"""Promises for when the platform sins: it repeats itself, says too little, too much, too late, or nothing at all."""

import contextlib
from functools import partial

import trio

from engine.adapters.contract import faults_in_calls as in_calls
from engine.adapters.contract.bench import Bench
from engine.adapters.contract.broken import BrokenPromise, require
from engine.adapters.contract.day import channels_of, notready_reason, one, two
from engine.adapters.contract.faults_in_calls import FLOOD, LOST_S, SLOW_S
from engine.adapters.contract.floor import Floor, floor
from engine.adapters.contract.line import log_in, require_failure, running
from protocol.errors import FailureCode, Refused
from protocol.platform import (
    ActivateChannel,
    Dial,
    InteractionReport,
    SetAgentState,
    StartAgent,
)
from protocol.states import AgentState, LoginState


async def events_told_twice_do_no_harm(bench: Bench) -> None:
    async with floor(bench) as at:
        one_, two_, _ = at.agents
        await bench.do("tell_twice")
        for _ in range(2):
            dialled, _ = await at.talk(one_, two_)
            await at.hang_up(one_, dialled)
            for agent in (one_, two_):
                await at.complete(agent)
        await bench.settle()
        for agent in (one_, two_):
            told = in_calls.require_no_step_back(at.link.sink, agent)
            require(len(told) == 2, f"{agent} had 2 calls, and is told of {len(told)} interactions: {', '.join(told)}")
            left = (await at.link.ask(agent, StartAgent())).interactions
            require(not left, f"{agent} has {len(left)} interactions left in the snapshot, after all calls have ended")


async def a_call_of_which_nothing_was_told_does_no_harm(bench: Bench) -> None:
    async with floor(bench, ready=2) as at:
        one_, two_, _ = at.agents
        await bench.do("unknown_call", at.endpoint(two_))
        await bench.settle()
        strange = {agent for agent, _ in at.link.sink.told} - {one_, two_}
        require(not strange, f"{', '.join(sorted(strange))}, whom nobody started, is told of")
        for agent in (one_, two_):
            await at.link.ask(agent, StartAgent())


async def an_event_before_the_reply_is_not_another_call(bench: Bench) -> None:
    async with floor(bench) as at:
        one_, two_, _ = at.agents
        await bench.do("events_first")
        call = Dial(endpoint=at.endpoint(one_), destination=at.endpoint(two_))
        dialled = await at.link.ask(one_, call)
        await bench.settle()
        ids = {report.id for report in at.link.sink.of(one_) if isinstance(report, InteractionReport)}
        require(ids <= {dialled.id}, f"{call} is answered as {dialled.id}, and is told of as {', '.join(sorted(ids))}")
        known = (await at.link.ask(one_, StartAgent())).interactions
        require([it.id for it in known] == [dialled.id], f"one call is dialled, and the snapshot has {len(known)}")


async def what_was_done_without_a_reply_is_told(bench: Bench) -> None:
    if bench.calls_only:
        await in_calls.what_was_dialled_without_a_reply_is_told(bench)
        return
    agent = one(bench)
    own = bench.agents[agent]
    activate = ActivateChannel(endpoint=own.endpoint)
    async with running(bench) as line:
        link = line.link
        await link.ask_all(agent, StartAgent(), own)
        await bench.do("lose_reply", ActivateChannel)
        with trio.move_on_after(LOST_S), contextlib.suppress(Refused):
            await link.ask(agent, activate)

        def is_told() -> bool:
            told = link.sink.last(agent).get(own.endpoint)
            return told is not None and told.loginstate is LoginState.ACTIVE

        if not await link.wait(is_told):
            raise BrokenPromise(f"{activate} was carried out, its reply was lost, and {agent} is not told of the login")
        snapshot = channels_of(await link.ask(agent, StartAgent()))
        require(snapshot[own.endpoint].loginstate is LoginState.ACTIVE, "the snapshot does not have the login")
        await link.ask(agent, activate)


async def after_a_cut_the_agent_has_what_is_so_now(bench: Bench) -> None:
    agent = one(bench)
    own = bench.agents[agent]
    async with running(bench) as line:
        await log_in(line.link, agent)
        await bench.do("cut")
        await bench.settle()
        await bench.do("phone_state", own.endpoint, AgentState.READY)
        await bench.do("restore")

        def is_told() -> bool:
            told = line.link.sink.last(agent).get(own.endpoint)
            return line.ended.is_set() or (told is not None and told.agentstate is AgentState.READY)

        if not await line.link.wait(is_told):
            raise BrokenPromise(
                f"run has gone on over a cut, and {agent} is not told that it is READY, as it became meanwhile"
            )
    async with running(bench) as line:  # as the processor makes a new one, if the other has ended
        snapshot = channels_of(await line.link.ask(agent, StartAgent()))
        now = snapshot[own.endpoint].agentstate if own.endpoint in snapshot else None
        require(now is AgentState.READY, f"{agent} became READY during the cut, and the snapshot after it has {now}")


async def a_crash_in_a_call_ends_the_call(bench: Bench) -> None:
    if bench.calls_only:
        await in_calls.a_crash_in_dialling_ends_the_call(bench)
        return
    agent = one(bench)
    own = bench.agents[agent]
    ready = SetAgentState(endpoint=own.endpoint, agentstate=AgentState.READY)
    async with running(bench) as line:
        await log_in(line.link, agent)
        await bench.do("crash")
        await require_failure(bench, line, agent, ready)
        if not line.ended.is_set():
            await line.link.wait(line.ended.is_set)
        if line.ended.is_set():
            code = await line.link.refusal(agent, StartAgent())
            require(code is FailureCode.PLATFORM_UNAVAILABLE, f"refused with {code} after the platform was lost")
        await bench.do("restore")
    async with running(bench) as line:
        await log_in(line.link, agent)
        await line.link.ask(agent, ready)


async def a_slow_platform_makes_nobody_wait_for_others(bench: Bench) -> None:
    if bench.calls_only:
        await in_calls.a_slow_platform_makes_no_customer_wait_for_others(bench)
        return
    async with floor(bench) as at:
        await bench.do("slow", SLOW_S)
        reason = await notready_reason(at.link, at.agents[0])
        began = trio.current_time()
        await _back_and_forth(at, at.agents[0], reason)
        alone_s = trio.current_time() - began
        began = trio.current_time()
        async with trio.open_nursery() as nursery:
            for agent in at.agents:
                nursery.start_soon(_back_and_forth, at, agent, reason)
        together_s = trio.current_time() - began
        most_s = 2 * alone_s + SLOW_S
        require(
            together_s < most_s,
            f"{len(at.agents)} agents at once took {together_s:.1f} s for what takes one of them {alone_s:.1f} s",
        )


async def _back_and_forth(at: Floor, agent: str, reason: str | None) -> None:
    endpoint = at.endpoint(agent)
    await at.link.ask(agent, SetAgentState(endpoint=endpoint, agentstate=AgentState.NOTREADY, reason=reason))
    await at.link.ask(agent, SetAgentState(endpoint=endpoint, agentstate=AgentState.READY))


async def a_flood_is_told_to_its_end(bench: Bench) -> None:
    if bench.calls_only:
        await in_calls.a_flood_of_callers_is_told_to_its_end(bench)
        return
    agent, other = two(bench)
    own = bench.agents[agent]
    async with running(bench) as line:
        link = line.link
        await log_in(link, agent)
        await link.ask(other, StartAgent())
        async with trio.open_nursery() as nursery:
            nursery.start_soon(partial(bench.do, "flood", own.endpoint, FLOOD))
            await link.ask(other, StartAgent())
        await bench.settle()
        now = channels_of(await link.ask(agent, StartAgent()))[own.endpoint]
        if not await link.wait(lambda: link.sink.last(agent).get(own.endpoint) in (now, None)):
            told = link.sink.last(agent).get(own.endpoint)
            raise BrokenPromise(f"after {FLOOD} changes the platform has {now}, and {agent} is told {told}")
        require(own.endpoint in link.sink.last(agent), f"{agent} is told of none of {FLOOD} changes")
        require(not line.ended.is_set(), "run has ended in a flood")
