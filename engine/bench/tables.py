"""What was found, as people read it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from rich.table import Table

NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "commands_per_s": "commands/s",
        "messages_per_s": "messages/s",
        "shown_per_s": "shown to supervisors/s",
        "ratio": "… to those of the echo",
        "p50_ms": "p50 ms",
        "p90_ms": "p90 ms",
        "p99_ms": "p99 ms",
        "p99.9_ms": "p99.9 ms",
        "most_ms": "most ms",
        "cpu_ms_per_1000": "CPU ms / 1,000 messages",
        "cpu_percent": "CPU %",
        "memory_mb": "memory MB",
    }
)
"""Figures, as people are told of them, in this order."""


GROWTH: Final[Mapping[str, str]] = MappingProxyType(
    {
        "seated_per_s": "sessions begun a second",
        "idle_cpu_percent": "all idle: CPU %",
        "cpu_us_few": "few at work: CPU µs a command",
        "p99_few_ms": "few at work: p99 ms",
        "cpu_us_all": "all at work: CPU µs a command",
        "p99_all_ms": "all at work: p99 ms",
        "echo_kib": "KiB of an echo's connection",
        "connection_kib": "beyond it, of a connection",
        "session_kib": "beyond it, of a session, idle",
        "active_kib": "beyond it, of a session, after work",
        "memory_mb": "MB of the server",
        "most_per_s": "at full speed: messages/s",
    }
)
"""Figures of growth."""


RESUME: Final[Mapping[str, str]] = MappingProxyType(
    {
        "start_s": "start where nothing was kept",
        "ready_s": "ready again",
        "first_s": "first agent back",
        "half_s": "half of them back",
        "last_s": "last agent back",
        "beyond_start_s": "… less the start",
        "cpu_s": "processor time by then",
        "beyond_start_cpu_s": "… less the start",
    }
)
"""Figures of coming back."""


DAY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "contacts": "contacts",
        "answered": "… answered",
        "commands_per_s": "commands/s",
        "messages_per_s": "messages/s",
        "refused": "commands that came too late",
        "offer_p50_ms": "offer to desktop: p50 ms",
        "offer_p90_ms": "offer to desktop: p90 ms",
        "offer_p99_ms": "offer to desktop: p99 ms",
        "offer_p99.9_ms": "offer to desktop: p99.9 ms",
        "offer_most_ms": "offer to desktop: most ms",
        "unheard": "offers taken back before",
        "p50_ms": "command to answer: p50 ms",
        "p99_ms": "command to answer: p99 ms",
        "cpu_ms_per_1000": "CPU ms / 1,000 messages",
        "cpu_percent": "CPU %",
        "memory_mb": "memory MB",
    }
)
"""Figures of a day."""


def columns(title: str, servers: Mapping[str, Mapping[str, float]], names: Mapping[str, str] = NAMES) -> Table:
    """A column for each server."""
    made = Table(title=title, title_justify="left")
    made.add_column("", no_wrap=True)
    for name in servers:
        made.add_column(name, justify="right")
    for key, shown in names.items():
        if any(key in figures for figures in servers.values()):
            made.add_row(shown, *(_written(key, figures.get(key)) for figures in servers.values()))
    return made


def title_of(settings: Mapping[str, Any]) -> str:
    return f"{settings['sessions']:,} sessions on {settings['connections']:,} connections"


def ran(found: Mapping[str, Any]) -> Table:
    """What `engine.bench.run` found."""
    quarters = {"first quarter": found["first_quarter"], "last quarter": found["last_quarter"]}
    looked = quarters if len(found["series"]) > 1 else {}
    return columns(title_of(found["settings"]), {"server": found["figures"], **looked})


def compared(found: Mapping[str, Any]) -> Table:
    """What `engine.bench.compare` found."""
    return columns(
        title_of(found["settings"]),
        {name: each | {"ratio": found["ratios"][name]} for name, each in found["servers"].items()},
    )


def grown(found: Mapping[str, Any]) -> Table:
    """What `engine.bench.growth` found."""
    settings = found["settings"]
    title = f"{settings['rate']:,.0f} commands/s in all; few are {settings['few']:,}"
    return columns(title, {f"{each['sessions']:,}": each for each in found["sizes"]}, GROWTH)


def watched(found: Mapping[str, Any]) -> Table:
    """What `engine.bench.watch` found."""
    settings = found["settings"]
    title = f"{settings['watchers']:,} supervisors look on, {settings['at_once']:,} commands at once"
    ratios = {name: each["messages_per_s"] / found["rates"]["echo"] for name, each in found["servers"].items()}
    return columns(title, {name: each | {"ratio": ratios[name]} for name, each in found["servers"].items()})


def played(found: Mapping[str, Any]) -> Table:
    """What `engine.bench.day` found."""
    settings = found["settings"]
    title = f"{settings['agents']:,} agents, {settings['minutes']:g} minutes at {settings['speed']:g} times the speed"
    return columns(title, {settings["kind"]: found["figures"]}, DAY)


def resumed(found: Mapping[str, Any]) -> Table:
    """What `engine.bench.resume` found."""
    title = f"seconds after kill -9, medians of {found['settings']['rounds']}"
    return columns(title, {f"{each['agents']:,} agents": each for each in found["agents"]}, RESUME)


def _written(key: str, value: float | None) -> str:
    if value is None:
        return ""
    digits = 0 if isinstance(value, int) or key.endswith("_per_s") else 2
    return f"{value:,.{digits}f}"
