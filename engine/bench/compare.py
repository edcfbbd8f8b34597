"""The engine beside a bare trio-websocket echo, and whatever else sends everything back, in one run."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from types import MappingProxyType
from typing import Any, Final

import attrs

from engine.bench.found import medians
from engine.bench.job import ECHO, ENGINE, Job
from engine.bench.mix import READY, messages_of
from engine.bench.servers import Server, echo, engine
from engine.bench.turns import Side, curve, in_turns, turns_in

Others = Mapping[str, Callable[[], AbstractContextManager[Server]]]
"""Further echoes, by name."""
ECHOED: Final = 2
"""What a command is at an echo: there and back."""
NO_OTHERS: Final[Others] = MappingProxyType({})


@attrs.frozen(kw_only=True)
class Settings:
    """`connections` less than `sessions`: several sessions share a batched connection of the engine's.

    `durabilities`: an engine for each of these journals; the first is the one that the ratio is about.
    `messages_per_s`: so many at each server, in and out; None: as many as it takes.
    """

    sessions: int
    connections: int
    seconds: float
    durabilities: Sequence[str]
    processes: int = 1
    mix: Mapping[str, int] = READY
    messages_per_s: float | None = None


def compare(settings: Settings, others: Others = NO_OTHERS) -> dict[str, Any]:
    """Figures of each server, by name, medians of its turns; `ratios`: their messages a second to those of the echo.

    `ratio` is that of the first engine, and `rates` are the two that it is made of. `curves` are percentiles, and
    within how many milliseconds they are. Raises BenchFailed.
    """
    with ExitStack() as stack:
        sides = {
            name: side_of(settings, ECHO, stack.enter_context(start()))
            for name, start in {ECHO: echo, **others}.items()
        }
        for durability in settings.durabilities:
            server = stack.enter_context(engine(settings.sessions, durability))
            sides[f"engine, {durability}"] = side_of(settings, ENGINE, server)
        turns = in_turns(sides, settings.seconds, settings.processes)
    found = {name: medians(each) for name, each in turns.items()}
    rates = {name: figures["messages_per_s"] for name, figures in found.items()}
    first = f"engine, {settings.durabilities[0]}"
    return {
        "ratio": rates[first] / rates[ECHO],
        "rates": {"engine": rates[first], "echo": rates[ECHO]},
        "ratios": {name: rate / rates[ECHO] for name, rate in rates.items()},
        "servers": found,
        "curves": {name: curve(each) for name, each in turns.items()},
        "settings": attrs.asdict(settings) | {"mix": dict(settings.mix), "turns": turns_in(settings.seconds)},
    }


def side_of(settings: Settings, kind: str, server: Server) -> Side:
    """An echo has a connection for each session in any case."""
    job = Job(
        url=server.url,
        kind=kind,
        sessions=settings.sessions,
        connections=settings.sessions if kind == ECHO else settings.connections,
        batched=settings.connections < settings.sessions,
        own=True,
        mix=settings.mix,
    )
    each = ECHOED if kind == ECHO else messages_of(settings.mix)
    return Side(server, job, None if settings.messages_per_s is None else settings.messages_per_s / each)
