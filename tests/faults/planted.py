"""The real server with bugs planted in it: words in a request bring them out, each in another task."""

from collections.abc import Sequence
from typing import Any

from engine.cli import main
from engine.transport.connection import Connection
from engine.transport.guards import BudgetStream
from statemachines.core import SessionCore
from statemachines.effects import RequestCame

HANDLER, CORE, WRITER = "a bug in the handler", "a bug in the core", "a bug in the writer"


class Planted(Exception):
    """Nobody expects this one."""


take_frame = Connection.take_frame
handle = SessionCore.handle
send_texts = BudgetStream.send_texts


async def take_frame_with_a_bug(self: Connection, frame: str | bytes) -> bool:
    if HANDLER in str(frame):
        raise Planted(HANDLER)
    return await take_frame(self, frame)


def handle_with_a_bug(self: SessionCore, given: Any, *, now: float) -> Any:
    if isinstance(given, RequestCame) and CORE in str(given.request.original):
        raise Planted(CORE)
    return handle(self, given, now=now)


async def send_texts_with_a_bug(self: BudgetStream, texts: Sequence[bytes]) -> None:
    if any(WRITER.encode() in text for text in texts):
        raise Planted(WRITER)
    await send_texts(self, texts)


Connection.take_frame = take_frame_with_a_bug  # type: ignore[method-assign] - the bug
SessionCore.handle = handle_with_a_bug  # type: ignore[method-assign] - the bug
BudgetStream.send_texts = send_texts_with_a_bug  # type: ignore[method-assign] - the bug

if __name__ == "__main__":
    main()
