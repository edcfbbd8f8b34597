"""Servers for the load tool to try: our own, with as many agents as are wanted, and what it is measured beside."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import attrs

from engine.adapters.simulator.settings import SimulatedAgent, SimulatedQueue, demo_settings
from engine.config import DEMO_PASSWORD, Agent, JournalSettings, Limits, Settings
from engine.config_text import config_text

STOP_S: Final = 20.0
UNMET: Final = Limits(
    requests_per_s=1_000_000.0,
    connections_per_address=100_000,
    connections=100_000,
    new_connections_per_s=100_000.0,
    handshakes_per_address=100_000,
    sessions=100_000,
)


class NoServer(Exception):
    """It did not come up; the message says what it said."""


@attrs.frozen
class Server:
    """One that runs: where desktops connect, and its process."""

    url: str
    pid: int


@contextmanager
def process(*arguments: str) -> Iterator[tuple[str, int]]:
    """A module that prints where it is when it is up; gives that line and the pid. Raises NoServer."""
    with tempfile.TemporaryFile() as errors:
        command = (sys.executable, "-m", *arguments)
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)  # noqa: S603 - our own
        try:
            line = process.stdout.readline().strip() if process.stdout is not None else ""
            if not line:
                errors.seek(0)
                said = errors.read().decode(errors="replace").strip()[-400:]
                raise NoServer(f"{' '.join(arguments)} did not come up: {said}")
            yield line, process.pid
        finally:
            process.terminate()
            try:
                process.communicate(timeout=STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()


@contextmanager
def echo() -> Iterator[Server]:
    """A bare trio-websocket server that sends everything back. Raises NoServer."""
    with process("engine.bench.echo") as (url, pid):
        yield Server(url, pid)


@contextmanager
def engine(agents: int, durability: str) -> Iterator[Server]:
    """`ixp serve` with the simulator, and an agent and a phone for every session. Raises NoServer."""
    with tempfile.TemporaryDirectory(prefix="ixp-bench-") as name:
        folder = Path(name)
        file = folder / "ixp.toml"
        file.write_text(configuration(agents, durability), encoding="utf-8")
        options = ("--config", str(file), "--data", str(folder / "data"), "--agent-port", "0", "--http-port", "0")
        with process("engine", "serve", *options) as (ready, pid):
            yield Server(json.loads(ready.removeprefix("ready "))["agent"], pid)


def configuration(agents: int, durability: str) -> str:
    """The demo with `agentN` at the phone 4000 + N, and limits that no load meets.

    Passwords stand there as they are, and are not hashed at every login: what is measured is not argon2.
    """
    numbers = range(1, agents + 1)
    simulator = attrs.evolve(
        demo_settings(),
        agents=tuple(SimulatedAgent(id=f"agent{n}", extension=str(4000 + n)) for n in numbers),
        extra_extensions=(),
        automatic_phones=(),
        queues=(SimulatedQueue(name="Sales"), SimulatedQueue(name="Service")),
    )
    settings = Settings(
        limits=UNMET,
        journal=JournalSettings(durability=durability),
        agents=tuple(Agent(id=f"agent{n}", password=DEMO_PASSWORD) for n in numbers),
        simulator=simulator,
        log_level="warning",
    )
    return config_text(settings)
