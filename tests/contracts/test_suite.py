"""The promises are worth something: an adapter that breaks one is found out, and in words that say what it did."""

from functools import partial

import pytest

from engine.adapters.contract.runner import Outcome, try_promise
from engine.adapters.contract.table import PROMISES
from engine.adapters.simulator.adapter import SimulatorAdapter
from engine.adapters.simulator.bench import simulator_bench
from protocol.platform import Feature
from tests.contracts import fakes, fakes_faults, fakes_media, fakes_telephony

BROKEN = (*fakes.BROKEN, *fakes_telephony.BROKEN, *fakes_media.BROKEN, *fakes_faults.BROKEN)
BY_ID = {promise.id: promise for promise in PROMISES}


@pytest.mark.parametrize(("broken", "id_", "words"), BROKEN, ids=lambda value: getattr(value, "__name__", str(value)))
async def test_an_adapter_that_breaks_a_promise_is_found_out(
    broken: type[SimulatorAdapter], id_: str, words: str, autojump_clock: object
) -> None:
    result = await try_promise(partial(simulator_bench, make=broken), BY_ID[id_], frozenset(Feature))
    assert result.outcome is Outcome.BROKEN
    assert words in (result.why or "")
    assert result.exchange or broken is fakes.NeverStarts


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.id)
def test_every_promise_has_somebody_who_breaks_it(promise: object) -> None:
    assert promise in {BY_ID[id_] for _, id_, _ in BROKEN}
