"""`ixp dmcc-simulator`: a switch behind a simulated AES, to try the CSTA adapter with."""

from typing import Annotated

import attrs
import trio
import typer

from engine.dmcc_simulator.settings import demo
from engine.terminal import complain


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
    from engine.dmcc_simulator.process import run  # what it needs is not there to keep every other command waiting

    settings = attrs.evolve(
        demo(agents, first),
        user=user,
        password=password,
        switch_name=switch,
        session_s=session_s,
        work_after_call=work_after_call,
    )
    try:
        trio.run(run, settings, host, port)
    except OSError as error:
        complain(f"{host}:{port} cannot be listened on ({error.strerror}); choose another with --host and --port")
        raise typer.Exit(1) from None
