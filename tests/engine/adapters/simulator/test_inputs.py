"""What people put into the switch is taken, or refused with a word on what is wrong."""

from typing import Any

import attrs
import pytest

from engine.adapters.simulator.inputs import fits, problem, require
from protocol.errors import FailureCode, Refused
from protocol.texts import Count, DataMap, Name, Url

UNSENDABLE = "holds NUL or a lone surrogate; leave it out"


@pytest.mark.parametrize(
    ("value", "kind", "found"),
    [
        ("Carl", Name, None),
        ("", Name, "expected text of 1 to 128 characters"),
        (5, Name, "expected text of 1 to 128 characters"),
        (None, Name, "expected text of 1 to 128 characters"),
        (None, Name | None, None),
        ("", Name | None, "expected text of 1 to 128 characters"),
        ("C\0", Name, UNSENDABLE),
        ("\ud800", Name | None, UNSENDABLE),
        ("ftp://x", Url, "expected an http or https URL"),
        (True, bool, None),
        (1, bool, "expected true or false"),
        (1.0, Count, "expected a whole number from 0 to 9007199254740991"),
        ({"a": "b"}, dict[str, str], None),
        ({"a": 5}, dict[str, str], "expected texts by name"),
        ({"a\0": "b"}, dict[str, str], UNSENDABLE),
        ({"a": "b", "c": {"d": "e"}}, DataMap, None),
        ({"a": {"b": {}}}, DataMap, "expected text, or texts by name, for each key"),
        ({"a": {"b": "\udfff"}}, DataMap, UNSENDABLE),
    ],
)
def test_a_value_is_of_its_kind_or_it_is_said_why_not(value: Any, kind: Any, found: str | None) -> None:
    assert problem(value, kind) == found


def test_the_first_input_that_is_wrong_is_named_without_its_underscore() -> None:
    require(name=("Carl", Name), from_=("a", Name))
    with pytest.raises(Refused) as refusal:
        require(name=("Carl", Name), from_=("", Name), url=("", Url))
    assert (refusal.value.code, refusal.value.message) == (
        FailureCode.INVALID_REQUEST,
        "from: expected text of 1 to 128 characters",
    )


def test_an_attribute_is_checked_by_its_name() -> None:
    made = attrs.make_class("made", {"url": attrs.field(validator=fits(Url))})
    made("https://example.org")
    with pytest.raises(ValueError, match="url: expected an http or https URL"):
        made("example.org")
