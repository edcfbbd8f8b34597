"""The real server with bugs planted in it and in its adapter: words in a request bring them out, each elsewhere."""

from collections.abc import Sequence
from typing import Any

import trio

from engine.adapters.simulator.adapter import SimulatorAdapter
from engine.adapters.spi import Sink
from engine.cli import main
from engine.transport.connection import Connection
from engine.transport.guards import BudgetStream
from protocol.platform import PlatformCall
from statemachines.core import SessionCore
from statemachines.effects import Reported, RequestCame

HANDLER, CORE, WRITER = "a bug in the handler", "a bug in the core", "a bug in the writer"
REPORT = "a bug at a report"
"""In the data of a call that comes."""
NONSENSE, RUN = "a report that is none", "a bug in the adapter"
"""As the destination of a call that is dialled."""


class Planted(Exception):
    """Nobody expects this one."""


take_frame = Connection.take_frame
handle = SessionCore.handle
send_texts = BudgetStream.send_texts
perform = SimulatorAdapter.perform
runs = SimulatorAdapter.run


async def take_frame_with_a_bug(self: Connection, frame: str | bytes) -> bool:
    if HANDLER in str(frame):
        raise Planted(HANDLER)
    return await take_frame(self, frame)


def handle_with_a_bug(self: SessionCore, given: Any, *, now: float) -> Any:
    if isinstance(given, RequestCame) and CORE in str(given.request.original):
        raise Planted(CORE)
    if isinstance(given, Reported) and REPORT in str(given.report):
        raise Planted(REPORT)
    return handle(self, given, now=now)


async def send_texts_with_a_bug(self: BudgetStream, texts: Sequence[bytes]) -> None:
    if any(WRITER.encode() in text for text in texts):
        raise Planted(WRITER)
    await send_texts(self, texts)


async def perform_with_a_bug(self: SimulatorAdapter, agent: str, call: PlatformCall[Any]) -> Any:
    if NONSENSE in str(call) and self._sink is not None:
        self._sink.report(agent, object())  # type: ignore[arg-type] - the bug
    if RUN in str(call):
        self.broken()
    return await perform(self, agent, call)


async def run(self: SimulatorAdapter, sink: Sink, *, task_status: trio.TaskStatus[None]) -> None:  # noqa: ASYNC128 - the real one calls it
    try:
        await runs(self, sink, task_status=task_status)
    except ConnectionError:  # nobody but `perform` above breaks it
        raise Planted(RUN) from None


Connection.take_frame = take_frame_with_a_bug  # type: ignore[method-assign] - the bug
SessionCore.handle = handle_with_a_bug  # type: ignore[method-assign] - the bug
BudgetStream.send_texts = send_texts_with_a_bug  # type: ignore[method-assign] - the bug
SimulatorAdapter.perform = perform_with_a_bug  # type: ignore[method-assign] - the bug
SimulatorAdapter.run = run  # type: ignore[method-assign] - the bug

if __name__ == "__main__":
    main()
