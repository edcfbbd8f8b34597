"""What is due later. The time is passed in: whoever drives the switch has the clock, the switch has none."""

import heapq
import itertools
import math
from collections.abc import Callable
from datetime import UTC, datetime

import attrs


@attrs.define(eq=False)
class Timer:
    """Something that is due at `at`, in the seconds of the `Timers` it belongs to."""

    at: float
    do: Callable[[], None] | None
    _timers: "Timers" = attrs.field(repr=False)

    def cancel(self) -> None:
        """Have it not done. Harmless when it is done already."""
        if self.do is not None:
            self.do = None
            self._timers.cancelled()

    @property
    def pending(self) -> bool:
        return self.do is not None


class Timers:
    """All that is due later, and what time it is: that of the latest `advance`."""

    def __init__(self, now: float = 0.0, *, after_each: Callable[[], object] = lambda: None) -> None:
        """`after_each` is called when something that was due has been done."""
        self.now = now
        self.epoch = 0.0
        """The wall clock when `now` was 0, in seconds since 1970."""
        self.speed = 1.0
        """How many times faster than the world the time goes."""
        self._after_each = after_each
        self._order = itertools.count()
        self._due: list[tuple[float, int, Timer]] = []
        self._cancelled = 0
        """How many of `_due` were cancelled."""
        self._advancing = False

    def later(self, delay_s: float, do: Callable[[], None]) -> Timer:
        """Do it when `delay_s` seconds have passed; with 0, as the very next thing."""
        timer = Timer(self.now + delay_s, do, self)
        heapq.heappush(self._due, (timer.at, next(self._order), timer))
        return timer

    def cancelled(self) -> None:
        """One of them was. Most of what is kept waits to be done, however far off it is due."""
        self._cancelled += 1
        if self._cancelled > len(self._due) // 2:
            self._due = [due for due in self._due if due[2].pending]
            heapq.heapify(self._due)
            self._cancelled = 0

    def next_at(self) -> float:
        """When the next thing is due; infinity when nothing is."""
        while self._due and not self._due[0][2].pending:
            heapq.heappop(self._due)
            self._cancelled -= 1
        return self._due[0][0] if self._due else math.inf

    def advance(self, now: float) -> None:
        """Do all that is due up to `now`, in the order of times, then of asking. Time never goes back.

        Called by something that is being done, it does nothing: each thing is done at its own time.
        """
        if self._advancing:
            return
        self._advancing = True
        try:
            while self.next_at() <= now:
                at, _, timer = heapq.heappop(self._due)
                self.now = max(self.now, at)
                do, timer.do = timer.do, None
                if do is not None:
                    do()
                    self._after_each()
            self.now = max(self.now, now)
        finally:
            self._advancing = False

    def utc(self) -> str:
        """The time as RFC 3339 writes it, in UTC, with milliseconds."""
        moment = datetime.fromtimestamp(self.epoch + self.now, UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def __len__(self) -> int:
        """How many things are due."""
        return len(self._due) - self._cancelled
