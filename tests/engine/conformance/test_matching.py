"""What fits a pattern, what does not, and what is said of it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.conformance.matching import UnknownName, filled, filled_as_far, misfit, names_in

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet="abc .", max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
    max_leaves=10,
)


@given(JSON)
def test_every_value_fits_itself(value: Any) -> None:
    assert misfit(value, value, {}) is None


@given(st.dictionaries(st.text("ab", max_size=2), JSON, max_size=3), JSON)
def test_an_object_may_have_more_than_its_pattern(value: dict[str, Any], more: Any) -> None:
    assert misfit(value, {**value, "more": more}, {}) is None


@pytest.mark.parametrize(
    ("pattern", "value", "says"),
    [
        (1, 2, "it: expected 1, got 2"),
        (1, True, "it: expected 1, got True"),
        ("a", "b", "it: expected 'a', got 'b'"),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, "a.b: expected 1, got 2"),
        ({"a": 1}, {}, "a: is missing"),
        ({"a": None}, {}, "a: is missing"),
        ({"a": "$text"}, {"a": ""}, "a: expected $text, got ''"),
        ({"a": "$text"}, {}, "a: expected $text, got nothing"),
        ({"a": "$any"}, {}, "a: expected $any, got nothing"),
        ({"a": "$absent"}, {"a": None}, "a: expected $absent, got None"),
        ({"a": "$number"}, {"a": True}, "a: expected $number, got True"),
        ([1, 2], [1], "it: expected 2 items, got 1: [1]"),
        ([{"a": 1}], [{"a": 2}], "[0].a: expected 1, got 2"),
        ({"a": 1}, [1], "it: expected an object, got [1]"),
        ([1], {"a": 1}, "it: expected a list, got {'a': 1}"),
        ({"$has": [3]}, [1, 2], "it: expected 3 among [1, 2]"),
        ({"$has": [3]}, "3", "it: expected a list, got '3'"),
        ({"$not": 3}, 3, "it: must not be 3"),
        ({"$length": 3}, "ab", "it: expected a length of 3, got 2"),
        ({"$length": 3}, 3, "it: expected a length of 3, got None"),
        ({"$one_of": [1, 2]}, 3, "it: expected one of [1, 2], got 3"),
        ({"$contains": "b.$known"}, "a.value", "it: expected 'b.value' within it, got 'a.value'"),
        ({"$contains": "b"}, ["b"], "it: expected 'b' within it, got ['b']"),
        ("$count+2", 11, "it: expected 12, got 11"),
        ({"a": "$known"}, {"a": "other"}, "a: expected 'value', got 'other'"),
        ({"a": "$known.b"}, {"a": "value.c"}, "a: expected 'value.b', got 'value.c'"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(pattern: Any, value: Any, says: str) -> None:
    assert misfit(pattern, value, {"known": "value", "count": 10}) == says


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        ({"a": "$any", "b": "$absent"}, {"a": None}),
        ({"a": "$text", "b": "$number"}, {"a": "x", "b": 1.5}),
        ({"$has": [{"a": 1}, 2]}, [2, {"a": 1, "b": 2}, 3]),
        ({"$not": {"a": 1}}, {"a": 2}),
        ({"$length": 2}, [1, 2]),
        ({"$one_of": ["a", "b"]}, "b"),
        ("$known", "value"),
        ({"$contains": "$known"}, "some values"),
        (["$count+1", "$count-1"], [11, 9]),
        ("$known.$known", "value.value"),
    ],
)
def test_words_of_patterns(pattern: Any, value: Any) -> None:
    assert misfit(pattern, value, {"known": "value", "count": 10}) is None


def test_a_new_name_takes_what_is_there_and_stands_for_it_from_then_on() -> None:
    names: dict[str, Any] = {}
    assert misfit({"id": "$id", "again": "$id"}, {"id": "x1", "again": "x1"}, names) is None
    assert names == {"id": "x1"}
    assert misfit("$id", "x2", names) == "it: expected 'x1', got 'x2'"


def test_what_is_only_tried_takes_no_names() -> None:
    names: dict[str, Any] = {}
    assert misfit({"$not": {"a": "$x", "b": 1}}, {"a": 1, "b": 2}, names) is None
    assert names == {}
    fits = {"$one_of": [{"a": "$x", "b": 1}, {"a": "$y", "b": 2}]}
    assert misfit(fits, {"a": 1, "b": 2}, names) is None
    assert misfit({"$has": [{"c": "$z", "d": 2}]}, [{"c": 3, "d": 1}, {"c": 4, "d": 2}], names) is None
    assert names == {"y": 1, "z": 4}


def test_what_stands_for_nothing_at_all_is_left_out() -> None:
    assert filled({"agent": {"id": "$a", "password": "$b"}}, {"a": "ada", "b": None}) == {"agent": {"id": "ada"}}
    assert filled({"reason": None}, {}) == {"reason": None}


def test_filling_keeps_the_type_of_what_a_name_stands_for() -> None:
    names = {"seq": 7, "a": "x"}
    assert filled({"seq": "$seq", "text": "$a-$seq", "list": ["$a"]}, names) == {
        "seq": 7,
        "text": "x-7",
        "list": ["x"],
    }
    with pytest.raises(UnknownName, match=r"\$b stands for nothing here; known are a, seq"):
        filled("$b", names)
    assert filled_as_far({"x": ["$b", "$a.$b"]}, names) == {"x": ["$b", "x.$b"]}


def test_names_are_found_everywhere_and_words_are_none() -> None:
    pattern = {"$has": ["$one", {"a.$two": "$any"}], "x": {"$not": "$three"}, "y": {"$one_of": ["$absent"]}}
    assert names_in(pattern) == {"one", "two", "three"}
