"""The work of a command does not grow unnoticed: instructions of Python, counted by `tests.benchmarks.instructions`."""

import json
import os
import subprocess
import sys
from typing import Final

import pytest

from tests.blackbox.server import ROOT

KEPT: Final = {"protocol": 735, "statemachines": 1945, "engine": 2900, "generated": 1763}
"""For each command, by Python 3.11. Whoever makes it less puts the lesser number here."""
MORE: Final = 1.10


@pytest.fixture(scope="module")
def counted() -> dict[str, int]:
    """In a process of its own: whoever else follows what is executed, coverage for one, would be in the way."""
    if sys.version_info[:2] != (3, 11):
        assert not os.environ.get("CI"), "the numbers are those of Python 3.11, which CI has"
        pytest.skip("the numbers are those of Python 3.11")
    command = [sys.executable, "-m", "tests.benchmarks.instructions"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("COV_CORE")}
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    counts: dict[str, int] = json.loads(ended.stdout)
    return counts


@pytest.mark.parametrize("part", KEPT)
def test_a_command_takes_hardly_more_instructions_than_before(counted: dict[str, int], part: str) -> None:
    assert counted[part] <= KEPT[part] * MORE, f"{part}: {counted[part]} instructions for a command"


def test_the_numbers_are_not_out_of_date(counted: dict[str, int]) -> None:
    """A limit that is far above what is there guards nothing."""
    assert sum(counted.values()) >= sum(KEPT.values()) / MORE, f"put these numbers into the table: {counted}"
