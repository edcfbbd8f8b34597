import pytest

from protocol.endpoint import come_back_after, come_back_reason


@pytest.mark.parametrize("seconds", [2.0, 0.5, 30.0, 3600.0])
def test_a_client_reads_out_of_the_reason_when_to_come_back(seconds: float) -> None:
    reason = come_back_reason(seconds)
    assert come_back_after(reason) == seconds
    assert len(reason.encode()) <= 123  # what a close frame holds


@pytest.mark.parametrize("reason", ["", "slow consumer", "connect again soon", "again in a while"])
def test_other_reasons_do_not_say(reason: str) -> None:
    assert come_back_after(reason) is None
