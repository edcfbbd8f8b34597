"""What time it is at the switch, and the task that has done what is due there."""

import time
from typing import Final

import trio

from engine.adapters.simulator.platform import Switch

SLICE_S: Final = 1.0
"""How far the switch's time goes on, at most, beyond the next thing that is due: much to do is done in slices."""


class Clock:
    """The switch's time. `speed` is how many times faster than the world it goes; `run` is the task."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self._base = self._world = 0.0
        """The switch's time when the speed was last set, and the world's then."""
        self._earlier = trio.Event()

    @property
    def speed(self) -> float:
        return self._switch.timers.speed

    @speed.setter
    def speed(self, factor: float) -> None:
        self._base, self._world, self._switch.timers.speed = self.now(), trio.current_time(), factor
        self._follow()
        self._earlier.set()

    def now(self) -> float:
        world = self._base + (trio.current_time() - self._world) * self.speed
        timers = self._switch.timers
        return min(world, max(timers.now, timers.next_at()) + SLICE_S)

    async def run(self) -> None:
        """Have done what is due, when it is due, until cancelled."""
        self._base = self._world = trio.current_time()
        self._follow()
        while True:
            self._earlier = trio.Event()
            self._switch.catch_up()
            due = self._switch.next_at()
            with trio.move_on_at(self._world + (due - self._base) / self.speed) as waiting:
                await self._earlier.wait()
            if waiting.cancelled_caught:
                self._switch.advance(due)  # the world's time, translated back, may fall short of it by a rounding
            # A fast day must not keep the rest of the server waiting.
            await trio.lowlevel.checkpoint()

    def _follow(self) -> None:
        """What the switch writes down as time of day is the world's, from now on."""
        epoch = time.time() - self.now()
        self._switch.follow(self.now, on_earlier=lambda: self._earlier.set(), epoch=epoch)
