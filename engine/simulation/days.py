"""The busy days of a running simulator: one at a time, and what came of the latest ones."""

import itertools
from collections.abc import Callable
from typing import Final, Protocol

from engine.adapters.simulator.day import Day
from engine.adapters.simulator.day_draw import draw_plan
from engine.adapters.simulator.platform import Switch
from engine.simulation.bodies import DayState, DayStatus, NewDay
from protocol.errors import FailureCode, Refused

KEPT: Final = 20
"""How many days that are over are remembered."""


class Clock(Protocol):
    """What drives the switch. `speed` is how many times faster than the world it goes."""

    speed: float


class Days:
    """Begins days, one at a time, and has the clock go faster meanwhile."""

    def __init__(self, switch: Switch, clock: Clock) -> None:
        self._switch = switch
        self._clock = clock
        self._numbers = itertools.count(1)
        self._running: _Running | None = None
        self._over: dict[str, DayState] = {}

    @property
    def running(self) -> str | None:
        """The id of the day that runs."""
        return None if self._running is None else self._running.id

    def begin(self, wish: NewDay) -> str:
        """Raises Refused while another runs, or where the settings are not such that a day can be had."""
        if self._running is not None:
            raise Refused(
                FailureCode.INVALID_STATE,
                f"{self.running} is running; wait until it is over, or end it: `ixp simulate day --stop`, or "
                f"DELETE /simulator/days/{self.running}",
            )
        self._switch.catch_up()
        running = _Running(f"day{next(self._numbers)}", wish, self._switch, self._end)
        self._running = running
        running.day.begin()
        self._clock.speed = wish.speed
        return running.id

    def state(self, day: str) -> DayState:
        """How far it is, and what came of it. Raises Refused where there is no such day."""
        if self._running is not None and self._running.id == day:
            self._switch.catch_up()
            if self._running is not None:
                return self._running.state(DayStatus.RUNNING)
        return self._find(day)

    def delete(self, day: str) -> DayState:
        """End it, if it is running, and forget it. Raises Refused where there is no such day."""
        if self._running is not None and self._running.id == day:
            self._running.stop()
        state = self._find(day)
        del self._over[day]
        return state

    def _find(self, day: str) -> DayState:
        if day not in self._over:
            known = ", ".join([*self._over, *([self.running] if self.running else [])]) or "none"
            raise Refused(FailureCode.INVALID_TARGET, f"there is no day {day}; there is {known}, or begin another")
        return self._over[day]

    def _end(self, state: DayState) -> None:
        self._running = None
        self._clock.speed = 1.0
        self._over[state.day] = state
        while len(self._over) > KEPT:
            del self._over[next(iter(self._over))]


class _Running:
    """The day that runs. `on_end` is given how it stood in the end. Raises Refused as `draw_plan` does."""

    def __init__(self, id_: str, wish: NewDay, switch: Switch, on_end: Callable[[DayState], None]) -> None:
        self.id = id_
        self._wish = wish
        self._on_end = on_end
        self._stopped = False
        self._plan = draw_plan(
            switch.settings, agents=wish.agents, seed=wish.seed, contacts=wish.contacts, minutes=wish.minutes
        )
        self.day = Day(switch, self._plan, on_over=self._ended)

    def stop(self) -> None:
        self._stopped = True
        self.day.stop()

    def state(self, status: DayStatus) -> DayState:
        return DayState(
            day=self.id,
            status=status,
            agents=self._wish.agents,
            seed=self._wish.seed,
            contacts=self._plan.contacts,
            minutes=self._wish.minutes,
            speed=self._wish.speed,
            elapsed_s=self.day.elapsed_s,
            totals=self.day.totals(),
        )

    def _ended(self) -> None:
        self._on_end(self.state(DayStatus.STOPPED if self._stopped else DayStatus.OVER))
