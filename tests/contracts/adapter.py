"""Old names of what stands in `engine.adapters.contract`."""

from collections.abc import Awaitable, Callable
from typing import Final

from engine.adapters.contract.bench import Bench as Driver
from engine.adapters.contract.connection import Connection as Link
from engine.adapters.contract.connection import Recorder, connected
from engine.adapters.contract.promise import Promise
from engine.adapters.contract.table import PROMISES as TABLE

__all__ = ("PROMISES", "Driver", "Link", "Recorder", "connected", "of_groups")


def of_groups(*groups: str) -> tuple[Callable[[Driver], Awaitable[None]], ...]:
    """The promises of these groups as functions, which do nothing where something that they need is missing."""
    return tuple(_function(promise) for promise in TABLE if promise.group in groups)


def _function(promise: Promise) -> Callable[[Driver], Awaitable[None]]:
    async def keep(driver: Driver) -> None:
        async with connected(driver) as link:
            features = link.adapter.features
        if not promise.not_applicable(features) and not promise.not_tried(driver):
            await promise.keep(driver)

    keep.__name__ = promise.name
    return keep


PROMISES: Final = of_groups("life", "calls", "reports")
