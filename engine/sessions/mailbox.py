"""What waits for one session's actor, taken by rank: control before reports before requests.

Reports rank before requests because an adapter reports what a call changed before it answers the call: a request
that came in meanwhile must not be judged by the state before it.
"""

from collections import deque
from typing import Generic, TypeVar

import trio

from protocol.platform import ChannelReport

C = TypeVar("C")
Q = TypeVar("Q")


class Mailbox(Generic[C, Q]):
    """Bounded queues of control (C), reports and requests (Q) with one taker."""

    def __init__(self, *, requests: int, reports: int) -> None:
        self._bounds = (requests, reports)
        self._control: deque[C] = deque()
        self._reports: deque[ChannelReport] = deque()
        self._requests: deque[Q] = deque()
        self._news = trio.Event()

    @property
    def waiting_requests(self) -> int:
        return len(self._requests)

    def put_control(self, item: C) -> None:
        """Never refused: control comes from the processor itself, a few at a time."""
        self._control.append(item)
        self._news.set()

    def put_report(self, report: ChannelReport) -> bool:
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

    async def wait(self, deadline: float) -> C | ChannelReport | Q | None:
        """The next item; None when the deadline (trio's clock) has come or may have moved."""
        if not self._has_items():
            with trio.move_on_at(deadline):
                await self._news.wait()
        else:
            # A session with much to do must not keep the others waiting.
            await trio.lowlevel.cancel_shielded_checkpoint()
        self._news = trio.Event()
        if self._control:
            return self._control.popleft()
        if self._reports:
            return self._reports.popleft()
        if self._requests:
            return self._requests.popleft()
        return None

    def drain(self) -> tuple[list[C], list[Q]]:
        """What still waits and nobody will take any more: control and requests."""
        left = list(self._control), list(self._requests)
        self._control.clear()
        self._requests.clear()
        return left

    def _has_items(self) -> bool:
        return bool(self._control or self._reports or self._requests)
