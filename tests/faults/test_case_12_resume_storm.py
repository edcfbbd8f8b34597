"""Case 12: all agents come back in the same moment after kill -9: all are resumed, in time."""

from pathlib import Path
from typing import Final

import pytest

from engine.bench.errors import BenchFailed
from engine.bench.resume import Measured, Scene, storms
from tests.faults.one import mutant
from tests.faults.platform import ExchangeProcess
from tests.faults.process import Server
from tests.faults.serve import PASSWORD
from tests.faults.sizes import size

SIZES: Final = size((100,), (500, 2_000))
WITHIN_S: Final = {100: 10.0, 500: 10.0, 2_000: 20.0}
"""Twice the aim and more: other things run on the machine where tests run."""
COMMANDS: Final = 5


def come_back(folder: Path, agents: int, *, module: str = "tests.faults.serve") -> Measured:
    """Raises BenchFailed when one is not RESUMED, or misses a message."""
    with ExchangeProcess(agents) as exchange:

        def server(data: Path) -> Server:
            data.mkdir()
            return Server(exchange.port, agents, data, module=module)

        scene = Scene(
            server=server,
            folder=folder,
            agents=agents,
            commands=COMMANDS,
            rounds=1,
            extensions=40_000,
            password=PASSWORD,
        )
        (measured,) = storms(scene)
    return measured


@pytest.mark.parametrize("agents", SIZES)
def test_all_are_resumed_in_time(tmp_path: Path, agents: int) -> None:
    measured = come_back(tmp_path, agents)
    print(f"{agents} agents: {measured}")
    assert measured.last_s - measured.start_s < WITHIN_S[agents]


def test_a_server_that_knows_no_session_until_it_is_taken_up_is_found_out(tmp_path: Path) -> None:
    with pytest.raises(BenchFailed, match="INVALID_TARGET"):
        come_back(tmp_path, 20, module=mutant("does_not_wait"))
