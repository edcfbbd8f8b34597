"""The durable journal on a disk that is full or fails: what was not kept, and who is told."""

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
import trio

from engine.journal import sqlite as journal_of
from engine.journal.rows import Batch
from engine.journal.spi import JournalBroken, JournalError
from engine.journal.writer import Writer
from protocol.ids import SessionId
from tests.contracts.journal import OTHER, S, as_read, opening, put, record, step, texts
from tests.engine.journal.running import Failing, change, held_back, refused, running

# What goes wrong


async def test_a_disk_that_is_full_for_a_moment_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(tmp_path) as journal:
        await journal.open(opening(), 1)
        Failing(monkeypatch, sqlite3.SQLITE_FULL, times=3)
        await put(journal, record(1))
        assert await texts(journal, 0) == as_read(1)


async def test_what_a_full_disk_cannot_take_is_not_kept_nor_what_comes_behind_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path) as journal:
        await journal.open(opening(), 1)
        await journal.open(opening(OTHER), 1)
        await put(journal, record(1))
        monkeypatch.setattr(journal_of, "TRIED_AGAIN_AFTER_S", (0.001,))
        failing = Failing(monkeypatch, sqlite3.SQLITE_FULL, times=2)
        first = journal.put(S, 1, step(record(2)))
        await trio.testing.wait_all_tasks_blocked()
        behind = journal.put(S, 1, step(record(3)))
        for kept in (first, behind):
            with pytest.raises(JournalError, match="make room"):
                await kept.wait()
        assert failing.left == 0
        with pytest.raises(JournalError):
            journal.put(S, 1, step(record(4)))
        await put(journal, record(1), session=OTHER)
        stored = await journal.load(S)
        assert [each.seq for each in stored.steps[-1].records] == [1]
        await put(journal, record(2), fence=journal.first_fence)
        assert await texts(journal, 0) == as_read(1, 2)


async def test_a_step_that_contradicts_what_is_kept_costs_its_own_session(tmp_path: Path) -> None:
    async with running(tmp_path) as journal:
        await journal.open(opening(), 1)
        await journal.open(opening(OTHER), 1)
        await put(journal, record(1, "r1"))
        await trio.to_thread.run_sync(lambda: change(tmp_path, "UPDATE responses SET seq = 2"))
        twice, sound = journal.put(S, 1, step(record(2, "r2"))), journal.put(OTHER, 1, step(record(1)))
        await sound.wait()
        with pytest.raises(JournalError, match="contradicts what is kept"):
            await twice.wait()
        assert await texts(journal, 0) == as_read(1)
        assert await texts(journal, 0, session=OTHER) == as_read(1)


async def test_a_disk_that_fails_ends_the_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with refused("see to the disk"):
        async with running(tmp_path) as journal:
            await journal.open(opening(), 1)
            Failing(monkeypatch, sqlite3.SQLITE_IOERR_FSYNC, times=1)
            kept = journal.put(S, 1, step(record(1)))
            with pytest.raises(JournalBroken):
                await kept.wait()
            with pytest.raises(JournalBroken):
                journal.put(OTHER, 1, step(record(1)))
            await trio.sleep_forever()


async def test_nothing_is_written_any_more_once_the_disk_has_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of what is written session by session, since a step of one contradicts what is kept."""
    written: list[set[str]] = []

    async def failing(_: Writer, batch: Batch) -> None:
        await trio.lowlevel.checkpoint()
        written.append({row.session for row in batch.steps})
        if len(written) == 1:
            raise sqlite3.IntegrityError("it contradicts")
        error = sqlite3.OperationalError("it fails")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
        raise error

    sessions = [SessionId(f"s{n}") for n in range(3)]
    with refused("see to the disk"):
        async with running(tmp_path) as journal:
            for session in sessions:
                await journal.open(opening(session), 1)
            monkeypatch.setattr(Writer, "write", failing)
            for kept in [journal.put(session, 1, step(record(1))) for session in sessions]:
                with pytest.raises(JournalBroken):
                    await kept.wait()
            await trio.sleep_forever()
    assert [len(each) for each in written] == [3, 1]


@pytest.mark.parametrize(
    ("breaks", "told"), [(True, JournalBroken), (False, JournalError)], ids=["the disk fails", "the server stops"]
)
async def test_whoever_waits_for_what_gathers_is_told_that_it_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, breaks: bool, told: type[JournalError]
) -> None:
    """A preparation waits shielded: it would keep the process from ending."""
    outcomes: dict[str, JournalError | None] = {}

    async def note(what: str, wait: Callable[[], Awaitable[None]]) -> None:
        with trio.move_on_after(5):
            try:
                await wait()
            except JournalError as error:
                outcomes[what] = error
            else:
                outcomes[what] = None

    async with trio.open_nursery() as waiting:
        with refused("see to the disk") if breaks else nullcontext():
            async with running(tmp_path) as journal:
                await journal.open(opening(), 1)
                if breaks:
                    Failing(monkeypatch, sqlite3.SQLITE_IOERR_FSYNC, times=1)
                free = held_back(monkeypatch)
                try:
                    journal.put(S, 1, step(record(1)))
                    await trio.testing.wait_all_tasks_blocked(0.02)
                    kept = journal.put(S, 1, step(record(2)))
                    waiting.start_soon(note, "step", kept.wait)
                    waiting.start_soon(note, "opening", lambda: journal.open(opening(OTHER), 1))
                    waiting.start_soon(note, "flush", lambda: journal.flush())
                    await trio.testing.wait_all_tasks_blocked(0.02)
                finally:
                    free.set()
                if breaks:
                    await trio.sleep_forever()
    assert {what: type(error) for what, error in outcomes.items()} == {
        "step": told,
        "opening": told,
        "flush": type(None),
    }
    with pytest.raises(told):
        journal.put(S, 1, step(record(3)))
    await journal.flush()


@pytest.mark.parametrize("breaks", [True, False], ids=["the disk fails", "the server stops"])
async def test_nobody_hears_of_damage_because_the_file_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, breaks: bool
) -> None:
    """The sessions live on for a moment while the server ends."""
    with refused("see to the disk") if breaks else nullcontext():
        async with running(tmp_path) as journal:
            await journal.open(opening(), 1)
            await put(journal, record(1, "r1"))
            if breaks:
                Failing(monkeypatch, sqlite3.SQLITE_IOERR_FSYNC, times=1)
                journal.put(S, 1, step(record(2)))
                await trio.sleep_forever()
    monkeypatch.setattr("engine.journal.tail.Tail.behind", lambda *_: None)
    for look_up in (
        lambda: journal.response(S, 1),
        lambda: journal.read(S, 0, at_most=10),
        lambda: journal.load_each((S,)),
        journal.living,
    ):
        with trio.move_on_after(0.1) as nobody_answers:
            await look_up()
        assert nobody_answers.cancelled_caught
