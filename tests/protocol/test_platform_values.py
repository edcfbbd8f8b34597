"""What an adapter says is checked where it says it: specs/adapter-interface.md, "Calls".

The cases are made from the annotations of the classes, so a new class or field is covered by being there.
"""

import enum
import types
from typing import Any, Union, get_args, get_origin

import attrs
import pytest

from protocol import platform
from protocol.platform import (
    Attachment,
    CallRow,
    ChannelReport,
    FilePosted,
    FormSubmitted,
    GroupReport,
    InteractionReport,
    MessagePosted,
    Party,
    PlatformCall,
)
from protocol.states import Ability, ChannelType, Direction, EndCause, InteractionState, LoginState, PartyRole

OURS = (PlatformCall, CallRow, Attachment)
"""What the processor makes, not the adapter."""

WORDS = tuple(
    value for name in platform.__all__ if attrs.has(value := getattr(platform, name)) and not issubclass(value, OURS)
)

UNSENDABLE = ("a\0b", "\ud800", "x\udfff")
"""NUL is refused on the wire, and lone surrogates have no UTF-8."""


def sample(kind: Any) -> Any:
    """A sound value of this type, the plainest there is."""
    if get_origin(kind) in (Union, types.UnionType):
        return None if types.NoneType in get_args(kind) else sample(get_args(kind)[0])
    if attrs.has(kind):
        fields = attrs.fields(kind)
        return kind(**{field.name: sample(field.type) for field in fields if field.default is attrs.NOTHING})
    if isinstance(kind, enum.EnumMeta):
        members: list[Any] = list(kind)
        return members[0]
    return {str: "x", bool: True, int: 5, float: 1.0, tuple: (), frozenset: frozenset(), dict: {}}[
        get_origin(kind) or kind
    ]


def wrong(kind: Any) -> list[Any]:
    """Values that are of another type than `kind`, though some look like it."""
    if get_origin(kind) in (Union, types.UnionType):
        members = [each for each in get_args(kind) if each is not types.NoneType]
        found = [value for member in members for value in wrong(member) if value is not None]
        return found if types.NoneType in get_args(kind) else [None, *found]
    if attrs.has(kind):
        return [None, "x", 5, {}, kind]
    if isinstance(kind, enum.EnumMeta):
        members = list(kind)
        return [None, members[0].value, 5, kind]
    match get_origin(kind) or kind:
        case origin if origin in (tuple, frozenset):
            item = get_args(kind)[0]
            other = frozenset if origin is tuple else tuple
            unfit = [value for value in wrong(item) if value.__hash__]
            return [None, [sample(item)], other(), "xy", *(origin((value,)) for value in unfit)]
        case origin if origin is dict:
            _, value = get_args(kind)
            return [None, [], (), "xy", {5: sample(value)}, *({"k": each} for each in _of_maps(value))]
        case leaf:
            others = [None, "x", b"x", True, 5, 1.5, [], {}]
            fits = {str: (str,), bool: (bool,), int: (int,), float: (int, float)}[leaf]
            return [value for value in others if type(value) not in fits]


def _of_maps(kind: Any) -> list[Any]:
    """Wrong values of a map; a union is of a text or a map of texts."""
    if get_origin(kind) in (Union, types.UnionType):
        return [None, 5, True, [], {"k": None}, {"k": 5}, {"k": {}}, {5: "x"}]
    return wrong(kind)


FIELDS = [
    pytest.param(word, field.name, field.type, id=f"{word.__name__}.{field.name}")
    for word in WORDS
    for field in attrs.fields(word)
]


def test_there_is_something_to_test() -> None:
    assert len(WORDS) >= 20
    assert len(FIELDS) > 90


@pytest.mark.parametrize(("word", "name", "kind"), FIELDS)
def test_values_of_other_types_are_refused(word: Any, name: str, kind: Any) -> None:
    sound = sample(word)
    for value in wrong(kind):
        with pytest.raises(TypeError):
            attrs.evolve(sound, **{name: value})
            pytest.fail(f"{word.__name__} takes {name}={value!r}")


def texts_in(kind: Any) -> list[Any]:
    """Functions that put a text everywhere where a value of `kind` has one."""
    if get_origin(kind) in (Union, types.UnionType):
        return [put for member in get_args(kind) for put in texts_in(member)]
    if kind is str:
        return [lambda text: text]
    if get_origin(kind) is dict:
        _, value = get_args(kind)
        inner = texts_in(value)
        return [lambda text: {text: sample(value)}, *(lambda text, put=put: {"k": put(text)} for put in inner)]
    return []


@pytest.mark.parametrize(("word", "name", "kind"), FIELDS)
@pytest.mark.parametrize("text", UNSENDABLE, ids=["NUL", "a high surrogate", "a low surrogate"])
def test_texts_that_cannot_be_sent_are_refused(word: Any, name: str, kind: Any, text: str) -> None:
    sound = sample(word)
    for put in texts_in(kind):
        with pytest.raises(ValueError, match=f"{name} holds NUL or a lone surrogate"):
            attrs.evolve(sound, **{name: put(text)})


@pytest.mark.parametrize(("word", "name", "kind"), FIELDS)
def test_texts_of_all_languages_can_be_sent(word: Any, name: str, kind: Any) -> None:
    for put in texts_in(kind):
        assert getattr(attrs.evolve(sample(word), **{name: put("Zoë 😀")}), name) == put("Zoë 😀")


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.__name__)
def test_words_are_values_that_do_not_change(word: Any) -> None:
    sound = sample(word)
    assert sound == attrs.evolve(sound)
    for field in attrs.fields(word):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(sound, field.name, None)


# What no annotation says

PARTY = Party(id="p1", name="Customer", role=PartyRole.CUSTOMER)
POST: dict[str, Any] = {"endpoint": "1", "interaction": "7", "id": "f1", "party": PARTY}
FILE = FilePosted(**POST, name="a.pdf", url="https://example.com/a.pdf")


@pytest.mark.parametrize("size", [-1, 2**53, 2**64])
def test_a_size_is_a_count_that_every_client_can_hold(size: int) -> None:
    assert attrs.evolve(FILE, size=2**53 - 1).size == 2**53 - 1
    assert attrs.evolve(FILE, size=0).size == 0
    with pytest.raises(ValueError, match="size"):
        attrs.evolve(FILE, size=size)


def test_all_members_of_a_list_are_looked_at() -> None:
    channel = ChannelReport(endpoint="1", type=ChannelType.CHAT, name="Chat", loginstate=LoginState.INACTIVE)
    assert GroupReport(name="Sales", channels=(channel, channel)).channels == (channel, channel)
    with pytest.raises(TypeError):
        GroupReport(name="Sales", channels=(channel, None))  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        attrs.evolve(REPORT, abilities=frozenset({Ability.FILE, "url"}))


REPORT = InteractionReport(
    endpoint="1",
    id="7",
    contact="chat-7",
    type=ChannelType.CHAT,
    direction=Direction.INBOUND,
    state=InteractionState.COMPLETED,
    cause=EndCause.REMOTE,
)


def test_what_an_adapter_does_with_its_own_maps_afterwards_changes_nothing() -> None:
    inner = {"number": "A-1007"}
    data: dict[str, str | dict[str, str]] = {"order": inner}
    report = attrs.evolve(REPORT, data=data)
    data["more"] = inner["number"] = "changed"
    assert report.data == {"order": {"number": "A-1007"}}
    values = {"street": "Main St"}
    form = FormSubmitted(**POST, form="address", values=values)
    values["street"] = "changed"
    assert form.values == {"street": "Main St"}


def test_only_the_type_of_a_message_is_looked_at_not_its_name() -> None:
    class Message:
        text = "x"

    with pytest.raises(TypeError):
        platform.Replied(message=Message(), interaction=REPORT)  # type: ignore[arg-type]
    message = MessagePosted(**POST, text="x", time="2026-11-21T09:30:00Z")
    assert platform.Replied(message=message, interaction=REPORT).message is message
