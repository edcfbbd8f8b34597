"""The last word, and peers that ping too fast or take nothing."""

from functools import partial

import pytest
import trio
from trio.testing import MockClock, lockstep_stream_pair, memory_stream_pair
from wsproto.frame_protocol import FrameProtocol

from engine.transport.line import Line

FRAMES = FrameProtocol(client=False, extensions=[])
TEXT, PONG, CLOSE = bytes(FRAMES.send_data("x")), bytes(FRAMES.pong(b"")), bytes(FRAMES.close(1000, ""))
FAREWELL = bytes(FRAMES.close(1002, "why"))

Pair = tuple[Line, trio.StapledStream[trio.abc.SendStream, trio.abc.ReceiveStream]]


@pytest.fixture
async def pair() -> Pair:
    ours, theirs = memory_stream_pair()
    return Line(ours, send_s=5.0, pings_per_s=3.0), theirs


async def heard(theirs: trio.abc.ReceiveStream) -> bytes:
    data = b""
    while part := await theirs.receive_some():
        data += part
    return data


async def part(line: Line, theirs: trio.abc.HalfCloseableStream) -> bytes:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(partial(line.part, within_s=2.0))
        data = await heard(theirs)
        await theirs.send_eof()
    return data


async def test_the_farewell_is_said_after_the_library_has_closed(pair: Pair, autojump_clock: MockClock) -> None:
    line, theirs = pair
    await line.send_all(TEXT)
    await line.aclose()
    with pytest.raises(trio.ClosedResourceError):
        await line.send_all(TEXT)
    with pytest.raises(trio.ClosedResourceError):
        await line.receive_some()
    line.farewell = 1002, "why"
    assert await part(line, theirs) == TEXT + FAREWELL


async def test_nothing_is_said_behind_a_close_frame(pair: Pair, autojump_clock: MockClock) -> None:
    line, theirs = pair
    await line.send_all(CLOSE)
    line.farewell = 1002, "why"
    assert await part(line, theirs) == CLOSE


async def test_nothing_is_said_behind_a_frame_that_is_cut(autojump_clock: MockClock) -> None:
    ours, theirs = lockstep_stream_pair()  # whoever sends waits until it is received
    line = Line(ours, send_s=5.0, pings_per_s=3.0)
    with trio.move_on_after(1):
        await line.send_all(TEXT)
    line.farewell = 1002, "why"
    assert FAREWELL not in await part(line, theirs)


async def test_a_peer_that_stays_is_not_waited_for_for_ever(pair: Pair, autojump_clock: MockClock) -> None:
    line, _ = pair
    begun = trio.current_time()
    await line.part(within_s=2.0)
    assert trio.current_time() - begun == 2.0


async def test_a_peer_that_takes_nothing_breaks_the_line(autojump_clock: MockClock) -> None:
    line = Line(lockstep_stream_pair()[0], send_s=5.0, pings_per_s=3.0)
    with pytest.raises(trio.BrokenResourceError):
        await line.send_all(TEXT)
    assert trio.current_time() == pytest.approx(5.0, abs=0.1)


async def test_so_many_pings_a_second_are_answered(pair: Pair, autojump_clock: MockClock) -> None:
    line, theirs = pair
    for _ in range(3):
        await line.send_all(PONG)
    with pytest.raises(trio.BrokenResourceError):
        await line.send_all(PONG)
    assert line.farewell is not None
    code, reason = line.farewell
    assert code == 1008
    assert "3 pings a second" in reason
    assert (await part(line, theirs)).startswith(PONG * 3 + b"\x88")


@pytest.mark.parametrize("how", ["the peer ends", "the library closes"])
async def test_silence_is_told(pair: Pair, how: str, autojump_clock: MockClock) -> None:
    line, theirs = pair
    told: list[str] = []
    line.on_silent = lambda: told.append(how)
    if how == "the peer ends":
        await theirs.send_eof()
        assert await line.receive_some() == b""
    else:
        await line.aclose()
    assert told == [how]


# Several frames at once


async def test_texts_that_were_announced_go_together(pair: Pair) -> None:
    line, theirs = pair
    line.gather(3)
    await line.send_all(TEXT)
    await line.send_all(TEXT)
    with trio.move_on_after(0.01) as nothing:
        await theirs.receive_some()
    assert nothing.cancelled_caught
    await line.send_all(TEXT)
    assert await theirs.receive_some() == 3 * TEXT
    await line.send_all(TEXT)
    assert await theirs.receive_some() == TEXT


async def test_what_comes_between_stands_behind_what_was_gathered(pair: Pair) -> None:
    line, theirs = pair
    line.gather(3)
    await line.send_all(TEXT)
    await line.send_all(PONG)
    assert await theirs.receive_some() == TEXT + PONG
    await line.send_all(TEXT)
    await line.send_all(TEXT)
    assert await theirs.receive_some() == 2 * TEXT


async def test_nothing_gathered_is_cut(pair: Pair, autojump_clock: MockClock) -> None:
    """Whoever is dropped amid a gathering has got whole frames, and the last word."""
    line, theirs = pair
    await line.send_all(TEXT)
    line.gather(2)
    await line.send_all(TEXT)
    line.farewell = 1002, "why"
    assert await part(line, theirs) == TEXT + FAREWELL
