"""How long sessions are held while no part is there."""

from collections.abc import Callable

import structlog
import trio

log = structlog.get_logger()


class Patience:
    def __init__(self, hold_s: float, on_over: Callable[[], None]) -> None:
        self.over = False
        """Has no part been there for so long that sessions are not held any more?"""
        self._hold_s = hold_s
        self._on_over = on_over
        self._waiting: trio.CancelScope | None = None

    def begin(self, nursery: trio.Nursery) -> None:
        """None is there; the time goes on where it has begun before."""
        if self._waiting is None:
            self._waiting = trio.CancelScope()
            nursery.start_soon(self._wait, self._waiting)

    def end(self) -> None:
        """One is there."""
        self.over = False
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    async def _wait(self, scope: trio.CancelScope) -> None:
        with scope:
            await trio.sleep(self._hold_s)
            log.error("sessions_not_held", after_s=self._hold_s)
            self.over = True
            self._on_over()
