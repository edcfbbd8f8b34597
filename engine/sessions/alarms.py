"""One task that wakes all sessions when their time comes: a cancel scope for each wait costs more than the wait."""

import heapq
from collections.abc import Callable
from itertools import count
from math import inf

import trio


class Alarms:
    """`run` is its task. Times are those of trio's clock."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Alarm]] = []
        """A heap; the numbers keep alarms from being compared."""
        self._numbers = count()
        self._sooner = trio.Event()

    def alarm(self, ring: Callable[[], None]) -> "Alarm":
        return Alarm(self, ring)

    def add(self, at: float, alarm: "Alarm") -> None:
        """For Alarm."""
        if not self._due or at < self._due[0][0]:
            self._sooner.set()
        heapq.heappush(self._due, (at, next(self._numbers), alarm))

    async def run(self) -> None:
        while True:
            with trio.move_on_at(self._due[0][0] if self._due else inf):
                await self._sooner.wait()
            self._sooner = trio.Event()
            now = trio.current_time()
            while self._due and self._due[0][0] <= now:
                at, _, alarm = heapq.heappop(self._due)
                alarm.came(at)


class Alarm:
    """Rings at the time that it was set to, or earlier: who hears it looks whether anything is due, and sets it anew.

    So a time that moves away, as most do, costs nothing.
    """

    __slots__ = ("_alarms", "_at", "_ring")

    def __init__(self, alarms: Alarms, ring: Callable[[], None]) -> None:
        self._alarms = alarms
        self._ring = ring
        self._at = inf
        """When it rings as things are."""

    def set(self, at: float) -> None:
        """Ring at this time at the latest; infinity: no need to."""
        if at < self._at:
            self._at = at
            self._alarms.add(at, self)

    def came(self, at: float) -> None:
        """For Alarms: this time has come."""
        if at == self._at:  # else it was set to an earlier one meanwhile, and has rung then
            self._at = inf
            self._ring()
