"""Bounds on the bytes that a peer may send, under the WebSocket: a budget for each message, and a pace."""

from collections.abc import Iterable
from typing import Final

import trio

from engine.transport.line import TOO_BIG, Line

READ_AHEAD_BYTES: Final = 64 * 1024
"""Several small frames may be read at once, before the first of them is taken."""
CONTROL_BYTES_PER_S: Final = 64
"""Pings and pongs are no messages; this much of them is forgotten again, so that an idle peer may go on for ever."""


class BudgetStream(trio.abc.Stream):
    """A stream that breaks when too many bytes come without a whole message, and that is read at a bounded pace.

    The library above limits the characters of a message, not its bytes, and not the number of empty fragments: so
    the bytes since the last whole message are counted here. A peer that sends faster than the pace is not cut; it is
    read later, and TCP makes it wait.
    """

    def __init__(self, line: Line, *, bytes_a_message: int, bytes_per_s: float) -> None:
        self._line = line
        self._budget = bytes_a_message + READ_AHEAD_BYTES
        self._since_message = 0.0
        self._bytes_per_s = bytes_per_s
        self._ahead = 0.0
        """How many bytes more have come lately than the pace allows; a second's worth is no matter."""
        self._at = trio.current_time()

    def message_taken(self) -> None:
        self._since_message = 0.0

    async def send_texts(self, texts: Iterable[bytes]) -> None:
        """See Line."""
        await self._line.send_texts(texts)

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        if self._ahead > self._bytes_per_s:
            await trio.sleep(self._ahead / self._bytes_per_s - 1)
        data = await self._line.receive_some(max_bytes)
        now = trio.current_time()
        passed, self._at = now - self._at, now
        self._ahead = max(0.0, self._ahead - passed * self._bytes_per_s) + len(data)
        self._since_message = max(0.0, self._since_message - passed * CONTROL_BYTES_PER_S) + len(data)
        if self._since_message > self._budget:
            why = f"{self._since_message:.0f} bytes and no whole message; send shorter messages in fewer fragments"
            self._line.farewell = TOO_BIG, why
            raise trio.BrokenResourceError(why)
        return data

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        await self._line.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        await self._line.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        await self._line.aclose()
