"""Random walks of so many steps by a seed: the core in process, and the server over sockets."""

from pathlib import Path
from typing import Any, ClassVar

import attrs
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from engine.config import load
from tests.blackbox.test_walk import SETTINGS, SocketWalk
from tests.walks.test_core_walk import CoreWalk


@attrs.frozen
class Walks:
    """`steps` is how many each may have: how long it is, is Hypothesis' choice, most of the time nearly all of them."""

    walks: int
    steps: int
    seed: int
    url: str = ""
    folder: Path = Path()


class CountedWalk(CoreWalk):
    """The core's, with its steps counted."""

    steps: ClassVar[int] = 0

    @invariant()
    def step_is_counted(self) -> None:
        CountedWalk.steps += 1


def walk(machine: Any, given: Walks) -> None:
    """Raises what the machine finds; nothing is made shorter here."""
    run_state_machine_as_test(
        seed(given.seed)(type(machine.__name__, (machine,), {})),  # which marks the class for good
        settings=settings(
            max_examples=given.walks,
            stateful_step_count=given.steps,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
        ),
    )


def walk_core(given: Walks) -> int:
    """Returns how many steps it has walked."""
    CountedWalk.steps = 0
    walk(CountedWalk, given)
    return CountedWalk.steps


def walk_over_the_socket(given: Walks) -> int:
    """With a server at `url` that has SETTINGS, and that nobody else is at."""
    file = given.folder / "walk.toml"
    file.write_text(SETTINGS, encoding="utf-8")
    SocketWalk.url, SocketWalk.platform, SocketWalk.steps = given.url, load(file).simulator, 0
    walk(SocketWalk, given)
    return SocketWalk.steps
