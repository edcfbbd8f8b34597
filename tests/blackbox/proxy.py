"""A line between client and server that breaks after a number of bytes, anywhere in a frame."""

import contextlib
import math
import select
import socket
import struct
import threading
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

RECEIVE_BYTES = 65536


class BreakingLine:
    """Relays one connection; breaks both sides when so many bytes have gone up (to the server) or down.

    `went_up` and `went_down` are the bytes that got through. `reset`: each side is told by RST, not by FIN. From
    `swallow` on nothing gets through any more, and nobody is told; `swallowed` are the bytes that went that way.
    """

    def __init__(self, url: str, *, up: float = math.inf, down: float = math.inf, reset: bool = False) -> None:
        parts = urlsplit(url)
        self._server = (str(parts.hostname), int(str(parts.port)))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._ends: tuple[socket.socket, ...] = ()
        self._left = [up, down]
        self._gone = [0, 0]
        self._reset = reset
        self._swallowing = [False, False]
        self.swallowed = 0
        self.url = f"ws://127.0.0.1:{self._listener.getsockname()[1]}{parts.path}"
        self._thread = threading.Thread(target=self._relay, daemon=True)

    @property
    def went_up(self) -> int:
        return self._gone[0]

    @property
    def went_down(self) -> int:
        return self._gone[1]

    def swallow(self, *, up: bool = True, down: bool = True) -> None:
        self._swallowing = [up, down]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        for end in (self._listener, *self._ends):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _relay(self) -> None:
        with contextlib.suppress(OSError):
            client, _ = self._listener.accept()
            with client, socket.create_connection(self._server) as server:
                self._ends = ends = (client, server)
                while True:
                    for end in select.select(ends, [], [])[0]:
                        way = ends.index(end)
                        data = end.recv(RECEIVE_BYTES)
                        if self._swallowing[way] and data:
                            self.swallowed += len(data)
                            continue
                        through = data[: int(min(self._left[way], len(data)))]
                        ends[1 - way].sendall(through)
                        self._gone[way] += len(through)
                        self._left[way] -= len(through)
                        if not data or not self._left[way]:
                            self._break(ends)
                            return

    def _break(self, ends: tuple[socket.socket, socket.socket]) -> None:
        for end in ends:
            if self._reset:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            else:
                end.shutdown(socket.SHUT_WR)
