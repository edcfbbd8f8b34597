"""What keeps the event loop is timed by a real clock, and its place is named; what waits is not counted."""

import threading
import time
from pathlib import Path

import trio

from engine.adapters.contract.awake import the_event_loop_is_left_to_others
from engine.adapters.contract.runner import Outcome, try_promise
from engine.adapters.contract.stalls import LIMIT_S, Stalls
from engine.adapters.contract.table import by_function
from protocol.platform import Feature
from tests.engine.adapters.contract import tiny

PROMISE = by_function(the_event_loop_is_left_to_others)
HERE = Path(__file__).name
LONG_S = LIMIT_S + 0.1


async def test_a_step_that_blocks_is_timed_and_placed(autojump_clock: object) -> None:
    with Stalls("tests").watched() as found:
        await trio.lowlevel.checkpoint()
        time.sleep(LONG_S)  # noqa: ASYNC251 # that is what is to be found
        await trio.sleep(3600)
    assert LONG_S <= found.longest_s < 60
    assert f"{HERE}:" in found.place
    assert found.place.endswith("in test_a_step_that_blocks_is_timed_and_placed")


async def test_what_is_waited_for_is_not_counted() -> None:
    with Stalls("tests").watched() as found:
        await trio.lowlevel.checkpoint()
        await trio.sleep(LONG_S)
        await trio.to_thread.run_sync(time.sleep, LONG_S)
    assert found.longest_s < LONG_S


async def test_of_two_stalls_the_longer_one_is_told(autojump_clock: object) -> None:
    def longer() -> None:
        time.sleep(2 * LONG_S)

    with Stalls("tests").watched() as found:
        for stall in (longer, lambda: time.sleep(LONG_S)):
            await trio.lowlevel.checkpoint()
            stall()
        await trio.lowlevel.checkpoint()
    assert found.place.endswith("in longer")


async def test_the_place_is_the_adapter_s_own_also_when_it_blocks_in_a_library(autojump_clock: object) -> None:
    with Stalls("tests").watched() as found:
        await trio.lowlevel.checkpoint()
        threading.Event().wait(LONG_S)
        await trio.lowlevel.checkpoint()
    assert HERE in found.place
    with Stalls("no such package").watched() as found:
        await trio.lowlevel.checkpoint()
        threading.Event().wait(LONG_S)
        await trio.lowlevel.checkpoint()
    assert "threading.py:" in found.place


async def test_what_blocks_once_only_is_the_machine(autojump_clock: object) -> None:
    tiny.BlocksOnce.blocked = False
    result = await try_promise(tiny.blocking_once, PROMISE, frozenset(Feature))
    assert result.outcome is Outcome.KEPT, result.why
    assert tiny.BlocksOnce.blocked
