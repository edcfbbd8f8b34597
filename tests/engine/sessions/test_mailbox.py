import math

import attrs
import trio

from engine.sessions.mailbox import Mailbox
from protocol.platform import ChannelReport
from protocol.states import ChannelType, LoginState

REPORT = ChannelReport(endpoint="1", type=ChannelType.CHAT, name="1", loginstate=LoginState.INACTIVE)


async def test_reports_rank_before_requests() -> None:
    box: Mailbox[int] = Mailbox(requests=5, reports=5)
    box.put_request(1)
    box.put_report(REPORT)
    box.put_request(2)
    assert [await box.wait(math.inf) for _ in range(3)] == [REPORT, 1, 2]


async def test_of_reports_stays_what_is_left_of_them() -> None:
    box: Mailbox[int] = Mailbox(requests=5, reports=5)
    other, third = attrs.evolve(REPORT, endpoint="2"), attrs.evolve(REPORT, endpoint="3")
    left = {"1": None, "2": other, "3": attrs.evolve(third, name="less")}
    for report in (REPORT, other, REPORT, third):
        box.put_report(report)
    box.revise_reports(lambda report: left[report.endpoint])
    box.put_request(1)
    assert [await box.wait(math.inf) for _ in range(3)] == [other, left["3"], 1]


async def test_full_queues_refuse_and_keep_nothing() -> None:
    box: Mailbox[int] = Mailbox(requests=2, reports=1)
    assert [box.put_request(n) for n in range(3)] == [True, True, False]
    assert [box.put_report(REPORT) for _ in range(2)] == [True, False]
    assert box.waiting_requests == 2
    assert box.drain_requests() == [0, 1]
    assert box.waiting_requests == 0


async def test_the_deadline_ends_the_wait(autojump_clock: trio.testing.MockClock) -> None:
    box: Mailbox[int] = Mailbox(requests=2, reports=1)
    assert await box.wait(trio.current_time() + 5) is None
    assert trio.current_time() == 5


async def test_a_poke_and_a_late_item_wake_the_taker(autojump_clock: trio.testing.MockClock) -> None:
    box: Mailbox[int] = Mailbox(requests=2, reports=1)
    got: list[object] = []

    async def take() -> None:
        got.append(await box.wait(math.inf))
        got.append(await box.wait(math.inf))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(take)
        await trio.testing.wait_all_tasks_blocked()
        box.poke()
        await trio.testing.wait_all_tasks_blocked()
        assert got == [None]
        box.put_request(7)
    assert got == [None, 7]


async def test_requests_behind_a_marker_can_be_withdrawn() -> None:
    box: Mailbox[int] = Mailbox(requests=9, reports=1)
    for number in (1, 2, 5, 3, 4):
        box.put_request(number)
    assert box.withdraw_behind(5, lambda number: number == 4) == [4]
    assert box.withdraw_behind(9, lambda _: True) == []
    assert box.drain_requests() == [1, 2, 5, 3]
