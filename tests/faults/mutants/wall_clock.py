"""A server that goes by the wall clock."""

import time
from functools import partial

import trio

from tests.faults import serve


class WallClock(trio.abc.Clock):
    def start_clock(self) -> None:
        """It runs."""

    def current_time(self) -> float:
        return time.time()

    def deadline_to_sleep_time(self, deadline: float) -> float:
        return max(0.0, deadline - time.time())


if __name__ == "__main__":
    trio.run = partial(trio.run, clock=WallClock())
    serve.main()
