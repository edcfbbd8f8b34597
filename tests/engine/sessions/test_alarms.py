"""An alarm rings at the time that it was set to, and where that moves away, at an earlier one."""

from math import inf

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from engine.sessions.alarms import VOID_AT_MOST, Alarm, Alarms


@pytest.fixture
def alarms(nursery: trio.Nursery) -> Alarms:
    made = Alarms()
    nursery.start_soon(made.run)
    return made


async def test_each_rings_when_its_time_comes(alarms: Alarms, autojump_clock: MockClock) -> None:
    rung: list[tuple[str, float]] = []
    for name, at in (("late", 7.0), ("soon", 2.0), ("never", inf), ("at once", -1.0)):
        alarms.alarm(lambda name=name: rung.append((name, trio.current_time()))).set(at)
    await trio.sleep(100)
    assert rung == [("at once", 0.0), ("soon", 2.0), ("late", 7.0)]


async def test_a_time_that_moves_away_is_heard_of_early_and_once(alarms: Alarms, autojump_clock: MockClock) -> None:
    rung: list[float] = []
    alarm = alarms.alarm(lambda: rung.append(trio.current_time()))
    for at in (5.0, 9.0, 8.0):
        alarm.set(at)
    await trio.sleep(6)
    assert rung == [5.0]
    alarm.set(9.0)
    await trio.sleep(6)
    assert rung == [5.0, 9.0]


async def test_a_sooner_time_counts_and_the_later_one_is_forgotten(alarms: Alarms, autojump_clock: MockClock) -> None:
    rung: list[float] = []
    alarm = alarms.alarm(lambda: rung.append(trio.current_time()))
    alarm.set(9.0)
    await trio.sleep(1)
    alarm.set(3.0)
    await trio.sleep(20)
    assert rung == [3.0]


async def test_times_that_count_no_longer_are_not_kept(alarms: Alarms, autojump_clock: MockClock) -> None:
    """A session with a far deadline, a long wrap-up for one, has near ones again and again."""
    rung: list[float] = []
    alarm = alarms.alarm(lambda: rung.append(trio.current_time()))
    for _ in range(1000):
        alarm.set(20_000.0)
        alarm.set(trio.current_time() + 5)
        await trio.sleep(6)
        assert len(alarms) <= VOID_AT_MOST + 2
    alarm.set(20_000.0)
    await trio.sleep(20_000)
    assert len(rung) == 1001
    assert rung[-1] == 20_000.0


async def test_an_alarm_that_is_stopped_does_not_ring_and_is_not_kept(
    alarms: Alarms, autojump_clock: MockClock
) -> None:
    rung: list[int] = []
    for number in range(10 * VOID_AT_MOST):
        alarm = alarms.alarm(lambda number=number: rung.append(number))
        alarm.set(1000.0)
        if number:
            alarm.stop()
            alarm.stop()
    assert len(alarms) <= VOID_AT_MOST + 1
    await trio.sleep(2000)
    assert rung == [0]


@given(times=st.lists(st.lists(st.floats(0, 50), min_size=1), max_size=5))
def test_nobody_whose_time_has_come_is_left_out(times: list[list[float]]) -> None:
    """Whoever hears it sets it anew, as sessions do, until its last time has come."""
    heard: dict[int, float] = {}

    async def story() -> None:
        alarms, made = Alarms(), dict[int, Alarm]()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(alarms.run)
            for number, each in enumerate(times):
                last = max(each)

                def ring(number: int = number, last: float = last) -> None:
                    heard[number] = trio.current_time()
                    if trio.current_time() < last:
                        made[number].set(last)

                made[number] = alarms.alarm(ring)
                for at in each:
                    made[number].set(at)
            await trio.sleep(60)
            nursery.cancel_scope.cancel()

    trio.run(story, clock=MockClock(autojump_threshold=0))
    assert heard == pytest.approx({number: max(each) for number, each in enumerate(times)})
