"""A server that counts no bytes: a message may have no end."""

from engine.cli import main
from engine.transport.guards import BudgetStream


async def receive_some(self: BudgetStream, max_bytes: int | None = None) -> bytes | bytearray:
    return await self._line.receive_some(max_bytes)


BudgetStream.receive_some = receive_some  # type: ignore[method-assign] - that is the mutation

if __name__ == "__main__":
    main()
