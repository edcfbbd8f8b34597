"""How busy the process is: one thread runs all sessions, so what keeps it keeps everybody."""

from typing import Final

import trio

from engine.observe.metrics import Metrics

EVERY_S: Final = 0.5


async def watch_loop(metrics: Metrics) -> None:
    """Until cancelled: want to wake, and see how late it is."""
    while True:
        due = trio.current_time() + EVERY_S
        await trio.sleep_until(due)
        metrics.loop_was_late(trio.current_time() - due)
