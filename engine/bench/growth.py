"""What sessions cost, the more of them there are: processor time a command, and memory a session, idle and at work.

At every size there is the same rate of commands in all, so that only the number of sessions is otherwise. It comes from
a few of them while the others are idle, and then from all. In the end they all send as fast as they can.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Final

import attrs

from engine.bench.crew import Crew
from engine.bench.found import Slice
from engine.bench.job import Job, Window
from engine.bench.meter import memory_bytes
from engine.bench.mix import READY
from engine.bench.room import room_for
from engine.bench.servers import Server, echo, engine
from engine.descriptors import RESERVED

WARM: Final = 50
"""So many sessions come first: what a server makes once is not theirs."""
WARM_UP_S: Final = 1.0
KIB: Final = 1024


@attrs.frozen(kw_only=True)
class Settings:
    """`rate`: commands a second in all. `few`: so many sessions work while the others are idle."""

    sizes: Sequence[int]
    rate: float
    seconds: float
    few: int
    durability: str
    processes: int = 1
    mix: Mapping[str, int] = READY


def grow(settings: Settings, tell: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Figures of each size; `tell` is told what is going on. Raises BenchFailed.

    `idle_cpu_percent`: of a core, while nobody does anything. `cpu_us_few` and `cpu_us_all`: microseconds of processor
    time a command, beyond that. `echo_kib`: of a connection of the echo. Of the engine, beyond it: `connection_kib`
    without a session; with one that is idle, `session_kib`, and after its share of the commands, `active_kib`.
    `most_per_s`: messages a second, in and out, when each session sends as soon as it has its answer.
    """
    room_for(WARM + max(settings.sizes) + RESERVED)
    sizes = []
    for size in settings.sizes:
        tell(f"{size:,} sessions")
        connection = _of_echo(size, settings.processes)
        sizes.append({"sessions": size, "echo_kib": connection / KIB} | _of_engine(size, settings, connection))
    return {"sizes": sizes, "settings": attrs.asdict(settings) | {"mix": dict(settings.mix)}}


def _job(server: Server, kind: str, size: int, first: int, mix: Mapping[str, int] = READY) -> Job:
    return Job(
        url=server.url, kind=kind, sessions=size, connections=size, batched=False, own=True, first=first, mix=mix
    )


def _of_echo(size: int, processes: int) -> float:
    """Bytes of a connection."""
    with echo() as server, Crew(_job(server, "echo", WARM, 1)) as warm:
        warm.seat().load(Window(seconds=WARM_UP_S / 2, warm_up_s=0.0))
        before = memory_bytes(server.pid)
        with Crew(_job(server, "echo", size, WARM + 1), processes):
            return (memory_bytes(server.pid) - before) / size


def _of_engine(size: int, settings: Settings, connection: float) -> dict[str, float]:
    with ExitStack() as stack:
        server = stack.enter_context(engine(WARM + size, settings.durability))
        warm = stack.enter_context(Crew(_job(server, "engine", WARM, 1, settings.mix)))
        warm.seat().load(Window(seconds=WARM_UP_S / 2, warm_up_s=0.0))
        held = [memory_bytes(server.pid)]
        job = _job(server, "engine", size, WARM + 1, settings.mix)
        crew = stack.enter_context(Crew(job, settings.processes))
        held.append(memory_bytes(server.pid))
        begun = time.monotonic()
        crew.seat()
        seated_s = time.monotonic() - begun
        held.append(memory_bytes(server.pid))
        window = Window(seconds=settings.seconds, warm_up_s=WARM_UP_S, rate=settings.rate, pid=server.pid)
        idle, few, all_ = (
            crew.load(attrs.evolve(window, active=active)).whole for active in (0, min(settings.few, size), size)
        )
        held.append(memory_bytes(server.pid))
        most = crew.load(attrs.evolve(window, rate=None)).whole
    beyond = [((each - held[0]) / size - connection) / KIB for each in held[1:]]
    return {
        "seated_per_s": size / seated_s,
        "idle_cpu_percent": 100 * idle.cpu_s / idle.seconds,
        "cpu_us_few": _beyond_us(few, idle),
        "cpu_us_all": _beyond_us(all_, idle),
        "p99_few_ms": few.waits.within_ms(99),
        "p99_all_ms": all_.waits.within_ms(99),
        "connection_kib": beyond[0],
        "session_kib": beyond[1],
        "active_kib": beyond[2],
        "memory_mb": held[-1] / 1e6,
        "most_per_s": most.messages / most.seconds,
    }


def _beyond_us(busy: Slice, idle: Slice) -> float:
    """Processor time of a command, without what passes in any case."""
    return (busy.cpu_s - idle.cpu_s * busy.seconds / idle.seconds) * 1e6 / max(1, busy.commands)
