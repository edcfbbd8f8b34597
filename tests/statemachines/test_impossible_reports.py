"""Reports of what cannot be are dropped as a whole, with a word for the log.

Source: specs/protocol.md, "States", and specs/adapter-interface.md, "Reports".
"""

from typing import Any

import attrs
import pytest

from protocol.platform import InteractionReport
from protocol.states import EndCause
from statemachines import changes
from statemachines.contact import SEEN_KEPT
from statemachines.effects import Ignored
from tests.fakes.calls import (
    alternated,
    answered,
    call,
    chat,
    consulting,
    in_state,
    leg,
    over,
    without_leg,
)
from tests.fakes.desk import Desk, story, with_channel, with_interaction
from tests.fakes.platform import FakePlatform, channel

TALKING = call("STARTED")
RINGING = consulting(TALKING, "4002")
ASKING = answered(RINGING)
WRAPUP = call("ENDED", wrapup_s=10.0)


def held(desk: Desk) -> list[Any]:
    """All that the core holds of interactions."""
    return [
        (channel.info(), it.key, it.info(), it.data, it.cause, [leg.info() for leg in it.conversations.values()])
        for channel in desk.core.session.all_channels()
        for it in channel.interactions.values()
    ]


def ignored(desk: Desk, report: InteractionReport) -> str:
    """The report is dropped as a whole. Returns the word for the log."""
    before = held(desk)
    assert desk.report(report) == []
    (effect,) = desk.effects
    assert isinstance(effect, Ignored)
    assert effect.report is report
    assert held(desk) == before
    return effect.why


# What cannot be

SWAPPED = attrs.evolve(ASKING, legs=(leg("CONNECTED", "4002", key="b"), leg("HELD", "555", key="a", consult=True)))
"""The consult is the primary now, and the primary the consult."""

IMPOSSIBLE: dict[str, tuple[InteractionReport, InteractionReport, str]] = {
    "in itself": (TALKING, attrs.evolve(TALKING, legs=()), "interaction 1: legs none"),
    "a first report of something impossible": (
        call(key="0"),
        call("STARTED", leg("CONNECTED"), leg("CONNECTED", key="b", consult=True)),
        "interaction 1: 2 legs are CONNECTED",
    ),
    "of another type than the channel": (
        TALKING,
        attrs.evolve(chat("STARTED"), endpoint="4001", id="2"),
        "interaction 2: a CHAT at the TELEPHONY endpoint 4001",
    ),
    "over, and never was": (TALKING, call("COMPLETED", key="2"), "interaction 2 never was"),
    "a second leg that talks": (
        TALKING,
        call("STARTED", key="2"),
        "interaction 2: a second CONNECTED leg at 4001",
    ),
    "a consult that talks beside another call": (
        TALKING,
        attrs.evolve(ASKING, id="2"),
        "interaction 2: a second CONNECTED leg at 4001",
    ),
    "ringing again": (TALKING, call("ALERTING"), "interaction 1 cannot go from STARTED to ALERTING"),
    "dialling again": (TALKING, call("DIALING"), "interaction 1 cannot go from STARTED to DIALING"),
    "dialled and offered": (call("DIALING"), call("ALERTING"), "interaction 1 cannot go from DIALING to ALERTING"),
    "offered and dialled": (call("ALERTING"), call("DIALING"), "interaction 1 cannot go from ALERTING to DIALING"),
    "talking after the end": (WRAPUP, TALKING, "interaction 1 cannot go from ENDED to STARTED"),
    "ringing after the end": (WRAPUP, call("ALERTING"), "interaction 1 cannot go from ENDED to ALERTING"),
    "dialling after the end": (WRAPUP, call("DIALING"), "interaction 1 cannot go from ENDED to DIALING"),
    "a consult that rings again": (ASKING, RINGING, "leg b cannot go from CONNECTED to DIALING"),
    "a held consult that rings again": (alternated(ASKING), RINGING, "leg b cannot go from HELD to DIALING"),
    "a primary that is a consult": (ASKING, SWAPPED, "leg a was the primary and cannot become a consult"),
}
"""By name: how it stands, the report, and the word for the log."""


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_what_cannot_be_is_dropped_with_a_word_for_the_log(name: str) -> None:
    begin, report, why = IMPOSSIBLE[name]
    assert ignored(with_interaction(begin), report).startswith(why)


def test_a_leg_that_has_ended_does_not_come_back() -> None:
    desk = with_interaction(ASKING)
    desk.report(without_leg(ASKING, "b"))
    assert ignored(desk, ASKING) == "leg b has ended before"


def test_a_primary_that_has_ended_does_not_come_back() -> None:
    desk = with_interaction(ASKING)
    desk.report(without_leg(ASKING, "a"))
    assert ignored(desk, TALKING) == "leg a has ended before"


@pytest.mark.parametrize(
    "late", [call(), TALKING, ASKING, WRAPUP, over(TALKING, EndCause.REMOTE)], ids=lambda it: it.state
)
def test_what_was_completed_does_not_come_back(late: InteractionReport) -> None:
    desk = with_interaction(TALKING)
    desk.report(over(TALKING, EndCause.REMOTE))
    assert ignored(desk, late) == "interaction 1 was completed before"


def test_an_interaction_at_an_endpoint_that_the_session_has_not() -> None:
    assert ignored(with_channel("READY"), call(at="4009")) == "no such channel in the session"


def test_the_same_id_at_another_endpoint_is_another_interaction() -> None:
    desk = Desk(FakePlatform().with_channels(channel("4001", "READY"), channel("4002", "READY"))).started()
    desk.report(TALKING)
    desk.report(over(TALKING, EndCause.REMOTE))
    assert desk.report(call("STARTED", at="4002"))[2]["target"] == "s1.c2.i2"


def test_completed_interactions_are_remembered_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "FINISHED_KEPT", 2)
    desk = with_channel("READY")
    for key in ("1", "2", "3"):
        desk.report(call(key=key))
        desk.report(over(call(key=key), EndCause.ABANDONED))
    assert ignored(desk, call(key="3")) == "interaction 3 was completed before"
    assert ignored(desk, call(key="2")) == "interaction 2 was completed before"
    assert story(desk.report(call(key="1")))[2] == ("interaction.created", ".c1.i4")


def test_many_completed_interactions_are_remembered() -> None:
    assert changes.FINISHED_KEPT == 1_000


def test_of_the_legs_that_have_ended_the_latest_are_remembered() -> None:
    desk = with_interaction(TALKING)
    for n in range(SEEN_KEPT + 5):
        desk.report(attrs.evolve(TALKING, legs=(leg("HELD"), leg("CONNECTED", "4002", key=f"b{n}", consult=True))))
        desk.report(in_state(TALKING, "a", "HELD"))
    (it,) = desk.core.session.all_interactions()
    assert list(it.ended_keys) == [f"b{n}" for n in range(5, SEEN_KEPT + 5)]


def test_more_interactions_at_a_channel_than_make_sense_are_dropped() -> None:
    desk = Desk(FakePlatform().with_channels(channel("chat-1", "READY"))).started()
    for number in range(changes.AT_ONCE):
        desk.report(chat(key=str(number)))
    assert "are the most" in ignored(desk, chat(key="one more"))
