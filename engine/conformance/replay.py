"""The options that were given to one command, for another one to be given them as well: secrets are left out."""

import shlex
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

import typer

REPEATED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "agents": "--agent",
        "bearer": "--bearer",
        "driver": "--driver",
        "key": "--key",
        "given": "--set",
        "patience": "--patience",
    }
)
"""By the name of the parameter."""
HIDDEN: Final[Mapping[str, str]] = MappingProxyType({"bearer": "TOKEN", "key": "KEY"})
"""What stands for a secret."""


def replay(context: typer.Context, url: str, *more: str) -> str:
    """A command that checks the same server. What the environment gives it, it finds there again."""
    options = [word for name in REPEATED for word in _given(context, name)]
    return shlex.join(["ixp", "conformance", url, *options, *more])


def _given(context: typer.Context, name: str) -> Iterator[str]:
    source = context.get_parameter_source(name)
    if source is None or source.name != "COMMANDLINE":
        return
    value = context.params[name]
    for each in value if isinstance(value, list | tuple) else [value]:
        yield REPEATED[name]
        yield _without_password(each) if name == "agents" else HIDDEN.get(name, str(each))


def _without_password(agent: str) -> str:
    id_, _, rest = agent.partition(":")
    password, _, extension = rest.rpartition(":")
    return f"{id_}:{'PASSWORD' if password else ''}:{extension}"
