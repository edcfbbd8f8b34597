"""Case 12: all agents come back in the same moment after kill -9: all are resumed, in time."""

import asyncio
from pathlib import Path
from typing import Final

import pytest

from tests.benchmarks.resume import Measured, measure
from tests.faults.one import mutant
from tests.faults.platform import ExchangeProcess
from tests.faults.sizes import size

SIZES: Final = size((100,), (500, 2_000))
WITHIN_S: Final = {100: 10.0, 500: 10.0, 2_000: 20.0}
"""Twice the aim and more: other things run on the machine where tests run."""
COMMANDS: Final = 5


def come_back(folder: Path, agents: int, *, module: str = "tests.faults.serve") -> Measured:
    """Raises AssertionError when one is not RESUMED, or misses a message."""
    with ExchangeProcess(agents) as exchange:
        try:
            (measured,) = asyncio.run(measure(agents, 1, COMMANDS, exchange.port, folder, module))
        except ExceptionGroup as group:
            raise AssertionError(f"{len(group.exceptions)} are wrong: {group.exceptions[0]}") from group
    return measured


@pytest.mark.parametrize("agents", SIZES)
def test_all_are_resumed_in_time(tmp_path: Path, agents: int) -> None:
    measured = come_back(tmp_path, agents)
    print(f"{agents} agents: {measured}")
    assert measured.last - measured.start < WITHIN_S[agents]


def test_a_server_that_knows_no_session_until_it_is_taken_up_is_found_out(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="INVALID_TARGET"):
        come_back(tmp_path, 20, module=mutant("does_not_wait"))
