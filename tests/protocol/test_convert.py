"""The strict converter, as configuration files use it too: nothing is coerced, and every error says where."""

import enum
from typing import Any

import attrs
import pytest

from protocol.convert import WIRE, describe, make_strict_converter, structure
from protocol.events import ChannelInfo
from protocol.states import ChannelType, LoginState


class Colour(enum.StrEnum):
    RED = "RED"


def never_fits(_: Any, __: Any, value: float) -> None:
    if value < 0:
        raise TypeError("below nought")


@attrs.frozen(kw_only=True)
class Inner:
    name: str
    level: float = attrs.field(default=1.0, validator=never_fits)


@attrs.frozen(kw_only=True)
class Outer:
    inner: Inner
    colour: Colour = Colour.RED
    items: tuple[Inner, ...] = ()
    texts: dict[str, str] = attrs.field(factory=dict)
    count: int | None = None
    on: bool = False
    mixed: dict[str, str | dict[str, str] | None] = attrs.field(factory=dict)
    either: str | int = 0


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("x", "text"),
        (True, "a boolean"),
        (1, "a number"),
        (1.5, "a number"),
        ([], "an array"),
        ({}, "an object"),
        (None, "null"),
        (b"", "something else"),
    ],
)
def test_values_are_described_in_the_words_of_json(value: object, word: str) -> None:
    assert describe(value) == word


def test_everything_in_its_place() -> None:
    data = {
        "inner": {"name": "a", "level": 2.5},
        "colour": "RED",
        "items": [{"name": "b"}],
        "texts": {"k": "v"},
        "count": 3,
        "on": True,
        "mixed": {"a": "b", "c": {"d": "e"}, "f": None},
        "either": "5",
    }
    assert structure(data, Outer) == Outer(
        inner=Inner(name="a", level=2.5),
        items=(Inner(name="b"),),
        texts={"k": "v"},
        count=3,
        on=True,
        mixed={"a": "b", "c": {"d": "e"}, "f": None},
        either="5",
    )
    assert structure({**data, "either": 5}, Outer).either == 5


def test_a_whole_number_is_a_number_too() -> None:
    assert structure({"name": "a", "level": 2}, Inner).level == 2.0


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({}, "data.inner: is required"),
        (None, "data: expected an object, got null"),
        ("ab", "data: expected an object, got text"),
        ({"inner": {}}, "data.inner.name: is required"),
        ({"inner": {"name": "a", "level": "2"}}, "data.inner.level: expected a number"),
        ({"inner": {"name": "a", "level": True}}, "data.inner.level: expected a number, got a boolean"),
        ({"inner": {"name": "a", "level": -1}}, "data.inner: is not of the expected form"),
        ({"inner": {"name": "a"}, "colour": "BLUE"}, "data.colour: expected one of RED"),
        ({"inner": {"name": "a"}, "items": "ab"}, "data.items: expected an array, got text"),
        ({"inner": {"name": "a"}, "items": [{"name": "b"}, {"name": 5}]}, "data.items[1].name: expected text, got a"),
        ({"inner": {"name": "a"}, "texts": [["k", "v"]]}, "data.texts: expected an object, got an array"),
        ({"inner": {"name": "a"}, "texts": {"k": 1}}, "data.texts['k']: expected text, got a number"),
        ({"inner": {"name": "a"}, "count": 1.0}, "data.count: expected a whole number, got 1.0"),
        ({"inner": {"name": "a"}, "count": None}, "data.count: expected a whole number, got null"),
        ({"inner": {"name": "a"}, "on": "true"}, "data.on: expected true or false"),
        ({"inner": {"name": "a"}, "on": 1}, "data.on: expected true or false, got a number"),
        (
            {"inner": {"name": "a"}, "mixed": {"k": 1}},
            "data.mixed['k']: expected text, an object or null, got a number",
        ),
        ({"inner": {"name": "a"}, "mixed": {"k": {"l": 1}}}, "data.mixed['k']['l']: expected text, got a number"),
        ({"inner": {"name": "a"}, "either": True}, "data.either: expected text or a whole number, got a boolean"),
        ({"inner": {"name": "a"}, "either": None}, "data.either: expected text or a whole number, got null"),
    ],
)
def test_the_first_wrong_field_is_named(data: Any, problem: str) -> None:
    with pytest.raises(ValueError) as caught:
        structure(data, Outer)
    assert str(caught.value).startswith(problem)


def test_where_the_path_begins_can_be_said() -> None:
    with pytest.raises(ValueError, match=r"^server\.name: is required$"):
        structure({}, Inner, at="server")


def test_files_that_people_write_have_no_unknown_properties() -> None:
    strict = make_strict_converter(refuse_unknown=True)
    assert structure({"name": "a"}, Inner, converter=strict) == Inner(name="a")
    with pytest.raises(ValueError, match=r"^file\.inner: has no nam, size; it may hold name, level$"):
        structure({"inner": {"name": "a", "size": 1, "nam": 2}}, Outer, at="file", converter=strict)


def test_what_is_missing_is_told_with_what_stands_there_by_another_name() -> None:
    strict = make_strict_converter(refuse_unknown=True)
    said = r"^file\.inner\.name: is required; the object around it has no nam; it may hold name, level$"
    with pytest.raises(ValueError, match=said):
        structure({"inner": {"nam": "a"}, "size": 1}, Outer, at="file", converter=strict)
    with pytest.raises(ValueError, match=r"^file\.inner: is required; the object around it has no iner; it may"):
        structure({"iner": {"nam": "a"}}, Outer, at="file", converter=strict)


def test_aliases_count_where_the_property_is_not_there() -> None:
    aliases = {"label": "name"}
    assert structure({"label": "a"}, Inner, aliases) == Inner(name="a")
    assert structure({"label": 5, "name": "b"}, Inner, aliases) == Inner(name="b")
    with pytest.raises(ValueError, match=r"^data: expected an object, got an array$"):
        structure([], Inner, aliases)


def test_what_is_null_in_a_map_is_written() -> None:
    mixed = {"a": "b", "c": {"d": "e"}, "f": None}
    assert WIRE.unstructure(Outer(inner=Inner(name="a"), mixed=mixed))["mixed"] == mixed


def test_what_is_none_or_the_default_is_not_written() -> None:
    info = ChannelInfo(
        id="c1",
        name="Phone",
        endpoint="4001",
        type=ChannelType.TELEPHONY,
        modeltype=ChannelType.TELEPHONY,
        loginstate=LoginState.INACTIVE,
        interactions=(),
    )
    assert WIRE.unstructure(info) == {
        "id": "c1",
        "name": "Phone",
        "endpoint": "4001",
        "type": "TELEPHONY",
        "modeltype": "TELEPHONY",
        "loginstate": "INACTIVE",
        "interactions": (),
    }
