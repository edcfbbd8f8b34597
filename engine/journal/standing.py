"""Does the journal get on? A disk may hang, the process that writes be stopped, or there be no room: then all wait."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final

import structlog
import trio

log = structlog.get_logger()

STANDS_STILL_S: Final = 5.0
"""A transaction takes milliseconds. One that has been under way for longer than this stands still."""
LOOK_EVERY_S: Final = 1.0


class Standing:
    """Of the transactions with steps, one after the other. What is done beside them does not count."""

    def __init__(self) -> None:
        self._since: float | None = None
        """When the one under way began, by trio's clock."""
        self._failed = ""

    @property
    def trouble(self) -> str:
        """Why nothing can be kept at present, as a sentence; empty while all is well."""
        if self._since is not None and trio.current_time() - self._since > STANDS_STILL_S:
            return (
                f"the journal stands still: a transaction has been under way for more than {STANDS_STILL_S:g} s; see "
                "to its disk"
            )
        return self._failed

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Around one transaction."""
        self._since = trio.current_time()
        try:
            yield
        finally:
            self._since = None
        self.written()

    def written(self) -> None:
        self._failed = ""

    def failed(self, error: Exception) -> None:
        """It has been given up; the disk is full, say."""
        self._failed = f"the journal cannot be written ({error}); make room on its disk"

    async def watch(self, try_again: Callable[[], Awaitable[None]]) -> None:
        """Tell the log when it begins and when it is over.

        What has failed is tried again: nobody sends work to a server that is not ready, so no session might do it.
        """
        told = False
        while True:
            await trio.sleep(LOOK_EVERY_S)
            trouble = self.trouble
            if trouble and not told:
                log.warning("journal_not_ready", why=trouble)
            elif told and not trouble:
                log.info("journal_ready")
            told = bool(trouble)
            if self._failed:
                await try_again()
