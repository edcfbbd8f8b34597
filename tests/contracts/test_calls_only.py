"""The faults of platforms that have calls alone: whoever does not bear them is found out, and nobody else is."""

import contextlib
from collections.abc import AsyncIterator
from functools import partial
from typing import Any, Final

import attrs
import pytest

from engine.adapters.contract.bench import Bench
from engine.adapters.contract.runner import Outcome, Result, try_promise
from engine.adapters.contract.table import PROMISES
from engine.adapters.simulator.adapter import SimulatorAdapter
from engine.adapters.simulator.bench import CUSTOMER, MakeSimulator, simulator_bench
from engine.adapters.simulator.platform import Switch
from engine.adapters.simulator.settings import Fault, FaultKind
from protocol.errors import Refused
from protocol.platform import Dial, Feature, InteractionReport, PlatformCall, Report
from protocol.states import InteractionState
from tests.contracts import fakes_faults
from tests.contracts.fakes_faults import OneAtATime

HOOKS: Final = {"lose_reply", "slow", "flood", "crash"}


@contextlib.asynccontextmanager
async def calls_only(make: MakeSimulator) -> AsyncIterator[Bench]:
    """The simulator, as if logins and agent states were the adapter's own."""
    switches: list[Switch] = []

    def make_one(*parts: Any) -> SimulatorAdapter:
        switches.append(parts[1])
        return make(*parts)

    async def crash() -> None:
        switches[-1].faults.arm(Fault(call=Dial.__name__, kind=FaultKind.DIE))

    async def flood(endpoint: str, changes: int) -> None:
        call = ""
        for number in range(changes):
            if number % 2:
                switches[-1].hangup(call)
            else:
                call = switches[-1].call(to=endpoint, from_=CUSTOMER)

    async with simulator_bench(make=make_one) as bench:
        yield attrs.evolve(bench, calls_only=True, crash=crash, flood=flood)


class ForgetsWhatItGaveUp(SimulatorAdapter):
    """Does not tell of a call that it dialled for somebody who did not wait for the answer."""

    deaf = False

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        self.deaf = isinstance(call, Dial)
        answer = await super().perform(agent, call)
        self.deaf = False
        return answer

    def changed(self, agent: str, report: Report) -> None:
        if not self.deaf:
            super().changed(agent, report)


class Full(SimulatorAdapter):
    """Has room for a thousand reports of calls."""

    told = 0

    def changed(self, agent: str, report: Report) -> None:
        self.told += isinstance(report, InteractionReport)
        if self.told <= 1000:
            super().changed(agent, report)


class MissesEnds(SimulatorAdapter):
    """Does not tell that a caller has given up."""

    def changed(self, agent: str, report: Report) -> None:
        if not (isinstance(report, InteractionReport) and report.state is InteractionState.COMPLETED):
            super().changed(agent, report)


class HangsInACrash(fakes_faults.HangsInACrash):
    at = Dial


class Blithe(SimulatorAdapter):
    """Says that it has dialled, whatever has become of the platform."""

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        try:
            return await super().perform(agent, call)
        except Refused:
            if not isinstance(call, Dial):
                raise
        return InteractionReport


BROKEN: Final = (
    (ForgetsWhatItGaveUp, "AC-FAULTS-4", "is not told of the call that was dialled"),
    (OneAtATime, "AC-FAULTS-6", "agents at once took"),
    (Full, "AC-FAULTS-7", "1001 callers rang, and agent1 is told of 500 interactions"),
    (MissesEnds, "AC-FAULTS-7", "calls are told to go on"),
    (HangsInACrash, "AC-FAULTS-8", "is not answered within"),
    (Blithe, "AC-FAULTS-8", "which is answered as if it were done"),
)
BY_ID: Final = {promise.id: promise for promise in PROMISES}
CONCERNED: Final = tuple(promise.id for promise in PROMISES if HOOKS & set(promise.hooks))


async def result_of(make: MakeSimulator, id_: str) -> Result:
    return await try_promise(partial(calls_only, make), BY_ID[id_], frozenset(Feature))


@pytest.mark.parametrize("id_", CONCERNED)
async def test_who_bears_them_keeps_the_promise(id_: str, autojump_clock: object) -> None:
    result = await result_of(SimulatorAdapter, id_)
    assert (result.outcome, result.why) == (Outcome.KEPT, None)


@pytest.mark.parametrize(("broken", "id_", "words"), BROKEN, ids=lambda value: getattr(value, "__name__", str(value)))
async def test_who_does_not_is_found_out(broken: MakeSimulator, id_: str, words: str, autojump_clock: object) -> None:
    result = await result_of(broken, id_)
    assert result.outcome is Outcome.BROKEN
    assert words in (result.why or "")


def test_everyone_is_found_out() -> None:
    assert {id_ for _, id_, _ in BROKEN} == set(CONCERNED)


async def test_a_slow_platform_of_calls_needs_customers() -> None:
    async with simulator_bench() as bench:
        with pytest.raises(ValueError, match="add customer_calls"):
            attrs.evolve(bench, calls_only=True, customer_calls=None)
