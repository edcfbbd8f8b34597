"""`ixp bench`: load a server, and see what it takes."""

from typing import Annotated

import typer

from engine.bench import tables
from engine.bench.day_kinds import KINDS, MIXED
from engine.bench.job import AGENTS, EXTENSIONS, NUMBER, PASSWORD, Job
from engine.bench.options import (
    MOST_S,
    AsJson,
    Connections,
    Durability,
    Mix,
    Picture,
    Processes,
    Seconds,
    SecondsEach,
    Sessions,
    drawn,
    durability_of,
    fail,
    measuring,
    mix_of,
    numbers_of,
    progress,
    shared_by,
    show,
)
from engine.config import DURABILITIES

bench_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    help="Load a server, and measure what it takes. The exit status is 0 when it could be measured, else 2.",
)

MOST_SESSIONS = 100_000


@bench_app.command()
def run(
    url: Annotated[
        str | None,
        typer.Argument(
            help="of a server of yours; sessions of these agents are taken over there, and ended afterwards, so give "
            "agents nobody works with [default: `ixp serve` in a process of its own]"
        ),
    ] = None,
    sessions: Sessions = 200,
    connections: Connections = None,
    seconds: Seconds = 10.0,
    rate: Annotated[
        float | None,
        typer.Option(
            min=0.1, max=1e6, help="commands a second in all [default: each session sends when it has its answer]"
        ),
    ] = None,
    share: Annotated[
        float | None,
        typer.Option(
            min=0.01,
            max=0.99,
            help="of what the server takes, which is tried first, in place of a rate; 0.5 is half of it",
        ),
    ] = None,
    processes: Processes = 1,
    mix: Mix = "ready=1",
    durability: Annotated[
        str | None,
        typer.Option(help=f"of the journal of a server of its own: {', '.join(DURABILITIES)} [default: full]"),
    ] = None,
    agent: Annotated[
        str | None,
        typer.Option(help=f"id of the agents of a server of yours, with {NUMBER} for the number [default: {AGENTS}]"),
    ] = None,
    password: Annotated[str, typer.Option(envvar="IXP_PASSWORD", help="of the agents of a server of yours")] = PASSWORD,
    extensions: Annotated[
        int | None,
        typer.Option(help=f"the phone of agent n of a server of yours is this number plus n [default: {EXTENSIONS}]"),
    ] = None,
    every: Annotated[
        float | None, typer.Option(min=0.5, help="look every so many seconds, and tell the first and the last quarter")
    ] = None,
    picture: Picture = None,
    as_json: AsJson = False,
) -> None:
    """Load a server for a while.

    At a --rate or a --share, a wait begins when the command was due: a server that is late is charged for all that it
    keeps waiting. With --every, --json has the figures of each slice, and --picture draws them over the time.
    """
    pieces, shared = mix_of(mix), shared_by(connections, sessions)
    if rate is not None and share is not None:
        fail("--share: is there beside --rate; take one of them")
    if every is not None and every > seconds:
        fail(f"--every {every:g}: is more than --seconds {seconds:g}; look at least once")
    if url is None:
        for option, given in (("--agent", agent), ("--extensions", extensions)):
            if given is not None:
                fail(f"{option}: is for a server of yours; give its URL, too")
        durability = durability or "full"
        durability_of(durability)
        password = PASSWORD  # of the server of its own, whatever IXP_PASSWORD says of others
    elif durability is not None:
        fail("--durability: is for a server of its own; leave it or the URL out")
    agent = agent or AGENTS
    if NUMBER not in agent and sessions > 1:
        fail(f"--agent {agent}: write {NUMBER} where the number of the session comes, as in {AGENTS}")
    with measuring(picture):
        from contextlib import nullcontext

        from engine.bench.panels import run_panels
        from engine.bench.run import Settings
        from engine.bench.run import run as measure
        from engine.bench.servers import engine

        with engine(sessions, durability) if durability is not None else nullcontext() as own:
            job = Job(
                url=own.url if own is not None else str(url),
                kind="engine",
                sessions=sessions,
                connections=shared,
                batched=shared < sessions,
                own=own is not None,
                agent=agent,
                password=password,
                extensions=EXTENSIONS if extensions is None else extensions,
                mix=pieces,
            )
            settings = Settings(seconds=seconds, rate=rate, share=share, every_s=every, processes=processes)
            found = measure(job, settings, None if own is None else own.pid)
        found["settings"] |= {"durability": durability} if durability is not None else {}
        show(found, as_json, tables.ran(found))
        drawn(picture, tables.title_of(found["settings"]), run_panels(found))


@bench_app.command()
def compare(
    sessions: Sessions = 200,
    connections: Connections = None,
    seconds: SecondsEach = 20.0,
    processes: Processes = 1,
    mix: Mix = "ready=1",
    durability: Annotated[
        list[str] | None, typer.Option(help="of an engine's journal; repeatable, an engine each [default: full]")
    ] = None,
    messages: Annotated[
        float | None, typer.Option(min=1.0, help="so many a second at each, in and out [default: as many as it takes]")
    ] = None,
    picture: Picture = None,
    as_json: AsJson = False,
) -> None:
    """Measure the engine beside a bare WebSocket echo.

    Both are loaded in turns, in one run, the engine with the full protocol. With --json, `ratio` is messages a second,
    in and out, of the first engine to those of the echo, `rates` are these two, and `servers` has all figures. With
    --messages what tells is the waits; each begins when its command was due.
    """
    durabilities = tuple(durability or ["full"])
    durability_of(*durabilities)
    pieces, shared = mix_of(mix), shared_by(connections, sessions)
    with measuring(picture):
        from engine.bench.compare import Settings
        from engine.bench.compare import compare as measure
        from engine.bench.panels import compare_panels

        settings = Settings(
            sessions=sessions,
            connections=shared,
            seconds=seconds,
            durabilities=durabilities,
            processes=processes,
            mix=pieces,
            messages_per_s=messages,
        )
        found = measure(settings)
        show(found, as_json, tables.compared(found))
        drawn(picture, tables.title_of(found["settings"]), compare_panels(found))


@bench_app.command()
def growth(
    sessions: Annotated[str, typer.Option(help="how many sessions, one size after the other")] = "10,100,1000,10000",
    rate: Annotated[float, typer.Option(min=1.0, help="commands a second in all, the same at every size")] = 400.0,
    few: Annotated[int, typer.Option(min=1, help="so many sessions work while the others are idle")] = 10,
    seconds: Annotated[float, typer.Option(min=0.5, max=MOST_S, help="how long each of the four phases is")] = 10.0,
    processes: Processes = 1,
    mix: Mix = "ready=1",
    durability: Durability = "full",
    picture: Picture = None,
    as_json: AsJson = False,
) -> None:
    """Measure what commands and sessions cost, by their number.

    At each size nobody works for so many seconds, then a few of the sessions, then all of them at the same rate, and
    then all as fast as they can. Memory is what a session takes beyond an idle connection of a bare WebSocket echo.
    """
    durability_of(durability)
    sizes, pieces = numbers_of("--sessions", sessions, MOST_SESSIONS), mix_of(mix)
    with measuring(picture):
        from engine.bench.growth import Settings, grow
        from engine.bench.panels import growth_panels

        settings = Settings(
            sizes=sizes, rate=rate, seconds=seconds, few=few, durability=durability, processes=processes, mix=pieces
        )
        found = grow(settings, tell=progress)
        show(found, as_json, tables.grown(found))
        drawn(picture, f"the same {rate:,.0f} commands/s at every size", growth_panels(found))


@bench_app.command()
def resume(
    agents: Annotated[str, typer.Option(help="how many agents, one number after the other")] = "1,500,2000",
    rounds: Annotated[int, typer.Option(min=1, help="so often the server is killed, for each number")] = 3,
    commands: Annotated[int, typer.Option(min=0, help="of each agent before the first kill")] = 20,
    durability: Annotated[str, typer.Option(help="of the journal: full, normal")] = "full",
    picture: Picture = None,
    as_json: AsJson = False,
) -> None:
    """Measure how long a killed server's agents are away.

    A server of its own is killed (kill -9) and started again at once; the CTI platform lives on. All agents come back
    in the same moment, and are back when their session is RESUMED, no message is missing, and a command is answered.
    """
    numbers = numbers_of("--agents", agents, MOST_SESSIONS)
    durability_of(durability)
    if durability == "memory":
        fail("--durability memory: keeps nothing that an agent could come back to; take full or normal")
    with measuring(picture):
        from engine.bench.panels import resume_panels
        from engine.bench.resume import Settings, storm

        settings = Settings(agents=numbers, rounds=rounds, commands=commands, durability=durability)
        found = storm(settings, tell=progress)
        show(found, as_json, tables.resumed(found))
        drawn(picture, "all agents come back at once", resume_panels(found))


@bench_app.command()
def watch(
    watchers: Annotated[int, typer.Option(min=1, max=1_000, help="supervisors who look on, a connection each")] = 50,
    at_once: Annotated[int, typer.Option(min=1, max=100, help="so many commands of the agent are under way")] = 8,
    seconds: SecondsEach = 20.0,
    durability: Durability = "full",
    as_json: AsJson = False,
) -> None:
    """Measure a session that many supervisors look on at.

    An echo with as many connections is loaded in turns with it. The agent goes on when all have been shown what came of
    the commands before; a wait is how long that took for one of them. `ratio` is messages a second, in and out, of the
    engine to those of the echo.
    """
    durability_of(durability)
    with measuring():
        from engine.bench.watch import Settings
        from engine.bench.watch import watch as measure

        found = measure(Settings(watchers=watchers, seconds=seconds, at_once=at_once, durability=durability))
        show(found, as_json, tables.watched(found))


@bench_app.command()
def day(
    agents: Annotated[int, typer.Option(min=1, max=1_000, help="who answer what comes")] = 50,
    kind: Annotated[str, typer.Option(help=f"what comes: {', '.join(KINDS)}")] = MIXED,
    minutes: Annotated[float, typer.Option(min=1.0, max=1_440.0, help="how long the day is")] = 30.0,
    speed: Annotated[float, typer.Option(min=0.1, max=10_000.0, help="how many times as fast as the world")] = 60.0,
    contacts: Annotated[
        int | None, typer.Option(min=0, max=10_000, help="how many are planned [default: as keep the agents busy]")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="the same seed gives the same day")] = 1,
    processes: Processes = 1,
    durability: Durability = "full",
    as_json: AsJson = False,
) -> None:
    """Play a busy day of the simulator at a server.

    The server is one of its own, the agents answer by themselves, and the simulator is a process apart. How long an
    agent's desktop takes to hear of an offer is told beside the contacts and messages.
    """
    durability_of(durability)
    if kind not in KINDS:
        fail(f"--kind {kind}: take one of {', '.join(KINDS)}")
    with measuring():
        from engine.bench.day import Settings
        from engine.bench.day import day as measure

        found = measure(
            Settings(
                agents=agents,
                kind=kind,
                minutes=minutes,
                speed=speed,
                seed=seed,
                contacts=contacts,
                durability=durability,
                processes=processes,
            )
        )
        show(found, as_json, tables.played(found))
