"""The simulator keeps the promises of every adapter, whatever its settings say."""

from collections.abc import Awaitable, Callable

import attrs
import pytest

from engine.adapters.simulator.settings import Fault, FaultKind, SimulatedGroup, SimulatorSettings
from protocol.platform import CALLS, Feature
from tests.contracts import contacts
from tests.contracts.adapter import PROMISES, Driver
from tests.engine.adapters.simulator.driver import DEMO, driver

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
@pytest.mark.parametrize("promise", [*PROMISES, *contacts.PROMISES], ids=lambda promise: promise.__name__)
async def test_keeps_the_promises_of_every_adapter(
    promise: Callable[[Driver], Awaitable[None]], settings: SimulatorSettings, autojump_clock: object
) -> None:
    await promise(driver(settings))
