"""Case 21: any command in any state, unknown ones and nonsense included: answered or refused as the tables say.

The core in process beside the model of the specification, the same over sockets, and nonsense by the fuzzer, which
runs longer as `python -m tests.faults.fuzz --inputs 1000000`.
"""

from pathlib import Path
from typing import Any, Final

import attrs
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from engine.config import load
from protocol import wire
from statemachines.capabilities import BY_NAME
from tests.blackbox.configs import config
from tests.blackbox.conftest import Serve
from tests.blackbox.server import ServerProcess
from tests.blackbox.test_walk import SETTINGS, SocketWalk
from tests.faults import fuzz
from tests.faults.conftest import Break
from tests.faults.judge import Judge
from tests.faults.mutants.launch import caught
from tests.faults.sizes import size
from tests.walks.test_core_walk import CoreWalk

CORE_WALKS: Final = size(30, 2000)
SOCKET_WALKS: Final = size(6, 40)
STEPS: Final = size(50, 500)
DECODED: Final = size(20_000, 1_000_000)
OVER_THE_SOCKET: Final = size(1000, 50_000)


def walk(machine: Any, walks: int) -> None:
    """`walks` of STEPS steps at most. Raises what the machine finds; nothing is made shorter here."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=walks,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
        ),
    )


def walk_over_the_socket(server: ServerProcess, folder: Path, walks: int = SOCKET_WALKS) -> None:
    file = folder / "walk.toml"
    file.write_text(SETTINGS, encoding="utf-8")
    SocketWalk.url, SocketWalk.platform = server.agent_url, load(file).simulator
    walk(SocketWalk, walks)


def nonsense_over_the_socket(server: ServerProcess, inputs: int = OVER_THE_SOCKET) -> None:
    with Judge(server, "agent2") as judge, judge.working():
        report = fuzz.fuzz_socket(server, inputs)
        assert report.well, f"{report}\n{report.crashes[:3]}"
        assert report.codes["success"], "nothing came of any of it"


def test_the_core_does_what_the_tables_say() -> None:
    walk(CoreWalk, CORE_WALKS)


def test_the_server_does_what_the_tables_say(serve: Serve, tmp_path: Path) -> None:
    walk_over_the_socket(serve(SETTINGS), tmp_path)


def test_the_decoder_survives_nonsense() -> None:
    report = fuzz.fuzz_decoder(DECODED)
    assert report.well, f"{report}\n{report.crashes[:3]}"
    assert report.codes["taken"] > DECODED // 20


def test_the_server_survives_nonsense(serve: Serve) -> None:
    nonsense_over_the_socket(serve(config()))


# Mutants


def test_a_core_without_its_guard_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    anything_goes = {name: attrs.evolve(row, opens=lambda _: True) for name, row in BY_NAME.items()}
    monkeypatch.setattr("statemachines.judge.BY_NAME", anything_goes)
    with pytest.raises(Exception):  # noqa: B017 - whatever the model or the walk comes upon first
        walk(CoreWalk, CORE_WALKS)


def test_a_server_without_the_cores_guard_is_caught(break_server: Break, tmp_path: Path) -> None:
    server = break_server("unguarded_core", SETTINGS)
    with caught():
        walk_over_the_socket(server, tmp_path)


def test_a_decoder_without_its_guard_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bad UTF-8 and the like get past it as exceptions."""
    monkeypatch.setattr(wire, "NotJson", ZeroDivisionError)
    assert not fuzz.fuzz_decoder(1000).well


def test_a_server_whose_decoder_has_no_guard_is_caught(break_server: Break) -> None:
    server = break_server("unguarded_decoder", config())
    with caught():
        nonsense_over_the_socket(server)
