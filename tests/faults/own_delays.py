"""When this process itself was late: what an agent in it waits for that is none of the server's doing."""

import itertools
import threading
import time
from types import TracebackType
from typing import Final, Self

BEAT_S: Final = 0.002


class OwnDelays:
    """Used around what is measured: a thread of its own beats, and notes each time that it comes late.

    Other threads had the interpreter then, a full turn of the collector among them, or the machine had too much to do.
    """

    def __init__(self) -> None:
        self._late: list[tuple[float, float]] = []
        """When it should have come, and when it came."""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def left_of(self, spans: list[tuple[float, float]]) -> list[float]:
        """How long each of these took, from one time to another, without what this process was late meanwhile.

        They are in the order of time, and do not overlap. To be asked at the end: whoever wakes first may be the agent.
        """
        late, took = itertools.chain(self._late, [(float("inf"), float("inf"))]), []
        due, came = next(late)
        for begun, ended in spans:
            own_s = 0.0
            while came <= begun:
                due, came = next(late)
            while due < ended:
                own_s += min(came, ended) - max(due, begun)
                if came > ended:
                    break
                due, came = next(late)
            took.append(ended - begun - own_s)
        return took

    def _beat(self) -> None:
        while not self._over.is_set():
            due = time.monotonic() + BEAT_S
            time.sleep(BEAT_S)
            came = time.monotonic()
            if came > due + BEAT_S:
                self._late.append((due, came))
