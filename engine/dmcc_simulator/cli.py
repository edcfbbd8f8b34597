"""`ixp dmcc-simulator`: a switch behind a simulated AES, to try the CSTA adapter with."""

import os
import signal
import sys
from typing import Annotated

import attrs
import msgspec
import trio
import typer

from engine.dmcc_simulator.commands import Commands
from engine.dmcc_simulator.server import DmccSimulator
from engine.dmcc_simulator.settings import SwitchSettings, demo
from engine.terminal import complain

_CHUNK_BYTES = 65_536


def simulate_dmcc(
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="port; 0 is any free one")] = 4721,
    user: Annotated[str, typer.Option(help="the CTI user")] = "ixp",
    password: Annotated[str, typer.Option(envvar="IXP_DMCC_PASSWORD", help="the CTI user's password")] = "demo",  # noqa: S107 - of a simulator
    switch: Annotated[str, typer.Option(help="name of the switch connection")] = "CM1",
    agents: Annotated[int, typer.Option(min=1, max=5000, help="phones, and agents who may log in: agent1 …")] = 50,
    first: Annotated[int, typer.Option(min=1, max=10**9, help="the first phone's number")] = 4001,
    session_s: Annotated[int, typer.Option(min=1, max=86_400, help="longest time a session is granted")] = 180,
    work_after_call: Annotated[bool, typer.Option(help="agents are in after-call work when a call ends")] = False,
) -> None:
    """Run a small switch behind a simulated Avaya AES, until SIGINT or SIGTERM. Plain TCP, in memory.

    Prints one line, `ready {…}`, when it accepts connections. Then it reads commands from standard input, one a line,
    and answers each with one line; `help` lists them.
    """
    settings = attrs.evolve(
        demo(agents, first),
        user=user,
        password=password,
        switch_name=switch,
        session_s=session_s,
        work_after_call=work_after_call,
    )
    try:
        trio.run(_run, settings, host, port)
    except OSError as error:
        complain(f"{host}:{port} cannot be listened on ({error.strerror}); choose another with --host and --port")
        raise typer.Exit(1) from None


async def _run(settings: SwitchSettings, host: str, port: int) -> None:
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
