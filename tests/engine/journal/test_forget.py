"""Sessions that have ended: when they are forgotten, and that whoever writes has their turn meanwhile."""

from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from engine.journal import sqlite as journal_of
from engine.journal import store as store_of
from engine.journal.orders import ForgetEnded, GiveBack, Order, Write
from engine.journal.rows import Batch, Head, StepRow
from engine.journal.sqlite import DAY_S, FILE, FORGET_FIRST_S, SqliteJournal
from engine.journal.store import Store
from engine.journal.writer import Writer
from protocol.ids import SessionId
from tests.contracts.journal import OTHER, S, as_read, opening, put, record, step, texts
from tests.engine.journal.running import change, running

ENDED = [SessionId(f"e{n}") for n in range(5)]


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_of, "FORGET_FIRST_S", 0.0)


@pytest.fixture
def orders(monkeypatch: pytest.MonkeyPatch) -> list[Order]:
    """What the process that writes is asked for, in this order."""
    given: list[Order] = []
    ask = Writer._ask

    async def noted(writer: Writer, order: Order, **more: float) -> bool:
        given.append(order)
        return await ask(writer, order, **more)

    monkeypatch.setattr(Writer, "_ask", noted)
    return given


def ended(folder: Path, *, pages: int = 0) -> None:
    """A file with sessions that ended at 0, 1, …, each of so many pages, and with one that lives."""
    store = Store(folder / FILE)
    store.write(Batch(openings=[(opening(session), n) for n, session in enumerate((*ENDED, S), 1)]))
    for n, session in enumerate(ENDED):
        last = step(record(1), over=True, picture=bytes(pages * 4096))
        store.write(Batch(steps=[StepRow(session=session, ends=Head(0, 0).after(last), wall=float(n), step=last)]))
    store.close()


async def until_forgotten(journal: SqliteJournal) -> None:
    """It begins to forget when it is started: `at_once`."""
    with trio.fail_after(10):
        while await journal.read(S, 0, at_most=100) is not None:
            pass


async def test_ended_sessions_go_when_their_time_has_come(tmp_path: Path, at_once: None) -> None:
    async with running(tmp_path, wall=lambda: 1000.0) as journal:
        await journal.open(opening(), 1)
        await journal.open(opening(OTHER), 1)
        await journal.put(S, 1, step(record(1), over=True)).wait()
        await put(journal, record(1), session=OTHER)
    async with running(tmp_path, wall=lambda: 1000.0 + 86_399) as journal:
        assert await texts(journal, 0) == as_read(1)
    async with running(tmp_path, wall=lambda: 1000.0 + 86_401) as journal:
        await until_forgotten(journal)
        assert await texts(journal, 0, session=OTHER) == as_read(1), "it has not ended"


async def test_the_oldest_ended_sessions_go_when_the_file_is_too_large(tmp_path: Path, at_once: None) -> None:
    async with running(tmp_path, keep_bytes=1) as journal:
        await journal.open(opening(), 1)
        await journal.put(S, 1, step(record(1), over=True)).wait()
    async with running(tmp_path, keep_bytes=1) as journal:
        await until_forgotten(journal)


async def test_a_start_forgets_nothing_before_a_while(
    tmp_path: Path, mock_clock: MockClock, orders: list[Order]
) -> None:
    """When sessions are taken up and desktops come back, the journal has more to do than ever."""
    ended(tmp_path)

    def forgotten() -> int:
        return sum(isinstance(order, ForgetEnded) for order in orders)

    async with running(tmp_path, wall=lambda: DAY_S + 1.5) as journal:
        await trio.testing.wait_all_tasks_blocked()
        mock_clock.jump(FORGET_FIRST_S - 1)
        await put_some(journal)
        assert forgotten() == 0
        mock_clock.jump(1)
        while forgotten() < 2:
            await put_some(journal)  # the file is written in its own time, not in the clock's


async def put_some(journal: SqliteJournal) -> None:
    last = (await journal.load(S)).last
    for seq in range(last + 1, last + 6):
        await put(journal, record(seq), fence=journal.first_fence)


async def test_whoever_writes_has_their_turn_between_any_two_sessions_and_a_few_pages(
    tmp_path: Path, at_once: None, orders: list[Order], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_of, "PAGES_AT_ONCE", 4)
    monkeypatch.setattr(store_of, "DUE_AT_ONCE", 2)
    ended(tmp_path, pages=8)
    kinds = (ForgetEnded, GiveBack)
    async with running(tmp_path, wall=lambda: DAY_S + 1000) as journal:
        await journal.load(S)
        seq = 0
        while sum(isinstance(order, kinds) for order in orders) < len(ENDED) + 5:
            seq += 1
            await put(journal, record(seq), fence=journal.first_fence)
    asked = [order for order in orders if isinstance(order, Write | ForgetEnded | GiveBack)]
    assert [order.session for order in asked if isinstance(order, ForgetEnded)] == ENDED
    turns = "".join("w" if isinstance(order, Write) else "f" for order in asked)
    while_written = turns[turns.index("w") : turns.rindex("w")]
    assert while_written.count("f") >= len(ENDED)
    assert "ff" not in while_written


def test_so_many_pages_are_given_back_at_once(tmp_path: Path) -> None:
    ended(tmp_path, pages=8)
    store = Store(tmp_path / FILE)
    try:
        for session in ENDED:
            assert store.forget_ended(session, before=10.0, bytes_at_most=1 << 30)
            assert not store.forget_ended(session, before=10.0, bytes_at_most=1 << 30), "it is gone"
        free = store._pragma("freelist_count")
        assert free >= 8 * len(ENDED)
        assert store.give_back(10)
        assert store._pragma("freelist_count") == free - 10
        assert not store.give_back(free), "there is no more"
        assert not store.give_back(free)
        assert store._pragma("freelist_count") == 0
    finally:
        store.close()


def test_those_that_ended_first_are_due_until_the_file_is_small_enough(tmp_path: Path) -> None:
    ended(tmp_path, pages=8)
    store = Store(tmp_path / FILE)
    try:
        assert store.due(before=2.0, bytes_at_most=1 << 30) == ENDED[:2]
        enough = store._bytes() - 1
        assert store.due(before=2.0, bytes_at_most=enough) == ENDED
        gone = [store.forget_ended(session, before=0.0, bytes_at_most=enough) for session in (S, *ENDED)]
        assert gone == [False, True, False, False, False, False]
    finally:
        store.close()


def test_what_is_damaged_stays(tmp_path: Path) -> None:
    ended(tmp_path)
    change(tmp_path, "UPDATE sessions SET ended = 0.5 WHERE session = 'e1'")
    store = Store(tmp_path / FILE)
    try:
        assert store.due(before=2.0, bytes_at_most=1 << 30) == ENDED[:2]
        assert not store.forget_ended(ENDED[1], before=2.0, bytes_at_most=1 << 30)
        assert store.forget_ended(ENDED[0], before=2.0, bytes_at_most=1 << 30)
    finally:
        store.close()
