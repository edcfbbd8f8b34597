import itertools

import attrs
import trio

from engine.sessions.mailbox import Mailbox, Put
from protocol.platform import ChannelReport, MessagePosted, Party, TypingChanged
from protocol.states import ChannelType, LoginState, PartyRole

REPORT = ChannelReport(endpoint="1", type=ChannelType.CHAT, name="1", loginstate=LoginState.INACTIVE)
EVE = Party(id="p1", name="Eve", role=PartyRole.CUSTOMER)


async def test_reports_rank_before_requests() -> None:
    box: Mailbox[int] = Mailbox(requests=5, reports=5, posts=2)
    box.put_request(1)
    box.put_report(REPORT)
    box.put_request(2)
    assert [await box.wait() for _ in range(3)] == [REPORT, 1, 2]


async def test_of_reports_stays_what_is_left_of_them() -> None:
    box: Mailbox[int] = Mailbox(requests=5, reports=5, posts=2)
    other, third = attrs.evolve(REPORT, endpoint="2"), attrs.evolve(REPORT, endpoint="3")
    left = {"1": None, "2": other, "3": attrs.evolve(third, name="less")}
    for report in (REPORT, other, REPORT, third):
        box.put_report(report)
    box.revise_reports(lambda report: left[report.endpoint])
    box.put_request(1)
    assert [await box.wait() for _ in range(3)] == [other, left["3"], 1]


async def test_full_queues_refuse_and_keep_nothing() -> None:
    box: Mailbox[int] = Mailbox(requests=2, reports=1, posts=2)
    assert [box.put_request(n) for n in range(3)] == [True, True, False]
    assert [box.put_report(REPORT) for _ in range(2)] == [Put.KEPT, Put.FULL]
    assert box.waiting_requests == 2
    assert box.drain_requests() == [0, 1]
    assert box.waiting_requests == 0


async def test_a_poke_and_a_late_item_wake_the_taker() -> None:
    box: Mailbox[int] = Mailbox(requests=2, reports=1, posts=2)
    got: list[object] = []

    async def take() -> None:
        got.append(await box.wait())
        got.append(await box.wait())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(take)
        await trio.testing.wait_all_tasks_blocked()
        box.poke()
        await trio.testing.wait_all_tasks_blocked()
        assert got == [None]
        box.put_request(7)
    assert got == [None, 7]


async def test_requests_behind_a_marker_can_be_withdrawn() -> None:
    box: Mailbox[int] = Mailbox(requests=9, reports=1, posts=2)
    for number in (1, 2, 5, 3, 4):
        box.put_request(number)
    assert box.withdraw_behind(5, lambda number: number == 4) == [4]
    assert box.withdraw_behind(9, lambda _: True) == []
    assert box.drain_requests() == [1, 2, 5, 3]


# A customer who floods


def says(n: int, interaction: str = "1") -> MessagePosted:
    return MessagePosted(
        endpoint="chat", interaction=interaction, id=f"m{n}", party=EVE, text=str(n), time="2026-11-21T09:30:00.000Z"
    )


def types(n: int, on: bool) -> TypingChanged:
    return TypingChanged(endpoint="chat", interaction="1", id=f"t{n}", party=EVE, typing=on)


async def words(box: Mailbox[int]) -> list[str]:
    """All that waits, in short."""
    found: list[str] = []
    box.put_request(0)
    while (item := await box.wait()) != 0:
        match item:
            case MessagePosted(interaction=interaction, text=text):
                found.append(f"{interaction}: {text}")
            case TypingChanged(typing=typing):
                found.append(f"typing {typing}")
            case ChannelReport(endpoint=endpoint):
                found.append(endpoint)
    return found


def notice(count: int) -> str:
    return f"1: Too much came at once: {count} messages are left out here"


async def test_beyond_its_places_an_interaction_loses_words_and_nobody_else_does() -> None:
    box: Mailbox[int] = Mailbox(requests=9, reports=9, posts=2)
    assert [box.put_report(says(n)) for n in range(5)] == [Put.KEPT] * 2 + [Put.LEFT_OUT] * 3
    assert box.put_report(REPORT) is Put.KEPT
    assert box.put_report(says(7, "2")) is Put.KEPT
    assert await words(box) == ["1: 0", "1: 1", notice(3), "1", "2: 7"]
    assert box.put_report(says(8)) is Put.KEPT
    assert await words(box) == ["1: 8"]


async def test_what_comes_while_words_are_left_out_does_not_come_before_the_word_about_it() -> None:
    box: Mailbox[int] = Mailbox(requests=9, reports=9, posts=2)
    for n in range(3):
        box.put_report(says(n))
    assert await box.wait() == says(0)
    assert box.put_report(says(3)) is Put.LEFT_OUT
    assert await words(box) == ["1: 1", notice(2)]


async def test_of_typing_that_is_left_out_the_latest_counts() -> None:
    box: Mailbox[int] = Mailbox(requests=9, reports=9, posts=2)
    for n in range(8):
        box.put_report(types(n, n % 2 == 0))
    assert await words(box) == ["typing True", "typing False", "typing False"]


async def test_a_revision_may_take_what_was_waited_for() -> None:
    box: Mailbox[int] = Mailbox(requests=9, reports=9, posts=2)
    for n in range(4):
        box.put_report(says(n))
    box.revise_reports(lambda report: None if report in (says(0), says(1)) else report)
    assert await words(box) == [notice(2)]
    for n in range(4):
        box.put_report(says(n))
    box.revise_reports(lambda report: None)
    assert await words(box) == []


async def test_a_request_does_not_wait_for_reports_that_come_without_end() -> None:
    mailbox: Mailbox[str] = Mailbox(requests=10, reports=20, posts=20)
    numbers = itertools.count()
    for _ in range(3):
        mailbox.put_report(says(next(numbers)))
    mailbox.put_request("first")
    mailbox.put_request("second")
    taken = []
    for _ in range(12):
        taken.append(await mailbox.wait())
        mailbox.put_report(says(next(numbers)))
    assert [item if isinstance(item, str) else "report" for item in taken] == [
        *["report"] * 3,
        "first",
        *["report"] * 4,
        "second",
        *["report"] * 3,
    ]
