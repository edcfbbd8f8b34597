"""Commands that are imported when they are called: each needs parts that would keep every other one waiting."""

import importlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import typer
from typer.core import TyperGroup

LATER: Final[Mapping[str, str]] = MappingProxyType(
    {
        "simulate": "engine.simulation.cli:app",
        "journal": "engine.journal.cli:app",
        "dmcc-simulator": "engine.dmcc_simulator.cli:simulate_dmcc",
        "why": "engine.why.cli:explain",
        "users": "engine.security.cli:app",
        "adapter": "engine.adapters.contract.cli:app",
        "bench": "engine.bench.cli:bench_app",
        "conformance": "engine.conformance.cli:app",
    }
)
"""Where each is: a Typer with commands of its own, or the function of one command."""


class Lazily(TyperGroup):
    """The commands that it was made with, and those of LATER."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [*super().list_commands(ctx), *LATER]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in LATER and cmd_name not in self.commands:
            self.commands[cmd_name] = _found(cmd_name)
        return super().get_command(ctx, cmd_name)


def _found(name: str) -> Any:
    module, _, attribute = LATER[name].partition(":")
    found = getattr(importlib.import_module(module), attribute)
    if not isinstance(found, typer.Typer):
        alone = typer.Typer(rich_markup_mode=None, add_completion=False)
        alone.command(name)(found)
        found = alone
    command = typer.main.get_command(found)
    command.name = name
    return command
