"""Case 6: the wall clock jumps and stands still: no timer and no order changes by it, and no session is forgotten."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from tests.faults.fleet import Desktop, Tally, Wrong
from tests.faults.load import Outcome, Scene, under_load
from tests.faults.one import SERVE, mutant
from tests.faults.tools import WallClock

AWAY_S: Final = 6.0
"""So long is a desktop away before its channels go not ready."""
WRAPUP_S: Final = 10.0
"""As the exchange has it."""
EARLY_S, LATE_S = 0.1, 4.0
GIVEN_UP_S: Final = 90.0
"""Nothing comes any longer. What is too late before is judged by how long the restart took, on a busy machine too."""
DAY: Final = 86_400


def still() -> str:
    return datetime.now(tz=UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def jump_clocks(folder: Path, *, agents: int, rounds: int, module: str = SERVE, seed: int = 6) -> Outcome:
    """Each round with jumps while the server runs, and one across a restart."""
    wall = WallClock(folder)

    async def script(scene: Scene) -> None:
        spare = (Desktop(number, Tally(), seed) for number in itertools.count(agents + 1))
        for _ in range(rounds):
            await _see_timers(scene, next(spare), next(spare), lambda: _jump(wall))
            await _see_timers(scene, next(spare), next(spare), lambda: _restart(scene, wall, next(spare)))
            wall.set("+0")
        await scene.acknowledged(agents)

    return under_load(
        folder,
        script,
        agents=agents,
        seed=seed,
        spare=5 * rounds,
        arguments=("--not-ready-after", str(AWAY_S)),
        module=module,
        prepare=wall.give_to,
    )


async def _jump(wall: WallClock) -> float:
    for what in ("+3600", "-3600", still(), "+0"):
        wall.set(what)
        await asyncio.sleep(0.5)
    wall.set(still())
    return 0.0


async def _restart(scene: Scene, wall: WallClock, newcomer: Desktop) -> float:
    """Returns how much later timers may come by it: sessions do not grow older until they are taken up, all of them
    before a newcomer has one. With each look at its clock made dearer the server takes its time for that."""
    begun = time.monotonic()
    await asyncio.sleep(1.0)
    await asyncio.to_thread(scene.server.kill)
    wall.set(f"+{30 * DAY}")
    await scene.restart()
    wall.set(f"-{30 * DAY}")
    async with newcomer.present(scene.server.url):
        return time.monotonic() - begun


async def _see_timers(scene: Scene, away: Desktop, caller: Desktop, do: Callable[[], Awaitable[float]]) -> None:
    """A desktop goes away, a call ends, and something is done; when does either timer come?"""
    exchange = scene.exchange
    async with caller.present(scene.server.url):
        async with away.present(scene.server.url):
            await scene.until(lambda: exchange.control("states").get(away.agent) == "READY", "the agent is ready")
        left = time.monotonic()
        call = exchange.control("call", caller.extension, "+15550100")
        await scene.until(lambda: _does(exchange.control("phone", caller.extension, "answer")), "the call is answered")
        exchange.control("hangup", call)
        ended = time.monotonic()
        assert call in exchange.control("contacts"), "there is time for wrap-up"
        async with asyncio.TaskGroup() as group:
            not_ready = group.create_task(
                _when(scene, lambda: exchange.control("states").get(away.agent) != "READY", "not ready")
            )
            wrapped_up = group.create_task(_when(scene, lambda: call not in exchange.control("contacts"), "wrapped up"))
            late = LATE_S + await do()
    _in_time("not ready", not_ready.result() - left, AWAY_S, late)
    _in_time("wrap-up", wrapped_up.result() - ended, WRAPUP_S, late)


def _does(answer: Any) -> bool:
    return not isinstance(answer, dict)


async def _when(scene: Scene, condition: Callable[[], bool], what: str) -> float:
    await scene.until(condition, what, GIVEN_UP_S)
    return time.monotonic()


def _in_time(what: str, found_s: float, wanted_s: float, late_s: float) -> None:
    print(f"{what}: after {found_s:.2f} s, wanted {wanted_s:.2f} s, up to {late_s:.2f} s later")
    if not wanted_s - EARLY_S <= found_s <= wanted_s + late_s:
        raise Wrong(f"{what} came after {found_s:.2f} s, and not after {wanted_s:.2f} s")


def test_timers_and_order_do_not_go_by_the_wall_clock(tmp_path: Path) -> None:
    outcome = jump_clocks(tmp_path, agents=5, rounds=1)
    print(outcome)
    assert outcome.verdict.clean, outcome.verdict
    assert outcome.reset == 0
    assert outcome.resumed >= 5


def test_a_server_that_goes_by_the_wall_clock_is_found_out(tmp_path: Path) -> None:
    with pytest.raises(Wrong, match=r"came after|could not come back|session\.disposed") as found:
        jump_clocks(tmp_path, agents=3, rounds=1, module=mutant("wall_clock"))
    print(found.value)
