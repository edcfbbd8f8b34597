"""The server with the planted bugs, and without the borders that keep them in one connection and one session."""

from collections.abc import Awaitable, Callable

import trio

from engine.cli import main
from engine.sessions.actor import SessionActor
from engine.transport.connection import Connection
from engine.transport.server import AgentServer
from tests.faults import planted

assert planted.HANDLER


async def guard(self: AgentServer, connection: Connection, task: Callable[[], Awaitable[None]]) -> None:
    await task()


async def guard_connection(self: AgentServer, stream: trio.SocketStream) -> None:
    with self._gate.open_for("anywhere"):
        await self._converse(stream, "anywhere")


AgentServer._guard = guard  # type: ignore[method-assign] - that is the mutation
AgentServer._guard_connection = guard_connection  # type: ignore[method-assign] - that is the mutation
SessionActor.run = SessionActor._live  # type: ignore[method-assign] - that is the mutation

if __name__ == "__main__":
    main()
