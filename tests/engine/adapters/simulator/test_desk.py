"""The agent state at one endpoint: at once, pending, and in wrap-up."""

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


def stay(place: Endpoint, visits: int) -> None:
    anything: Any = object()
    place.visits = {str(n): anything for n in range(visits)}


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
    place = endpoint(READY, visits=1)
    place.wrap_up()
    assert place.now == WORK
    if asked is not None:
        place.ask(asked, 1.0)
        assert (place.now, place.pending) == (WORK, asked)
    stay(place, 0)
    place.freed(2.0)
    assert (place.now, place.pending, place.before) == (after, None, None)


def test_a_channel_with_room_beside_a_wrap_up_stays_as_it_is() -> None:
    place = endpoint(READY, visits=2, capacity=3)
    place.wrap_up()
    assert place.now == READY
    stay(place, 3)
    place.wrap_up()
    place.wrap_up()
    assert place.now == WORK
    stay(place, 2)
    place.freed(1.0)
    assert place.now == READY


def test_a_state_that_is_set_counts_at_once_whatever_goes_on() -> None:
    place = endpoint(READY, visits=1)
    place.ask(LUNCH, 1.0)
    place.wrap_up()
    place.set(BREAK, 2.0)
    stay(place, 0)
    place.freed(3.0)
    assert (place.now, place.pending) == (BREAK, None)


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
