"""Servers side by side: each is loaded in turns, so that what else the machine does hits them all alike."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Final

import attrs

from engine.bench.crew import Crew
from engine.bench.found import Slice
from engine.bench.job import Job, Window
from engine.bench.servers import Server

TURN_S: Final = 2.0
"""So long a turn is, about."""
WARM_UP_S: Final = 0.5


@attrs.frozen
class Side:
    """A server, and what its clients do: so many commands a second in all, or each session one behind the other."""

    server: Server
    job: Job
    rate: float | None = None


def turns_in(seconds: float) -> int:
    return max(1, round(seconds / TURN_S))


def in_turns(sides: Mapping[str, Side], seconds: float, processes: int = 1) -> dict[str, list[Slice]]:
    """What came of each turn, by the name of the side, so many seconds in all for each. Raises BenchFailed."""
    number = turns_in(seconds)
    window = Window(seconds=seconds / number, warm_up_s=WARM_UP_S)
    found: dict[str, list[Slice]] = {name: [] for name in sides}
    with ExitStack() as stack:
        crews = {name: stack.enter_context(Crew(side.job, processes)).seat() for name, side in sides.items()}
        for _ in range(number):
            for name, crew in crews.items():
                side = sides[name]
                turn = crew.load(attrs.evolve(window, rate=side.rate, pid=side.server.pid))
                found[name].append(turn.whole)
    return found


def curve(turns: Sequence[Slice]) -> list[tuple[float, float]]:
    """That of all turns together."""
    whole = Slice()
    for turn in turns:
        whole.follow(turn)
    return whole.curve()
