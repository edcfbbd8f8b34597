"""The simulator keeps the promises of every adapter, whatever its settings say."""

from functools import partial

import attrs
import pytest

from engine.adapters.contract.promise import Promise
from engine.adapters.contract.runner import Outcome, try_promise
from engine.adapters.contract.table import PROMISES
from engine.adapters.simulator.bench import DEMO, simulator_bench
from engine.adapters.simulator.settings import Fault, FaultKind, SimulatedGroup, SimulatorSettings
from protocol.platform import CALLS, Feature

SETTINGS = {
    "demo": DEMO,
    "auto in": attrs.evolve(DEMO, auto_in=True),
    "slow": attrs.evolve(DEMO, latency_ms=250),
    "two groups": attrs.evolve(DEMO, groups=(SimulatedGroup(name="Sales", chat=False), SimulatedGroup(name="Help"))),
    "reasons required": attrs.evolve(DEMO, not_ready_reason_required=True, logout_reason_required=True),
    "no reasons": attrs.evolve(DEMO, not_ready_reasons=(), logout_reasons=()),
    "telephony only": attrs.evolve(DEMO, features=(Feature.TELEPHONY,)),
    "media only": attrs.evolve(DEMO, features=(Feature.CHAT, Feature.EMAIL)),
    "all is told twice": attrs.evolve(
        DEMO, faults=tuple(Fault(call=call.__name__, kind=FaultKind.TWICE, times=1000) for call in CALLS)
    ),
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS.keys())
@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.id)
async def test_keeps_the_promises_of_every_adapter(
    promise: Promise, settings: SimulatorSettings, autojump_clock: object
) -> None:
    result = await try_promise(partial(simulator_bench, settings), promise, settings.declared())
    wanted = Outcome.KEPT if promise.features <= settings.declared() else Outcome.NOT_APPLICABLE
    assert result.outcome is wanted, result.why
