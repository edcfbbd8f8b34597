"""The configuration of the servers that the load tool starts."""

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import attrs

from engine.adapters.simulator.settings import demo_settings
from engine.bench.job import AGENTS, EXTENSIONS, NUMBER, PASSWORD

UNMET: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "requests_per_s": 1_000_000,
        "connections": 100_000,
        "connections_per_address": 100_000,
        "new_connections_per_s": 100_000,
        "handshakes_per_address": 100_000,
        "sessions": 100_000,
        "watches_per_session": 100_000,
    }
)
"""Limits that no load meets."""


def configuration(agents: int, durability: str, **more: Any) -> str:
    """A TOML file with `agentN` at the phone 4000 + N, and the demo's reasons, dispositions and directory.

    Passwords stand there as they are, and are not hashed at every login: what is measured is not argon2. `more`: keys
    of the file beside these, or in place of them.
    """
    ids = [AGENTS.replace(NUMBER, str(number)) for number in range(1, agents + 1)]
    settings = {
        "log_level": "warning",
        "agents": [{"id": each, "password": PASSWORD} for each in ids],
        "limits": UNMET,
        "journal": {"durability": durability},
        "simulator": simulator(agents),
        **more,
    }
    return "".join(f"{key} = {written(value)}\n" for key, value in settings.items())


def simulator(agents: int) -> dict[str, Any]:
    """The section [simulator]."""
    demo, numbers = demo_settings(), range(1, agents + 1)
    names = ("groups", "not_ready_reasons", "logout_reasons", "dispositions", "directory")
    return {
        "agents": [{"id": f"agent{number}", "extension": str(EXTENSIONS + number)} for number in numbers],
        "queues": [{"name": queue.name} for queue in demo.queues],
        **{name: [attrs.asdict(each) for each in getattr(demo, name)] for name in names},
    }


def written(value: Any) -> str:
    """A value as TOML has it in one line."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key} = {written(each)}' for key, each in value.items())}}}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(written, value))}]"
    # A text in TOML is one in JSON; so are numbers, true and false.
    return json.dumps(value, ensure_ascii=False)
