"""Wishes that wait, and are refused before it was their turn."""

from collections.abc import Callable

import pytest
import trio

from engine.supervision.oversight import Order, Oversight, Watch, Wish
from protocol.commands import OrderLogout
from protocol.errors import FailureCode, Refused
from protocol.events import SupervisorInfo
from protocol.ids import SessionId
from statemachines.effects import Ordered
from tests.fakes.desktop import FakeDesktop

ORDERED = Ordered(OrderLogout(why="go home"), SupervisorInfo(id="grace", name="Grace"))


def nothing() -> None:
    """Nobody has to be told."""


def turned_away(oversight: Oversight, wish: Wish) -> None:
    oversight.waiting += 1
    oversight.turn_away(wish)
    assert oversight.waiting == 0


def at_the_end(oversight: Oversight, wish: Wish) -> None:
    oversight.end([wish])


@pytest.mark.parametrize(
    ("refuse", "code"), [(turned_away, FailureCode.OVERLOADED), (at_the_end, FailureCode.INVALID_TARGET)]
)
async def test_who_waits_is_refused_once_and_who_has_given_up_is_not_answered_again(
    refuse: Callable[[Oversight, Wish], None], code: FailureCode, nursery: trio.Nursery
) -> None:
    oversight = Oversight(SessionId("s1"), "2026-11-21T09:30:00Z", watches_at_most=1)
    refused: list[Refused] = []

    def watch() -> Watch:
        return Watch(FakeDesktop(nursery), begun=nothing, refuse=refused.append, ended=nothing)

    given_up = watch()
    oversight.stop(given_up)
    refuse(oversight, given_up)
    assert refused == []
    refuse(oversight, watch())
    refuse(oversight, Order(ORDERED, nothing, refused.append))
    assert [each.code for each in refused] == [code] * 2
