"""A connected socket that tries the system call first, and waits only where it would block.

trio's own stream lets the other tasks run before each call, and again behind it: under load that is most of what a
short message costs. Here they run where there is nothing to read, no room to write, and now and then in between.
"""

import errno
import socket
from collections.abc import Awaitable, Callable
from typing import Final

import trio

READ_BYTES: Final = 4 * 1024
"""At most so much is read in one go, and then the others have their turn: it may be hundreds of frames, and whoever
takes them does not wait in between."""
TURNS: Final = 32
"""After so many calls that did not wait the other tasks have their turn."""


_Ready = Callable[[socket.socket], Awaitable[None]]


class EagerStream(trio.abc.HalfCloseableStream):
    """As any stream of trio's, but that not every call is a checkpoint. One task sends at a time, and one receives."""

    def __init__(self, connected: socket.socket) -> None:
        connected.setblocking(False)
        self._socket = connected
        self._turns = 0
        self._emptied = False
        """Has the last read taken all that there was? Then it is no use to try before more has come."""
        self._full = False
        """Has it taken as much as there may be in one go?"""

    @classmethod
    def instead_of(cls, stream: trio.SocketStream) -> "EagerStream":
        """On the same connection; the other one is of no use any longer."""
        return cls(socket.socket(fileno=stream.socket.detach()))

    def send_now(self, data: memoryview) -> int:
        """So many of the first bytes have gone without a wait. What is wrong with the connection `send_all` tells."""
        try:
            return self._socket.send(data)
        except OSError:
            return 0

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        await self._let_others()
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[self._socket.send(rest) :]
            except BlockingIOError:
                await self._wait(trio.lowlevel.wait_writable)
            except OSError as error:
                raise _trouble(error) from error

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        if max_bytes is not None and max_bytes < 1:
            raise ValueError("max_bytes: is less than 1; leave it out, or give a positive number")
        size = min(max_bytes or READ_BYTES, READ_BYTES)
        if self._emptied:
            await self._wait(trio.lowlevel.wait_readable)
        elif self._full:
            await trio.lowlevel.checkpoint()
        else:
            await self._let_others()
        while True:
            try:
                data = self._socket.recv(size)
            except BlockingIOError:
                await self._wait(trio.lowlevel.wait_readable)
            except OSError as error:
                raise _trouble(error) from error
            else:
                self._emptied = len(data) < size
                self._full = len(data) == READ_BYTES
                return data

    async def wait_send_all_might_not_block(self) -> None:
        await self._wait(trio.lowlevel.wait_writable)

    async def send_eof(self) -> None:
        await trio.lowlevel.checkpoint()
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError as error:
            raise _trouble(error) from error

    async def aclose(self) -> None:
        if self._socket.fileno() >= 0:
            trio.lowlevel.notify_closing(self._socket)
            self._socket.close()
        await trio.lowlevel.checkpoint()

    async def _wait(self, ready: _Ready) -> None:
        self._turns = 0
        if self._socket.fileno() < 0:
            raise trio.ClosedResourceError("this end has closed the socket")
        await ready(self._socket)

    async def _let_others(self) -> None:
        self._turns += 1
        if self._turns >= TURNS:
            self._turns = 0
            await trio.lowlevel.checkpoint()


def _trouble(error: OSError) -> Exception:
    """In trio's words."""
    if error.errno == errno.EBADF:
        return trio.ClosedResourceError("this end has closed the socket")
    return trio.BrokenResourceError(f"the connection is broken: {error}")
