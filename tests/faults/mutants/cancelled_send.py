"""A server that gives up a send that takes too long, and goes on with the next message."""

from collections.abc import Callable

import trio
from trio_websocket import WebSocketConnection

from engine.cli import main
from engine.transport.connection import Connection
from engine.transport.guards import BudgetStream
from engine.transport.server import AgentServer

SEND_S = 0.05


async def write(
    self: AgentServer,
    websocket: WebSocketConnection,
    budget: BudgetStream,
    connection: Connection,
    drop: Callable[[str], None],
) -> None:
    while texts := await connection.outbox.take(bytes_at_most=0):
        with trio.move_on_after(SEND_S):
            await budget.send_texts(texts)
        budget._line._in_a_frame = False
    drop("closed")


AgentServer._write = write  # type: ignore[method-assign] - that is the mutation

if __name__ == "__main__":
    main()
