import math

from engine.adapters.simulator.timers import Timers


def test_what_is_due_is_done_in_the_order_of_times_then_of_asking() -> None:
    timers = Timers(now=100.0)
    done: list[tuple[str, float]] = []
    for name, delay_s in (("late", 5.0), ("first", 1.0), ("second", 1.0), ("never", 50.0)):
        timers.later(delay_s, lambda name=name: done.append((name, timers.now)))  # type: ignore[misc]
    timers.advance(110.0)
    assert done == [("first", 101.0), ("second", 101.0), ("late", 105.0)]
    assert timers.now == 110.0
    assert (timers.next_at(), len(timers)) == (150.0, 1)


def test_what_is_due_at_once_is_the_very_next_thing() -> None:
    timers = Timers()
    done: list[str] = []

    def first() -> None:
        done.append("first")
        timers.later(0, lambda: done.append("then"))

    timers.later(1, first)
    timers.later(2, lambda: done.append("last"))
    timers.advance(2)
    assert done == ["first", "then", "last"]


def test_what_is_cancelled_is_not_done_and_not_waited_for() -> None:
    timers = Timers()
    done: list[str] = []
    timer = timers.later(1, lambda: done.append("cancelled"))
    timer.cancel()
    timer.cancel()
    assert (timers.next_at(), len(timers), timer.pending) == (math.inf, 0, False)
    timer = timers.later(1, lambda: done.append("done"))
    timers.advance(1)
    timer.cancel()
    assert done == ["done"]
    assert not timer.pending


def test_time_never_goes_back() -> None:
    timers = Timers(now=10.0)
    timers.advance(3.0)
    assert timers.now == 10.0


def test_what_is_done_does_not_make_time_go_on() -> None:
    timers = Timers()
    done: list[float] = []

    def first() -> None:
        timers.advance(100.0)
        done.append(timers.now)

    timers.later(1, first)
    timers.later(2, lambda: done.append(timers.now))
    timers.advance(5.0)
    assert done == [1.0, 2.0]


def test_after_each_thing_it_is_told_before_the_next() -> None:
    log: list[str] = []
    timers = Timers(after_each=lambda: log.append("told"))
    for name in ("one", "two"):
        timers.later(1, lambda name=name: log.append(name))  # type: ignore[misc]
    timers.advance(5)
    assert log == ["one", "told", "two", "told"]


def test_the_time_of_the_world_is_utc() -> None:
    timers = Timers()
    timers.advance(1.5)
    assert timers.utc() == "1970-01-01T00:00:01.500Z"
    timers.epoch = 1_795_253_400.0
    assert timers.utc() == "2026-11-21T09:30:01.500Z"


def test_what_was_cancelled_takes_no_room_however_far_off_it_was_due() -> None:
    timers = Timers()
    done: list[int] = []
    kept = [timers.later(50 + n, lambda n=n: done.append(n)) for n in range(3)]  # type: ignore[misc]
    for _ in range(1_000):
        timers.later(1e9, lambda: done.append(-1)).cancel()
        assert len(timers._due) <= 2 * (len(kept) + 1)
    assert len(timers) == 3
    kept[1].cancel()
    timers.advance(60)
    assert (done, len(timers)) == ([0, 2], 0)
    assert timers._due == []
