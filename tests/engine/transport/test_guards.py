import pytest
import trio
from trio.testing import MockClock, memory_stream_pair

from engine.transport.guards import READ_AHEAD_BYTES, BudgetStream
from engine.transport.line import Line


def budget(ours: trio.abc.HalfCloseableStream, bytes_a_message: int, bytes_per_s: float = 1e9) -> BudgetStream:
    line = Line(ours, send_s=10.0, pings_per_s=10.0)
    return BudgetStream(line, bytes_a_message=bytes_a_message, bytes_per_s=bytes_per_s)


async def test_the_budget_counts_bytes_since_the_last_whole_message(autojump_clock: MockClock) -> None:
    ours, theirs = memory_stream_pair()
    stream = budget(ours, 1000)
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
    stream = budget(ours, 1000)
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
    stream = budget(ours, 1)
    await stream.wait_send_all_might_not_block()
    await stream.send_all(b"hello")
    assert await theirs.receive_some(10) == b"hello"
    await stream.aclose()
    with pytest.raises(trio.ClosedResourceError):
        await stream.send_all(b"more")


async def test_a_peer_that_sends_faster_than_the_pace_is_read_later(autojump_clock: MockClock) -> None:
    """A second's worth may come at once; what is more takes its time, and nothing is lost."""
    ours, theirs = memory_stream_pair()
    stream = budget(ours, 1_000_000, bytes_per_s=1000)
    await theirs.send_all(b"x" * 5000)
    begun, left = trio.current_time(), 5000
    while left:
        left -= len(await stream.receive_some(500))
    assert trio.current_time() - begun == pytest.approx(4, abs=0.6)
