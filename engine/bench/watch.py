"""What a session's messages cost that many supervisors are shown, beside an echo with as many connections."""

from contextlib import ExitStack
from typing import Any

import attrs

from engine.bench.fan import SUPERVISOR
from engine.bench.found import medians
from engine.bench.job import ECHO, WATCH, Job
from engine.bench.servers import Server, echo, engine
from engine.bench.turns import Side, in_turns, turns_in
from engine.config import DEMO_PASSWORD


@attrs.frozen(kw_only=True)
class Settings:
    """So many supervisors, who look on at one session; `at_once`: so many commands of its agent are under way."""

    watchers: int
    seconds: float
    at_once: int
    durability: str


def watch(settings: Settings) -> dict[str, Any]:
    """Figures of both servers, medians of their turns; `ratio`: messages a second of the engine, in and out, to those
    of the echo.

    `shown_per_s` are those that go to supervisors, and a wait ends when one of them has been shown all that came of the
    commands. Raises BenchFailed.
    """
    name = f"engine, {settings.durability}"
    numbers = range(1, settings.watchers + 1)
    people = [{"id": SUPERVISOR.format(n=number), "password": DEMO_PASSWORD} for number in numbers]
    with ExitStack() as stack:
        bare = stack.enter_context(echo())
        server = stack.enter_context(engine(1, settings.durability, supervisors=people))
        sides = {
            ECHO: Side(bare, _job(settings, bare, ECHO, settings.watchers)),
            name: Side(server, _job(settings, server, WATCH, settings.watchers + 1)),
        }
        turns = in_turns(sides, settings.seconds)
    found = {key: medians(each) for key, each in turns.items()}
    found[name]["shown_per_s"] = found[name]["messages_per_s"] - 4 * found[name]["commands_per_s"]
    rates = {"engine": found[name]["messages_per_s"], "echo": found[ECHO]["messages_per_s"]}
    return {
        "ratio": rates["engine"] / rates["echo"],
        "rates": rates,
        "servers": found,
        "settings": attrs.asdict(settings) | {"turns": turns_in(settings.seconds)},
    }


def _job(settings: Settings, server: Server, kind: str, connections: int) -> Job:
    return Job(
        url=server.url,
        kind=kind,
        sessions=connections,
        connections=connections,
        batched=kind == WATCH,
        own=True,
        at_once=settings.at_once,
    )
