"""What was found, as people read it."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from rich.table import Table

NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "commands_per_s": "commands/s",
        "messages_per_s": "messages/s",
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


def columns(title: str, servers: Mapping[str, Mapping[str, float]]) -> Table:
    """A column for each server."""
    made = Table(title=title, title_justify="left")
    made.add_column("")
    for name in servers:
        made.add_column(name, justify="right")
    for key, shown in NAMES.items():
        if any(key in figures for figures in servers.values()):
            made.add_row(shown, *(_written(key, figures.get(key)) for figures in servers.values()))
    return made


def compared(found: Mapping[str, Any]) -> Table:
    """What `engine.bench.compare` found."""
    title = f"{found['settings']['sessions']:,} sessions on {found['settings']['connections']:,} connections"
    return columns(title, {name: each | {"ratio": found["ratios"][name]} for name, each in found["servers"].items()})


def rows(title: str, found: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> Table:
    """A row for each of them, with the figures that have a name."""
    made = Table(title=title, title_justify="left")
    for shown in names.values():
        made.add_column(shown, justify="right")
    for figures in found:
        made.add_row(*(_written(key, figures.get(key)) for key in names))
    return made


def _written(key: str, value: float | None) -> str:
    if value is None:
        return ""
    digits = 0 if isinstance(value, int) or key.endswith("_per_s") else 2
    return f"{value:,.{digits}f}"
