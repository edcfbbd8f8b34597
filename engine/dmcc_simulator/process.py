"""The simulated switch as a process: it says when it is ready, does what is typed, and ends by a signal."""

import os
import signal
import sys

import msgspec
import trio

from engine.dmcc_simulator.commands import Commands
from engine.dmcc_simulator.server import DmccSimulator
from engine.dmcc_simulator.settings import SwitchSettings

_CHUNK_BYTES = 65_536


async def run(settings: SwitchSettings, host: str, port: int) -> None:
    """Until SIGINT or SIGTERM. Raises OSError when the address cannot be had."""
    simulator = DmccSimulator(settings)
    listeners = await trio.open_tcp_listeners(port, host=host)
    async with trio.open_nursery() as nursery:
        await nursery.start(stop_on_signal, nursery.cancel_scope)
        taken = await nursery.start(simulator.run, listeners)
        ready = {"dmcc": f"{host}:{taken}", "switch": settings.switch_name, "phones": len(settings.stations)}
        print("ready", msgspec.json.encode(ready).decode(), flush=True)
        await _obey(Commands(simulator))


async def stop_on_signal(scope: trio.CancelScope, *, task_status: trio.TaskStatus[None]) -> None:
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        task_status.started()
        async for _ in signals:
            scope.cancel()
            return


async def _obey(commands: Commands) -> None:
    """Do what comes on standard input. When that ends the simulator goes on."""
    rest = b""
    while data := await trio.to_thread.run_sync(os.read, sys.stdin.fileno(), _CHUNK_BYTES, abandon_on_cancel=True):
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            answer = commands.do(line.decode(errors="replace"))
            if answer:
                print(answer, flush=True)
