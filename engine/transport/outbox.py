"""What waits to be written to one connection: bounded in bytes, taken by its one writer."""

from collections import deque
from collections.abc import Callable

import trio


class Outbox:
    """Encoded messages on their way to a socket."""

    def __init__(self, *, bytes_at_most: int) -> None:
        self._bound = bytes_at_most
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._closed = False
        self._news = trio.Event()
        self._room = trio.Event()
        self._taken = 0
        self._written = 0
        self._watchers: deque[tuple[int, Callable[[], None]]] = deque()
        """Who wants to know when so many messages have been written."""

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, text: bytes) -> bool:
        """Queue one message. False when the peer is so far behind that it must be cut; the message is not queued."""
        if self._closed:
            return True  # to a connection that is being closed: nobody waits for it any more
        if self._bytes + len(text) > self._bound:
            return False
        self._waiting.append(text)
        self._bytes += len(text)
        self._news.set()
        return True

    async def wait_for_room(self, size: int) -> None:
        """Return when half of the outbox has room for so many bytes, or nothing waits; the other half is for the
        live messages of other sessions."""
        while self._waiting and self._bytes + size > self._bound // 2 and not self._closed:
            await self._room.wait()

    def close(self) -> None:
        """Take no more; what waits is still written."""
        self._closed = True
        self._news.set()
        self._make_room()

    async def take(self, *, bytes_at_most: int) -> list[bytes]:
        """Wait for messages; return those waiting, at least one and at most so many bytes; [] when closed and empty."""
        while not self._waiting:
            if self._closed:
                return []
            self._news = trio.Event()
            await self._news.wait()
        taken = [self._waiting.popleft()]
        size = len(taken[0])
        while self._waiting and size + len(self._waiting[0]) <= bytes_at_most:
            taken.append(self._waiting.popleft())
            size += len(taken[-1])
        self._bytes -= size
        self._taken += len(taken)
        self._make_room()
        return taken

    def when_written(self, tell: Callable[[], None]) -> None:
        """Call `tell` when all that waits now is written, or never will be."""
        position = self._taken + len(self._waiting)
        if self._closed or self._written >= position:
            tell()
        else:
            self._watchers.append((position, tell))

    def written(self, number: int) -> None:
        """So many of those taken are written."""
        self._written += number
        while self._watchers and self._watchers[0][0] <= self._written:
            self._watchers.popleft()[1]()

    def give_up(self) -> None:
        """Nothing more will be written. What waits is not kept until the collector comes by: it may be much."""
        self._closed = True
        self._waiting.clear()
        self._bytes = 0
        while self._watchers:
            self._watchers.popleft()[1]()

    def _make_room(self) -> None:
        """Wake all who wait for room; each looks for itself whether it is enough."""
        self._room.set()
        self._room = trio.Event()
