"""The control connection of one phone: commands with tokens go out, answers and events come in.

A phone serves one connection at a time: another client takes its place, and ends this one.
"""

import itertools
import socket
from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs
import msgspec
import trio

from engine.adapters.sip.framing import BadFrame, Frames, frame

_CHUNK: Final = 65_536
_SEND_S: Final = 5.0
_QUICKACK: Final[int | None] = getattr(socket, "TCP_QUICKACK", None)


Command = tuple[str, str]
"""Name and parameters."""


class ControlLost(Exception):
    """The connection is gone; what became of a command is unknown."""


class NoAnswer(Exception):
    """The phone has not answered a command in time."""


@attrs.frozen
class Answer:
    ok: bool
    text: str


@attrs.define
class _Batch:
    """Commands that were sent in one piece. `well`: none has been refused so far."""

    well: bool = True


@attrs.define
class _Waiting:
    """Somebody who waits for an answer."""

    channel: trio.MemorySendChannel[Answer]
    batch: _Batch
    at_once: Callable[[Answer], None] | None = None

    def answer(self, answer: Answer) -> None:
        self.batch.well = self.batch.well and answer.ok
        if self.at_once is not None and self.batch.well:
            self.at_once(answer)
        self.channel.send_nowait(answer)
        self.channel.close()


class Control:
    """One connection. `run` reads until it ends; `commands` may be called from many tasks."""

    def __init__(self, stream: trio.SocketStream, on_event: Callable[[Mapping[str, Any]], None]) -> None:
        self._stream = stream
        self._on_event = on_event
        self._tokens = itertools.count(1)
        self._waiting: dict[str, _Waiting] = {}
        self._sending = trio.Lock()
        self._lost = False
        self._why = "the connection was closed here"
        self.nonsense = ""
        """What the phone sent that is no frame, if it did. It may be a caller's words."""

    async def run(self) -> str:
        """Read until the connection ends; returns why."""
        try:
            return await self._read()
        finally:
            self._lost = True
            for waiting in self._waiting.values():
                waiting.channel.close()
            self._waiting.clear()
            with trio.move_on_after(_SEND_S, shield=True):
                await trio.aclose_forcefully(self._stream)

    async def _read(self) -> str:
        frames = Frames()
        try:
            while data := await self._receive():
                for payload in frames.take(data):
                    self._take(payload)
        except BadFrame as bad:
            self.nonsense = str(bad)
            return "the phone sent nonsense; see whether its port is that of a control connection"
        except trio.BrokenResourceError as broken:
            return f"the connection broke: {broken.__cause__ or broken}"
        except trio.ClosedResourceError:
            return self._why
        return "the phone closed the connection; it serves one client at a time"

    async def _receive(self) -> bytes:
        if _QUICKACK is not None:
            # The phone writes an event and an answer apart; its second piece waits for the acknowledgement of the
            # first, which the kernel would hold back for 40 ms.
            self._stream.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
        return bytes(await self._stream.receive_some(_CHUNK))

    def _take(self, payload: bytes) -> None:
        """A message that is no JSON object is dropped: the frames go on to be sound."""
        try:
            # A phone writes what a caller has sent as it came, be it no UTF-8.
            message = msgspec.json.decode(payload.decode("utf-8", "replace"))
        except msgspec.DecodeError:
            return
        match message:
            case {"response": True, "token": str(token)}:
                waiting = self._waiting.pop(token, None)
                if waiting is not None:
                    data = message.get("data")
                    waiting.answer(Answer(message.get("ok") is True, data if isinstance(data, str) else ""))
            case {"event": True}:
                self._on_event(message)

    def abort(self, why: str) -> None:
        """`run` ends by this."""
        self._why = why
        self._stream.socket.close()

    async def commands(
        self, *commands: Command, timeout_s: float, at_once: Callable[[Answer], None] | None = None
    ) -> list[Answer]:
        """All in one piece, so that nothing comes between them at the phone. Raises ControlLost or NoAnswer.

        `at_once` gets the last answer, if all were well, before any event that came after it is told.
        Given up half-way, nothing of it is left behind but what the phone does.
        """
        if self._lost:
            raise ControlLost
        batch, receivers = _Batch(), []
        frames = b""
        for name, parameters in commands:
            token = str(next(self._tokens))
            channel, receiver = trio.open_memory_channel[Answer](1)
            self._waiting[token] = _Waiting(channel, batch)
            receivers.append((token, receiver))
            frames += frame(msgspec.json.encode({"command": name, "params": parameters, "token": token}))
        self._waiting[receivers[-1][0]].at_once = at_once
        try:
            await self._send(frames)
            with trio.fail_after(timeout_s):
                answers = []
                for _, receiver in receivers:
                    answers.append(await receiver.receive())
                return answers
        except trio.EndOfChannel:
            raise ControlLost from None
        except trio.TooSlowError:
            names = ", ".join(name for name, _ in commands)
            raise NoAnswer(f"no answer to {names} within {timeout_s:g} s") from None
        finally:
            for token, _ in receivers:
                self._waiting.pop(token, None)

    async def _send(self, frames: bytes) -> None:
        """Frames go out whole, whoever gives up meanwhile; where they cannot, the connection is ended."""
        sent = False
        with trio.move_on_after(_SEND_S, shield=True):
            async with self._sending:
                try:
                    await self._stream.send_all(frames)
                except (trio.BrokenResourceError, trio.ClosedResourceError):
                    raise ControlLost from None
            sent = True
        if not sent:
            await trio.aclose_forcefully(self._stream)
            raise ControlLost
