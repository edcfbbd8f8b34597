"""How busy the process is: one thread runs all sessions, so what keeps it keeps everybody.

What keeps it for seconds is looked at by another thread while it does: afterwards nothing tells where it was.
"""

import itertools
import math
import sys
import threading
import time
import traceback
from types import FrameType
from typing import Final

import structlog
import trio

from engine.observe.metrics import Metrics

log = structlog.get_logger()

EVERY_S: Final = 0.5
BLOCKED_S: Final = 2.0
"""So late is not told by load, but by something that does not await."""
AGAIN_S: Final = 60.0
"""It is said once in so long."""
_RUNNER: Final = "trio._core._run"
_FRAMES: Final = 6
"""So many of the innermost are told: whose code called the library that blocks is among them."""


async def watch_loop(metrics: Metrics) -> None:
    """Until cancelled: want to wake, and see how late it is."""
    looker = _Looker(threading.get_ident())
    said_at = -math.inf
    looker.start()
    try:
        while True:
            due = trio.current_time() + EVERY_S
            looker.expects(EVERY_S)
            await trio.sleep_until(due)
            metrics.loop_was_late(trio.current_time() - due)
            now, late_s = time.monotonic(), looker.late_s
            if late_s >= BLOCKED_S and now - said_at >= AGAIN_S:
                said_at = now
                log.warning("loop_blocked", late_s=round(late_s, 1), where=looker.seen or "unknown")
    finally:
        looker.stop()


class _Looker:
    """The thread, by a clock that goes on also where trio's is virtual."""

    def __init__(self, looked_at: int) -> None:
        """`looked_at`: the thread that runs the loop."""
        self.seen = ""
        self._looked_at = looked_at
        self._due = math.inf
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._done.set()
        self._thread.join()

    def expects(self, seconds: float) -> None:
        """The loop will be back then."""
        self.seen, self._due = "", time.monotonic() + seconds

    @property
    def late_s(self) -> float:
        return time.monotonic() - self._due

    def _look(self) -> None:
        while not self._done.wait(BLOCKED_S / 4):
            due = self._due
            frame = sys._current_frames().get(self._looked_at)
            if frame is not None and not self.seen and time.monotonic() - due > BLOCKED_S / 2 and due == self._due:
                self.seen = _places(frame)


def _places(frame: FrameType) -> str:
    """Up to where trio runs the task."""
    frames = itertools.takewhile(lambda at: at[0].f_globals.get("__name__") != _RUNNER, traceback.walk_stack(frame))
    stack = traceback.StackSummary.extract(frames, limit=_FRAMES, lookup_lines=False)
    return " < ".join(f"{each.filename}:{each.lineno}, in {each.name}" for each in stack)
