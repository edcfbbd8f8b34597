"""How long agents are away when the server dies.

It is killed with signal 9 and started again at once, at the same address; the CTI platform lives on in a process of its
own. All desktops come back in the same moment, as soon as the port accepts connections. Each one has come back when it
is RESUMED and has the answer to a command.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final, Protocol

import attrs
import trio

from engine.bench.errors import BenchFailed
from engine.bench.exchange import ExchangeProcess
from engine.bench.job import EXTENSIONS
from engine.bench.links import AT_ONCE
from engine.bench.meter import cpu_s
from engine.bench.restarted import Restarted
from engine.bench.returning import Returning
from engine.bench.room import room_for
from engine.config import DEMO_PASSWORD
from engine.conformance.line import CannotConnect
from engine.descriptors import RESERVED
from engine.groups import first_of

PROBE_S: Final = 0.005
QUIET_S: Final = 0.5
"""So long desktops go on hearing, between two rounds."""


class Mortal(Protocol):
    """A server that can be killed, and started again at the same address with what it has kept."""

    @property
    def url(self) -> str: ...

    @property
    def pid(self) -> int: ...

    def start(self) -> Any:
        """Returns when it accepts connections."""

    def kill(self) -> None: ...


@attrs.frozen
class Measured:
    """Seconds. Since the kill: until the server says that it is ready, the first desktop, half and the last are back.

    `start_s` is what the same program needs until it is ready where there is nothing to take up: the start of Python,
    the imports, the opening of the journal. Everything else is what the sessions cost. `cpu_s` is the processor time
    that the server has used when the last one is back, which tells more than the clock does on a busy machine.
    """

    start_s: float
    ready_s: float
    first_s: float
    half_s: float
    last_s: float
    cpu_s: float
    start_cpu_s: float

    def figures(self) -> dict[str, float]:
        beyond = {"beyond_start_s": self.last_s - self.start_s, "beyond_start_cpu_s": self.cpu_s - self.start_cpu_s}
        return attrs.asdict(self) | beyond


@attrs.frozen(kw_only=True)
class Settings:
    """So many agents at a time, so many commands each before the first kill, and so many kills."""

    agents: Sequence[int]
    rounds: int
    commands: int
    durability: str


@attrs.frozen(kw_only=True)
class Scene:
    """So many agents at a server, so many commands each before the first kill, and so many kills.

    `server` makes one that keeps what it keeps in the folder that it is given, and is not started yet.
    """

    server: Callable[[Path], Mortal]
    folder: Path
    agents: int
    commands: int
    rounds: int
    extensions: int = EXTENSIONS
    password: str = DEMO_PASSWORD


def storms(scene: Scene) -> list[Measured]:
    """One for each round. Raises BenchFailed."""
    try:
        return trio.run(_play, scene)
    except BaseExceptionGroup as group:
        error = first_of(group)
        if isinstance(error, KeyboardInterrupt):
            raise KeyboardInterrupt from None
        if isinstance(error, BenchFailed | CannotConnect):
            raise BenchFailed(str(error)) from group
        raise


def storm(settings: Settings, tell: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Figures of each number of agents: medians of its rounds, and the rounds. Raises BenchFailed."""
    room_for(max(settings.agents) + RESERVED)
    found = []
    with tempfile.TemporaryDirectory(prefix="ixp-bench-") as name:
        for agents in settings.agents:
            tell(f"{agents:,} agents")
            folder = Path(name) / str(agents)
            folder.mkdir()
            with ExchangeProcess(agents) as exchange:
                scene = Scene(
                    server=partial(Restarted, agents, settings.durability, exchange.port, Path(name) / "compiled"),
                    folder=folder,
                    agents=agents,
                    commands=settings.commands,
                    rounds=settings.rounds,
                )
                rounds = [each.figures() for each in storms(scene)]
            middle = {key: median(each[key] for each in rounds) for key in rounds[0]}
            found.append({"agents": agents, **middle, "rounds": rounds})
    return {"agents": found, "settings": attrs.asdict(settings)}


async def _play(scene: Scene) -> list[Measured]:
    start = (0.0, 0.0)
    for each in ("empty0", "empty1"):  # the first one compiles
        start = await _start_empty(scene.server(scene.folder / each))
    server = scene.server(scene.folder / "kept")
    try:
        await trio.to_thread.run_sync(server.start)
        async with trio.open_nursery() as nursery:
            numbers = range(1, scene.agents + 1)
            desktops = [
                Returning(number, nursery, extensions=scene.extensions, password=scene.password) for number in numbers
            ]
            await _all(desktops, lambda desktop: desktop.set_up(server.url, scene.commands), AT_ONCE)
            found = []
            for _ in range(scene.rounds):
                found.append(await _kill_once(server, desktops, start))
                await trio.sleep(QUIET_S)
            nursery.cancel_scope.cancel()
    finally:
        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(server.kill)
    return found


async def _start_empty(server: Mortal) -> tuple[float, float]:
    begun = time.monotonic()
    try:
        await trio.to_thread.run_sync(server.start)
        return time.monotonic() - begun, cpu_s(server.pid)
    finally:
        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(server.kill)


async def _kill_once(server: Mortal, desktops: Sequence[Returning], start: tuple[float, float]) -> Measured:
    begun = time.monotonic()
    back: list[float] = []
    ready: list[float] = []
    accepting = trio.Event()

    async def come_back(desktop: Returning) -> None:
        await desktop.lost.wait()
        await accepting.wait()
        await desktop.come_back(server.url)
        back.append(time.monotonic() - begun)

    async def start_again() -> None:
        await trio.to_thread.run_sync(server.start)
        ready.append(time.monotonic() - begun)

    await trio.to_thread.run_sync(server.kill)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(start_again)
        nursery.start_soon(_probe, server.url, accepting)
        for desktop in desktops:
            nursery.start_soon(come_back, desktop)
    spent = cpu_s(server.pid)
    return Measured(start[0], ready[0], min(back), median(back), max(back), spent, start[1])


async def _probe(url: str, accepting: trio.Event) -> None:
    """One knocks for all: thousands of refused attempts would keep the machine busy that is measured."""
    host, _, port = url.partition("//")[2].partition("/")[0].rpartition(":")
    while not accepting.is_set():
        try:
            stream = await trio.open_tcp_stream(host, int(port))
        except OSError:
            await trio.sleep(PROBE_S)
        else:
            await trio.aclose_forcefully(stream)
            accepting.set()


async def _all(desktops: Sequence[Returning], do: Callable[[Returning], Any], at_once: int) -> None:
    turns = trio.CapacityLimiter(at_once)

    async def do_one(desktop: Returning) -> None:
        async with turns:
            await do(desktop)

    async with trio.open_nursery() as nursery:
        for desktop in desktops:
            nursery.start_soon(do_one, desktop)
