"""What was found, as the panels of a picture."""

from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from engine.bench.picture import Panel, Points

PERCENT_TICKS: Final[Mapping[float, str]] = MappingProxyType(
    {2.0: "50 %", 10.0: "90 %", 100.0: "99 %", 1_000.0: "99.9 %", 10_000.0: "99.99 %"}
)
"""A percentile stands where one of so many waits longer."""


def curves(found: Mapping[str, Sequence[tuple[float, float]]]) -> Panel:
    """How long commands waited, by server."""
    return Panel(
        title="waits, by percentile",
        across="so many of the commands …",
        up="… took no longer than so many ms",
        lines={name: [(100 / (100 - percent), ms) for percent, ms in curve] for name, curve in found.items()},
        log_across=True,
        log_up=True,
        ticks=PERCENT_TICKS,
    )


def compare_panels(found: Mapping[str, Any]) -> Sequence[Panel]:
    """Of what `engine.bench.compare` found."""

    def bars(key: str) -> Mapping[str, float]:
        return {name: figures[key] for name, figures in found["servers"].items()}

    return [
        Panel(title="throughput", up="messages/s, in and out", bars=bars("messages_per_s")),
        Panel(title="processor time", up="ms per 1,000 messages", bars=bars("cpu_ms_per_1000")),
        curves(found["curves"]),
    ]


def run_panels(found: Mapping[str, Any]) -> Sequence[Panel]:
    """Of a run: how long commands waited; and over the time, where it was looked at in slices."""
    panels = [curves({"server": found["curve"]})]
    series = found["series"]
    if len(series) > 1:

        def line(key: str) -> Points:
            return [(each["at_s"] / 60, each[key]) for each in series]

        panel = partial(Panel, across="minutes")
        panels += [
            panel(title="waits over the time", up="ms", lines={"p99": line("p99_ms"), "p50": line("p50_ms")}),
            panel(title="commands over the time", up="commands/s", lines={"commands": line("commands_per_s")}),
        ]
        if "memory_mb" in series[0]:
            panels += [
                panel(title="memory over the time", up="MB of the server", lines={"memory": line("memory_mb")}),
                panel(title="processor over the time", up="% of a core", lines={"processor": line("cpu_percent")}),
            ]
    return panels


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
        panel(
            title="throughput at full speed", up="messages/s, in and out", lines={"all sessions": line("most_per_s")}
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
