"""`ixp bench`: load a server, and see what it takes."""

import json
from collections.abc import Mapping
from typing import Annotated, Final, NoReturn

import typer
from rich.console import Console

from engine.bench.mix import PIECES, NoMix, read_mix
from engine.bench.tables import columns, compared
from engine.config import DURABILITIES
from engine.terminal import complain

bench_app = typer.Typer(no_args_is_help=True, help="Load a server, and measure what it takes.")

WARM_UP_S: Final = 1.0

Sessions = Annotated[int, typer.Option(min=1, help="agents with a session")]
Connections = Annotated[
    int | None,
    typer.Option(min=1, help="connections; fewer than sessions are batched ones that they share [default: one each]"),
]
Seconds = Annotated[float, typer.Option(min=0.5, help="how long it is measured")]
Processes = Annotated[int, typer.Option(min=1, help="client processes")]
Durability = Annotated[str, typer.Option(help=f"of the journal of a server of its own: {', '.join(DURABILITIES)}")]
Mix = Annotated[
    str, typer.Option(help=f"what sessions do, as weights, such as ready=8,directory=1; there are {', '.join(PIECES)}")
]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON object")]


@bench_app.command()
def run(
    url: Annotated[
        str | None, typer.Argument(help="of the server [default: `ixp serve` in a process of its own]")
    ] = None,
    sessions: Sessions = 200,
    connections: Connections = None,
    seconds: Seconds = 10.0,
    rate: Annotated[
        float | None,
        typer.Option(min=0.1, help="commands a second in all [default: each session sends when it has its answer]"),
    ] = None,
    processes: Processes = 1,
    mix: Mix = "ready=1",
    durability: Durability = "full",
    agent: Annotated[str, typer.Option(help="id of the agents, with {n} for the number")] = "agent{n}",
    password: Annotated[str, typer.Option(envvar="IXP_PASSWORD", help="of the agents")] = "demo",  # noqa: S107
    extensions: Annotated[int, typer.Option(help="the phone of agent n is this number plus n")] = 4000,
    as_json: AsJson = False,
) -> None:
    """Load a server for a while. The exit status is 0 when it could be measured, else 2."""
    from contextlib import nullcontext

    from engine.bench.crew import Crew, LoadFailed
    from engine.bench.job import Job, Window
    from engine.bench.servers import NoServer, engine

    _check(durability)
    pieces = _mix(mix)
    shared = min(connections or sessions, sessions)
    try:
        with engine(sessions, durability) if url is None else nullcontext() as own:
            job = Job(
                url=own.url if own is not None else str(url),
                kind="engine",
                sessions=sessions,
                connections=shared,
                batched=shared < sessions,
                agent=agent,
                password=password,
                extensions=extensions,
                mix=pieces,
            )
            window = Window(
                seconds=seconds,
                warm_up_s=min(WARM_UP_S, seconds / 4),
                rate=rate,
                pid=None if own is None else own.pid,
            )
            with Crew(job, processes) as crew:
                figures = crew.seat().load(window).whole.figures()
    except (LoadFailed, NoServer) as error:
        _fail(str(error))
    settings = {
        "sessions": sessions,
        "connections": shared,
        "seconds": seconds,
        "rate": rate,
        "durability": durability,
        "mix": pieces,
    }
    if as_json:
        typer.echo(json.dumps({"figures": figures, "settings": settings}))
    else:
        Console().print(columns(f"{sessions:,} sessions on {shared:,} connections", {"server": figures}))


@bench_app.command()
def compare(
    sessions: Sessions = 200,
    connections: Connections = None,
    seconds: Seconds = 20.0,
    processes: Processes = 1,
    mix: Mix = "ready=1",
    durability: Annotated[
        list[str] | None, typer.Option(help="of an engine's journal; repeatable, an engine each [default: full]")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure the full protocol beside a bare WebSocket echo, both in turns in one run.

    With --json, `ratio` is messages a second, in and out, of the first engine to those of the echo, `rates` are these
    two, and `servers` has all figures. The exit status is 0 when all could be measured, else 2.
    """
    from engine.bench.compare import Settings
    from engine.bench.compare import compare as measure
    from engine.bench.crew import LoadFailed
    from engine.bench.servers import NoServer

    durabilities = tuple(durability or ["full"])
    _check(*durabilities)
    pieces = _mix(mix)
    shared = min(connections or sessions, sessions)
    settings = Settings(
        sessions=sessions,
        connections=shared,
        seconds=seconds,
        durabilities=durabilities,
        processes=processes,
        mix=pieces,
    )
    try:
        found = measure(settings)
    except (LoadFailed, NoServer) as error:
        _fail(str(error))
    if as_json:
        typer.echo(json.dumps(found))
        return
    Console().print(compared(found))


def _check(*durabilities: str) -> None:
    for durability in durabilities:
        if durability not in DURABILITIES:
            _fail(f"--durability {durability}: take one of {', '.join(DURABILITIES)}")
    try:
        import hdrh  # noqa: F401
    except ImportError:
        _fail("the load tool is not installed; `pip install 'interaction-processor[bench]'` does that")


def _mix(text: str) -> Mapping[str, int]:
    try:
        return read_mix(text)
    except NoMix as error:
        _fail(f"--mix: {error}")


def _fail(message: str) -> NoReturn:
    complain(message)
    raise typer.Exit(2)
