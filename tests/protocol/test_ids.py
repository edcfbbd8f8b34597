"""Targets: specs/protocol.md, "Objects and targets"."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.ids import TARGET_CHARS, Target
from tests.strategies import ids


@given(st.lists(ids, min_size=1, max_size=5))
def test_a_target_is_read_and_printed(segments: list[str]) -> None:
    text = ".".join(segments)
    target = Target.parse(text)
    assert target.segments == tuple(segments)
    assert str(target) == text
    assert target.session == segments[0]


@pytest.mark.parametrize(
    "text",
    ["", ".", "s1.", ".s1", "s1..c1", "a.b.c.d.e.f", "s1 c1", "s1/c1", "é", "s1\n", "\ns1", "s1\0", "x" * 513],
)
def test_anything_else_is_no_target(text: str) -> None:
    with pytest.raises(ValueError, match="one to five ids"):
        Target.parse(text)


def test_the_longest_target() -> None:
    assert str(Target.parse("x" * TARGET_CHARS)) == "x" * TARGET_CHARS


@given(st.text("ab1_-.é \n\0", max_size=12) | st.text(max_size=30))
def test_nothing_but_ids_and_dots(text: str) -> None:
    fits = re.fullmatch(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+){0,4}", text)
    try:
        target = Target.parse(text)
    except ValueError:
        assert not fits
    else:
        assert fits
        assert str(target) == text


def test_a_child_hangs_under_its_owner() -> None:
    assert str(Target.parse("s1.g1").child("c1")) == "s1.g1.c1"
