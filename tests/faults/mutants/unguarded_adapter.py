"""A server that lets out what an adapter raises."""

from typing import Any

from engine.adapters.supervisor import Platform, away
from engine.cli import main
from protocol.platform import PlatformCall


async def perform(self: Platform, agent: str, call: PlatformCall[Any]) -> Any:
    if self._adapter is None:
        raise away()
    return await self._adapter.perform(agent, call)


Platform._perform = perform  # type: ignore[method-assign] - that is the mutation

if __name__ == "__main__":
    main()
