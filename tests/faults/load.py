"""A fleet at work while something is done to its server, and what the judge says of it afterwards."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import attrs

from engine.groups import first_of
from tests.faults.fleet import Fleet, Wrong
from tests.faults.kept import HISTORY, Verdict, judge
from tests.faults.platform import ExchangeProcess
from tests.faults.process import Server
from tests.faults.watcher import Watcher


@attrs.define(kw_only=True)
class Outcome:
    kills: int
    verdict: Verdict
    acknowledged: int
    events: int
    resumed: int
    reset: int
    again: int
    refused: int
    shown: int = 0
    dialled: int
    starts_s: list[float]
    killed_starting_s: list[float]
    """So long after their beginning starts were killed that were not ready yet."""

    def __str__(self) -> str:
        verdict, starts = self.verdict, sorted(self.starts_s) or [0.0]
        return (
            f"kills {self.kills}, {len(self.killed_starting_s)} of them of starts, "
            f"requests acknowledged {self.acknowledged}, events sent {self.events}, "
            f"resumed {self.resumed}, reset {self.reset}, answered again {self.again}, refused {self.refused}, "
            f"shown to a supervisor {self.shown}, "
            f"calls dialled {self.dialled}, lost {len(verdict.lost)}, repeated {len(verdict.repeated)}, "
            f"not allowed {len(verdict.not_allowed)}, "
            f"start after a kill {starts[len(starts) // 2]:.2f} s (p50), {starts[-1]:.2f} s (most)"
        )


@attrs.define(kw_only=True)
class Scene:
    """What a script may play with."""

    exchange: ExchangeProcess
    server: Server
    fleet: Fleet
    agents: int
    chance: random.Random
    starts_s: list[float] = attrs.field(factory=list)
    killed_starting_s: list[float] = attrs.field(factory=list)

    async def restart(self) -> None:
        """Start the server again, once it has ended. Customers call meanwhile, so that there is something to answer."""
        begun = time.monotonic()
        await asyncio.to_thread(self.server.start)
        self.starts_s.append(time.monotonic() - begun)
        await self.ring()

    async def ring(self) -> None:
        for _ in range(max(1, self.agents // 5)):
            extension = str(40_000 + self.chance.randint(1, self.agents))
            await asyncio.to_thread(self.exchange.control, "call", extension, "+15550100")

    async def until(
        self, condition: Callable[[], bool], what: str, at_most_s: float = 30.0, every_s: float = 0.02
    ) -> None:
        deadline = time.monotonic() + at_most_s
        while not condition():
            assert time.monotonic() < deadline, f"within {at_most_s} s: {what}"
            await asyncio.sleep(every_s)

    async def acknowledged(self, more: int) -> None:
        """Return when so many more requests have been acknowledged."""
        wanted = self.fleet.tally.acknowledged + more
        await self.until(lambda: self.fleet.tally.acknowledged >= wanted, f"{more} requests are acknowledged", 60.0)


def wrong_in(run: Callable[[], Outcome]) -> str:
    """What the judge finds, on the way or at the end; "" where all is well. What breaks in another way, the start of
    the server say, is nothing that it has found: it raises as ever."""
    try:
        return "; ".join(run().verdict.wrong)
    except Wrong as wrong:
        return str(wrong)


Script = Callable[[Scene], Awaitable[None]]


def under_load(
    folder: Path,
    script: Script,
    *,
    agents: int,
    seed: int = 1,
    spare: int = 0,
    history: int = HISTORY,
    arguments: tuple[str, ...] = (),
    module: str = "tests.faults.serve",
    prepare: Callable[[Server], None] = lambda server: None,
    keep: Callable[[Server], Path] = lambda server: server.data,
    **fleet_does: Any,
) -> Outcome:
    """Play the script while a fleet works. Raises Wrong when a desktop finds a promise broken on the way.

    `prepare` is called before the server is started first, `keep` after it has ended, and tells where its folder is.
    `history`: so many messages of a session the server has to keep. `spare`: so many agents more there are, who are not
    of the fleet.
    """
    with ExchangeProcess(agents + spare) as exchange:
        server = Server(exchange.port, agents + spare, folder, *arguments, module=module)
        prepare(server)
        fleet = Fleet(agents, seed, **fleet_does)
        scene = Scene(exchange=exchange, server=server, fleet=fleet, agents=agents, chance=random.Random(seed))

        async def run() -> None:
            async with fleet.working(server.url), Watcher(fleet.desktops, fleet.tally).watching(server.url):
                await script(scene)
            await fleet.catch_up(server.url)

        server.start()
        try:
            asyncio.run(run())
        except ExceptionGroup as several:
            raise first_of(several) from several
        finally:
            server.kill()
        twice, tickets = exchange.control("dialled twice"), exchange.control("tickets")
        verdict = judge(fleet, keep(server), twice, tickets, history=history)
        tally = fleet.tally
        assert tally.shown, "the supervisor was shown nothing"
        return Outcome(
            kills=len(scene.starts_s) + len(scene.killed_starting_s),
            verdict=verdict,
            acknowledged=tally.acknowledged,
            events=tally.events,
            resumed=tally.resumed,
            reset=tally.reset,
            again=tally.again,
            refused=tally.refused,
            shown=tally.shown,
            dialled=exchange.control("dialled"),
            starts_s=scene.starts_s,
            killed_starting_s=scene.killed_starting_s,
        )
