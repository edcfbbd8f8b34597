"""One task that wakes all sessions when their time comes: a cancel scope for each wait costs more than the wait."""

import heapq
from collections.abc import Callable
from itertools import count
from math import inf
from typing import Final

import trio

VOID_AT_MOST: Final = 100
"""So many times that count no longer are no matter; beyond, they are thrown out when they are more than the others."""


class Alarms:
    """`run` is its task. Times are those of trio's clock."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Alarm]] = []
        """A heap; the numbers keep alarms from being compared, and tell which of its times counts for one."""
        self._numbers = count()
        self._void = 0
        """How many in the heap count no longer: until a far one comes, its alarm may be set thousands of times."""
        self._sooner = trio.Event()

    def __len__(self) -> int:
        return len(self._due)

    def alarm(self, ring: Callable[[], None]) -> "Alarm":
        return Alarm(self, ring)

    def add(self, at: float, alarm: "Alarm") -> int:
        """For Alarm. Returns the number of this time."""
        if not self._due or at < self._due[0][0]:
            self._sooner.set()
        number = next(self._numbers)
        heapq.heappush(self._due, (at, number, alarm))
        return number

    def void(self) -> None:
        """For Alarm: one of its times counts no longer."""
        self._void += 1
        if self._void > VOID_AT_MOST and 2 * self._void > len(self._due):
            self._due = [due for due in self._due if due[2].number == due[1]]
            heapq.heapify(self._due)
            self._void = 0

    async def run(self) -> None:
        while True:
            with trio.move_on_at(self._due[0][0] if self._due else inf):
                await self._sooner.wait()
            self._sooner = trio.Event()
            now = trio.current_time()
            while self._due and self._due[0][0] <= now:
                _, number, alarm = heapq.heappop(self._due)
                if alarm.number == number:
                    alarm.came()
                else:
                    self._void -= 1


class Alarm:
    """Rings at the time that it was set to, or earlier: who hears it looks whether anything is due, and sets it anew.

    So a time that moves away, as most do, costs nothing.
    """

    __slots__ = ("_alarms", "_at", "_ring", "number")

    def __init__(self, alarms: Alarms, ring: Callable[[], None]) -> None:
        self.number: int | None = None
        """Of the time that counts; None: it does not ring as things are."""
        self._alarms = alarms
        self._ring = ring
        self._at = inf

    def set(self, at: float) -> None:
        """Ring at this time at the latest; infinity: no need to."""
        if at < self._at:
            self.stop()
            self._at, self.number = at, self._alarms.add(at, self)

    def stop(self) -> None:
        """Do not ring."""
        if self.number is not None:
            self._at, self.number = inf, None
            self._alarms.void()

    def came(self) -> None:
        """For Alarms: its time has come."""
        self._at, self.number = inf, None
        self._ring()
