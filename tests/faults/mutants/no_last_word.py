"""A server that closes as the WebSocket library does: where a peer breaks the protocol, without a word."""

from engine.cli import main
from engine.transport.line import Line


async def part(self: Line, *, within_s: float) -> None:
    """Say nothing."""


Line.part = part  # type: ignore[method-assign] - that is the mutation

if __name__ == "__main__":
    main()
