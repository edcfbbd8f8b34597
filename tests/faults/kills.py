"""Case 1: kill -9 at random moments under load, restarted, all clients resume. Its figures, in CI size and long."""

import asyncio
import json
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Final, Self

import attrs

from tests.faults.fleet import Fleet
from tests.faults.kept import Verdict, judge
from tests.faults.platform import ExchangeProcess

READY_S: Final = 60.0


class Server:
    """A server process at the exchange, that can be killed and started again at the same address."""

    def __init__(self, exchange: int, agents: int, folder: Path, *arguments: str, module: str = "tests.faults.serve"):
        self._command = [sys.executable, "-m", module, "--port", str(exchange), "--agents", str(agents)]
        self._command += ["--data", str(folder / "data"), *arguments]
        self._log = folder / "stderr"
        self.data = folder / "data"
        self.url = ""
        self._port = 0

    def start(self) -> Self:
        """Returns when it accepts connections."""
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self._command, "--agent-port", str(self._port)], stdout=subprocess.PIPE, stderr=log
            )
        assert self.process.stdout is not None
        word, _, addresses = self.process.stdout.readline().decode().partition(" ")
        assert word == "ready", f"the server did not start:\n{self.log}"
        self.url = json.loads(addresses)["agent"]
        self._port = int(self.url.rpartition(":")[2].partition("/")[0])
        return self

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def stop(self) -> int:
        self.process.terminate()
        status = self.process.wait(READY_S)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return status


@attrs.define(kw_only=True)
class Outcome:
    kills: int
    verdict: Verdict
    acknowledged: int
    events: int
    resumed: int
    reset: int
    again: int
    dialled: int
    starts_s: list[float]

    def __str__(self) -> str:
        starts = sorted(self.starts_s)
        return (
            f"kills {self.kills}, requests acknowledged {self.acknowledged}, events sent {self.events}, "
            f"resumed {self.resumed}, reset {self.reset}, answered again {self.again}, calls dialled {self.dialled}, "
            f"lost {len(self.verdict.lost)}, repeated {len(self.verdict.repeated)}, "
            f"start after a kill {starts[len(starts) // 2]:.2f} s (p50), {starts[-1]:.2f} s (most)"
        )


def kill_and_restart(
    folder: Path, *, agents: int, kills: int, seed: int = 1, module: str = "tests.faults.serve", apart_s: float = 1.0
) -> Outcome:
    """Raises Wrong when a desktop finds a promise broken on the way."""
    chance = random.Random(seed)
    starts_s: list[float] = []
    with ExchangeProcess(agents) as exchange:
        server = Server(exchange.port, agents, folder, module=module).start()
        fleet = Fleet(agents, seed)

        async def run() -> None:
            async with fleet.working(server.url):
                await asyncio.sleep(1.0)
                for _ in range(kills):
                    await asyncio.sleep(chance.uniform(0.05, apart_s))
                    await asyncio.to_thread(server.kill)
                    begun = time.monotonic()
                    await asyncio.to_thread(server.start)
                    starts_s.append(time.monotonic() - begun)
                    for _ in range(agents // 5):  # so that there is something to answer
                        extension = str(40_000 + chance.randint(1, agents))
                        await asyncio.to_thread(exchange.control, "call", extension, "+15550100")
                await asyncio.sleep(0.5)
            await fleet.catch_up(server.url)

        try:
            asyncio.run(run())
        finally:
            server.kill()
        verdict = judge(fleet, server.data, exchange.control("dialled twice"))
        tally = fleet.tally
        return Outcome(
            kills=kills,
            verdict=verdict,
            acknowledged=tally.acknowledged,
            events=tally.events,
            resumed=tally.resumed,
            reset=tally.reset,
            again=tally.again,
            dialled=exchange.control("dialled"),
            starts_s=starts_s,
        )
