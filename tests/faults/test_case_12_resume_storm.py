"""Case 12: all agents come back in the same moment after kill -9: all are resumed in time, and the first work on."""

import math
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final, Self

import attrs
import pytest

from engine.bench.errors import BenchFailed
from engine.bench.resume import Measured, Scene, storms
from tests.faults.one import mutant
from tests.faults.platform import ExchangeProcess
from tests.faults.process import Server
from tests.faults.serve import PASSWORD
from tests.faults.sizes import LONG, size, tell

SIZES: Final = size((100,), (500, 2_000))
WITHIN_S: Final = 10.0
"""Since the kill. In CI, where other things run on the machine, what an empty server needs to start is not counted."""
HONEST_P99_S: Final = 0.25
HONEST_AT_LEAST: Final = 20
"""So many commands at least that percentile is of."""
COMMANDS: Final = 5
ENDED_S: Final = 30.0


class AtWork(Server):
    """A server with one agent more than come back for the measurement: an honest one, in a process of its own."""

    def __init__(self, exchange: int, agents: int, folder: Path, **more: Any) -> None:
        super().__init__(exchange, agents + 1, folder, **more)
        self._agent = f"agent{agents + 1}"
        self._honest: subprocess.Popen[str] | None = None
        self.killed_at = math.inf

    def start(self) -> Self:
        super().start()
        if self._honest is None:
            command = [sys.executable, "-m", "tests.faults.honest", self.url, self._agent]
            self._honest = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            assert self._honest.stdout is not None
            assert self._honest.stdout.readline() == "prepared\n"
        return self

    def kill(self) -> None:
        self.killed_at = min(self.killed_at, time.monotonic())
        super().kill()

    def times_s(self) -> list[tuple[float, float]]:
        """Behind the end: when each command of the honest agent was sent, and how long it took."""
        assert self._honest is not None
        said, _ = self._honest.communicate(timeout=ENDED_S)
        return [(float(sent), float(took)) for sent, took in map(str.split, said.splitlines())]


@attrs.frozen
class Returned:
    """`honest_s`: how long commands took of an agent who was back, while others were not yet."""

    measured: Measured
    honest_s: list[float]

    def check(self) -> None:
        waited_s = self.measured.last_s - (0.0 if LONG else self.measured.start_s)
        assert waited_s < WITHIN_S, f"the last one was back {waited_s:.1f} s after the kill"
        if LONG:
            assert len(self.honest_s) >= HONEST_AT_LEAST
            assert self.honest_p99_s < HONEST_P99_S

    @property
    def honest_p99_s(self) -> float:
        return statistics.quantiles(self.honest_s, n=100)[98] if len(self.honest_s) > 1 else math.nan

    def __str__(self) -> str:
        honest = f"{len(self.honest_s)} honest commands meanwhile, p99 {self.honest_p99_s * 1e3:.0f} ms"
        return f"the last is back after {self.measured.last_s:.2f} s; {honest}; {self.measured}"


def come_back(folder: Path, agents: int, *, module: str = "tests.faults.serve") -> Returned:
    """Raises BenchFailed when one is not RESUMED, or misses a message."""
    kept: list[AtWork] = []
    with ExchangeProcess(agents + 1) as exchange:

        def server(data: Path) -> Server:
            data.mkdir()
            if data.name != "kept":
                return Server(exchange.port, agents, data, module=module)
            kept.append(AtWork(exchange.port, agents, data, module=module))
            return kept[0]

        scene = Scene(
            server=server,
            folder=folder,
            agents=agents,
            commands=COMMANDS,
            rounds=1,
            extensions=40_000,
            password=PASSWORD,
        )
        try:
            (measured,) = storms(scene)
        finally:
            times_s = kept[0].times_s()
    all_back_at = kept[0].killed_at + measured.last_s
    return Returned(measured, [took for sent, took in times_s if sent < all_back_at])


@pytest.mark.parametrize("agents", SIZES)
def test_all_are_resumed_in_time(tmp_path: Path, agents: int) -> None:
    returned = come_back(tmp_path, agents)
    tell(f"{agents} agents: {returned}")
    returned.check()


def test_a_server_that_knows_no_session_until_it_is_taken_up_is_found_out(tmp_path: Path) -> None:
    with pytest.raises(BenchFailed, match="INVALID_TARGET"):
        come_back(tmp_path, 20, module=mutant("does_not_wait"))


def test_a_server_that_takes_its_time_is_found_out(tmp_path: Path) -> None:
    returned = come_back(tmp_path, 20, module=mutant("takes_its_time"))
    with pytest.raises(AssertionError, match="after the kill"):
        returned.check()
