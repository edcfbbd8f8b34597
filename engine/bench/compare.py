"""The engine beside a bare trio-websocket echo, in one run: both are loaded in turns, so that what else the machine
does hits them alike."""

from collections.abc import Sequence
from contextlib import ExitStack
from statistics import median
from typing import Any, Final

import attrs

from engine.bench.job import Job
from engine.bench.run import watched
from engine.bench.servers import Server, echo, engine

TURN_S: Final = 2.0
"""So long a turn is, about."""
WARM_UP_S: Final = 0.5
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

    @property
    def turns(self) -> int:
        return max(1, round(self.seconds / TURN_S))


def compare(settings: Settings) -> dict[str, Any]:
    """Figures of each server, by name, medians of its turns; `ratio`: messages a second of the first engine to those of
    the echo. Raises NoServer, LoadFailed."""
    with ExitStack() as stack:
        servers = {ECHO: stack.enter_context(echo())}
        for durability in settings.durabilities:
            servers[f"engine, {durability}"] = stack.enter_context(engine(settings.sessions, durability))
        turns: dict[str, list[dict[str, float]]] = {name: [] for name in servers}
        for _ in range(settings.turns):
            for name, server in servers.items():
                turns[name].append(watched(server, job_of(settings, name, server), settings.processes))
    found = {name: {key: median(turn[key] for turn in each) for key in each[0]} for name, each in turns.items()}
    rates = {name: figures["messages_per_s"] for name, figures in found.items()}
    return {
        "ratio": rates[f"engine, {settings.durabilities[0]}"] / rates[ECHO],
        "servers": found,
        "settings": attrs.asdict(settings) | {"turns": settings.turns},
    }


def job_of(settings: Settings, name: str, server: Server) -> Job:
    """An echo has a connection for each session in any case."""
    shared, kind = settings.connections < settings.sessions, name.partition(",")[0]
    return Job(
        url=server.url,
        kind=kind,
        sessions=settings.sessions,
        connections=settings.sessions if kind == ECHO else settings.connections,
        batched=shared,
        seconds=settings.seconds / settings.turns,
        warm_up_s=WARM_UP_S,
    )
