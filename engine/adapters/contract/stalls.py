"""How long an adapter keeps the event loop from everybody else, and where it does.

A step of a task, from one `await` that waits to the next, is all that happens in the loop meanwhile. So steps are
timed, by a clock that goes on also where trio's is virtual; what a busy machine makes a step wait for a processor is
not counted. What has stood still for too long is looked at by a thread while it does: afterwards nothing tells where it
was.
"""

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import Final

import trio

LIMIT_S: Final = 0.2
"""A shorter stall can't be told from a machine that is busy otherwise."""
_LOOKS_S: Final = LIMIT_S / 4
"""How often the thread looks."""
_STATISTICS_BYTES: Final = 200


class Queue:
    """Where this thread waits when it could run, and no processor is free: how long so far. Known on Linux alone."""

    def __init__(self) -> None:
        self._file: int | None = None
        with contextlib.suppress(OSError):
            self._file = os.open("/proc/thread-self/schedstat", os.O_RDONLY)

    def waited_s(self) -> float:
        if self._file is None:
            return 0.0
        _, waited_ns, *_ = os.pread(self._file, _STATISTICS_BYTES, 0).split()
        return int(waited_ns) / 1e9

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)


class Stalls(trio.abc.Instrument):
    """The longest step so far, and the place where it was seen."""

    def __init__(self, package: str) -> None:
        """`package`: whose code is to be named as the place, where there is any of it."""
        self.longest_s = 0.0
        self.place = ""
        self._package = package
        self._queue: Queue
        self._began: float | None = None
        self._waited_s = 0.0
        self._seen = ""
        self._done = threading.Event()

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        self._seen, self._waited_s, self._began = "", self._queue.waited_s(), time.monotonic()

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        began, self._began = self._began, None
        if began is None or (took_s := time.monotonic() - began) <= self.longest_s:
            return
        took_s -= self._queue.waited_s() - self._waited_s
        if took_s > self.longest_s:
            self.longest_s, self.place = took_s, self._seen

    @contextlib.contextmanager
    def watched(self) -> Iterator["Stalls"]:
        """Time the steps of this event loop."""
        watcher = threading.Thread(target=self._look, args=[threading.get_ident()], daemon=True)
        with contextlib.closing(Queue()) as self._queue:
            trio.lowlevel.add_instrument(self)
            watcher.start()
            try:
                yield self
            finally:
                trio.lowlevel.remove_instrument(self)
                self._done.set()
                watcher.join()

    def _look(self, thread: int) -> None:
        while not self._done.wait(_LOOKS_S):
            began = self._began
            if began is not None and time.monotonic() - began > LIMIT_S / 2 and not self._seen:
                frame = sys._current_frames().get(thread)
                if began == self._began and frame is not None:
                    self._seen = place_of(frame, self._package)


def place_of(frame: FrameType, package: str = "") -> str:
    """File, line and function: of the innermost code of the package, or of whatever runs."""
    named: FrameType | None = frame
    while named is not None and _package(named) != package:
        named = named.f_back
    at = named or frame
    return f"{at.f_code.co_filename}:{at.f_lineno}, in {at.f_code.co_name}"


def package_of(thing: object) -> str:
    """The top package in which an object's class is."""
    return type(thing).__module__.partition(".")[0]


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]
