"""Ends what a deadline alone does not end: trio can't take the floor from a task that keeps it."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Final

from engine.adapters.contract.runner import DEADLINE_S
from engine.adapters.contract.stalls import place_of
from engine.terminal import complain

GRACE_S: Final = 5.0
"""How long an adapter may be deaf to being cancelled, after the deadline of a promise."""


class Deaf(Exception):
    """The adapter has not stopped when it was told to; the message says where it is."""


@contextlib.contextmanager
def exiting(what: str, deadline_s: float) -> Iterator[None]:
    """The process ends with a word. For a process that does nothing else."""

    def end(words: str) -> None:
        complain(words)
        os._exit(1)

    with _timer(what, deadline_s, end):
        yield


@contextlib.contextmanager
def interrupting(what: str, deadline_s: float = DEADLINE_S) -> Iterator[None]:
    """Whoever keeps the floor is interrupted, as by Ctrl-C. Raises Deaf then. For the main thread."""
    found: list[str] = []
    thread = threading.get_ident()
    # Whoever is started in the background by a shell has been told to ignore it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def interrupt(words: str) -> None:
        found.append(words)
        signal.pthread_kill(thread, signal.SIGINT)

    try:
        with _timer(what, deadline_s, interrupt):
            yield
    finally:
        signal.signal(signal.SIGINT, before)
        if found:  # whatever has become of the interrupt: a nursery puts it into a group
            raise Deaf(found[0])


@contextlib.contextmanager
def _timer(what: str, deadline_s: float, end: Callable[[str], None]) -> Iterator[None]:
    thread = threading.get_ident()

    def look() -> None:
        frame = sys._current_frames().get(thread)
        at = f" (now at {place_of(frame)})" if frame else ""
        end(
            f"{what}: the adapter blocks the event loop, or does not stop when it is cancelled{at}; await what takes "
            "its time, and have a thread do what cannot be awaited: await trio.to_thread.run_sync(function)"
        )

    timer = threading.Timer(deadline_s + GRACE_S, look)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
