"""A stream that waits only where the socket would block."""

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from engine.transport.eager import READ_BYTES, TURNS, EagerStream

MUCH = b"x" * 4_000_000


@pytest.fixture
def pair() -> Iterator[tuple[EagerStream, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield EagerStream(ours), theirs


Pair = tuple[EagerStream, socket.socket]


async def test_what_is_sent_is_received(pair: Pair) -> None:
    ours, theirs = pair
    await ours.send_all(b"one")
    assert theirs.recv(9) == b"one"
    theirs.sendall(b"two")
    assert await ours.receive_some() == b"two"
    theirs.sendall(b"three")
    assert [await ours.receive_some(3), await ours.receive_some()] == [b"thr", b"ee"]


async def test_what_the_socket_does_not_take_is_waited_for(pair: Pair) -> None:
    ours, theirs = pair
    got = bytearray()

    async def read() -> None:
        while len(got) < len(MUCH):
            got.extend(await trio.to_thread.run_sync(theirs.recv, 65536))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ours.send_all, MUCH)
        await wait_all_tasks_blocked()
        nursery.start_soon(read)
    assert got == MUCH


async def test_a_wait_can_be_given_up(pair: Pair) -> None:
    ours, _ = pair
    for wait in (ours.receive_some, lambda: ours.send_all(MUCH), ours.wait_send_all_might_not_block):
        with trio.move_on_after(0.01) as patience:
            await wait()
        assert patience.cancelled_caught


@asynccontextmanager
async def another_task() -> AsyncIterator[list[None]]:
    """It is always ready to run; each turn that it has had is in the list."""
    turns: list[None] = []

    async def run(*, task_status: trio.TaskStatus[None]) -> None:
        task_status.started()
        while True:
            turns.append(None)
            await trio.lowlevel.checkpoint()

    async with trio.open_nursery() as nursery:
        await nursery.start(run)
        yield turns
        nursery.cancel_scope.cancel()


async def test_the_others_have_their_turn_behind_each_piece_of_much(pair: Pair) -> None:
    """Whoever takes the frames of it does not wait in between."""
    ours, theirs = pair
    theirs.sendall(b"x" * (8 * READ_BYTES))
    async with another_task() as turns:
        pieces = [len(await ours.receive_some(asked)) for asked in (None, 4 * READ_BYTES) * 4]
        assert pieces == [READ_BYTES] * 8
        assert len(turns) >= 6  # of seven, for nobody says who is first


async def test_the_others_have_their_turn(pair: Pair) -> None:
    """Also where there is always something to read, and always room to write."""
    ours, theirs = pair
    async with another_task() as turns:
        for _ in range(10 * TURNS):
            theirs.sendall(b"x")
            await ours.receive_some(1)
        assert len(turns) >= 8
        for _ in range(10 * TURNS):
            await ours.send_all(b"x")
            theirs.recv(1)
        assert len(turns) >= 16


async def test_the_end_is_heard_and_told(pair: Pair) -> None:
    ours, theirs = pair
    await ours.send_eof()
    assert theirs.recv(1) == b""
    theirs.sendall(b"last")
    theirs.shutdown(socket.SHUT_WR)
    assert [await ours.receive_some(), await ours.receive_some()] == [b"last", b""]


async def test_a_peer_that_is_gone_breaks_it(pair: Pair) -> None:
    ours, theirs = pair
    theirs.close()
    with pytest.raises(trio.BrokenResourceError):
        await ours.send_all(MUCH)
    assert await ours.receive_some() == b""


async def test_once_closed_it_is_of_no_use(pair: Pair) -> None:
    ours, _ = pair

    async def read() -> None:
        with pytest.raises(trio.ClosedResourceError):
            await ours.receive_some()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(read)
        await wait_all_tasks_blocked()
        await ours.aclose()
    await ours.aclose()
    for use in (ours.receive_some, lambda: ours.send_all(b"x"), ours.send_eof, ours.wait_send_all_might_not_block):
        with pytest.raises(trio.ClosedResourceError):
            await use()


async def test_nothing_cannot_be_asked_for(pair: Pair) -> None:
    with pytest.raises(ValueError, match="max_bytes"):
        await pair[0].receive_some(0)


async def test_it_takes_the_place_of_a_stream_of_trio() -> None:
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with listener:
        there = await trio.open_tcp_stream(*listener.socket.getsockname()[:2])
        here = EagerStream.instead_of(await listener.accept())
    async with there, here:
        await there.send_all(b"x")
        assert await here.receive_some() == b"x"
        await here.send_all(b"y")
        assert await there.receive_some() == b"y"
