"""The engine beside a bare trio-websocket echo, in one run."""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, Final

import attrs

from engine.bench.job import Job
from engine.bench.servers import Server, echo, engine
from engine.bench.turns import Side, in_turns, medians, turns_in

ECHO: Final = "echo"


@attrs.frozen(kw_only=True)
class Settings:
    """`connections` less than `sessions`: several sessions share a batched connection of the engine's.

    `durabilities`: an engine for each of these journals; the first is the one that the ratio is about.
    """

    sessions: int
    connections: int
    seconds: float
    durabilities: Sequence[str]
    processes: int = 1


def compare(settings: Settings) -> dict[str, Any]:
    """Figures of each server, by name, medians of its turns; `ratio`: messages a second of the first engine to those of
    the echo. Raises NoServer, LoadFailed."""
    with ExitStack() as stack:
        sides = {ECHO: side_of(settings, ECHO, stack.enter_context(echo()))}
        for durability in settings.durabilities:
            server = stack.enter_context(engine(settings.sessions, durability))
            sides[f"engine, {durability}"] = side_of(settings, "engine", server)
        turns = in_turns(sides, settings.seconds, settings.processes)
    found = {name: medians(each) for name, each in turns.items()}
    rates = {name: figures["messages_per_s"] for name, figures in found.items()}
    return {
        "ratio": rates[f"engine, {settings.durabilities[0]}"] / rates[ECHO],
        "servers": found,
        "settings": attrs.asdict(settings) | {"turns": turns_in(settings.seconds)},
    }


def side_of(settings: Settings, kind: str, server: Server) -> Side:
    """An echo has a connection for each session in any case."""
    job = Job(
        url=server.url,
        kind=kind,
        sessions=settings.sessions,
        connections=settings.sessions if kind == ECHO else settings.connections,
        batched=settings.connections < settings.sessions,
    )
    return Side(server, job)
