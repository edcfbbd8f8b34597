"""What brought a step about, where no object's own story shows it."""

import pytest

from engine.why.causes import CauseKind, cause_of, with_causes
from engine.why.steps import Step
from protocol.errors import FailureCode
from protocol.wire import read_request
from statemachines.effects import CallRefused, RequestCame, Restarted

READY = RequestCame(read_request({"command": "channel.ready", "target": "s1.c1", "data": {}, "requestid": "r1"}))


FAILED = {"command": "channel.ready", "target": "s1.c1", "result": "failure"}


def test_a_restart_is_a_cause_of_its_own() -> None:
    assert cause_of(Step(number=1, at_ms=0, given=Restarted())).kind is CauseKind.RESTART


@pytest.mark.parametrize("told", [True, False])
def test_what_a_restart_interrupts_still_belongs_to_what_asked_for_it(told: bool) -> None:
    """It ends by the restart, or goes on with the next call."""
    steps = [
        Step(number=1, at_ms=0, given=READY),
        Step(number=2, at_ms=0, given=Restarted(), messages=(FAILED,) if told else ()),
        Step(number=3, at_ms=0, given=CallRefused(FailureCode.TIMEOUT, "late"), messages=() if told else (FAILED,)),
    ]
    _, *others = with_causes(steps)
    (telling,) = (each for each in others if each.step.messages)
    assert (telling.began, telling.cause.requestid) == (steps[0], "r1")
