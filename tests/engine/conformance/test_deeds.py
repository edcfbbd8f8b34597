"""What an explorer chooses, and how a story is told again with deeds left out."""

import random

import attrs
import pytest

from engine.conformance.deeds import (
    CLOSED_ONE_IN,
    COMMANDS_OF,
    HAPPENINGS,
    Break,
    Chooser,
    Deed,
    Happening,
    Ref,
    Request,
    Story,
    choices,
)
from engine.conformance.desk import Session
from engine.conformance.drivers import DEEDS
from engine.conformance.matching import names_in
from engine.conformance.openings import OPENINGS, opening
from engine.conformance.options import NAMES
from engine.conformance.view import ClientView, Known
from protocol.commands import COMMANDS

PHONE, OTHER = "s1.c1", "s1.c2"


def session_with(*targets: str) -> Session:
    """Channels that can be activated, in a session that can be given more of them."""
    view = ClientView("s1")
    view.capabilities = {"session.addchannel"}
    for target in targets:
        view.objects[target] = Known("channel", target, {"id": target[3:]})
        view.objects[target].capabilities = {"channel.activate"}
    return Session("s1", view)


def chosen(seed: int, can: frozenset[str] = frozenset(), story: Story | None = None, count: int = 600) -> list[Deed]:
    session, told = session_with(PHONE, OTHER), story or Story()
    told.look(session, 1)
    chooser = Chooser(random.Random(seed), can)
    return [chooser.choose(number, session, told) for number in range(2, count + 2)]


def test_the_same_seed_chooses_the_same() -> None:
    assert chosen(1) == chosen(1)
    assert chosen(1) != chosen(2)


def test_mostly_what_is_open_is_chosen_and_sometimes_what_is_not() -> None:
    requests = [deed for deed in chosen(1) if isinstance(deed, Request)]
    closed = [deed for deed in requests if deed.command not in ("session.addchannel", "channel.activate")]
    assert len(requests) / CLOSED_ONE_IN / 2 < len(closed) < len(requests) / CLOSED_ONE_IN * 2
    assert {deed.command for deed in closed} > {"channel.ready", "session.removechannel"}


def test_all_data_and_all_children_are_chosen() -> None:
    requests = [deed for deed in chosen(1) if isinstance(deed, Request)]
    added = {deed.choice for deed in requests if deed.command == "session.addchannel"}
    assert added == set(range(len(choices()["session.addchannel"])))
    assert {deed.child for deed in requests if deed.at is None} == {Ref("channel", 1, 0), Ref("channel", 1, 1)}
    assert {deed.child for deed in requests if deed.at is not None} == {None}


def test_without_a_driver_nothing_happens_at_the_platform() -> None:
    assert not [deed for deed in chosen(1) if isinstance(deed, Happening)]
    assert [deed for deed in chosen(1) if isinstance(deed, Break)]


def test_what_happens_at_the_platform_is_about_what_was_made() -> None:
    can = frozenset({"call", "hangup", "leave"})
    assert {deed.deed for deed in chosen(1, can) if isinstance(deed, Happening)} == {"call"}
    story = Story(made={3: ("call", "k1"), 4: ("chat", "k2"), 5: ("call", "k3")})
    about = {(deed.deed, deed.of) for deed in chosen(1, can, story) if isinstance(deed, Happening)}
    assert about == {("call", None), ("hangup", 3), ("hangup", 5), ("leave", 4)}


def test_a_story_begins_with_what_the_driver_can_do() -> None:
    chance = random.Random(1)
    without = {tuple(opening(chance, ())) for _ in range(100)}
    assert {tuple(opening(chance, DEEDS)) for _ in range(200)} == set(map(tuple, OPENINGS)) > without
    assert not [deed for deeds in without for deed in deeds if isinstance(deed, Happening)]


def test_objects_are_known_by_the_deed_that_brought_them() -> None:
    session, story = session_with(PHONE), Story()
    story.look(session, 4)
    session.view.objects[OTHER] = Known("channel", OTHER, {"id": "c2"})
    session.view.objects["s1.c2.i1"] = Known("interaction", "s1.c2.i1", {"id": "i1"})
    story.look(session, 6)
    assert [story.ref(target) for target in session.view.objects] == [
        Ref("channel", 4, 0),
        Ref("channel", 6, 0),
        Ref("interaction", 6, 0),
    ]
    del session.view.objects[PHONE]
    assert story.target(Ref("channel", 4, 0)) == PHONE
    assert story.target(Ref("channel", 5, 0)) is None
    assert story.target(None) is None


@pytest.mark.parametrize("command", choices())
def test_what_is_asked_is_a_command_with_names_that_are_given(command: str) -> None:
    assert command in COMMANDS
    assert names_in(choices()[command]) <= {*NAMES, "extension", "child"}


def test_every_command_that_needs_data_has_some() -> None:
    asked = {command for commands in COMMANDS_OF.values() for command in commands}
    required = {name: [each.default is attrs.NOTHING for each in attrs.fields(COMMANDS[name].data)] for name in asked}
    needing = {name for name, fields in required.items() if any(fields)}
    assert needing <= choices().keys()


def test_what_happens_is_what_drivers_can_do() -> None:
    assert {deed for deed, _ in HAPPENINGS} <= DEEDS.keys()
