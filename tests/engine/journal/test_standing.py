"""A journal that stands still, or has no room: it says so, the log once at either end, and it finds out by itself."""

import os
import signal
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import trio
from structlog.testing import capture_logs
from trio.testing import MockClock

from engine.journal import sqlite as journal_of
from engine.journal.spi import JournalError
from engine.journal.sqlite import FILE
from engine.journal.standing import LOOK_EVERY_S, STANDS_STILL_S
from engine.journal.store import Store
from tests.contracts.journal import S, as_read, opening, put, record, step, texts
from tests.engine.journal.running import Failing, refused, running


class Told:
    """What the log has heard of it. The clock is only put forward when all that comes of now has come."""

    def __init__(self, clock: MockClock, logs: list[Any]) -> None:
        self._clock = clock
        self._logs = logs

    async def after(self, seconds: float) -> list[str]:
        await trio.testing.wait_all_tasks_blocked(0.01)
        self._clock.jump(seconds)
        await trio.testing.wait_all_tasks_blocked(0.01)
        return [entry["event"] for entry in self._logs if "ready" in entry["event"]]


async def test_a_transaction_that_does_not_end_is_told_until_it_does(tmp_path: Path, mock_clock: MockClock) -> None:
    with capture_logs() as logs:
        told = Told(mock_clock, logs)
        async with running(tmp_path) as journal:
            await journal.open(opening(), 1)
            writer = journal._writer._process.pid
            os.kill(writer, signal.SIGSTOP)
            try:
                kept = journal.put(S, 1, step(record(1)))
                assert await told.after(STANDS_STILL_S) == []
                assert journal.trouble == ""
                assert await told.after(LOOK_EVERY_S) == ["journal_not_ready"]
                assert "stands still: a transaction has been under way for more than 5 s" in journal.trouble
                assert await told.after(10) == ["journal_not_ready"]
            finally:
                os.kill(writer, signal.SIGCONT)
            await kept.wait()
            assert journal.trouble == ""
            assert await told.after(LOOK_EVERY_S) == ["journal_not_ready", "journal_ready"]
            assert await told.after(10) == ["journal_not_ready", "journal_ready"]
    (warning,) = [entry for entry in logs if entry["event"] == "journal_not_ready"]
    assert "stands still" in warning["why"]


async def test_a_full_disk_is_told_until_there_is_room_also_where_nobody_writes(
    tmp_path: Path, mock_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_of, "TRIED_AGAIN_AFTER_S", ())
    with capture_logs() as logs:
        told = Told(mock_clock, logs)
        async with running(tmp_path) as journal:
            await journal.open(opening(), 1)
            disk = Failing(monkeypatch, sqlite3.SQLITE_FULL, times=1000)
            with pytest.raises(JournalError):
                await put(journal, record(1))
            assert journal.trouble == "the journal cannot be written (it fails); make room on its disk"
            for _ in range(3):
                assert await told.after(LOOK_EVERY_S) == ["journal_not_ready"]
                assert journal.trouble
            disk.left = 0
            while journal.trouble:
                await told.after(LOOK_EVERY_S)
            assert await told.after(LOOK_EVERY_S) == ["journal_not_ready", "journal_ready"]


async def test_a_step_that_is_kept_is_as_good_a_sign(
    tmp_path: Path, mock_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_of, "TRIED_AGAIN_AFTER_S", ())
    async with running(tmp_path) as journal:
        await journal.open(opening(), 1)
        Failing(monkeypatch, sqlite3.SQLITE_FULL, times=1)
        with pytest.raises(JournalError):
            await put(journal, record(1))
        assert journal.trouble
        await journal.load(S)
        await put(journal, record(1), fence=journal.first_fence)
        assert journal.trouble == ""
        assert await texts(journal, 0) == as_read(1)


async def test_a_disk_that_fails_when_it_is_tried_again_ends_the_journal(
    tmp_path: Path, mock_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_of, "TRIED_AGAIN_AFTER_S", ())
    with refused("see to the disk"):
        async with running(tmp_path) as journal:
            await journal.open(opening(), 1)
            Failing(monkeypatch, sqlite3.SQLITE_FULL, times=1)
            with pytest.raises(JournalError):
                await put(journal, record(1))
            Failing(monkeypatch, sqlite3.SQLITE_IOERR_FSYNC, times=1)
            await trio.testing.wait_all_tasks_blocked(0.01)
            mock_clock.jump(LOOK_EVERY_S)
            await trio.sleep_forever()


def test_what_is_tried_again_is_written_and_changes_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / FILE)
    try:
        starts, log = store._meta("starts"), tmp_path / f"{FILE}-wal"
        assert store.empty_log()
        store.touch()
        assert log.stat().st_size > 0
        assert store._meta("starts") == starts
    finally:
        store.close()
