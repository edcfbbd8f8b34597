"""What comes by one connection: frames are read, judged and handed on; whatever cannot be taken is answered."""

from collections.abc import Callable
from typing import Final, Protocol

import attrs
import structlog
import trio

from engine.adapters.link import rpc
from engine.adapters.link.settings import LinkSettings
from engine.adapters.link.words import ACK, HELLO, REPORT, Ack, Hello, Told, Welcome, read_told
from engine.transport.line import NOT_TEXT, POLICY
from engine.transport.rate import Rate
from engine.transport.texts import TextSocket
from protocol.convert import WIRE, structure
from protocol.errors import FailureCode
from protocol.strictjson import Json

log = structlog.get_logger()

ACK_EVERY: Final = 16
"""So many reports are acknowledged at once; fewer are so with the next connection."""
LOGGED_CHARS: Final = 300


class Link(Protocol):
    """What a connection tells the link."""

    def admit(self, socket: TextSocket, hello: Hello) -> Welcome:
        """Take this connection for the program's. Raises BadMessage."""
        ...

    def go_on(self) -> None:
        """The program has been answered: ask again what is under way."""
        ...

    def told(self, told: Told) -> int:
        """Take a report; returns the number of the last one that has been taken. Raises BadMessage."""
        ...

    async def answered(self, answer: rpc.Answer) -> None:
        """Raises BadMessage."""
        ...


@attrs.define(eq=False)
class Hearing:
    """One connection."""

    socket: TextSocket
    link: Link
    settings: LinkSettings
    _rate: Rate = attrs.field(init=False)
    _bad: int = attrs.field(default=0, init=False)
    _taken: int = attrs.field(default=0, init=False)
    _acked: int = attrs.field(default=0, init=False)
    _welcomed: bool = attrs.field(default=False, init=False)
    _program: str = attrs.field(default="", init=False)
    """What it calls itself."""

    def __attrs_post_init__(self) -> None:
        self._rate = Rate(self.settings.messages_per_s, now=trio.current_time())

    async def greet(self) -> bool:
        """Hear the hello. False when there is none that can be taken; the connection is to be closed then."""
        with trio.move_on_after(self.settings.hello_s) as patience:
            await self._hear(until=lambda: self._welcomed)
        if patience.cancelled_caught:
            self.socket.finish(POLICY, f"no hello within {self.settings.hello_s:g} s")
        return self._welcomed

    async def listen(self) -> None:
        """Hear everything else, until the connection ends or must be closed."""
        await self._hear(until=lambda: False)

    async def _hear(self, until: Callable[[], bool]) -> None:
        while not until():
            frame = await self.socket.receive()
            if frame is None or not await self._take(frame):
                return

    async def _take(self, frame: str | bytes) -> bool:
        """Handle one frame; False when the connection must be closed."""
        if not self._rate.allows(trio.current_time()):
            most = f"at most {self.settings.messages_per_s:g} messages a second"
            self.socket.send(rpc.error(None, rpc.REFUSED, f"{most}; send more slowly", FailureCode.OVERLOADED))
            return self._close(POLICY, most)
        if isinstance(frame, bytes):
            return self._close(NOT_TEXT, "send text frames; the link has no binary ones")
        text = frame.encode()
        if len(text) > self.settings.message_bytes:
            problem = f"a message may have {self.settings.message_bytes} bytes, this one has {len(text)}"
            return self._refuse(rpc.BadMessage(rpc.INVALID_REQUEST, problem))
        more: dict[str, Json] = {}
        try:
            await self._handle(rpc.read(text), more)
        except rpc.BadMessage as bad:
            return self._refuse(bad, more)
        self._bad = 0
        return True

    def _refuse(self, bad: rpc.BadMessage, more: dict[str, Json] | None = None) -> bool:
        """Answer what cannot be taken. False when there has been too much of it."""
        log.warning("link_bad_message", program=self._program, code=bad.failure, number=bad.code)
        log.debug("link_bad_message_words", why=str(bad)[:LOGGED_CHARS])
        self.socket.send(bad.text(**(more or {})))
        if bad.close is not None:
            return self._close(*bad.close)
        self._bad += 1
        if self._bad >= self.settings.bad_in_a_row:
            return self._close(POLICY, f"{self._bad} messages in a row could not be taken")
        return True

    def _close(self, code: int, why: str) -> bool:
        self.socket.finish(code, why)
        return False

    async def _handle(self, message: rpc.Request | rpc.Notification | rpc.Answer, more: dict[str, Json]) -> None:
        """Raises BadMessage; `more` says then what it was about."""
        match message:
            case rpc.Request(method="hello", id=known):
                self._hello(known, message.params)
            case rpc.Request(method=method, id=known):
                problem = f"there is no request {method[:64]!r}; a program asks {HELLO} and nothing else"
                raise rpc.BadMessage(rpc.NO_METHOD, problem, id=known)
            case _ if not self._welcomed:
                raise rpc.BadMessage(rpc.INVALID_REQUEST, f"send {HELLO} first")
            case rpc.Notification(method="report"):
                self._report(message.params, more)
            case rpc.Notification(method=method):
                problem = f"there is no notification {method[:64]!r}; a program sends {REPORT} and nothing else"
                raise rpc.BadMessage(rpc.NO_METHOD, problem)
            case rpc.Answer():
                more["call"] = message.id
                await self.link.answered(message)

    def _hello(self, known: rpc.Id, params: Json) -> None:
        if self._welcomed:
            raise rpc.BadMessage(rpc.INVALID_REQUEST, "one hello is enough", id=known)
        try:
            hello = structure(params, Hello, at="params")
        except ValueError as problem:
            raise rpc.BadMessage(rpc.INVALID_PARAMS, str(problem), id=known) from None
        try:
            welcome = self.link.admit(self.socket, hello)
        except rpc.BadMessage as bad:
            bad.id = known
            raise
        self._taken = self._acked = welcome.received
        self.socket.send(rpc.result(known, WIRE.unstructure(welcome)))
        self._welcomed, self._program = True, hello.name
        self.link.go_on()

    def _report(self, params: Json, more: dict[str, Json]) -> None:
        try:
            told = read_told(params)
        except ValueError as problem:
            raise rpc.BadMessage(rpc.INVALID_PARAMS, str(problem)) from None
        more["seq"] = told.seq
        try:
            self._taken = self.link.told(told)
        finally:
            if self._taken - self._acked >= ACK_EVERY:
                self._acked = self._taken
                self.socket.send(rpc.notification(ACK, WIRE.unstructure(Ack(seq=self._acked))))
