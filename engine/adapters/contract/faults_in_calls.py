"""The faults of a platform that has calls alone, tried with calls; and what those of all platforms have in common."""

import contextlib
from typing import Final

import trio

from engine.adapters.contract.bench import Bench
from engine.adapters.contract.broken import BrokenPromise, require
from engine.adapters.contract.connection import Connection, Recorder
from engine.adapters.contract.day import one, two
from engine.adapters.contract.floor import Floor, about, floor, is_over
from engine.adapters.contract.line import log_in, require_failure, running
from protocol.errors import FailureCode, Refused
from protocol.platform import (
    OVER,
    AcceptInteraction,
    Dial,
    InteractionReport,
    SetAgentState,
    Snapshot,
    StartAgent,
)
from protocol.states import AgentState, InteractionState

SLOW_S: Final = 0.3
LOST_S: Final = 1.0
"""How long the suite waits for a reply that is lost; the processor waits longer."""
FLOOD: Final = 2001
"""Changes at one go, half of what the queue of a session holds. Odd, so that one back and forth shows its end."""
_POLL_S: Final = 0.02
_ORDER: Final = (
    InteractionState.ALERTING,
    InteractionState.DIALING,
    InteractionState.STARTED,
    InteractionState.ENDED,
    InteractionState.COMPLETED,
)


def require_no_step_back(sink: Recorder, agent: str) -> dict[str, InteractionState]:
    """No interaction may go on that was over, or be new twice. By id, how far each has come."""
    reached: dict[str, InteractionState] = {}
    for report in sink.of(agent):
        if isinstance(report, InteractionReport):
            before = reached.setdefault(report.id, report.state)
            if _ORDER.index(report.state) < _ORDER.index(before):
                raise BrokenPromise(f"{report.id} of {agent} was {before}, and is told as {report.state} again")
            reached[report.id] = report.state
    return reached


async def what_was_dialled_without_a_reply_is_told(bench: Bench) -> None:
    async with floor(bench) as at:
        one_, two_, _ = at.agents
        call = Dial(endpoint=at.endpoint(one_), destination=at.endpoint(two_))
        await bench.do("lose_reply", Dial)
        with trio.move_on_after(LOST_S), contextlib.suppress(Refused):
            await at.link.ask(one_, call)
        what = "of the call that was dialled, and whose reply was lost"
        dialled = await at.told(one_, what, lambda it: it.state is InteractionState.DIALING)
        offered = await at.told(two_, what, lambda it: it.state is InteractionState.ALERTING)
        require(dialled.contact == offered.contact, f"{one_} and {two_} are told of one call as of two contacts")
        known = (await at.link.ask(one_, StartAgent())).interactions
        require([it.id for it in known] == [dialled.id], f"one call was dialled, and the snapshot has {len(known)}")
        await at.hang_up(one_, dialled)
        for agent in (one_, two_):
            await at.complete(agent)
        await at.calls(one_, two_)


async def who_calls_during_a_cut_is_offered(bench: Bench) -> None:
    agent = one(bench)
    own = bench.agents[agent]
    async with running(bench) as line:
        link = line.link
        await _sit_down(link, agent)
        await bench.do("cut")
        await bench.settle()
        await bench.do("customer_calls", own.endpoint)
        await bench.do("restore")

        def is_told() -> bool:
            return line.ended.is_set() or any(
                isinstance(report, InteractionReport) and report.state is InteractionState.ALERTING
                for report in link.sink.of(agent)
            )

        if not await link.wait(is_told):
            raise BrokenPromise(
                f"run has gone on over a cut, and {agent} is not offered the call of a customer who called meanwhile"
            )
        if not line.ended.is_set():
            await _require_offer(link, agent)
            return
    async with running(bench) as line:  # as the processor makes a new one
        await line.link.ask_all(agent, StartAgent(), own)
        await _require_offer(line.link, agent)


async def _require_offer(link: Connection, agent: str) -> None:
    """It is in the snapshot, and can be accepted."""
    offers = (await _snapshot_when_back(link, agent)).interactions
    states = ", ".join(it.state for it in offers) or "none"
    require(
        [it.state for it in offers] == [InteractionState.ALERTING],
        f"a customer called {agent} during the cut, and the snapshot after it has of interactions: {states}",
    )
    answered = await link.ask(agent, about(AcceptInteraction, offers[0]))
    require(answered.state is InteractionState.STARTED, f"the call, accepted, is {answered.state}")


async def _snapshot_when_back(link: Connection, agent: str) -> Snapshot:
    """Who is told of the offer already may still be refused, for there may be other things to find out."""
    with trio.move_on_after(link.bench.patience_s):
        while True:
            try:
                return await link.ask(agent, StartAgent())
            except Refused as refused:
                if refused.code is not FailureCode.PLATFORM_UNAVAILABLE:
                    raise
            await trio.sleep(_POLL_S)
    return await link.ask(agent, StartAgent())


async def who_hangs_up_during_a_cut_is_gone(bench: Bench) -> None:
    agent, other, third, *_ = bench.agents
    endpoint = bench.agents[agent].endpoint
    async with running(bench) as line:
        at = Floor(line.link, bench, bench.agents, (agent, other, third))
        await at.sit_down(agent)
        customer = await bench.do("customer_calls", endpoint)
        offer = await at.told(agent, "that a customer calls", lambda it: it.state is InteractionState.ALERTING)
        talking = await at.accept(agent, offer)
        await bench.do("cut")
        await bench.settle()
        await bench.do("customer_hangs_up", customer)
        await bench.do("restore")

        def is_told() -> bool:
            return line.ended.is_set() or at.latest_of(agent, is_over) is not None

        if not await line.link.wait(is_told):
            raise BrokenPromise(
                f"run has gone on over a cut, and {agent} is not told that {talking.id} is over, the customer of which "
                "hung up meanwhile"
            )
        if not line.ended.is_set():
            await _require_over(line.link, agent)
            return
    async with running(bench) as line:  # as the processor makes a new one
        await line.link.ask_all(agent, StartAgent(), bench.agents[agent])
        await _require_over(line.link, agent)


async def _require_over(link: Connection, agent: str) -> None:
    left = [it for it in (await _snapshot_when_back(link, agent)).interactions if it.state not in OVER]
    states = ", ".join(it.state for it in left)
    require(not left, f"a customer of {agent} hung up during the cut, and the snapshot after it has: {states}")


async def a_slow_platform_makes_no_customer_wait_for_others(bench: Bench) -> None:
    async with floor(bench) as at:
        await bench.do("slow", SLOW_S)
        alone_s = await _time_to_serve(at, at.agents[0])
        await at.complete(at.agents[0])
        together_s = await _time_to_serve(at, *at.agents)
        most_s = 2 * alone_s + SLOW_S
        require(
            together_s < most_s,
            f"{len(at.agents)} agents at once took {together_s:.1f} s for what takes one of them {alone_s:.1f} s",
        )


async def _time_to_serve(at: Floor, *agents: str) -> float:
    """How long it takes all of them, at the same time, to accept and release a customer's call."""
    offers = {}
    for agent in agents:
        await at.bench.do("customer_calls", at.endpoint(agent))
        offers[agent] = await at.told(agent, "that a customer calls", lambda it: it.state is InteractionState.ALERTING)

    async def serve(agent: str) -> None:
        await at.hang_up(agent, await at.accept(agent, offers[agent]))

    began = trio.current_time()
    async with trio.open_nursery() as nursery:
        for agent in agents:
            nursery.start_soon(serve, agent)
    return trio.current_time() - began


async def a_flood_of_callers_is_told_to_its_end(bench: Bench) -> None:
    agent, other = two(bench)
    own = bench.agents[agent]
    async with running(bench) as line:
        link = line.link
        await _sit_down(link, agent)
        await link.ask(other, StartAgent())
        async with trio.open_nursery() as nursery:
            nursery.start_soon(bench.do, "flood", own.endpoint, FLOOD)
            await link.ask(other, StartAgent())

        def is_told() -> bool:
            return len(require_no_step_back(link.sink, agent)) == (FLOOD + 1) // 2

        if not await link.wait(is_told):
            told = len(require_no_step_back(link.sink, agent))
            raise BrokenPromise(f"{(FLOOD + 1) // 2} callers rang, and {agent} is told of {told} interactions")
        left = [id_ for id_, state in require_no_step_back(link.sink, agent).items() if state not in OVER]
        known = [it.id for it in (await link.ask(agent, StartAgent())).interactions]
        require(left == known, f"after {FLOOD} changes {len(left)} calls are told to go on, the snapshot has {known}")
        require(len(left) == 1, f"the last of the callers rings, and {len(left)} calls are told to go on")
        require(not line.ended.is_set(), "run has ended in a flood")


async def a_crash_in_dialling_ends_the_call(bench: Bench) -> None:
    one_, two_ = two(bench)
    dial = Dial(endpoint=bench.agents[one_].endpoint, destination=bench.agents[two_].endpoint)
    async with running(bench) as line:
        for agent in (one_, two_):
            await _sit_down(line.link, agent)
        await bench.do("crash")
        await require_failure(bench, line, one_, dial)
        await bench.settle()
        if line.ended.is_set():
            code = await line.link.refusal(one_, StartAgent())
            require(code is FailureCode.PLATFORM_UNAVAILABLE, f"refused with {code} after the platform was lost")
        else:
            known = (await line.link.ask(one_, StartAgent())).interactions
            require(not known, f"the phone has died while it dialled, and the snapshot has {len(known)} calls")
        await bench.do("restore")
    async with running(bench) as line:
        for agent in (one_, two_):
            await _sit_down(line.link, agent)
        await line.link.ask(one_, dial)


async def _sit_down(link: Connection, agent: str) -> None:
    await log_in(link, agent)
    endpoint = link.bench.agents[agent].endpoint
    await link.ask(agent, SetAgentState(endpoint=endpoint, agentstate=AgentState.READY))
