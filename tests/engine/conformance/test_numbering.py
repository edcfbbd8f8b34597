"""Events put in among the messages of a session have numbers, and a desktop that resumes is taken at its own."""

from hypothesis import given
from hypothesis import strategies as st

from engine.conformance.serve_client.numbering import Numbering


def numbered(places: set[int]) -> tuple[Numbering, list[list[int]]]:
    """With events before these messages, and the numbers that each of twenty messages brings with it."""
    numbering = Numbering()
    for place in sorted(places):
        numbering.insert(place, {"name": "later"})
    return numbering, [[each["seq"] for each in numbering.passed({"seq": seq})] for seq in range(1, 21)]


@given(st.sets(st.integers(1, 20)))
def test_numbers_have_no_gap(places: set[int]) -> None:
    _, passed = numbered(places)
    assert [each for one in passed for each in one] == list(range(1, 21 + len(places)))


@given(st.sets(st.integers(1, 20)), st.data())
def test_who_resumes_gets_exactly_what_was_missed(places: set[int], data: st.DataObject) -> None:
    numbering, passed = numbered(places)
    everything = [each for one in passed for each in one]
    seen = data.draw(st.integers(0, everything[-1]))
    after = numbering.inner(seen)
    again = [each["seq"] for seq in range(after + 1, 21) for each in numbering.passed({"seq": seq})]
    assert again == everything[seen:]


@given(st.sets(st.integers(1, 20)), st.integers(1, 20))
def test_the_number_of_a_message_is_that_of_the_binding(places: set[int], seq: int) -> None:
    numbering, passed = numbered(places)
    assert numbering.outer(seq) == passed[seq - 1][-1]
