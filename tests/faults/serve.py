"""A server at the exchange of `tests.faults.platform`: `python -m tests.faults.serve --port N --agents N --data DIR …`.

It is the product, composed as `ixp serve` composes it, but for the adapter.
"""

import argparse
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import msgspec
import trio
import typer

from engine import app, collector
from engine.cli import one_sentence
from engine.config import (
    Agent,
    JournalSettings,
    Limits,
    Listen,
    PlatformSettings,
    SessionSettings,
    Settings,
    Supervisor,
)
from engine.journal import unclosed
from engine.observe import configure_logging
from tests.faults import platform

PASSWORD = "pass"
SUPERVISOR = "supervisor1"


def settings_of(arguments: argparse.Namespace) -> Settings:
    simulator = platform.settings(arguments.agents)
    settings = Settings(
        listen=Listen(agent_port=arguments.agent_port, http_port=0),
        agents=tuple(Agent(id=agent.id, password=PASSWORD) for agent in simulator.agents),
        supervisors=(Supervisor(id=SUPERVISOR, password=PASSWORD),),
        simulator=simulator,
        journal=JournalSettings(durability=arguments.durability),
        platform=PlatformSettings(restart_first_s=0.1, restart_most_s=1.0),
        sessions=SessionSettings(not_ready_after_s=arguments.not_ready_after, logout_after_s=300.0),
        limits=Limits(requests_per_s=100_000.0),
        log_level=arguments.log_level,
    )
    for key, value in arguments.set:
        section, _, name = key.partition(".")
        settings = attrs.evolve(settings, **{section: attrs.evolve(getattr(settings, section), **{name: value})})
    return settings


def _setting(text: str) -> tuple[str, Any]:
    key, _, value = text.partition("=")
    return key, msgspec.json.decode(value)


async def serve(settings: Settings, data: Path, port: int) -> None:
    stop = trio.Event()

    def ready(addresses: app.Addresses) -> None:
        print("ready", msgspec.json.encode(attrs.asdict(addresses)).decode(), flush=True)

    async def stop_on_signal(*, task_status: trio.TaskStatus[None]) -> None:
        with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
            task_status.started()
            async for _ in signals:
                stop.set()

    async with trio.open_nursery() as nursery:
        await nursery.start(stop_on_signal)
        await app.run(settings, ready=ready, stop=stop, data=data, make_adapter=lambda: platform.ExchangeAdapter(port))
        nursery.cancel_scope.cancel()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True, help="of the exchange")
    parser.add_argument("--agents", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--agent-port", type=int, default=0)
    parser.add_argument("--http-port", type=int, default=0)
    parser.add_argument("--durability", default="full")
    parser.add_argument("--not-ready-after", type=float, default=30.0)
    parser.add_argument("--log-level", default="warning")
    parser.add_argument("--boot", help="take this for the name of the machine's present run")
    parser.add_argument("--set", type=_setting, action="append", default=[], help="section.key=value, as JSON")
    arguments = parser.parse_args()
    if arguments.boot:
        unclosed.boot = lambda: arguments.boot
    settings = settings_of(arguments)
    configure_logging(settings.log_level)
    collector.settle()
    try:
        with one_sentence():
            trio.run(partial(serve, settings, arguments.data, arguments.port))
    except typer.Exit as end:
        sys.exit(end.exit_code)


if __name__ == "__main__":
    main()
