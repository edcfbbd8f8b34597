"""A flood of one frame from several sockets, held by one thread: what was offered, and what came back, are counted."""

import contextlib
import select
import socket
import time
from collections import Counter
from collections.abc import Sequence
from typing import Final

import attrs

from tests.blackbox.raw import RECEIVE_BYTES, RawPeer

WAIT_S: Final = 0.002
"""So long is slept where nothing can be done."""
PATIENCE_S: Final = 10.0
"""So long nothing may come, while answers are due."""


@attrs.define(eq=False)
class Source:
    """One socket: what it still has to send, and the end of what came."""

    socket: socket.socket
    rest: bytes = b""
    tail: bytes = b""
    over: bool = False


class Flood:
    """`words`: what is counted in the answers. `last`: a frame that ends it, and the word by which its answer is known.

    Raises ConnectionError where the server closes a socket.
    """

    def __init__(self, peers: Sequence[RawPeer], *, words: Sequence[bytes], last: tuple[bytes, bytes]) -> None:
        """The peers have been upgraded, and are read and written here alone from now on."""
        self.sent = 0
        self.took_s = 0.0
        """From the first frame to the last answer."""
        self._heard_at = time.monotonic()
        self.counted: Counter[bytes] = Counter()
        self._words = words
        self._last_frame, self._last_word = last
        self._keep = max(map(len, (*words, self._last_word))) - 1
        self._sources = {peer.socket.fileno(): Source(peer.socket) for peer in peers}
        self._poll = select.poll()
        for number, source in self._sources.items():
            source.socket.setblocking(False)
            self._poll.register(number, select.POLLIN)

    def run(self, frames: bytes, count: int, *, per_s: float, for_s: float) -> float:
        """Send so many frames at a time, so many a second, and wait for all answers. Returns how many a second were
        really sent, which is fewer where the server does not take them."""
        begun = time.monotonic()
        while (passed := time.monotonic() - begun) < for_s:
            for source in self._sources.values():
                if not source.rest and self.sent < passed * per_s:
                    source.rest = frames
                    self.sent += count
                self._send(source)
            self._listen()
        rate = self.sent / (time.monotonic() - begun)
        for source in self._sources.values():
            source.rest += self._last_frame
        self._heard_at = time.monotonic()
        while not all(source.over for source in self._sources.values()):
            assert time.monotonic() < self._heard_at + PATIENCE_S, "not everything was answered"
            for source in self._sources.values():
                self._send(source)
            self._listen()
        self.took_s = time.monotonic() - begun
        return rate

    def _send(self, source: Source) -> None:
        if source.rest:
            with contextlib.suppress(BlockingIOError):
                source.rest = source.rest[source.socket.send(source.rest) :]

    def _listen(self) -> None:
        for number, _ in self._poll.poll(WAIT_S * 1000):
            source = self._sources[number]
            data = source.socket.recv(RECEIVE_BYTES)
            if not data:
                raise ConnectionResetError("the server has closed a socket of the flood")
            self._heard_at = time.monotonic()
            text = source.tail + data
            for word in self._words:
                # What is in the tail as a whole was counted before.
                self.counted[word] += text.count(word) - source.tail.count(word)
            source.over = source.over or self._last_word in text
            source.tail = text[-self._keep :]
