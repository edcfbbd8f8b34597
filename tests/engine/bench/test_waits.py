"""Waiting times are kept to three digits, and add up."""

from hypothesis import given
from hypothesis import strategies as st

from engine.bench.waits import Waits

SECONDS = st.floats(min_value=1e-6, max_value=600, allow_nan=False)


@given(st.lists(SECONDS, min_size=1, max_size=50))
def test_they_are_kept_to_three_digits(given_s: list[float]) -> None:
    waits = Waits()
    for seconds in given_s:
        waits.note(seconds)
    assert abs(waits.most_ms - 1000 * max(given_s)) <= 0.002 * 1000 * max(given_s) + 0.001
    assert abs(waits.within_ms(50) - 1000 * sorted(given_s)[(len(given_s) - 1) // 2]) <= 2 * max(given_s) + 0.001


def test_what_is_longer_than_ten_minutes_counts_as_ten() -> None:
    waits = Waits()
    waits.note(1e6)
    assert 599_000 < waits.most_ms < 601_000


def test_they_travel_and_add_up() -> None:
    one, other = Waits(), Waits()
    for number in range(1, 100):
        one.note(number / 1000)
    other.note(1.0)
    one.add(Waits(other.text))
    assert 999 < one.most_ms < 1001
    assert 49 < one.within_ms(50) < 51
    assert Waits().within_ms(99) == 0
