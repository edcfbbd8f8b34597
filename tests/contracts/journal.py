"""What every journal must hold to; a journal's own tests call these with a maker of fresh journals."""

from collections.abc import Callable

import pytest

from engine.journal.spi import Fenced, Journal, JournalError, Record
from protocol.ids import SessionId

S = SessionId("s1")
OTHER = SessionId("s2")
Make = Callable[[], Journal]


def record(seq: int, requestid: str | None = None) -> Record:
    return Record(seq=seq, text=b'{"seq":%d}' % seq, requestid=requestid)


async def appended_records_come_back_in_order_and_byte_for_byte(make: Make) -> None:
    journal = make()
    await journal.append(S, 1, [record(1), record(2)])
    await journal.append(S, 1, [record(3)])
    assert list(await journal.read(S, 0, at_most=100) or ()) == [record(1), record(2), record(3)]
    assert list(await journal.read(S, 2, at_most=100) or ()) == [record(3)]
    assert list(await journal.read(S, 3, at_most=100) or ()) == []


async def so_many_at_most_come_back_and_the_next_read_goes_on(make: Make) -> None:
    journal = make()
    await journal.append(S, 1, [record(n) for n in range(1, 6)])
    assert [each.seq for each in await journal.read(S, 1, at_most=2) or ()] == [2, 3]
    assert [each.seq for each in await journal.read(S, 3, at_most=2) or ()] == [4, 5]
    assert list(await journal.read(S, 5, at_most=2) or ()) == []


async def sessions_do_not_mix(make: Make) -> None:
    journal = make()
    await journal.append(S, 1, [record(1)])
    await journal.append(OTHER, 1, [record(1), record(2)])
    assert len(list(await journal.read(S, 0, at_most=100) or ())) == 1


async def a_gap_or_a_repeat_is_refused_and_keeps_nothing(make: Make) -> None:
    journal = make()
    await journal.append(S, 1, [record(1)])
    for wrong in ([record(3)], [record(1)], [record(2), record(4)]):
        with pytest.raises(JournalError):
            await journal.append(S, 1, wrong)
    assert list(await journal.read(S, 0, at_most=100) or ()) == [record(1)]
    await journal.append(S, 1, [record(2)])


async def an_older_fence_is_refused(make: Make) -> None:
    journal = make()
    await journal.append(S, 1, [record(1)])
    await journal.append(S, 2, [record(2)])
    with pytest.raises(Fenced):
        await journal.append(S, 1, [record(3)])
    assert len(list(await journal.read(S, 0, at_most=100) or ())) == 2


async def a_position_from_the_future_or_of_an_unknown_session_gives_none(make: Make) -> None:
    journal = make()
    assert list(await journal.read(S, 0, at_most=100) or ()) == []
    assert await journal.read(S, 1, at_most=100) is None
    await journal.append(S, 1, [record(1)])
    assert await journal.read(S, 2, at_most=100) is None


async def the_response_of_a_requestid_is_kept(make: Make) -> None:
    journal = make()
    await journal.append(S, 1, [record(1, "r1"), record(2)])
    assert await journal.response(S, "r1") == record(1).text
    for session, requestid in ((S, "r2"), (OTHER, "r1")):
        with pytest.raises(JournalError):
            await journal.response(session, requestid)


async def an_ended_session_may_be_forgotten_and_ending_twice_is_harmless(make: Make) -> None:
    journal = make()
    await journal.append(S, 1, [record(1)])
    await journal.flush()
    await journal.end(S)
    await journal.end(S)


PROMISES = (
    appended_records_come_back_in_order_and_byte_for_byte,
    so_many_at_most_come_back_and_the_next_read_goes_on,
    sessions_do_not_mix,
    a_gap_or_a_repeat_is_refused_and_keeps_nothing,
    an_older_fence_is_refused,
    a_position_from_the_future_or_of_an_unknown_session_gives_none,
    the_response_of_a_requestid_is_kept,
    an_ended_session_may_be_forgotten_and_ending_twice_is_harmless,
)
