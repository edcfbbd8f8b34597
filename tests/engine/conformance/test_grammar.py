"""The grammar of events: which sequences it reads, and which it refuses."""

from typing import Any

import pytest

from engine.conformance.grammar import BadGrammar, Way, owners, read_items

PAIR = {"pair": ["channel.infochanged channel", "state.updated channel"]}


def reads(items: list[Any], *events: str, **bound: str | None) -> bool:
    ways = [Way(read_items(items, PAIR), bound)]
    for event in events:
        name, target = event.split(" ")
        ways = [after for way in ways for after in way.after(name, target)]
    return any(way.complete for way in ways)


INFO, UPDATE = "channel.infochanged s.{}", "state.updated s.{}"


def pair(path: str) -> tuple[str, str]:
    return INFO.format(path), UPDATE.format(path)


GROUP_WIDE = [{"each channel of channelgroup": ["pair"]}, "state.updated channelgroup"]


@pytest.mark.parametrize(
    ("items", "events", "fine"),
    [
        (["pair"], pair("c"), True),
        (["pair"], pair("g.c"), True),
        (["pair"], (*pair("c"), *pair("c")), False),
        (["pair"], (INFO.format("c"), UPDATE.format("d")), False),
        (["pair"], (INFO.format("c"),), False),
        ([{"maybe": ["pair"]}], (), True),
        ([{"many": ["channel.infochanged channel"]}], (INFO.format("c"),) * 3, True),
        ([{"many": ["channel.infochanged channel"]}], (INFO.format("c"), INFO.format("d")), False),
        (["pair", {"in a group": ["state.updated channelgroup"]}], pair("c"), True),
        (["pair", {"in a group": ["state.updated channelgroup"]}], pair("g.c"), False),
        (["pair", {"in a group": ["state.updated channelgroup"]}], (*pair("g.c"), UPDATE.format("g")), True),
        (["pair", {"in a group": ["state.updated channelgroup"]}], (*pair("g.c"), UPDATE.format("h")), False),
        (GROUP_WIDE, (UPDATE.format("g"),), True),
        (GROUP_WIDE, (*pair("g.c"), *pair("g.d"), UPDATE.format("g")), True),
        (GROUP_WIDE, (*pair("g.c"), *pair("g.c"), UPDATE.format("g")), False),
        (GROUP_WIDE, (*pair("g.c"), *pair("h.d"), UPDATE.format("g")), False),
        (GROUP_WIDE, (*pair("c"), UPDATE.format("g")), False),
        ([{"one of": ["channel.disposed channel", "pair"]}], ("channel.disposed s.c",), True),
        ([{"one of": ["channel.disposed channel", "pair"]}], pair("c"), True),
        ([{"one of": ["channel.disposed channel", "pair"]}], (), False),
    ],
)
def test_a_sequence_is_read_or_refused(items: list[Any], events: tuple[str, ...], fine: bool) -> None:
    assert reads(items, *events) == fine


def test_what_is_at_hand_from_the_start_is_meant() -> None:
    assert reads(["pair"], *pair("c"), channel="s.c")
    assert not reads(["pair"], *pair("d"), channel="s.c")


@pytest.mark.parametrize(
    ("kind", "target", "found"),
    [
        ("session", "s", {"session": "s"}),
        ("channelgroup", "s.g", {"session": "s", "channelgroup": "s.g"}),
        ("channel", "s.c", {"session": "s", "channelgroup": None, "channel": "s.c"}),
        ("channel", "s.g.c", {"session": "s", "channelgroup": "s.g", "channel": "s.g.c"}),
        (
            "conversation",
            "s.c.i.v",
            {
                "session": "s",
                "channelgroup": None,
                "channel": "s.c",
                "interaction": "s.c.i",
                "conversation": "s.c.i.v",
            },
        ),
        ("interaction", "s.c", None),
        ("channelgroup", "s.g.c", None),
    ],
)
def test_what_an_object_belongs_to(kind: str, target: str, found: dict[str, str | None] | None) -> None:
    assert owners(kind, target) == found


@pytest.mark.parametrize("items", [["nothing"], ["channel.ready phone"], [{"perhaps": ["pair"]}], [{"each phone": []}]])
def test_a_wrong_grammar_is_refused(items: list[Any]) -> None:
    with pytest.raises(BadGrammar):
        read_items(items, PAIR)
