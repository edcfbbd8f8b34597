"""A server that stops without a word to anybody."""

from engine.cli import main
from engine.sessions.registry import Registry
from engine.transport.server import AgentServer


async def drain(self: object) -> None:
    """Wait for nobody, and tell nobody."""


AgentServer.drain = drain  # type: ignore[method-assign,assignment] - that is the mutation
Registry.drain = drain  # type: ignore[method-assign,assignment] - that is the mutation

if __name__ == "__main__":
    main()
