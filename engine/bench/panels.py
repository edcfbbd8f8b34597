"""What was found, as the panels of a picture."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from engine.bench.picture import Panel, Points


def growth_panels(found: Mapping[str, Any]) -> Sequence[Panel]:
    """Of what `engine.bench.growth` found."""
    sizes = found["sizes"]
    few = found["settings"]["few"]

    def line(key: str) -> Points:
        return [(each["sessions"], each[key]) for each in sizes]

    ticks = {size: f"{size:,.0f}" for size, _ in line("sessions")}
    panel = partial(Panel, across="sessions", log_across=True, ticks=ticks)
    return [
        panel(
            title="processor time of a command",
            up="µs",
            lines={"all sessions at work": line("cpu_us_all"), f"{few:,} at work": line("cpu_us_few")},
        ),
        panel(
            title="memory of a session",
            up="KiB beyond an echo's connection",
            lines={"at work": line("active_kib"), "idle": line("session_kib"), "connection": line("connection_kib")},
        ),
        panel(
            title="waits at the same rate",
            up="p99 ms",
            lines={"all sessions at work": line("p99_all_ms"), f"{few:,} at work": line("p99_few_ms")},
        ),
    ]


def resume_panels(found: Mapping[str, Any]) -> Sequence[Panel]:
    """Of what `engine.bench.resume` found."""

    def line(key: str) -> Points:
        return [(each["agents"], each[key]) for each in found["agents"]]

    return [
        Panel(
            title="after kill -9 and start",
            across="agents, who all come back in the same moment",
            up="s",
            lines={
                "last back": line("last_s"),
                "half back": line("half_s"),
                "first back": line("first_s"),
                "start where nothing was kept": line("start_s"),
            },
        ),
        Panel(
            title="processor time until the last is back",
            across="agents",
            up="s",
            lines={"in all": line("cpu_s"), "less the start": line("beyond_start_cpu_s")},
        ),
    ]
