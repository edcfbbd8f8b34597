"""What waits for one session's actor: reports of the platform are taken before requests.

Reports rank before requests because an adapter reports what a call changed before it answers the call: a request
that came in meanwhile must not be judged by the state before it.
"""

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

import trio

from protocol.platform import Report

Q = TypeVar("Q")


class Mailbox(Generic[Q]):
    """Bounded queues of reports and of requests (Q), with one taker."""

    def __init__(self, *, requests: int, reports: int) -> None:
        self._bounds = (requests, reports)
        self._reports: deque[Report] = deque()
        self._requests: deque[Q] = deque()
        self._news = trio.Event()

    @property
    def waiting_requests(self) -> int:
        return len(self._requests)

    def put_report(self, report: Report) -> bool:
        """False when the platform reports faster than the session can take it; the report is not kept."""
        if len(self._reports) >= self._bounds[1]:
            return False
        self._reports.append(report)
        self._news.set()
        return True

    def put_request(self, request: Q) -> bool:
        """False when too many wait already; the request is not kept."""
        if len(self._requests) >= self._bounds[0]:
            return False
        self._requests.append(request)
        self._news.set()
        return True

    def poke(self) -> None:
        """Let the taker look at its deadline again."""
        self._news.set()

    async def wait(self, deadline: float) -> Report | Q | None:
        """The next item; None when the deadline (trio's clock) has come or may have moved."""
        if not (self._reports or self._requests):
            with trio.move_on_at(deadline):
                await self._news.wait()
        else:
            # A session with much to do must not keep the others waiting.
            await trio.lowlevel.cancel_shielded_checkpoint()
        self._news = trio.Event()
        if self._reports:
            return self._reports.popleft()
        if self._requests:
            return self._requests.popleft()
        return None

    def revise_reports(self, left: Callable[[Report], Report | None]) -> None:
        """Replace each waiting report by what is left of it; None: nothing."""
        self._reports = deque(kept for report in self._reports if (kept := left(report)) is not None)

    def withdraw_behind(self, marker: Q, wanted: Callable[[Q], bool]) -> list[Q]:
        """Take out the requests behind `marker` that are wanted, in their order; the marker itself stays."""
        if marker not in self._requests:
            return []
        at = self._requests.index(marker) + 1
        ahead, behind = list(self._requests)[:at], list(self._requests)[at:]
        self._requests = deque([*ahead, *(item for item in behind if not wanted(item))])
        return [item for item in behind if wanted(item)]

    def drain_requests(self) -> list[Q]:
        """All requests that still wait, which nobody will take any more."""
        left = list(self._requests)
        self._requests.clear()
        return left
