"""Case 21: any command in any state, unknown ones and nonsense included: answered or refused as the tables say.

The core in process beside the model of the specification, the same over sockets, and nonsense by the fuzzer, which
runs longer as `python -m tests.faults.fuzz --inputs 1000000`.

The long form walks some 200,000 steps of the core and 8,000 over sockets, and tries a million inputs at the decoder
and 50,000 over a socket, in less than twelve minutes on two cores. Ten million steps take some hours:
`python -m tests.faults.long --case 21 --scale 50`.
"""

import random
from pathlib import Path
from typing import Final

import attrs
import pytest

from engine.conformance.broken import Broken
from protocol import wire
from statemachines.capabilities import BY_NAME
from tests.blackbox.configs import config
from tests.blackbox.conftest import Serve
from tests.blackbox.server import ServerProcess
from tests.blackbox.test_walk import SETTINGS
from tests.faults import fuzz
from tests.faults.conftest import Break
from tests.faults.judge import KEEPS_ALL, Judge
from tests.faults.mutants.launch import caught
from tests.faults.side_by_side import side_by_side
from tests.faults.sizes import scaled, size, tell
from tests.faults.walk import Walks, walk_core, walk_over_the_socket

AT_ONCE: Final = size(1, 2)
"""In so many processes."""
CORE_WALKS: Final = scaled(30, 350)
SOCKET_WALKS: Final = scaled(6, 20)
STEPS: Final = size(50, 500)
DECODED: Final = scaled(20_000, 500_000)
OVER_THE_SOCKET: Final = scaled(1000, 50_000)


def walk_seed() -> int:
    """In CI always the same: a failure there comes of what was changed. The long form goes new ways each time."""
    return size(fuzz.SEED, random.SystemRandom().getrandbits(32))


def decode_nonsense(seed: int) -> fuzz.Report:
    return fuzz.fuzz_decoder(DECODED, seed)


def nonsense_over_the_socket(server: ServerProcess, inputs: int = OVER_THE_SOCKET) -> None:
    with Judge(server, "agent2") as judge, judge.working():
        report = fuzz.fuzz_socket(server, inputs)
        assert report.well, f"{report}\n{report.crashes[:3]}"
        assert report.codes["success"], "nothing came of any of it"


def test_the_core_does_what_the_tables_say() -> None:
    walked = side_by_side(walk_core, [Walks(CORE_WALKS, STEPS, walk_seed()) for _ in range(AT_ONCE)])
    tell(f"{sum(walked):,} steps of the core")


def test_the_server_does_what_the_tables_say(serve: Serve, tmp_path: Path) -> None:
    urls = [serve(SETTINGS).agent_url for _ in range(AT_ONCE)]
    walked = side_by_side(
        walk_over_the_socket, [Walks(SOCKET_WALKS, STEPS, walk_seed(), url, tmp_path) for url in urls]
    )
    tell(f"{sum(walked):,} steps over sockets")


def test_the_decoder_survives_nonsense() -> None:
    for report in side_by_side(decode_nonsense, [fuzz.SEED + number for number in range(AT_ONCE)]):
        assert report.well, f"{report}\n{report.crashes[:3]}"
        assert report.codes["taken"] > DECODED // 20


def test_the_server_survives_nonsense(serve: Serve) -> None:
    nonsense_over_the_socket(serve(config(KEEPS_ALL)))


# Mutants


def test_a_core_without_its_guard_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    anything_goes = {name: attrs.evolve(row, opens=lambda _: True) for name, row in BY_NAME.items()}
    monkeypatch.setattr("statemachines.judge.BY_NAME", anything_goes)
    with pytest.raises((AssertionError, Broken)):  # what the model or the client says of it, and no crash
        walk_core(Walks(30, 50, 0))


def test_a_server_without_the_cores_guard_is_caught(break_server: Break, tmp_path: Path) -> None:
    server = break_server("unguarded_core", SETTINGS)
    with caught():
        walk_over_the_socket(Walks(SOCKET_WALKS, STEPS, walk_seed(), server.agent_url, tmp_path))


def test_a_decoder_without_its_guard_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bad UTF-8 and the like get past it as exceptions."""
    monkeypatch.setattr(wire, "NotJson", ZeroDivisionError)
    assert not fuzz.fuzz_decoder(1000).well


def test_a_server_whose_decoder_has_no_guard_is_caught(break_server: Break) -> None:
    server = break_server("unguarded_decoder", config())
    with caught():
        nonsense_over_the_socket(server, 1000)
