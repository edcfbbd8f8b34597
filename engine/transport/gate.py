"""Who may come in: so many connections in all, of an address, an address and second, and half open.

Who may not is told so by HTTP, before a handshake, as far as it listens.
"""

import enum
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import trio

from engine.config import Limits
from engine.security.addresses import counted_as
from engine.transport.rate import Rate

LINGERING_AT_MOST: Final = 64
"""How many of those who were turned away may read the answer at once; the others are closed unanswered."""
LINGER_S: Final = 1.0
LINGER_BYTES: Final = 64 * 1024
REMEMBERED: Final = 4096
"""How many addresses' rates are kept before those are dropped that have nothing in them."""


def retry_after(seconds: float) -> int:
    """As the header has it: whole seconds, and some."""
    return max(1, round(seconds))


class TurnedAway(enum.Enum):
    """Why not, as an HTTP status with its phrase and what to do."""

    FULL = "503 Service Unavailable", "the server has as many connections as it may (limits.connections)"
    CROWDED = "429 Too Many Requests", "your address has as many connections as it may; close some"
    TOO_FAST = "429 Too Many Requests", "your address connects too often; connect more slowly"

    def answer(self, *, retry_after_s: float) -> bytes:
        status, why = self.value
        body = f"{why}; try again in {retry_after_s:g} s\n".encode()
        head = (
            f"HTTP/1.1 {status}",
            f"Retry-After: {retry_after(retry_after_s)}",
            "Content-Type: text/plain; charset=utf-8",
            f"Content-Length: {len(body)}",
            "Connection: close",
        )
        return "\r\n".join((*head, "", "")).encode() + body


class Gate:
    """Counts the connections of one server; there may be `most` in all."""

    def __init__(self, limits: Limits, *, most: int) -> None:
        self._limits = limits
        self._most = most
        self._addresses: Counter[str] = Counter()
        self._rates: OrderedDict[str, Rate] = OrderedDict()
        self._half_open: defaultdict[str, dict[trio.CancelScope, None]] = defaultdict(dict)
        self._lingering = 0

    @property
    def inside(self) -> int:
        return self._addresses.total()

    @property
    def half_open(self) -> int:
        """How many handshakes are under way."""
        return sum(map(len, self._half_open.values()))

    @contextmanager
    def open_for(self, address: str) -> Iterator[TurnedAway | None]:
        """Count a connection while it lasts; or the reason why it must not come in, and then it is not counted."""
        address = counted_as(address)
        reason = self._judge(address)
        if reason is not None:
            yield reason
            return
        self._addresses[address] += 1
        try:
            yield None
        finally:
            self._addresses[address] -= 1
            if not self._addresses[address]:
                del self._addresses[address]

    def _judge(self, address: str) -> TurnedAway | None:
        now = trio.current_time()
        if address not in self._rates:
            self._forget_rates(now)
            self._rates[address] = Rate(self._limits.new_connections_per_s, now=now)
        if not self._rates[address].allows(now):
            return TurnedAway.TOO_FAST
        if self._addresses[address] >= self._limits.connections_per_address:
            return TurnedAway.CROWDED
        return TurnedAway.FULL if self.inside >= self._most else None

    def _forget_rates(self, now: float) -> None:
        """Keep no rate for ever: first those go that make no difference, then the oldest."""
        if len(self._rates) >= REMEMBERED:
            for address in [each for each, rate in self._rates.items() if rate.is_full(now)]:
                del self._rates[address]
        if len(self._rates) >= REMEMBERED:
            self._rates.popitem(last=False)

    @contextmanager
    def handshake(self, address: str, scope: trio.CancelScope) -> Iterator[None]:
        """Count a handshake while it lasts. Of too many of one address the oldest is given up, for an honest one is
        over at once."""
        address = counted_as(address)
        waiting = self._half_open[address]
        if len(waiting) >= self._limits.handshakes_per_address:
            next(iter(waiting)).cancel()
            waiting.pop(next(iter(waiting)))
        waiting[scope] = None
        try:
            yield
        finally:
            waiting.pop(scope, None)
            if not waiting and self._half_open.get(address) is waiting:
                del self._half_open[address]

    async def turn_away(self, stream: trio.abc.HalfCloseableStream, reason: TurnedAway) -> None:
        """Answer, and give the peer a moment to read it: closed at once, it would see a reset and no answer."""
        if self._lingering >= LINGERING_AT_MOST:
            return
        self._lingering += 1
        try:
            with trio.move_on_after(LINGER_S):
                await stream.send_all(reason.answer(retry_after_s=self._limits.come_back_s))
                await stream.send_eof()
                left = LINGER_BYTES
                while left > 0 and (data := await stream.receive_some(LINGER_BYTES)):
                    left -= len(data)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # gone already
        finally:
            self._lingering -= 1
