"""The sequences of media in specs/contacts.md, "What is told", literally, as the simulator brings them about."""

from collections.abc import Callable
from typing import Final

import pytest

from tests.floor.floor import Floor
from tests.floor.golden import Story, by, customer_goes
from tests.floor.stories import do, floor


def chat(*, accepted: bool) -> Callable[[], Floor]:
    """A chat that Ann has been offered; Bob is ready, too."""

    def begin() -> Floor:
        at = floor("ann", "bob", media=True)
        at.switch.chat("Service", "Eve")
        at.settle()
        if accepted:
            do(at, "ann", "interaction.accept")
        return at

    return begin


def email() -> Floor:
    """One that Ann has accepted."""
    at = floor("ann", "bob", media=True)
    at.switch.email("Service", "eve@example.com", "Boots", "Where are they?")
    at.settle()
    do(at, "ann", "interaction.accept")
    return at


STORIES: Final = {
    "chat accepted": Story(
        chat(accepted=False),
        by("ann", "interaction.accept"),
        ann=(
            "success g1.c2.i1",
            "state.updated g1.c2.i1",
            "interaction.started g1.c2.i1",
        ),
    ),
    "chat rejected": Story(
        chat(accepted=False),
        by("ann", "interaction.reject"),
        ann=(
            "success g1.c2.i1",
            "interaction.ended g1.c2.i1 REJECTED",
            "interaction.completed g1.c2.i1",
            "interaction.disposed g1.c2.i1",
            "channel.infochanged g1.c2",
            "state.updated g1.c2",
        ),
        bob=(
            "channel.infochanged g1.c2",
            "state.updated g1.c2",
            "interaction.created g1.c2.i1",
            "state.updated g1.c2.i1",
            "interaction.datachanged g1.c2.i1",
            "interaction.preview g1.c2.i1",
            "interaction.initialized g1.c2.i1",
        ),
    ),
    "chat released": Story(
        chat(accepted=True),
        by("ann", "interaction.release"),
        ann=(
            "success g1.c2.i1",
            "interaction.ended g1.c2.i1 RELEASED",
            "state.updated g1.c2.i1",
            "channel.infochanged g1.c2",
            "state.updated g1.c2",
        ),
    ),
    "chat transferred to an agent": Story(
        chat(accepted=True),
        by("ann", "interaction.transfer", {"agent": "bob"}),
        ann=(
            "success g1.c2.i1",
            "interaction.ended g1.c2.i1 TRANSFERRED",
            "state.updated g1.c2.i1",
            "channel.infochanged g1.c2",
            "state.updated g1.c2",
        ),
        bob=(
            "channel.infochanged g1.c2",
            "state.updated g1.c2",
            "interaction.created g1.c2.i1",
            "state.updated g1.c2.i1",
            "interaction.datachanged g1.c2.i1",
            "interaction.preview g1.c2.i1",
            "interaction.initialized g1.c2.i1",
        ),
    ),
    "chat transferred to a queue": Story(
        chat(accepted=True),
        by("ann", "interaction.transfer", {"queue": "Sales"}),
        ann=(
            "success g1.c2.i1",
            "interaction.ended g1.c2.i1 TRANSFERRED",
            "state.updated g1.c2.i1",
            "channel.infochanged g1.c2",
            "state.updated g1.c2",
        ),
        bob=(
            "channel.infochanged g1.c2",
            "state.updated g1.c2",
            "interaction.created g1.c2.i1",
            "state.updated g1.c2.i1",
            "interaction.datachanged g1.c2.i1",
            "interaction.preview g1.c2.i1",
            "interaction.initialized g1.c2.i1",
        ),
    ),
    "message": Story(
        chat(accepted=True),
        by("ann", "interaction.message.send", {"text": "Hello"}),
        ann=(
            "success g1.c2.i1",
            "interaction.message.added g1.c2.i1",
        ),
    ),
    "the customer leaves": Story(
        chat(accepted=True),
        customer_goes,
        ann=(
            "interaction.ended g1.c2.i1 REMOTE",
            "state.updated g1.c2.i1",
            "channel.infochanged g1.c2",
            "state.updated g1.c2",
        ),
    ),
    "email answered": Story(
        email,
        by("ann", "interaction.reply", {"text": "There."}),
        ann=(
            "success g1.c3.i1",
            "interaction.message.added g1.c3.i1",
            "interaction.ended g1.c3.i1 RELEASED",
            "interaction.completed g1.c3.i1",
            "interaction.disposed g1.c3.i1",
            "channel.infochanged g1.c3",
            "state.updated g1.c3",
        ),
    ),
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_a_story_is_told_so_and_not_otherwise(story: Story) -> None:
    story.check()
