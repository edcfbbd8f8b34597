"""Work in several processes: what comes of it, and what is told of a share that fails."""

import pytest

from tests.faults.side_by_side import side_by_side


def test_the_results_stand_in_the_order_of_the_shares() -> None:
    assert side_by_side(int, ["3", "1"]) == [3, 1]


def test_a_share_that_fails_is_named_and_told_in_full() -> None:
    with pytest.raises(AssertionError, match=r"(?s)^x:\n.*Traceback.*ValueError: invalid literal"):
        side_by_side(int, ["3", "x"])


def test_a_single_share_fails_as_it_is() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        side_by_side(int, ["x"])
