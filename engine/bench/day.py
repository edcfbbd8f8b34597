"""A busy day of the simulator at a server of its own, whose agents answer by themselves.

The simulator's switch is a process apart, so that its work is not the server's. It notes when it offers what to whom,
and the desktops note when they hear of it, by the same clock: the time between is what the server took.
"""

import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

import attrs

from engine.bench.crew import Crew
from engine.bench.day_exchange import DayProcess
from engine.bench.errors import BenchFailed, LoadFailed
from engine.bench.exchange_adapter import ADAPTER
from engine.bench.found import PERCENTILES
from engine.bench.job import DAY, Job, Window
from engine.bench.servers import Server, engine
from engine.bench.waits import Waits
from engine.simulation.bodies import DayStatus

LOOK_EVERY_S: Final = 0.25
OVERTIME_S: Final = 3600.0
"""So long behind its minutes a day may go on, by its own time …"""
LATE_S: Final = 60.0
"""… and so much longer, by the world's, may it take to end."""
Offer = tuple[str, str, float]
"""Agent, ticket, and when."""


@attrs.frozen(kw_only=True)
class Settings:
    """`kind`: one of `day_kinds.KINDS`. `contacts` None: as many as keep the agents busy."""

    agents: int
    kind: str
    minutes: float
    speed: float
    seed: int
    contacts: int | None
    durability: str
    processes: int = 1


def day(settings: Settings) -> dict[str, Any]:
    """What came of the day, and what it cost while contacts came. Raises BenchFailed.

    `offer_…_ms`: from an offer of the switch to the agent's desktop hearing of it.
    """
    with DayProcess(settings.agents, settings.kind) as exchange:
        adapters = [{"adapter": ADAPTER, "settings": {"port": exchange.port}}]
        with (
            engine(settings.agents, settings.durability, adapters=adapters) as server,
            Crew(_job(settings, server), settings.processes) as crew,
        ):
            crew.seat()
            names = ("agents", "seed", "contacts", "minutes", "speed")
            begun = exchange.control("begin", {name: getattr(settings, name) for name in names})
            if not isinstance(begun, str):
                raise LoadFailed(f"the simulator begins no such day: {begun['refused']}")
            lasts_s = settings.minutes * 60 / settings.speed
            whole = crew.load(Window(seconds=lasts_s, warm_up_s=0.0, pid=server.pid)).whole
            state = _end_of(exchange, begun, settings)
            heard = crew.heard()
        waits, unheard = matched(
            exchange.control("offers"), [(agent, ticket, at) for each in heard for agent, ticket, at in each["offers"]]
        )
    figures = whole.figures() | {
        "contacts": state["totals"]["total"]["offered"],
        "answered": state["totals"]["total"]["answered"],
        "refused": sum(each["refused"] for each in heard),
        "unheard": unheard,
        **{f"offer_p{percent:g}_ms": waits.within_ms(percent) for percent in PERCENTILES},
        "offer_most_ms": waits.most_ms,
    }
    return {"figures": figures, "totals": state["totals"], "settings": attrs.asdict(settings)}


def _job(settings: Settings, server: Server) -> Job:
    return Job(
        url=server.url,
        kind=DAY,
        sessions=settings.agents,
        connections=settings.agents,
        batched=False,
        own=True,
        day=settings.kind,
    )


def _end_of(exchange: DayProcess, day: str, settings: Settings) -> dict[str, Any]:
    """What came of it. Raises BenchFailed where it has no end."""
    until = time.monotonic() + OVERTIME_S / settings.speed + LATE_S
    while True:
        state: dict[str, Any] = exchange.control("state", day)
        if state["status"] == DayStatus.OVER:
            return state
        if time.monotonic() > until:
            raise BenchFailed(f"the day does not end; give it less --speed than {settings.speed:g}, or fewer --agents")
        time.sleep(LOOK_EVERY_S)


def matched(offered: Iterable[Sequence[Any]], heard: Iterable[Offer]) -> tuple[Waits, int]:
    """How long each offer took to be heard of, and how many never were: those that were taken back at once."""
    moments: dict[tuple[str, str], list[float]] = defaultdict(list)
    for agent, ticket, at in heard:
        moments[agent, ticket].append(at)
    for times in moments.values():
        times.sort()
    waits, unheard = Waits(), 0
    for agent, ticket, at in sorted(offered, key=lambda offer: float(offer[2])):
        times = moments[agent, ticket]
        place = bisect_left(times, at)
        if place == len(times):
            unheard += 1
        else:
            waits.note(times.pop(place) - at)
    return waits, unheard
