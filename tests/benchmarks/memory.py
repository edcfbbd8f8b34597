"""What an idle session costs: `python -m tests.benchmarks.memory --sessions 1000`.

Not a test: it prints a table and judges nothing. It compares what the server holds with so many connections that say
nothing, and with as many whose session is started, has a phone and is ready, and then says nothing either.
"""

import argparse
import asyncio
import resource
import tempfile
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from engine.bench.meter import memory_bytes
from tests.benchmarks.resume import Desktop, in_turns
from tests.faults.kills import Server
from tests.faults.platform import ExchangeProcess

KIBIBYTE: Final = 1024
WARM: Final = 50
"""So many sessions come first: what is made once is not theirs."""


async def measure(server: Server, sessions: int) -> dict[str, float]:
    """KiB of each connection, and of each session beyond that."""
    desktops = [Desktop(number) for number in range(1, WARM + sessions + 1)]
    warm, rest = desktops[:WARM], desktops[WARM:]
    for some in in_turns(warm):
        await asyncio.gather(*(desktop.set_up(server.url, 2) for desktop in some))
    before = memory_bytes(server.process.pid)
    for some in in_turns(rest):
        await asyncio.gather(*(desktop.connect(server.url) for desktop in some))
    connected = memory_bytes(server.process.pid)
    for some in in_turns(rest):
        await asyncio.gather(*(desktop.begin(2) for desktop in some))
    begun = memory_bytes(server.process.pid)
    for some in in_turns(desktops):
        await asyncio.gather(*(desktop.leave() for desktop in some))
    return {
        "connection": (connected - before) / sessions / KIBIBYTE,
        "session": (begun - connected) / sessions / KIBIBYTE,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=1_000)
    given = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    made = Table(title=f"KiB of the server for each of {given.sessions:,}")
    for column in ("journal", "connection", "idle session beyond it"):
        made.add_column(column, justify="right")
    agents = WARM + given.sessions
    for durability in ("full", "memory"):
        with tempfile.TemporaryDirectory() as name, ExchangeProcess(agents) as exchange:
            server = Server(exchange.port, agents, Path(name), "--durability", durability).start()
            try:
                found = asyncio.run(measure(server, given.sessions))
            finally:
                server.kill()
        made.add_row(durability, *(f"{found[what]:.1f}" for what in ("connection", "session")))
    Console().print(made)


if __name__ == "__main__":
    main()
