from collections.abc import Awaitable, Callable

import pytest

from engine.journal.memory import MemoryJournal
from engine.journal.spi import Journal, JournalError, Record
from tests.contracts.journal import PROMISES, S, as_read, opening, put, record, texts


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
async def test_keeps_the_promises_of_every_journal(promise: Callable[[Journal], Awaitable[None]]) -> None:
    await promise(MemoryJournal(history_messages=100, history_bytes=10_000))


async def test_history_is_bounded_and_a_trimmed_position_says_so() -> None:
    journal = MemoryJournal(history_messages=3, history_bytes=10_000)
    await journal.open(opening(), 1)
    await put(journal, *(record(n) for n in range(1, 6)))
    assert await journal.read(S, 1, at_most=100) is None
    assert await texts(journal, 2) == as_read(3, 4, 5)


async def test_a_response_outlives_the_history() -> None:
    journal = MemoryJournal(history_messages=1, history_bytes=10_000)
    await journal.open(opening(), 1)
    await put(journal, record(1, "r1"), record(2))
    assert await journal.response(S, 1) == record(1).text


async def test_history_is_bounded_in_bytes_but_the_last_message_stays() -> None:
    journal = MemoryJournal(history_messages=100, history_bytes=2 * len(record(1).text))
    await journal.open(opening(), 1)
    await put(journal, *(record(n) for n in range(1, 6)))
    assert await texts(journal, 3) == as_read(4, 5)
    assert await journal.read(S, 2, at_most=100) is None
    await put(journal, Record(seq=6, text=b"x" * 1000))
    assert [seq for seq, _ in await texts(journal, 5)] == [6]


async def test_no_inputs_are_kept_so_nothing_can_be_loaded() -> None:
    journal = MemoryJournal(history_messages=100, history_bytes=10_000)
    await journal.open(opening(), 1)
    with pytest.raises(JournalError, match="not kept in memory"):
        await journal.load(S)
