"""Bounds on what a peer may send: a byte budget under the WebSocket, and a rate over it."""

from typing import Final

import trio

READ_AHEAD_BYTES: Final = 64 * 1024
"""Several small frames may be read at once, before the first of them is taken."""
CONTROL_BYTES_PER_S: Final = 64
"""Pings and pongs are no messages; this much of them is forgotten again, so that an idle peer may go on for ever."""


class BudgetStream(trio.abc.Stream):
    """A stream that breaks when too many bytes come without a whole message.

    The library above limits the characters of a message, not its bytes, and not the number of empty fragments: so
    the bytes since the last whole message are counted here.
    """

    def __init__(self, stream: trio.abc.Stream, *, bytes_a_message: int) -> None:
        self._stream = stream
        self._budget = bytes_a_message + READ_AHEAD_BYTES
        self._since_message = 0.0
        self._at = trio.current_time()

    def message_taken(self) -> None:
        self._since_message = 0.0

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        data = await self._stream.receive_some(max_bytes)
        now = trio.current_time()
        self._since_message = max(0.0, self._since_message - (now - self._at) * CONTROL_BYTES_PER_S) + len(data)
        self._at = now
        if self._since_message > self._budget:
            raise trio.BrokenResourceError(f"{self._since_message:.0f} bytes and no whole message")
        return data

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        await self._stream.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        await self._stream.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        await self._stream.aclose()


class Rate:
    """A token bucket: `per_s` in the long run, and a burst of as many."""

    def __init__(self, per_s: float, *, now: float) -> None:
        self._per_s = per_s
        self._tokens = per_s
        self._at = now

    def allows(self, now: float) -> bool:
        """Take one token, if there is one."""
        self._tokens = min(self._per_s, self._tokens + (now - self._at) * self._per_s)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
