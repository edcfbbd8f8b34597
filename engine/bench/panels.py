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
