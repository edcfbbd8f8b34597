"""Many sockets of one attacker, held by one thread: they open, say a little now and then, and note how they end."""

import contextlib
import select
import socket
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

import attrs

PATIENCE_S: Final = 30.0
RECEIVE_BYTES: Final = 65536


@attrs.define(eq=False)
class Member:
    """One socket, what is still to be said, and what has come."""

    socket: socket.socket
    rest: bytes
    came: bytearray = attrs.field(factory=bytearray)
    over: bool = False


class Crowd:
    """`says`: what each says in the course of time. Nothing is read that is not waited for.

    Ten thousand must not cost the machine so much that the server beside them is slow: nobody looks at all of them to
    find the few that have something.
    """

    def __init__(self, url: str, count: int, says: bytes = b"") -> None:
        parts = urlsplit(url)
        self._address = (str(parts.hostname), int(str(parts.port)))
        self._poll = select.epoll()
        self._over = 0
        self.members: list[Member] = []
        self._by_number: dict[int, Member] = {}
        for _ in range(count):
            self.join(says)

    def join(self, says: bytes = b"") -> Member:
        sock = socket.create_connection(self._address, PATIENCE_S)
        sock.setblocking(False)
        member = Member(sock, says)
        self.members.append(member)
        self._by_number[sock.fileno()] = member
        self._poll.register(sock, select.EPOLLIN)
        return member

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._poll.close()
        for member in self.members:
            member.socket.close()

    @property
    def left(self) -> int:
        """How many the server has not closed."""
        return len(self.members) - self._over

    def _end(self, member: Member) -> None:
        self._over += not member.over
        member.over = True

    def say(self, size: int | None = None) -> None:
        """Each says the next so many bytes of what it has to say."""
        for member in self.members:
            if member.rest and not member.over:
                try:
                    sent = member.socket.send(member.rest[:size])
                except BlockingIOError:
                    continue
                except OSError:
                    self._end(member)
                    continue
                member.rest = member.rest[sent:]

    def listen(self, within_s: float = 0.0) -> None:
        """Take what has come."""
        for number, _ in self._poll.poll(within_s):
            member = self._by_number[number]
            data = b""
            with contextlib.suppress(ConnectionError):
                data = member.socket.recv(RECEIVE_BYTES)
            member.came += data
            if not data:
                self._end(member)
                self._poll.unregister(number)

    def until(self, claim: Callable[[], bool], within_s: float, *, trickle: int = 0, every_s: float = 0.05) -> float:
        """Listen, and say `trickle` bytes now and then, until the claim holds. Returns how long that took."""
        begun = time.monotonic()
        while not claim():
            passed = time.monotonic() - begun
            assert passed < within_s, f"not within {within_s:g} s; {self.left} of {len(self.members)} are left"
            if trickle:
                self.say(trickle)
            self.listen(every_s)
        return time.monotonic() - begun
