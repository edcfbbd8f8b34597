"""Sessions that are not taken up yet: whoever asks for one waits for that one, and moves it to the front."""

import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from engine.sessions.dormant import Dormant
from protocol.ids import SessionId

A, B, C, D = map(SessionId, "ABCD")


async def test_nobody_waits_where_nothing_is_dormant(autojump_clock: MockClock) -> None:
    dormant = Dormant()
    await dormant.wait(A)
    await dormant.wait(None)
    dormant.begin([])
    await dormant.wait(None)
    assert dormant.next(2) == []


async def test_the_one_that_is_waited_for_comes_first_and_each_comes_once(autojump_clock: MockClock) -> None:
    dormant, awake = Dormant(), list[SessionId | None]()
    dormant.begin([A, B, C, D])

    async def wait(session: SessionId | None) -> None:
        await dormant.wait(session)
        awake.append(session)

    async with trio.open_nursery() as nursery:
        for session in (C, C, D, None):
            nursery.start_soon(wait, session)
        await wait_all_tasks_blocked()
        first, second = dormant.next(3), dormant.next(3)
        assert (set(first[:2]), first[2:], second) == ({C, D}, [A], [B])
        dormant.over(C)
        await wait_all_tasks_blocked()
        assert awake == [C, C]
        for session in (D, A):
            dormant.over(session)
        await wait_all_tasks_blocked()
        assert awake == [C, C, D], "one is dormant still"
        dormant.over(B)
    assert awake[3:] == [None]
    assert dormant.next(1) == []
