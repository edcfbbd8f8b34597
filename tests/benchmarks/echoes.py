"""The engine beside two echoes, in turns in one run: `python -m tests.benchmarks.echoes --seconds 20`.

It is `ixp bench compare` with a third server, the echo of `websockets` on asyncio, and with the journal in memory
beside the durable one. Not a test: it prints a table and judges nothing.
"""

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from engine.bench.compare import Settings, compare
from engine.bench.servers import Server, process
from engine.bench.tables import compared
from engine.config import DURABILITIES

ASYNCIO = "echo, asyncio"


@contextmanager
def asyncio_echo() -> Iterator[Server]:
    """Raises NoServer."""
    with process("tests.benchmarks.asyncio_echo") as (url, pid):
        yield Server(url, pid)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--connections", type=int, help="of the engine; fewer than sessions are batched")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each server")
    parser.add_argument(
        "--durability", action="append", choices=DURABILITIES, help="of an engine's journal; repeatable"
    )
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    settings = Settings(
        sessions=given.sessions,
        connections=given.connections or given.sessions,
        seconds=given.seconds,
        durabilities=tuple(given.durability or ("full", "memory")),
    )
    found = compare(settings, {ASYNCIO: asyncio_echo})
    if given.json:
        print(json.dumps(found))
    else:
        Console().print(compared(found))


if __name__ == "__main__":
    main()
