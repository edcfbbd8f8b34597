"""One connection to AES: requests go out and are matched with their answers, events are handed on in their order.

A task writes and another one reads, so that a caller who gives up cuts no message in two. What an answer says is taken
in by the reader, before it looks at the next message: so no answer is older than an event that was told before it.
"""

from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

import attrs
import structlog
import trio

from engine.adapters.csta.errors import error_of
from engine.adapters.csta.framing import EVENT_ID, BadFrame, Frame, FrameReader, InvokeIds, encode_frame
from engine.adapters.csta.replies import BadReply
from engine.adapters.csta.requests import Request
from engine.adapters.csta.words import CSTA
from engine.adapters.csta.xml import BadXml, Node, Unsendable, parse
from protocol.errors import FailureCode, Refused

log = structlog.get_logger()
T = TypeVar("T")

OUTBOX_FRAMES: Final = 1_000
_CHUNK_BYTES: Final = 65_536


class LinkLost(ConnectionError):
    """The connection to AES is gone."""


class Unanswered(Refused):
    """The switch has not answered in time. Whether it has done it, it has to be asked."""

    def __init__(self, request: Request, timeout_s: float) -> None:
        super().__init__(
            FailureCode.PLATFORM_ERROR,
            f"the switch did not answer {request.name} within {timeout_s:g} s; what it did of it comes as events",
        )


@attrs.define(eq=False)
class _Waiting(Generic[T]):
    """A request that is not answered yet. `awaited`: somebody waits for it."""

    request: Request
    read: Callable[[Node], T]
    done: trio.Event = attrs.field(factory=trio.Event)
    answer: T | None = None
    refusal: Exception | None = None
    awaited: bool = True


def nothing(_: Node) -> None:
    """What an answer says that says no more than that it was done."""


class Link:
    """A connection. `carry` is its task; `ask` may be called from any task while it runs."""

    def __init__(self, stream: trio.abc.Stream, on_event: Callable[[Node], None], *, reply_timeout_s: float) -> None:
        self.protocol = CSTA
        """The namespace of CSTA in this session."""
        self.sent = 0
        self.received = 0
        self.lost: str | None = None
        """Why the connection is gone."""
        self._stream = stream
        self._on_event = on_event
        self._reply_timeout_s = reply_timeout_s
        self._scope: trio.CancelScope | None = None
        self._reader = FrameReader()
        self._ids = InvokeIds()
        self._waiting: dict[int, _Waiting[Any]] = {}
        self._outbox, self._unsent = trio.open_memory_channel[bytes](OUTBOX_FRAMES)

    @property
    def busy(self) -> bool:
        """Is there something to be written, or an answer that is waited for?"""
        return any(each.awaited for each in self._waiting.values()) or self._outbox.statistics().current_buffer_used > 0

    async def carry(self) -> None:
        """Read and write until the connection is gone; then nobody waits for an answer any longer."""
        try:
            async with trio.open_nursery() as nursery:
                self._scope = nursery.cancel_scope
                nursery.start_soon(self._write, nursery.cancel_scope)
                await self._read()
                nursery.cancel_scope.cancel()
        finally:
            self._lose("the connection is closed")
            with trio.CancelScope(shield=True):
                await trio.aclose_forcefully(self._stream)

    def close(self, why: str) -> None:
        """End the connection."""
        self._lose(why)
        if self._scope is not None:
            self._scope.cancel()

    async def ask(self, request: Request, read: Callable[[Node], T]) -> T:
        """Send a request; gives what `read` makes of the positive answer. Raises Refused.

        Given up, or not answered in time, the answer is still taken in by `read` when it comes.
        """
        if self.lost is not None:
            raise _gone(request)
        invoke = self._ids.take()
        if invoke is None:
            raise Refused(FailureCode.PLATFORM_UNAVAILABLE, "too many requests wait for the switch; try again later")
        waiting = self._waiting[invoke] = _Waiting(request, read)
        try:
            self._outbox.send_nowait(encode_frame(Frame(invoke, request.encode(self.protocol))))
        except (trio.WouldBlock, Unsendable) as error:
            del self._waiting[invoke]
            self._ids.free(invoke)
            raise _unsent(request, error) from None
        try:
            with trio.move_on_after(self._reply_timeout_s):
                await waiting.done.wait()
        finally:
            waiting.awaited = False
        if not waiting.done.is_set():
            raise Unanswered(request, self._reply_timeout_s)
        if waiting.refusal is not None:
            raise waiting.refusal
        return waiting.answer  # type: ignore[return-value] # done without a refusal, `read` has made it

    # The two tasks

    async def _write(self, scope: trio.CancelScope) -> None:
        try:
            async for frame in self._unsent:
                await self._stream.send_all(frame)
                self.sent += 1
        except (trio.BrokenResourceError, trio.ClosedResourceError, OSError) as error:
            self._lose(f"writing failed: {error}")
            scope.cancel()

    async def _read(self) -> None:
        try:
            while data := await self._stream.receive_some(_CHUNK_BYTES):
                for frame in self._reader.feed(bytes(data)):
                    self.received += 1
                    self._take(frame)
            self._lose("AES has hung up")
        except BadFrame as error:
            self._lose(f"what came is no DMCC: {error}")
        except (trio.BrokenResourceError, trio.ClosedResourceError, OSError) as error:
            self._lose(f"reading failed: {error}")

    def _take(self, frame: Frame) -> None:
        try:
            node = parse(frame.xml)
        except BadXml as error:
            log.warning("csta_unread", what="a message", why=str(error))
            self._answer(frame.invoke, BadReply(str(error)))
            return
        if frame.invoke == EVENT_ID:
            self._on_event(node)
        else:
            self._answer(frame.invoke, node)

    def _answer(self, invoke: int, answer: Node | BadReply) -> None:
        waiting = self._waiting.pop(invoke, None)
        if waiting is None:
            if invoke != EVENT_ID:
                log.warning("csta_unread", what="an answer to nothing", why=f"invoke id {invoke}")
            return
        self._ids.free(invoke)
        name = waiting.request.name
        try:
            if isinstance(answer, BadReply):
                raise answer
            if (error := error_of(answer)) is not None:
                waiting.refusal = error.refusal(name)
            else:
                waiting.answer = waiting.read(answer)
        except BadReply as error:
            log.warning("csta_unread", what=f"the answer to {name}", why=str(error))
            waiting.refusal = Refused(
                FailureCode.PLATFORM_ERROR,
                f"the switch's answer to {name} cannot be read; look at the latest events, then try again",
            )
        waiting.done.set()

    def _lose(self, why: str) -> None:
        if self.lost is None:
            self.lost = why
        for waiting in self._waiting.values():
            waiting.refusal = _gone(waiting.request)
            waiting.done.set()
        self._waiting.clear()


def _gone(request: Request) -> Refused:
    return Refused(
        FailureCode.PLATFORM_UNAVAILABLE,
        f"the link to the switch is lost, and {request.name} with it; what was done of it shows when it is back",
    )


def _unsent(request: Request, error: Exception) -> Refused:
    if isinstance(error, Unsendable):
        return Refused(FailureCode.PLATFORM_ERROR, f"{request.name} cannot be sent: {error}; leave that out")
    return Refused(FailureCode.PLATFORM_UNAVAILABLE, "the switch does not take what is sent to it; try again later")
