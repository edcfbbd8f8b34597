"""A simulator with a switch of its own and no server around it: for whoever checks it, and for a second one."""

from collections.abc import Mapping
from pathlib import Path

import trio

from engine.adapters.simulator.adapter import SimulatorAdapter
from engine.adapters.simulator.clock import Clock
from engine.adapters.simulator.platform import Switch
from engine.adapters.simulator.settings import SimulatorSettings, check, demo_settings
from engine.adapters.spi import MakeAdapter, Sink, settings_of


def open_adapter(settings: Mapping[str, object], folder: Path) -> MakeAdapter:
    """Settings as [simulator] has them; none: those of the demo. See `engine.adapters.spi.OpenAdapter`."""
    own = settings_of(settings, SimulatorSettings) if settings else demo_settings()
    check(own)
    switch = Switch(own)
    return lambda: _Alone(own, switch)


class _Alone(SimulatorAdapter):
    """Keeps the switch's time while it is connected."""

    async def run(  # noqa: ASYNC128 - the adapter that it is says so
        self, sink: Sink, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(Clock(self._switch).run)
            await super().run(sink, task_status=task_status)
