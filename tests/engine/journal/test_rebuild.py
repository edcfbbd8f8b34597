"""What of a replayed session counts as said again."""

import msgspec
import pytest

from engine.journal.rebuild import Replayed
from engine.journal.spi import Record, Step


def failure(message: str, trace: str | None) -> bytes:
    context = {} if trace is None else {"context": trace}
    return msgspec.json.encode({"seq": 1, "result": "failure", "failure": {"message": message, **context}})


def replayed(then: bytes, now: bytes) -> Replayed:
    step = Step(at=0.0, given=b"", records=(Record(seq=1, text=then, requestid=None),), over=False)
    return Replayed(step=step, said=(now,))


@pytest.mark.parametrize("trace", ["core.py, line 8", None])
def test_a_stack_trace_is_of_the_code_and_not_of_the_session(trace: str | None) -> None:
    assert replayed(failure("no", "core.py, line 7"), failure("no", trace)).same


def test_everything_else_is_of_the_session() -> None:
    assert not replayed(failure("no", "core.py, line 7"), failure("yes", "core.py, line 7")).same
    assert not Replayed(step=replayed(b"{}", b"{}").step, said=()).same
