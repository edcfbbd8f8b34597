"""Which process may run a session, and with which fence it writes to the journal.

A fence is a number that only grows; the journal refuses writers with an older one. In a single process every
session is our own. Where several processes share a journal, they agree through this interface.
"""

import itertools
from typing import Protocol

from protocol.ids import SessionId


class Ownership(Protocol):
    def acquire(self, session: SessionId) -> int:
        """Become the owner; return the fence to write with."""
        ...

    def release(self, session: SessionId) -> None:
        """The session is over or given away."""
        ...


class SoleOwner:
    """One process that owns everything. `first_fence` is greater than any of a process before."""

    def __init__(self, first_fence: int = 1) -> None:
        self._fences = itertools.count(first_fence)

    def acquire(self, _: SessionId) -> int:
        return next(self._fences)

    def release(self, session: SessionId) -> None:
        """Nobody else could want it."""
