"""The server's side of `engine.bench.exchange`: an adapter with one connection to that process."""

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import attrs
import msgspec
import trio

from engine.adapters.spi import MakeAdapter, Sink, settings_of
from engine.bench.exchange import HOST, lines_of
from protocol.convert import WIRE
from protocol.errors import FailureCode, Refused
from protocol.platform import Feature, PlatformCall
from statemachines.effects import CallRefused, Reported
from statemachines.record import unpack

R = TypeVar("R")

ADAPTER: Final = f"{__name__}:open_adapter"
"""How a configuration names it."""


@attrs.frozen(kw_only=True)
class ExchangeSettings:
    """Where the exchange is, on this machine."""

    port: int


def open_adapter(settings: Mapping[str, object], folder: Path) -> MakeAdapter:
    """See `engine.adapters.spi.OpenAdapter`."""
    port = settings_of(settings, ExchangeSettings).port
    return lambda: ExchangeAdapter(port)


class ExchangeAdapter:
    """Keeps the contract of `engine.adapters.spi`."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.features: frozenset[Feature] = frozenset()
        self._stream: trio.SocketStream | None = None
        self._numbers = itertools.count(1)
        self._waiting: dict[int, tuple[trio.Event, list[Any]]] = {}
        self._turn = trio.Lock()

    async def run(self, sink: Sink, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        async with await trio.open_tcp_stream(HOST, self._port) as stream:
            self._stream = stream
            await self._send({"connect": True})
            async for line in lines_of(stream):
                match line:
                    case {"features": features}:
                        self.features = frozenset(map(Feature, features))
                        task_status.started()
                    case {"agent": agent, "report": report}:
                        given = unpack(report)
                        if isinstance(given, Reported):
                            sink.report(agent, given.report)
                    case {"id": number, "outcome": outcome}:
                        done, box = self._waiting.pop(number)
                        box.append(unpack(outcome))
                        done.set()
        raise ConnectionError("the exchange has hung up")

    async def perform(self, agent: str, call: PlatformCall[R]) -> R:
        number, done, box = next(self._numbers), trio.Event(), list[Any]()
        self._waiting[number] = done, box
        await self._send({"id": number, "agent": agent, "call": [type(call).__name__, WIRE.unstructure(call)]})
        await done.wait()
        (outcome,) = box
        if isinstance(outcome, CallRefused):
            raise Refused(outcome.code, outcome.message)
        answer: R = outcome.answer
        return answer

    async def _send(self, line: dict[str, Any]) -> None:
        if self._stream is None:
            raise Refused(FailureCode.PLATFORM_UNAVAILABLE, "the exchange is not connected; try again in a moment")
        async with self._turn:
            with trio.CancelScope(shield=True):  # half a line would spoil the next one
                try:
                    await self._stream.send_all(msgspec.json.encode(line) + b"\n")
                except (trio.BrokenResourceError, trio.ClosedResourceError):
                    raise Refused(
                        FailureCode.PLATFORM_UNAVAILABLE, "the exchange has hung up; try again in a moment"
                    ) from None
