"""The durable journal, on a real file: what it promises of what was put into it."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import trio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.journal import sqlite as journal_of
from engine.journal import store as store_of
from engine.journal.rows import Batch, Head, StepRow
from engine.journal.spi import Fenced, Journal, JournalError, Stored
from engine.journal.sqlite import FILE
from engine.journal.store import Store
from protocol.ids import SessionId
from tests.contracts.journal import OTHER, PROMISES, S, as_read, opening, put, record, step, texts
from tests.engine.journal.running import emptied, held_back, running


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
@pytest.mark.parametrize("durability", ["full", "normal"])
async def test_keeps_the_promises_of_every_journal(
    promise: Callable[[Journal], Awaitable[None]], durability: str, tmp_path: Path
) -> None:
    async with running(tmp_path, durability=durability) as journal:
        await promise(journal)


async def test_what_was_kept_is_there_for_the_next_process(tmp_path: Path) -> None:
    async with running(tmp_path) as journal:
        await journal.open(opening(), 1)
        await journal.open(opening(OTHER), 2)
        await put(journal, record(1, "r1"), record(2))
        await put(journal)
        await journal.put(OTHER, 2, step(record(1), over=True)).wait()
    async with running(tmp_path) as journal:
        assert list(await journal.living()) == [S]
        assert await texts(journal, 0) == as_read(1, 2)
        assert await journal.response(S, 1) == record(1).text
        stored = await journal.load(S)
        assert (stored.agent, stored.token, stored.since) == ("ada", b"digest", opening().since)
        assert (stored.picture, stored.seq, stored.answered) == (b"picture", 0, {})
        assert [len(each.records) for each in stored.steps] == [2, 0]
        assert stored.remembered_bytes == len(record(1).text)
        await put(journal, record(3), fence=journal.first_fence)
        assert await texts(journal, 2) == as_read(3)


async def test_fences_of_a_later_process_are_greater(tmp_path: Path) -> None:
    async with running(tmp_path) as journal:
        first = journal.first_fence
        await journal.open(opening(), first + 1000)
    async with running(tmp_path) as journal:
        assert journal.first_fence > first + 1000
        await journal.load(S)
        with pytest.raises(Fenced):
            journal.put(S, first + 1000, step(record(1)))


async def test_a_session_is_loaded_from_its_latest_picture(tmp_path: Path) -> None:
    async with running(tmp_path) as journal:
        await journal.open(opening(), 1)
        await put(journal, record(1, "r1"))
        await journal.put(S, 1, step(record(2), picture=b"later", at=7.0)).wait()
        await put(journal, record(3, "r3"))
        stored = await journal.load(S)
        assert (stored.picture, stored.seq, stored.at) == (b"later", 2, 7.0)
        assert [each.records[0].seq for each in stored.steps] == [3]
        assert stored.answered == {"r1": 1}, "those behind the picture are answered by the replay"


async def test_several_are_loaded_at_once_and_one_that_is_damaged_spoils_no_other(tmp_path: Path) -> None:
    async with running(tmp_path) as journal:
        for session in (S, OTHER):
            await journal.open(opening(session), 1)
        await put(journal, record(1))
        await put(journal, record(1), session=OTHER)
    async with running(tmp_path) as journal:
        first, lost, second = await journal.load_each((OTHER, SessionId("gone"), S))
        assert isinstance(first, Stored)
        assert isinstance(second, Stored)
        assert (first.session, second.session) == (OTHER, S)
        assert isinstance(lost, JournalError)
        await put(journal, record(2), fence=journal.first_fence, session=OTHER)


async def test_a_load_waits_for_the_step_that_is_being_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(tmp_path) as journal:
        await journal.open(opening(), 1)
        await put(journal, record(1))
        free = held_back(monkeypatch)
        loaded: list[Stored] = []
        try:
            journal.put(S, 1, step(record(2), record(3)))
            await trio.testing.wait_all_tasks_blocked(0.02)
            async with trio.open_nursery() as nursery:

                @nursery.start_soon
                async def load() -> None:
                    loaded.append(await journal.load(S))

                await trio.testing.wait_all_tasks_blocked(0.05)
                free.set()
        finally:
            free.set()
        assert [each.seq for kept in loaded[0].steps for each in kept.records] == [1, 2, 3]
        await put(journal, record(4), fence=journal.first_fence)
        in_memory = journal._sessions[S].tail.behind(0, 100)
        assert in_memory is not None
        assert [each.seq for each in in_memory] == [1, 2, 3, 4], "each of them once"
        assert await texts(journal, 0) == as_read(1, 2, 3, 4)


async def test_sessions_share_a_transaction(tmp_path: Path) -> None:
    commits: list[int] = []
    async with running(tmp_path, committed=lambda steps, seconds: commits.append(steps)) as journal:
        await journal.open(opening(), 1)
        await journal.open(opening(OTHER), 1)
        commits.clear()
        for seq in range(1, 51):
            first = journal.put(S, 1, step(record(seq)))
            second = journal.put(OTHER, 1, step(record(seq)))
        await first.wait()
        await second.wait()
        assert commits == [100]


# Forgetting


async def test_old_steps_go_where_a_picture_stands_in_for_them_and_responses_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_of, "TRIM_EVERY", 1)
    monkeypatch.setattr("engine.journal.tail.TAIL_BYTES", 0)
    async with running(tmp_path, history_messages=5) as journal:
        await journal.open(opening(), 1)
        for seq in range(1, 31):
            picture = b"at %d" % seq if seq % 4 == 0 else None
            await journal.put(S, 1, step(record(seq, f"r{seq}"), picture=picture)).wait()
        await journal.flush()
        assert await journal.read(S, 0, at_most=100) is None
        assert await texts(journal, 25) == as_read(26, 27, 28, 29, 30)
        assert await journal.response(S, 1) == record(1).text
        stored = await journal.load(S)
        assert (stored.picture, stored.seq) == (b"at 28", 28)
        assert stored.answered == {f"r{seq}": seq for seq in range(1, 29)}


async def test_the_last_messages_are_at_hand_once_a_session_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also behind a picture, where nothing has to be replayed."""
    async with running(tmp_path) as journal:
        await journal.open(opening(), 1)
        for seq in range(1, 31):
            await journal.put(S, 1, step(record(seq), picture=b"p" if seq == 30 else None)).wait()
    async with running(tmp_path) as journal:
        assert (await journal.load(S)).steps == ()
        monkeypatch.setattr(Store, "read", lambda *_, **__: pytest.fail("it looked into the file"))
        assert await texts(journal, 22) == as_read(*range(23, 31))


@pytest.mark.parametrize("pictures", [(), (30,), (8,), (27,), (2,)])
async def test_a_step_is_read_once_when_a_session_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pictures: tuple[int, ...]
) -> None:
    async with running(tmp_path) as journal:
        await journal.open(opening(), 1)
        for seq in range(1, 31):
            await journal.put(S, 1, step(record(seq), picture=b"p" if seq in pictures else None)).wait()
    numbers: list[int] = []
    sound = store_of.is_sound

    def read(session: str, number: int, *more: Any) -> bool:
        numbers.append(number)
        return sound(session, number, *more)

    monkeypatch.setattr(store_of, "is_sound", read)
    async with running(tmp_path) as journal:
        await journal.load(S)
        behind = range(max(pictures, default=0) + 1, 31)
        assert sorted(numbers) == sorted({*behind, *range(23, 31)})
        monkeypatch.setattr(Store, "read", lambda *_, **__: pytest.fail("it looked into the file"))
        assert await texts(journal, 22) == as_read(*range(23, 31))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(requestids=st.sets(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), max_size=10))
def test_whatever_a_requestid_is_it_comes_back(tmp_path: Path, requestids: set[str]) -> None:
    store = Store(tmp_path / FILE)
    try:
        emptied(store)
        said = step(*[record(seq, requestid) for seq, requestid in enumerate(requestids, 1)], picture=b"picture")
        row = StepRow(session=S, ends=Head(0, 0).after(said), wall=0.0, step=said)
        store.write(Batch(openings=[(opening(), 1)], steps=[row]))
        assert store.load(S).stored.answered == {each.requestid: each.seq for each in said.records}
    finally:
        store.close()
