"""How long agents are away when the server dies: `python -m tests.benchmarks.resume --agents 1,500,2000`.

Not a test: it prints a table and judges nothing. The server is killed with signal 9 and started again at once; the CTI
platform lives on in a process of its own. All desktops come back in the same moment, as soon as the port accepts
connections. Each one has come back when it is RESUMED and has the answer to a command.

`start` is what the same program needs until it is ready where there is nothing to take up: the start of Python, the
imports, the opening of the journal. Everything else is what the sessions cost.
"""

import argparse
import asyncio
import contextlib
import json
import os
import resource
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any, Final

import attrs
from rich.console import Console
from rich.table import Table
from websockets.asyncio.client import ClientConnection, connect

from engine.bench.meter import cpu_s
from tests.faults.kills import Server
from tests.faults.platform import ExchangeProcess
from tests.faults.serve import PASSWORD

PROBE_S: Final = 0.005
AT_ONCE: Final = 50
"""So many desktops are set up side by side."""
ANSWER_S: Final = 120.0

Message = dict[str, Any]


@attrs.define
class Desktop:
    """One agent with a phone that is ready, and a history of a few commands."""

    number: int
    session: str = ""
    token: str = ""
    epoch: int = 0
    seq: int = 0
    socket: ClientConnection | None = None

    async def set_up(self, url: str, commands: int) -> None:
        await self.connect(url)
        await self.begin(commands)

    async def connect(self, url: str) -> None:
        self.socket = await connect(url, compression=None, ping_interval=None, open_timeout=ANSWER_S)

    async def begin(self, commands: int) -> None:
        agent = {"id": f"agent{self.number}", "password": PASSWORD}
        prepared = await self.ask("prepareSession", None, {"override": True, "agent": agent})
        self.session, self.token = prepared["data"]["session"]["id"], prepared["data"]["resumetoken"]
        self.epoch = (await self.ask("bindSession", self.session, {}))["data"]["epoch"]
        await self.ask("session.start", self.session)
        channel = {"endpoint": str(40_000 + self.number), "type": "Telephony"}
        await self.ask("session.addchannel", self.session, {"channel": channel})
        await self.ask("channel.activate", f"{self.session}.c1")
        for turn in range(commands):
            await self.ask(f"channel.{('ready', 'notready')[turn % 2]}", f"{self.session}.c1")

    async def come_back(self, url: str) -> None:
        """Raises AssertionError when it is not the session that it was, or is without one message."""
        await self.connect(url)
        resume = {"token": self.token, "epoch": self.epoch, "seq": self.seq}
        bound = await self.ask("bindSession", self.session, {"resume": resume})
        assert bound["result"] == "success", bound
        assert bound["data"]["outcome"] == "RESUMED", bound
        answer = await self.ask("session.request.externalnotreadyreasons", self.session)
        assert answer["result"] == "success", answer

    async def ask(self, command: str, target: str | None, data: Message | None = None) -> Message:
        """The answer. The numbers of all that comes before it have no gap."""
        assert self.socket is not None
        await self.socket.send(
            json.dumps({"command": command, "data": data or {}} | ({"target": target} if target else {}))
        )
        while True:
            message: Message = json.loads(await asyncio.wait_for(self.socket.recv(), ANSWER_S))
            if "seq" in message:
                assert message["seq"] == self.seq + 1, f"after {self.seq} came {message}"
                self.seq = message["seq"]
            if "result" in message:
                return message

    async def read_on(self) -> None:
        """Until the connection is lost, or half a second long nothing has come."""
        assert self.socket is not None
        with contextlib.suppress(TimeoutError):
            while True:
                self.seq = json.loads(await asyncio.wait_for(self.socket.recv(), 0.5))["seq"]

    async def leave(self) -> None:
        if self.socket is not None:
            await self.socket.close()


@attrs.frozen
class Measured:
    """Seconds. Since the kill: until `ready`, the first desktop and the last one are back."""

    start: float
    ready: float
    first: float
    median: float
    last: float
    cpu: float
    """What the server has used of a processor by then: on a busy machine this tells more than the clock does."""
    start_cpu: float


async def measure_once(server: Server, desktops: list[Desktop], start: tuple[float, float]) -> Measured:
    begun = time.monotonic()
    back: list[float] = []

    async def come_back(desktop: Desktop, accepting: asyncio.Event) -> None:
        await accepting.wait()
        await desktop.come_back(server.url)
        back.append(time.monotonic() - begun)

    await asyncio.to_thread(server.kill)
    accepting = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        started = group.create_task(asyncio.to_thread(server.start))
        started.add_done_callback(lambda _: ready.append(time.monotonic() - begun))
        ready: list[float] = []
        group.create_task(probe(server.url, accepting))
        for desktop in desktops:
            group.create_task(come_back(desktop, accepting))
    return Measured(start[0], ready[0], min(back), median(back), max(back), cpu_s(server.process.pid), start[1])


async def probe(url: str, accepting: asyncio.Event) -> None:
    """One knocks for all: thousands of refused attempts would keep the machine busy that is measured."""
    port = int(url.rpartition(":")[2].partition("/")[0])
    while not accepting.is_set():
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(PROBE_S)
        else:
            writer.close()
            accepting.set()


async def measure(agents: int, rounds: int, commands: int, exchange: int, folder: Path, module: str) -> list[Measured]:
    starts = []
    for each in range(2):  # the first one compiles
        empty = folder / f"empty{each}"
        empty.mkdir()
        begun = time.monotonic()
        server = Server(exchange, agents, empty, module=module).start()
        starts.append((time.monotonic() - begun, cpu_s(server.process.pid)))
        server.kill()
    server = Server(exchange, agents, folder, module=module).start()
    desktops = [Desktop(number) for number in range(1, agents + 1)]
    try:
        for some in in_turns(desktops):
            await asyncio.gather(*(desktop.set_up(server.url, commands) for desktop in some))
        found = []
        for _ in range(rounds):
            found.append(await measure_once(server, desktops, starts[-1]))
            await asyncio.gather(*(desktop.read_on() for desktop in desktops))
        for some in in_turns(desktops):
            await asyncio.gather(*(desktop.leave() for desktop in some))
    finally:
        server.kill()
    return found


def in_turns(desktops: list[Desktop]) -> Iterable[list[Desktop]]:
    return (desktops[at : at + AT_ONCE] for at in range(0, len(desktops), AT_ONCE))


def table(found: dict[int, list[Measured]]) -> Table:
    made = Table(title="kill -9, start, resume: seconds after the kill")
    for column in (
        "agents",
        "start, empty",
        "ready",
        "first back",
        "half back",
        "last back",
        "less the start",
        "cpu",
        "less",
    ):
        made.add_column(column, justify="right")
    for agents, rounds in found.items():
        for each in rounds:
            times = (each.start, each.ready, each.first, each.median, each.last)
            times += (each.last - each.start, each.cpu, each.cpu - each.start_cpu)
            made.add_row(str(agents), *(f"{seconds:.2f}" for seconds in times))
        made.add_section()
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--agents", default="1,500,2000", help="numbers with commas between")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--commands", type=int, default=20, help="of each agent before the first kill")
    parser.add_argument("--module", default="tests.faults.serve")
    given = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    found = {}
    with tempfile.TemporaryDirectory() as name:
        # As an installed package is: compiled.
        os.environ["PYTHONPYCACHEPREFIX"] = str(Path(name) / "compiled")
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        for agents in map(int, given.agents.split(",")):
            folder = Path(name) / str(agents)
            folder.mkdir()
            with ExchangeProcess(agents) as exchange:
                found[agents] = asyncio.run(
                    measure(agents, given.rounds, given.commands, exchange.port, folder, given.module)
                )
    Console().print(table(found))


if __name__ == "__main__":
    main()
