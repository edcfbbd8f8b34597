"""What the judge takes from the honest agent's times: only what its own process was late."""

import time

from tests.faults.own_delays import OwnDelays


def test_what_a_thread_keeps_the_interpreter_for_is_taken_off() -> None:
    with OwnDelays() as own:
        spans = []
        for numbers in (0, 20_000_000):
            begun = time.monotonic()
            sum(range(numbers))  # one call of C, which gives the interpreter to nobody
            time.sleep(0.05)  # stands for the server: that is what is left
            spans.append((begun, time.monotonic()))
    calm_s, kept_s = own.left_of(spans)
    took_s = spans[1][1] - spans[1][0]
    assert took_s > 0.15, "the machine is fast: let it sum up more"
    assert kept_s < took_s / 2
    assert calm_s <= spans[0][1] - spans[0][0]


def test_what_the_server_takes_is_left() -> None:
    with OwnDelays() as own:
        begun = time.monotonic()
        time.sleep(1.0)
        ended = time.monotonic()
    (took_s,) = own.left_of([(begun, ended)])
    assert took_s > 0.2


def test_each_time_has_its_own_share() -> None:
    own = OwnDelays()
    own._late = [(1.0, 2.0), (4.5, 7.0), (20.0, 21.0)]
    assert own.left_of([(0.0, 1.5), (1.5, 1.75), (3.0, 5.0), (5.0, 6.0), (6.5, 9.0), (10.0, 11.0)]) == [
        1.0,
        0.0,
        1.5,
        0.0,
        2.0,
        1.0,
    ]
