"""The adapter keeps the promises of every adapter, over a socket, whatever the switch is like."""

from typing import Any

import pytest

from engine.adapters.contract.promise import Promise
from engine.adapters.contract.table import PROMISES
from engine.adapters.csta.bench import centre, switch
from engine.dmcc_simulator.settings import JoinKeeps, Order
from tests.engine.adapters.csta.centre import LOSES_ANSWERS

SWITCHES: dict[str, dict[str, Any]] = {
    "events first": {"order": Order.EVENTS, "join_keeps": JoinKeeps.ACTIVE},
    "all is told twice": {"events_times": 2, "join_keeps": JoinKeeps.NEITHER},
    "silent about agents": {"tells_agent_states": False},
}
ADAPTERS: dict[str, dict[str, Any]] = {
    "plain": {"groups": [], "not_ready_reasons": [], "logout_reasons": [], "dispositions": [], "directory": []},
    "wrap-up": {"wrapup_s": 30.0, "reject_to": "+15550777"},
    "polling": {"agent_poll_s": 0.01},
}
USUAL = [promise for promise in PROMISES if promise.group != "media"]
UNHARMED = [promise for promise in USUAL if promise.group != "faults"]
"""Those that are kept at a switch where nothing goes wrong."""


async def keep(promise: Promise, settings: dict[str, Any], more: dict[str, Any]) -> None:
    async with centre(switch(**settings), **more) as at:
        bench = at.bench()
        if promise.not_applicable(at.make().features) is None and promise.not_tried(bench) is None:
            await promise.keep(bench)


@pytest.mark.parametrize("promise", USUAL, ids=lambda promise: promise.name)
async def test_keeps_the_promises(promise: Promise) -> None:
    more = LOSES_ANSWERS if "lose_reply" in promise.hooks else {}
    await keep(promise, {}, {"return_within_s": 0.3} if "crash" in promise.hooks else more)


@pytest.mark.parametrize("settings", SWITCHES.values(), ids=SWITCHES.keys())
@pytest.mark.parametrize("promise", UNHARMED, ids=lambda promise: promise.name)
async def test_keeps_the_promises_at_each_switch(promise: Promise, settings: dict[str, Any]) -> None:
    needs_events = "phone_state" in promise.hooks
    await keep(promise, settings, {"agent_poll_s": 0.01} if needs_events else {})


@pytest.mark.parametrize("more", ADAPTERS.values(), ids=ADAPTERS.keys())
@pytest.mark.parametrize("promise", UNHARMED, ids=lambda promise: promise.name)
async def test_keeps_the_promises_with_each_configuration(promise: Promise, more: dict[str, Any]) -> None:
    await keep(promise, {}, more)
