"""A world as plain values. That what comes back behaves as what went in, the floor's walk shows."""

from typing import Any

import pytest
from msgspec import msgpack

from statemachines.core import SessionCore
from statemachines.keeping import picture, restore
from tests.floor import stories


def through_a_file(plain: dict[str, Any]) -> dict[str, Any]:
    again: dict[str, Any] = msgpack.decode(msgpack.encode(plain))
    return again


def test_equal_worlds_have_equal_pictures_and_the_other_way_round() -> None:
    at = stories.floor("ann", "bob", media=True)
    stories.consulting(at)
    at.switch.chat("Sales", "Eve", {"page": "/"})
    at.settle()
    for seat in at.seats.values():
        taken = picture(seat.core.session)
        again = restore(through_a_file(taken))
        assert picture(again) == taken
        targets = [str(each.target) for each in seat.core.session.all_interactions()]
        assert [str(each.target) for each in again.all_interactions()] == targets
        for interaction in again.all_interactions():
            assert interaction.channel in list(again.all_channels())
            assert all(leg.interaction is interaction for leg in interaction.conversations.values())
        for group in again.groups.values():
            assert all(channel.group is group for channel in group.channels.values())


def test_what_an_interaction_remembers_is_in_the_picture() -> None:
    at = stories.floor("ann", "bob", media=True)
    stories.consulting(at)
    stories.do(at, "ann", "interaction.alternate")
    stories.do(at, "ann", "conversation.release", leg=1)
    (interaction,) = restore(through_a_file(picture(at.seats["ann"].core.session))).all_interactions()
    assert interaction.ended_keys == at.seats["ann"].interactions()[0].ended_keys != set()


@pytest.mark.parametrize("broken", [{}, {"id": "s1"}, {"id": 5}, {"id": "s1", "groups": {}, "channels": {"c1": {}}}])
def test_what_is_no_picture_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="no picture of a session"):
        restore(broken)


def test_there_is_no_picture_while_the_platform_is_asked() -> None:
    at = stories.floor("ann")
    stories.ringing(at)
    stories.start(at, "ann", "interaction.accept")
    with pytest.raises(RuntimeError, match="a call is under way"):
        at.seats["ann"].core.picture()


def test_a_core_that_comes_back_knows_its_times_and_numbers() -> None:
    at = stories.floor("ann")
    core = at.seats["ann"].core
    again = SessionCore.restored(through_a_file(core.picture()), {"r1": 1})
    assert (again.seq, again.epoch, again.next_deadline(), again.bound) == (core.seq, 1, core.next_deadline(), True)
    assert again.remembers("r1")
    assert not again.remembers("r2")
