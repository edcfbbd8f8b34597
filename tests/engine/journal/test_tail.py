"""What is at hand of a session's last messages, and what is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.journal.spi import Record
from engine.journal.tail import TAIL_BYTES, Tail


def records(first: int, *sizes: int) -> list[Record]:
    return [Record(seq=first + n, text=b"x" * size) for n, size in enumerate(sizes)]


def numbers(found: list[Record] | None) -> list[int] | None:
    return None if found is None else [record.seq for record in found]


def test_what_was_kept_last_is_there_from_any_place() -> None:
    tail = Tail(records(5, 1, 1))
    tail.add(records(7, 1))
    assert [numbers(tail.behind(after, 100)) for after in range(3, 9)] == [None, [5, 6, 7], [6, 7], [7], [], None]
    assert numbers(tail.behind(4, 2)) == [5, 6]


def test_of_nothing_nothing_is_known() -> None:
    assert Tail().behind(0, 1) is None


@pytest.mark.parametrize("size", [TAIL_BYTES + 1, 10 * TAIL_BYTES])
def test_a_message_that_has_no_room_leaves_nothing(size: int) -> None:
    tail = Tail(records(1, 10, size))
    assert tail.behind(2, 1) is None
    tail.add(records(3, 1))
    assert (tail.behind(1, 9), numbers(tail.behind(2, 9))) == (None, [3])


@given(st.lists(st.lists(st.integers(1, TAIL_BYTES)), max_size=20))
def test_it_is_the_end_of_what_was_kept_and_no_more_than_has_room(steps: list[list[int]]) -> None:
    tail, kept = Tail(), list[Record]()
    for sizes in steps:
        added = records(len(kept) + 1, *sizes)
        tail.add(added)
        kept += added
    for after in range(len(kept) + 1):
        found = tail.behind(after, len(kept) + 1)
        assert found is None or found == kept[after:]
        assert (found is not None) == (bool(kept) and sum(len(each.text) for each in kept[after:]) <= TAIL_BYTES)
