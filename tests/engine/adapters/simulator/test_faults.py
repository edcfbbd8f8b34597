from typing import Any

from engine.adapters.simulator.faults import Faults
from engine.adapters.simulator.settings import Fault, FaultKind
from protocol.platform import ActivateChannel, DeactivateChannel, LogoutAgent, PlatformCall

ACTIVATE = ActivateChannel(endpoint="4001")


def kind_of(faults: Faults, agent: str, call: PlatformCall[Any]) -> FaultKind | None:
    struck = faults.strike(agent, call)
    return struck.kind if struck else None


def test_a_fault_strikes_after_skip_and_for_times_calls() -> None:
    faults = Faults([Fault(call="ActivateChannel", kind=FaultKind.ERROR, skip=2, times=2)])
    struck = [kind_of(faults, "ada", ACTIVATE) for _ in range(6)]
    assert struck == [None, None, FaultKind.ERROR, FaultKind.ERROR, None, None]


def test_calls_of_other_classes_agents_and_endpoints_do_not_count() -> None:
    faults = Faults([Fault(call="ActivateChannel", kind=FaultKind.ERROR, skip=1, agent="ada", endpoint="4001")])
    for agent, call in (
        ("ada", DeactivateChannel(endpoint="4001")),
        ("bob", ACTIVATE),
        ("ada", ActivateChannel(endpoint="4002")),
    ):
        for _ in range(3):
            assert faults.strike(agent, call) is None
    assert [kind_of(faults, "ada", ACTIVATE) for _ in range(3)] == [None, FaultKind.ERROR, None]


def test_faults_for_the_same_call_strike_one_after_another() -> None:
    faults = Faults(
        [
            Fault(call="LogoutAgent", kind=FaultKind.HANG, skip=1),
            Fault(call="LogoutAgent", kind=FaultKind.LATE, times=2),
        ]
    )
    struck = [kind_of(faults, "ada", LogoutAgent()) for _ in range(4)]
    assert struck == [FaultKind.LATE, FaultKind.HANG, FaultKind.LATE, None]
