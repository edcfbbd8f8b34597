"""Servers for the load tool to try: our own, with as many agents as are wanted, and what it is measured beside."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

import attrs

from engine.bench.configuration import configuration
from engine.bench.errors import NoServer

STOP_S: Final = 20.0
TOLD_CHARS: Final = 400


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
            yield first_line(process, errors), process.pid
        finally:
            process.terminate()
            try:
                process.communicate(timeout=STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()


def first_line(process: "subprocess.Popen[str]", errors: IO[bytes]) -> str:
    """What it says when it is up. Raises NoServer."""
    line = process.stdout.readline().strip() if process.stdout is not None else ""
    if not line:
        errors.seek(0)
        said = errors.read().decode(errors="replace").strip()[-TOLD_CHARS:]
        raise NoServer(
            f"a server of the load tool did not come up; mend what it said, and measure again: {said or 'nothing'}"
        )
    return line


@contextmanager
def echo() -> Iterator[Server]:
    """A bare trio-websocket server that sends everything back. Raises NoServer."""
    with process("engine.bench.echo") as (url, pid):
        yield Server(url, pid)


@contextmanager
def engine(agents: int, durability: str, **more: Any) -> Iterator[Server]:
    """`ixp serve` with the simulator, and an agent and a phone for every session. Raises NoServer.

    `more`: keys of its configuration.
    """
    with tempfile.TemporaryDirectory(prefix="ixp-bench-") as name:
        folder = Path(name)
        file = folder / "ixp.toml"
        file.write_text(configuration(agents, durability, **more), encoding="utf-8")
        options = ("--config", str(file), "--data", str(folder / "data"), "--agent-port", "0", "--http-port", "0")
        with process("engine", "serve", *options) as (ready, pid):
            yield Server(agent_url(ready), pid)


def agent_url(ready: str) -> str:
    """Where desktops connect, by the line that the server prints when it is up."""
    url: str = json.loads(ready.removeprefix("ready "))["agent"]
    return url
