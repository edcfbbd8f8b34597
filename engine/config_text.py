"""Settings as a TOML file that people go on from."""

import json
from collections.abc import Iterable

from engine.config import Settings

_HEAD = """\
# What `ixp serve` runs without a configuration, to go on from: `ixp serve --config FILE`.
# Everybody knows these passwords: change them before this listens to a network.
# What is left out has its default, as specs/settings.md lists it; [simulator] is left out, so the simulator has the
# phones, groups and queues of the demo.
"""
_TAIL = """
# For whoever uses `ixp simulate --key …` here: take the marks out, and make up a key of 16 characters or more.
# [[operators]]
# id = "ops"
# key = "…"
"""


def config_text(settings: Settings) -> str:
    """The people of these settings. Their simulator must be the one that a file without [simulator] has."""
    return f"{_HEAD}{_people('agents', _agents(settings))}{_people('supervisors', _supervisors(settings))}{_TAIL}"


def _agents(settings: Settings) -> Iterable[dict[str, str]]:
    return ({"id": agent.id, "password": agent.password or ""} for agent in settings.agents)


def _supervisors(settings: Settings) -> Iterable[dict[str, str]]:
    for each in settings.supervisors:
        yield {"id": each.id, "password": each.password or "", "name": each.name or each.id}


def _people(table: str, people: Iterable[dict[str, str]]) -> str:
    return "".join(f"\n[[{table}]]\n{''.join(_line(key, text) for key, text in each.items())}" for each in people)


def _line(key: str, text: str) -> str:
    # A text in TOML is one in JSON.
    return f"{key} = {json.dumps(text, ensure_ascii=False)}\n"
