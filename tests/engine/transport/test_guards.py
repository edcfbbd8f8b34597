import pytest
import trio
from trio.testing import MockClock, memory_stream_pair

from engine.transport.guards import READ_AHEAD_BYTES, BudgetStream, Rate


async def test_the_budget_counts_bytes_since_the_last_whole_message(autojump_clock: MockClock) -> None:
    ours, theirs = memory_stream_pair()
    stream = BudgetStream(ours, bytes_a_message=1000)
    for _ in range(3):
        await theirs.send_all(b"x" * (READ_AHEAD_BYTES + 1000))
        left = READ_AHEAD_BYTES + 1000
        while left:
            left -= len(await stream.receive_some(4096))
        stream.message_taken()
    await theirs.send_all(b"x" * (READ_AHEAD_BYTES + 1001))
    with pytest.raises(trio.BrokenResourceError):
        while True:
            await stream.receive_some(4096)


async def test_control_frames_of_an_idle_peer_are_forgotten_in_time(autojump_clock: MockClock) -> None:
    ours, theirs = memory_stream_pair()
    stream = BudgetStream(ours, bytes_a_message=1000)
    for _ in range(10_000):
        await trio.sleep(1)
        await theirs.send_all(b"x" * 50)
        await stream.receive_some(4096)
    with pytest.raises(trio.BrokenResourceError):
        for _ in range(100):
            await theirs.send_all(b"x" * 4000)
            await stream.receive_some(4096)


async def test_the_other_way_passes_through() -> None:
    ours, theirs = memory_stream_pair()
    stream = BudgetStream(ours, bytes_a_message=1)
    await stream.wait_send_all_might_not_block()
    await stream.send_all(b"hello")
    assert await theirs.receive_some(10) == b"hello"
    await stream.aclose()
    assert await theirs.receive_some(10) == b""


def test_the_rate_lets_a_burst_through_and_then_so_many_a_second() -> None:
    rate = Rate(10, now=0.0)
    assert [rate.allows(0.0) for _ in range(11)] == [True] * 10 + [False]
    assert [rate.allows(0.25) for _ in range(3)] == [True, True, False]
    assert [rate.allows(100.0) for _ in range(11)] == [True] * 10 + [False]
