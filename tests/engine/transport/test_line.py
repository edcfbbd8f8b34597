"""The last word, and peers that ping too fast or take nothing."""

from collections.abc import Awaitable
from functools import partial

import pytest
import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock, lockstep_stream_pair, memory_stream_pair
from wsproto.connection import Connection, ConnectionType
from wsproto.events import TextMessage
from wsproto.frame_protocol import FrameProtocol

from engine.transport.line import Line, text_frame

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


async def test_nobody_sends_behind_a_frame_that_is_cut(autojump_clock: MockClock) -> None:
    """Nor does who waits for their turn meanwhile, when the peer reads again at that very moment."""
    ours, theirs = lockstep_stream_pair()
    line = Line(ours, send_s=5.0, pings_per_s=3.0)
    ended = []

    async def send(what: str, sending: Awaitable[None]) -> None:
        try:
            await sending
        except (trio.TooSlowError, trio.BrokenResourceError) as error:
            ended.append((what, type(error)))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(send, "texts", line.send_texts([b"x" * 100]))
        await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(send, "pong", line.send_all(PONG))
        await trio.sleep(5.5)
        with trio.move_on_after(1):
            assert PONG not in bytes(await theirs.receive_some())
    assert ended == [("texts", trio.TooSlowError), ("pong", trio.BrokenResourceError)]
    with pytest.raises(trio.BrokenResourceError):
        await line.send_texts([b"x"])


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


# Texts


@given(st.integers(0, 300) | st.integers(65_000, 66_000))
def test_a_text_is_framed_as_the_library_frames_it(size: int) -> None:
    assert text_frame(b"x" * size) == bytes(FRAMES.send_data("x" * size))


async def test_texts_go_together(pair: Pair) -> None:
    line, theirs = pair
    await line.send_texts([b"x", b"x", b"x"])
    assert await theirs.receive_some() == 3 * TEXT


async def test_a_client_masks_its_texts() -> None:
    ours, theirs = memory_stream_pair()
    await Line(ours, send_s=5.0, pings_per_s=3.0, client=True).send_texts([b"one", b"two"])
    peer = Connection(ConnectionType.SERVER)
    peer.receive_data(bytes(await theirs.receive_some()))
    assert [event.data for event in peer.events() if isinstance(event, TextMessage)] == ["one", "two"]


async def test_no_text_follows_a_close_frame(pair: Pair, autojump_clock: MockClock) -> None:
    line, theirs = pair
    await line.send_all(CLOSE)
    with pytest.raises(trio.ClosedResourceError):
        await line.send_texts([b"x"])
    assert await part(line, theirs) == CLOSE


async def test_what_comes_amid_a_text_waits_for_its_end() -> None:
    ours, theirs = lockstep_stream_pair()  # whoever sends waits until it is received
    line = Line(ours, send_s=5.0, pings_per_s=3.0)
    data = b""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(line.send_texts, [b"x", b"x"])
        await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(line.send_all, PONG)
        await trio.testing.wait_all_tasks_blocked()
        while len(data) < len(2 * TEXT + PONG):
            data += await theirs.receive_some(1)
    assert data == 2 * TEXT + PONG


async def test_a_writer_that_always_has_more_keeps_nobody_waiting(autojump_clock: MockClock) -> None:
    """A pong that comes behind all that waits comes too late: the peer takes us for dead, though it reads."""
    ours, theirs = lockstep_stream_pair()  # whoever sends waits until it is received
    line = Line(ours, send_s=5.0, pings_per_s=3.0)
    data = b""

    async def write() -> None:
        for _ in range(20):
            await line.send_texts([b"x"])

    async with trio.open_nursery() as nursery:
        nursery.start_soon(write)
        await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(line.send_all, PONG)
        await trio.testing.wait_all_tasks_blocked()
        while len(data) < len(20 * TEXT + PONG):
            data += await theirs.receive_some()
    assert data.startswith(TEXT + PONG)


async def test_a_text_that_waits_already_goes_before_a_close_frame(autojump_clock: MockClock) -> None:
    """The library answers a ping and then the peer's close in one go."""
    ours, theirs = lockstep_stream_pair()  # whoever sends waits until it is received
    line = Line(ours, send_s=5.0, pings_per_s=3.0)
    data = b""

    async def answer() -> None:
        await line.send_all(PONG)
        await line.send_all(CLOSE)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(answer)
        await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(line.send_texts, [b"x"])
        await trio.testing.wait_all_tasks_blocked()
        while len(data) < len(PONG + TEXT + CLOSE):
            data += await theirs.receive_some()
    assert data == PONG + TEXT + CLOSE


async def test_a_peer_that_takes_no_text_is_too_slow(autojump_clock: MockClock) -> None:
    line = Line(lockstep_stream_pair()[0], send_s=5.0, pings_per_s=3.0)
    with pytest.raises(trio.TooSlowError):
        await line.send_texts([b"x"])
    assert trio.current_time() == pytest.approx(5.0, abs=0.1)
