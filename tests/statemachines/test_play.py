"""The player knows every word of the sequences, and a happening that lacks what it tells of is a defect."""

import gc
from collections.abc import Iterator

import pytest

from statemachines import play as player
from statemachines.contact import Interaction
from statemachines.play import play
from statemachines.sequences import SEQUENCES, Each, Happening, Step, What, When
from tests.fakes.calls import call, chat
from tests.fakes.desk import Desk, with_interaction


def words(steps: tuple[Step, ...]) -> Iterator[tuple[type[Step], str]]:
    for step in steps:
        match step:
            case Each(relation=word, steps=inner) | When(claim=word, steps=inner):
                yield type(step), word
                yield from words(inner)


def test_every_word_of_the_sequences_has_its_meaning_and_none_is_left_over() -> None:
    used = {word for steps in SEQUENCES.values() for word in words(steps)}
    assert {word for kind, word in used if kind is Each} == set(player._RELATIONS)
    assert {word for kind, word in used if kind is When} == set(player._CLAIMS)


def the_interaction(desk: Desk) -> Interaction:
    (found,) = desk.core.session.all_interactions()
    return found


def test_a_change_that_is_missing() -> None:
    desk = with_interaction(call("STARTED"))
    happening = Happening(what=What.INTERACTION_CHANGED, subject=the_interaction(desk))
    with pytest.raises(TypeError, match="interaction changed comes without a change"):
        list(play(happening, desk.core.session))


@pytest.mark.parametrize(
    "what", [What.MESSAGE_ADDED, What.TYPING_STARTED, What.FILE_ADDED, What.FORM_SUBMITTED, What.PARTY_LEFT]
)
def test_a_post_that_is_missing(what: What) -> None:
    desk = with_interaction(chat("STARTED"))
    with pytest.raises(TypeError, match="comes without a post"):
        list(play(Happening(what=what, subject=the_interaction(desk)), desk.core.session))


def test_an_end_without_a_cause() -> None:
    desk = with_interaction(call("ENDED", wrapup_s=10.0))
    the_interaction(desk).cause = None
    with pytest.raises(TypeError, match=r"interaction\.ended comes without"):
        list(play(Happening(what=What.SESSION_INITIALIZED, subject=desk.core.session), desk.core.session))


def test_what_was_played_leaves_nothing_to_the_collector() -> None:
    """It looks rarely, and until then a circle keeps the session, though that is over."""
    desk = with_interaction(call("STARTED"))
    gc.collect()
    gc.disable()
    try:
        assert list(play(Happening(what=What.SESSION_INITIALIZED, subject=desk.core.session), desk.core.session))
        assert gc.collect() == 0
    finally:
        gc.enable()
