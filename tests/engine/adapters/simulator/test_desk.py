"""The agent state at one endpoint: at once, pending, and in wrap-up."""

from types import SimpleNamespace
from typing import Any

import pytest

from engine.adapters.simulator.desk import Chosen, Endpoint
from protocol.states import AgentState, ChannelType

READY, LUNCH, BREAK = Chosen(AgentState.READY), Chosen(AgentState.NOTREADY, "LUNCH"), Chosen(AgentState.NOTREADY, "B")
WORK = Chosen(AgentState.WORK)


def endpoint(chosen: Chosen, visits: int = 0, capacity: int = 1) -> Endpoint:
    place = Endpoint("4001", ChannelType.TELEPHONY, "Phone", capacity=capacity)
    place.take("ada", chosen, 0.0)
    stay(place, visits)
    return place


def stay(place: Endpoint, visits: int, *, wrap_up: int = 0) -> None:
    """So many are there, and so many of them wait for their wrap-up."""
    there: list[Any] = [SimpleNamespace(wraps_up=n < wrap_up) for n in range(visits)]
    place.visits = {str(n): visit for n, visit in enumerate(there)}


def test_without_an_interaction_a_state_is_entered_at_once() -> None:
    place = endpoint(LUNCH)
    place.ask(READY, 7.0)
    assert (place.now, place.pending, place.idle_since) == (READY, None, 7.0)
    place.ask(READY, 9.0)
    assert place.idle_since == 7.0


def test_in_an_interaction_it_is_pending_until_none_is_left() -> None:
    place = endpoint(READY, visits=2, capacity=3)
    place.ask(LUNCH, 1.0)
    assert (place.now, place.pending) == (READY, LUNCH)
    stay(place, 1)
    place.freed(2.0)
    assert (place.now, place.pending) == (READY, LUNCH)
    stay(place, 0)
    place.freed(3.0)
    assert (place.now, place.pending, place.idle_since) == (LUNCH, None, 3.0)


def test_asking_for_the_present_state_takes_the_pending_one_back() -> None:
    place = endpoint(READY, visits=1)
    place.ask(LUNCH, 1.0)
    place.ask(READY, 1.0)
    assert (place.now, place.pending) == (READY, None)


@pytest.mark.parametrize(("asked", "after"), [(None, READY), (LUNCH, LUNCH)])
def test_wrap_up_is_work_and_ends_in_the_pending_state_or_the_one_before(asked: Chosen | None, after: Chosen) -> None:
    place = endpoint(READY)
    stay(place, 1, wrap_up=1)
    assert place.state == WORK
    if asked is not None:
        place.ask(asked, 1.0)
        assert (place.state, place.pending) == (WORK, asked)
    stay(place, 0)
    place.freed(2.0)
    assert (place.state, place.pending) == (after, None)


def test_beside_a_wrap_up_nothing_is_offered_though_there_is_room() -> None:
    place = endpoint(READY, capacity=3)
    for wrap_up in (1, 2):
        stay(place, 2, wrap_up=wrap_up)
        assert (place.state, place.takes_offers) == (WORK, False)
    stay(place, 1, wrap_up=1)
    place.freed(1.0)
    assert place.state == WORK
    stay(place, 1)
    place.freed(1.0)
    assert (place.state, place.takes_offers) == (READY, True)


def test_a_state_that_is_set_counts_at_once_and_during_wrap_up_after_it() -> None:
    place = endpoint(READY, visits=1)
    place.ask(LUNCH, 1.0)
    stay(place, 1, wrap_up=1)
    place.set(BREAK, 2.0)
    assert place.state == WORK
    stay(place, 0)
    place.freed(3.0)
    assert (place.state, place.pending) == (BREAK, None)


@pytest.mark.parametrize(
    ("now", "pending", "leaving"),
    [(READY, None, False), (LUNCH, None, True), (READY, LUNCH, True), (LUNCH, READY, False)],
)
def test_the_latest_choice_says_whether_the_agent_leaves(now: Chosen, pending: Chosen | None, leaving: bool) -> None:
    place = endpoint(now, visits=1)
    place.pending = pending
    assert place.leaving is leaving


@pytest.mark.parametrize(
    ("now", "pending", "visits", "takes"),
    [
        (READY, None, 0, True),
        (READY, None, 1, False),
        (READY, LUNCH, 0, False),
        (READY, READY, 0, True),
        (LUNCH, None, 0, False),
        (WORK, READY, 0, False),
    ],
)
def test_offers_go_where_the_agent_is_ready_stays_so_and_has_room(
    now: Chosen, pending: Chosen | None, visits: int, takes: bool
) -> None:
    place = endpoint(now, visits)
    place.pending = pending
    assert place.takes_offers is takes


def test_nobody_there_takes_no_offers() -> None:
    place = endpoint(READY)
    place.leave()
    assert not place.takes_offers
    place.freed(1.0)
    assert place.now is None
