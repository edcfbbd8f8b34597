from collections.abc import Awaitable, Callable

import pytest

from engine.journal.memory import MemoryJournal
from engine.journal.spi import Record
from tests.contracts.journal import PROMISES, Make, S, record


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
async def test_keeps_the_promises_of_every_journal(promise: Callable[[Make], Awaitable[None]]) -> None:
    await promise(lambda: MemoryJournal(history_messages=100, history_bytes=10_000))


async def test_history_is_bounded_and_a_trimmed_position_says_so() -> None:
    journal = MemoryJournal(history_messages=3, history_bytes=10_000)
    await journal.append(S, 1, [record(n) for n in range(1, 6)])
    assert await journal.read(S, 1, at_most=100) is None
    assert [each.seq for each in await journal.read(S, 2, at_most=100) or ()] == [3, 4, 5]


async def test_a_response_outlives_the_history() -> None:
    journal = MemoryJournal(history_messages=1, history_bytes=10_000)
    await journal.append(S, 1, [record(1, "r1"), record(2)])
    assert await journal.response(S, "r1") == record(1).text


async def test_history_is_bounded_in_bytes_but_the_last_message_stays() -> None:
    journal = MemoryJournal(history_messages=100, history_bytes=2 * len(record(1).text))
    await journal.append(S, 1, [record(n) for n in range(1, 6)])
    assert [each.seq for each in await journal.read(S, 3, at_most=100) or ()] == [4, 5]
    assert await journal.read(S, 2, at_most=100) is None
    await journal.append(S, 1, [Record(seq=6, text=b"x" * 1000)])
    assert [each.seq for each in await journal.read(S, 5, at_most=100) or ()] == [6]
