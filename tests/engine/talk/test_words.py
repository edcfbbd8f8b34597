"""Short words for what messages hold."""

from typing import Any

import pytest

from engine.talk.words import clock, contact, describe_state, duration, flat, pairs, person, printable, size
from tests.engine.talk.story import AGENT, ANNA, CAROL, COLLEAGUE, DATA


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        ({"state": "STARTED"}, "STARTED"),
        ({"state": "STARTED", "recording": "STOPPED"}, "STARTED"),
        ({"state": "STARTED", "recording": "PAUSED"}, "STARTED, PAUSED"),
        ({"loginstate": "ACTIVE", "agentstate": "NOTREADY", "reason": {"code": "LUNCH"}}, "ACTIVE/NOTREADY (LUNCH)"),
        (
            {"loginstate": "ACTIVE", "agentstate": "READY", "pendingagentstate": "NOTREADY"},
            "ACTIVE/READY, then NOTREADY",
        ),
        ({}, ""),
    ],
)
def test_states(shown: dict[str, Any], words: str) -> None:
    assert describe_state(shown) == words


@pytest.mark.parametrize(
    ("who", "words"),
    [
        (ANNA, "+15550100 (Anna Moss)"),
        (COLLEAGUE, "4002"),
        ({"id": "m", "address": "Anna", "name": "Anna"}, "Anna"),
        (CAROL, "Carol"),
        ({"id": "m"}, "m"),
        ({}, "somebody"),
    ],
)
def test_people(who: dict[str, Any], words: str) -> None:
    assert person(who) == words


@pytest.mark.parametrize(
    ("info", "people", "words"),
    [
        ({"modeltype": "TELEPHONY", "direction": "INBOUND"}, {"m1": ANNA}, "call from +15550100 (Anna Moss)"),
        ({"modeltype": "TELEPHONY", "direction": "OUTBOUND"}, {"m2": COLLEAGUE, "m1": ANNA}, "call to 4002"),
        ({"modeltype": "CHAT", "direction": "INBOUND"}, {"p2": AGENT, "p1": CAROL}, "chat from Carol"),
        ({"modeltype": "EMAIL", "direction": "INBOUND"}, {}, "email"),
        ({"modeltype": "CALLBACK"}, {"p1": CAROL}, "callback with Carol"),
        ({}, {}, "interaction"),
    ],
)
def test_contacts(info: dict[str, Any], people: dict[str, Any], words: str) -> None:
    assert contact(info, people) == words


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (DATA, 'order=4711, queue=Sales, customer.name="Anna Moss", customer.since=2019'),
        ({"a": ""}, 'a=""'),
        ({"a": 'say "x"'}, 'a="say \\"x\\""'),
        ({"a": "ä"}, "a=ä"),
        ({"a": 5}, "a=5"),
        ({}, ""),
    ],
)
def test_attached_data(data: dict[str, Any], words: str) -> None:
    assert pairs(data) == words


def test_one_level_of_names_is_a_dot() -> None:
    assert flat({"a": {"b": "1", "c": "2"}, "d": "3"}) == {"a.b": "1", "a.c": "2", "d": "3"}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (7.4, "7 s"), (59.4, "59 s"), (59.6, "1:00"), (125, "2:05"), (3725, "1:02:05")],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(("octets", "words"), [(0, "0 B"), (999, "999 B"), (14_210, "14 kB"), (3_200_000, "3 MB")])
def test_sizes(octets: int, words: str) -> None:
    assert size(octets) == words


def test_times() -> None:
    assert clock("2026-11-21T09:30:00.000Z") == "09:30"
    assert clock("soon") == "soon"


def test_what_others_write_cannot_move_the_cursor_and_loses_nothing() -> None:
    assert printable("a\x1b[2Jb\x07\r\x9b1m\tc\nd ä €") == "a\\x1b[2Jb\\x07\\r\\x9b1m\\tc\nd ä €"
