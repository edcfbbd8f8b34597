"""The journal as the server has it open."""

import os
import signal
from pathlib import Path

import pytest
import trio

from engine.config import demo
from engine.journal.opening import open_journal
from engine.journal.spi import JournalBroken
from engine.journal.sqlite import SqliteJournal
from engine.journal.writer import Writer
from engine.observe import Metrics
from tests.contracts.journal import S, opening, record, step
from tests.engine.journal.running import refused, running


async def test_a_stuck_disk_does_not_keep_the_server_from_ending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.journal.writer.END_S", 0.1)
    with refused("did not answer within 0.1 s and was killed"), trio.fail_after(10):
        async with open_journal(demo(), tmp_path, Metrics()) as journal:
            assert isinstance(journal, SqliteJournal)
            await journal.open(opening(), 1)
            os.kill(journal._writer._process.pid, signal.SIGSTOP)
            journal.put(S, 1, step(record(1)))
            await trio.testing.wait_all_tasks_blocked()
    async with running(tmp_path) as journal:
        assert list(await journal.living()) == [S]


async def test_whoever_uses_it_ends_at_once_when_it_breaks_however_long_it_takes_to_close(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, close = trio.Event(), Writer.close

    async def when_they_are_gone(writer: Writer) -> None:
        await gone.wait()
        await close(writer)

    monkeypatch.setattr(Writer, "close", when_they_are_gone)
    with pytest.RaisesGroup(JournalBroken, JournalBroken, flatten_subgroups=True):
        async with open_journal(demo(), tmp_path, Metrics()) as journal:
            assert isinstance(journal, SqliteJournal)
            os.kill(journal._writer._process.pid, signal.SIGKILL)
            try:
                with trio.fail_after(10):
                    await trio.sleep_forever()
            finally:
                gone.set()
