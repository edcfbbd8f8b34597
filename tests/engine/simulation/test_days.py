"""Days over HTTP: begun, looked at, stopped; one at a time, with the clock going faster meanwhile."""

from typing import Any

import attrs
import pytest

from engine.adapters.simulator.settings import demo_settings
from engine.simulation.days import KEPT
from tests.engine.simulation.stage import Controlled, controlled

WISH = {"agents": 3, "seed": 7, "contacts": 20, "minutes": 30, "speed": 60}


def run_out(control: Controlled) -> None:
    while control.days.running:
        control.switch.advance(control.switch.next_at())


async def test_a_day_from_its_beginning_to_its_end(control: Controlled) -> None:
    assert await control.made("/days", WISH) == {"day": "day1"}
    assert control.clock.speed == 60
    assert (await control.seen())["day"] == "day1"
    state = await control.seen("/days/day1")
    totals = state.pop("totals")
    assert state == {**WISH, "day": "day1", "status": "running", "elapsed_s": 0}
    assert totals["total"] == {
        "sort": "all",
        **dict.fromkeys(("offered", "answered", "abandoned", "turned_away", "overflowed", "failed", "live"), 0),
    }
    control.advance(900)
    state = await control.seen("/days/day1")
    assert (state["status"], state["elapsed_s"]) == ("running", 900)
    total = state["totals"]["total"]
    assert 0 < total["offered"] < 20
    run_out(control)
    state = await control.seen("/days/day1")
    assert (state["status"], control.clock.speed) == ("over", 1.0)
    total = state["totals"]["total"]
    assert total["offered"] == 20 == sum(total[name] for name in total if name in OUTCOMES)
    assert total["live"] == 0
    assert "day" not in await control.seen()


async def test_a_day_that_ends_as_it_is_looked_at_is_over(control: Controlled) -> None:
    await control.made("/days", WISH)
    control.switch.follow(lambda: 10_000.0, on_earlier=lambda: None, epoch=0.0)
    assert (await control.seen("/days/day1"))["status"] == "over"


OUTCOMES = ("answered", "abandoned", "turned_away", "overflowed", "failed")


async def test_a_day_needs_no_more_than_agents_and_a_seed(control: Controlled) -> None:
    await control.made("/days", {"agents": 2, "seed": 1})
    state = await control.seen("/days/day1")
    assert (state["contacts"], state["minutes"], state["speed"]) == (160, 480, 480)


async def test_the_same_seed_gives_the_same_totals() -> None:
    found = []
    for _ in range(2):
        async with controlled(demo=True) as control:
            await control.made("/days", WISH)
            run_out(control)
            found.append((await control.seen("/days/day1"))["totals"])
    assert found[0] == found[1]


async def test_there_is_one_at_a_time(control: Controlled) -> None:
    await control.made("/days", WISH)
    answer = await control.failed("POST", "/days", {**WISH, "speed": 2})
    assert answer == (
        409,
        "INVALID_STATE",
        (
            "day1 is running; wait until it is over, or end it: `ixp simulate day --stop`, "
            "or DELETE /simulator/days/day1"
        ),
    )
    assert control.clock.speed == 60
    run_out(control)
    assert await control.made("/days", WISH) == {"day": "day2"}


async def test_a_running_day_is_ended_and_forgotten(control: Controlled) -> None:
    await control.made("/days", WISH)
    control.advance(900)
    answer = await control.ask("DELETE", "/days/day1")
    assert answer.status_code == 200
    state = answer.json()
    assert (state["status"], state["elapsed_s"]) == ("stopped", 900)
    total = state["totals"]["total"]
    assert total["live"] == 0
    assert 0 < total["offered"] == sum(total[name] for name in OUTCOMES)
    assert control.clock.speed == 1.0
    assert control.switch.live_objects() == 0
    for method in ("GET", "DELETE"):
        answer_ = await control.failed(method, "/days/day1")
        assert answer_ == (404, "INVALID_TARGET", "there is no day day1; there is none, or begin another")


async def test_a_day_that_is_over_is_forgotten(control: Controlled) -> None:
    await control.made("/days", WISH)
    run_out(control)
    before = await control.seen("/days/day1")
    assert (await control.ask("DELETE", "/days/day1")).json() == before
    assert (await control.failed("GET", "/days/day1"))[0] == 404


async def test_the_latest_days_are_remembered(control: Controlled) -> None:
    for _ in range(KEPT + 2):
        await control.made("/days", {**WISH, "contacts": 0, "minutes": 1})
        run_out(control)
    assert (await control.failed("GET", "/days/day2"))[0] == 404
    assert (await control.seen("/days/day3"))["status"] == "over"
    message = (await control.failed("GET", "/days/dayX"))[2]
    assert message.startswith("there is no day dayX; there is day3, day4")


@pytest.mark.parametrize(
    ("changes", "wish", "said"),
    [
        ({}, {"agents": 51}, "the simulator has 50 agents"),
        ({"queues": ()}, {}, "[[simulator.queues]]"),
    ],
)
async def test_a_day_that_cannot_be_had(changes: dict[str, Any], wish: dict[str, Any], said: str) -> None:
    async with controlled(demo=True, settings=attrs.evolve(demo_settings(), **changes)) as control:
        status, code, message = await control.failed("POST", "/days", WISH | wish)
        assert (status, code) == (400, "INVALID_REQUEST")
        assert said in message
        assert control.days.running is None
        assert control.clock.speed == 1.0
        assert control.switch.live_objects() == 0
