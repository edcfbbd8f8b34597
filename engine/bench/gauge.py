"""Where it is counted what happens, slice by slice of a window."""

import attrs
import trio

from engine.bench.desks import now
from engine.bench.found import Found, Slice
from engine.bench.job import Window
from engine.bench.meter import Meter
from engine.bench.waits import Waits


@attrs.define(eq=False)
class Gauge:
    """`slice` is the one that counts at the moment, None before and behind the window."""

    slice: Slice | None = None
    late: Waits | None = None
    """Behind the window: where the waits belong of commands that were due in it."""

    async def run(self, window: Window, found: Found) -> None:
        """Through the warm-up and the window."""
        self.late = None
        await trio.sleep(window.warm_up_s)
        meter, begin = Meter(window.pid), now()
        number = 1 if window.every_s is None else max(1, round(window.seconds / window.every_s))
        for place in range(1, number + 1):
            self.slice = counted = Slice()
            begun = now()
            await trio.sleep(max(0.0, begin + window.seconds * place / number - begun))
            counted.seconds, counted.cpu_s, counted.memory_bytes = now() - begun, meter.spent_s(), meter.memory_bytes()
            found.slices.append(counted)
        self.slice = None
        if window.rate is not None:
            self.late = found.slices[-1].waits
