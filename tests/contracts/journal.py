"""What every journal must hold to; a journal's own tests call these with a fresh journal that is running."""

import pytest

from engine.journal.spi import Fenced, Journal, JournalError, Opening, Record, Step
from protocol.ids import SessionId

S = SessionId("s1")
OTHER = SessionId("s2")


def record(seq: int, requestid: str | None = None) -> Record:
    return Record(seq=seq, text=b'{"seq":%d}' % seq, requestid=requestid)


def opening(session: SessionId = S) -> Opening:
    return Opening(session=session, agent="ada", token=b"digest", since="2026-11-21T09:30:00Z", picture=b"picture")


def step(*records: Record, over: bool = False, picture: bytes | None = None, at: float = 0.0) -> Step:
    return Step(at=at, given=b"given", records=records, over=over, picture=picture)


async def put(journal: Journal, *records: Record, session: SessionId = S, fence: int = 1) -> None:
    await journal.put(session, fence, step(*records)).wait()


async def texts(journal: Journal, after: int, *, at_most: int = 100, session: SessionId = S) -> list[tuple[int, bytes]]:
    found = await journal.read(session, after, at_most=at_most)
    assert found is not None
    return [(each.seq, each.text) for each in found]


def as_read(*numbers: int) -> list[tuple[int, bytes]]:
    return [(record(number).seq, record(number).text) for number in numbers]


async def what_was_put_comes_back_in_order_and_byte_for_byte(journal: Journal) -> None:
    await journal.open(opening(), 1)
    await put(journal, record(1), record(2))
    await put(journal)
    await put(journal, record(3))
    assert await texts(journal, 0) == as_read(1, 2, 3)
    assert await texts(journal, 1) == as_read(2, 3)
    assert await texts(journal, 2) == as_read(3)
    assert await texts(journal, 3) == []


async def steps_put_one_after_the_other_are_kept_in_their_order(journal: Journal) -> None:
    await journal.open(opening(), 1)
    for seq in range(1, 20):
        kept = journal.put(S, 1, step(record(seq)))
    await kept.wait()
    assert await texts(journal, 0) == as_read(*range(1, 20))


async def so_many_at_most_come_back_and_the_next_read_goes_on(journal: Journal) -> None:
    await journal.open(opening(), 1)
    await put(journal, *(record(n) for n in range(1, 6)))
    assert await texts(journal, 1, at_most=2) == as_read(2, 3)
    assert await texts(journal, 3, at_most=2) == as_read(4, 5)
    assert await texts(journal, 5, at_most=2) == []


async def sessions_do_not_mix(journal: Journal) -> None:
    await journal.open(opening(), 1)
    await journal.open(opening(OTHER), 1)
    await put(journal, record(1))
    await put(journal, record(1), record(2), session=OTHER)
    assert await texts(journal, 0) == as_read(1)
    assert list(await journal.living()) == [S, OTHER]


async def a_gap_or_a_repeat_is_refused_and_keeps_nothing(journal: Journal) -> None:
    await journal.open(opening(), 1)
    await put(journal, record(1))
    for wrong in ([record(3)], [record(1)], [record(2), record(4)]):
        with pytest.raises(JournalError):
            await put(journal, *wrong)
    assert await texts(journal, 0) == as_read(1)
    await put(journal, record(2))


async def an_older_fence_is_refused(journal: Journal) -> None:
    await journal.open(opening(), 1)
    await put(journal, record(1))
    await put(journal, record(2), fence=2)
    with pytest.raises(Fenced):
        await put(journal, record(3))
    assert await texts(journal, 0) == as_read(1, 2)


async def nothing_is_kept_of_a_session_that_was_not_opened(journal: Journal) -> None:
    with pytest.raises(JournalError):
        await put(journal, record(1))


async def a_position_from_the_future_or_of_an_unknown_session_gives_none(journal: Journal) -> None:
    assert await journal.read(S, 0, at_most=100) is None
    await journal.open(opening(), 1)
    assert await texts(journal, 0) == []
    assert await journal.read(S, 1, at_most=100) is None
    await put(journal, record(1))
    assert await journal.read(S, 2, at_most=100) is None


async def the_response_of_a_requestid_is_kept(journal: Journal) -> None:
    await journal.open(opening(), 1)
    await put(journal, record(1, "r1"), record(2))
    assert await journal.response(S, 1) == record(1).text
    for session, seq in ((S, 2), (S, 3), (OTHER, 1)):
        assert isinstance(await journal.response(session, seq), JournalError)


async def an_ended_session_may_be_forgotten_and_ending_twice_is_harmless(journal: Journal) -> None:
    await journal.open(opening(), 1)
    await journal.put(S, 1, step(record(1), over=True)).wait()
    await journal.flush()
    await journal.end(S)
    await journal.end(S)
    assert list(await journal.living()) == []


PROMISES = (
    what_was_put_comes_back_in_order_and_byte_for_byte,
    steps_put_one_after_the_other_are_kept_in_their_order,
    so_many_at_most_come_back_and_the_next_read_goes_on,
    sessions_do_not_mix,
    a_gap_or_a_repeat_is_refused_and_keeps_nothing,
    an_older_fence_is_refused,
    nothing_is_kept_of_a_session_that_was_not_opened,
    a_position_from_the_future_or_of_an_unknown_session_gives_none,
    the_response_of_a_requestid_is_kept,
    an_ended_session_may_be_forgotten_and_ending_twice_is_harmless,
)
