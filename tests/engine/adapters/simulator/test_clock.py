"""The task that drives the switch."""

import math
import time

import pytest
import trio
import trio.testing

from engine.adapters.simulator.callers import CallScript
from engine.adapters.simulator.clock import Clock
from engine.adapters.simulator.contact import Tally
from engine.adapters.simulator.customer_script import AwaitAgent, Say, Script
from engine.adapters.simulator.customers import FASTEST_S
from engine.adapters.simulator.platform import Switch
from protocol.platform import MessagePosted
from protocol.states import ChannelType
from tests.engine.adapters.simulator.centre import ADA, CUSTOMER, SALES, SETTINGS
from tests.engine.adapters.simulator.media_floor import a_started_chat


def world_in(*seconds: int) -> set[str]:
    """The times of day so many seconds from now."""
    return {time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + more_s)) for more_s in seconds}


async def test_what_is_due_is_done_when_it_is_due(autojump_clock: trio.testing.MockClock) -> None:
    switch = Switch(SETTINGS)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(Clock(switch).run)
        await trio.testing.wait_all_tasks_blocked()
        for patience_s in (50.0, 5.0):  # the second is due earlier than what is waited for
            switch.call(SALES, CUSTOMER, script=CallScript(patience_s=patience_s))
        await trio.sleep(4.9)
        assert switch.tally == Tally(offered=2)
        await trio.sleep(0.2)
        assert switch.tally == Tally(offered=2, abandoned=1)
        await trio.sleep(45)
        assert switch.tally == Tally(offered=2, abandoned=2)
        assert switch.next_at() == math.inf
        nursery.cancel_scope.cancel()


async def test_times_count_from_when_something_is_done_however_long_nothing_was_due(
    autojump_clock: trio.testing.MockClock,
) -> None:
    switch = Switch(SETTINGS)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(Clock(switch).run)
        await trio.sleep(1_000)
        switch.call(SALES, CUSTOMER, script=CallScript(patience_s=5.0))
        await trio.sleep(4.9)
        assert switch.tally.over == 0
        await trio.sleep(0.2)
        assert switch.tally.over == 1
        nursery.cancel_scope.cancel()


async def test_a_phone_that_rings_in_time_is_answered_in_time(autojump_clock: trio.testing.MockClock) -> None:
    switch = Switch(SETTINGS)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(Clock(switch).run)
        await trio.testing.wait_all_tasks_blocked()
        switch.phone(ADA, "login", agent="ada")
        switch.phone(ADA, "automatic", answers_after_s=2.0, talks_s=3.0)
        switch.call(ADA, CUSTOMER)
        await trio.sleep(5.1)
        assert switch.tally == Tally(offered=1, answered=1)
        assert switch.live_objects() == 0
        nursery.cancel_scope.cancel()


async def test_time_goes_faster_and_back_again(autojump_clock: trio.testing.MockClock) -> None:
    switch = Switch(SETTINGS)
    clock = Clock(switch)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(clock.run)
        await trio.testing.wait_all_tasks_blocked()
        switch.call(SALES, CUSTOMER, script=CallScript(patience_s=100.0))
        await trio.sleep(10)
        clock.speed = 60.0
        await trio.sleep(1.4)  # 10 + 84 seconds
        assert switch.tally.over == 0
        await trio.sleep(0.2)
        assert switch.tally.over == 1
        clock.speed = 1.0
        began = clock.now()
        await trio.sleep(5)
        assert clock.now() - began == pytest.approx(5)
        switch.catch_up()
        # Since then the test's clock went on by five seconds, and the world's by none.
        assert switch.timers.utc()[:19] in world_in(4, 5, 6, 7)
        nursery.cancel_scope.cancel()


async def test_a_customer_writes_no_faster_because_the_switch_does(autojump_clock: trio.testing.MockClock) -> None:
    floor, _ = a_started_chat()
    clock = Clock(floor.switch)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(clock.run)
        await trio.testing.wait_all_tasks_blocked()
        clock.speed = 480.0
        floor.switch.chat("Sales", "Eve", script=Script(steps=(AwaitAgent(), Say(text="x", times=100_000, every_s=0))))
        await trio.testing.wait_all_tasks_blocked()
        floor.accept("ada", ChannelType.CHAT, "interaction2")
        await trio.sleep(1)
        nursery.cancel_scope.cancel()
    said = sum(isinstance(report, MessagePosted) for _, report in floor.take())
    assert said == pytest.approx(1 / FASTEST_S, abs=2)


async def test_the_time_of_the_world_is_the_worlds() -> None:
    switch = Switch(SETTINGS)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(Clock(switch).run)
        await trio.testing.wait_all_tasks_blocked()
        switch.catch_up()
        assert switch.timers.utc()[:19] in world_in(-2, -1, 0)
        nursery.cancel_scope.cancel()


def test_without_a_clock_time_stands_still() -> None:
    switch = Switch(SETTINGS)
    switch.call(SALES, CUSTOMER)
    switch.catch_up()
    assert switch.tally.over == 0
    switch.advance(100.0)
    assert switch.tally.over == 1
    assert switch.next_at() == pytest.approx(math.inf)
