"""What brought a step about, where no object's own story shows it."""

import pytest

from engine.why.causes import CauseKind, cause_of, with_causes
from engine.why.steps import Step
from protocol.errors import FailureCode
from protocol.wire import read_request
from statemachines.effects import CallRefused, Input, PlatformReturned, RequestCame, Restarted

READY = RequestCame(read_request({"command": "channel.ready", "target": "s1.c1", "data": {}, "requestid": "r1"}))


@pytest.mark.parametrize("given", [Restarted(), PlatformReturned(frozenset())])
def test_a_restart_is_a_cause_of_its_own(given: Input) -> None:
    assert cause_of(Step(number=1, at_ms=0, given=given)).kind is CauseKind.RESTART


def test_a_request_that_a_restart_interrupted_is_told_with_it() -> None:
    failure = {"command": "channel.ready", "target": "s1.c1", "result": "failure"}
    steps = [
        Step(number=1, at_ms=0, given=READY),
        Step(number=2, at_ms=0, given=Restarted(), messages=(failure,)),
        Step(number=3, at_ms=0, given=CallRefused(FailureCode.TIMEOUT, "late")),
    ]
    _, restarted, _ = with_causes(steps)
    assert restarted.interrupted is steps[0]
    assert restarted.cause.kind is CauseKind.RESTART
