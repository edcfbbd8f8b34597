"""The durable journal at work on a real file, and what may befall it."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio

from engine.journal.rows import Batch
from engine.journal.spi import JournalBroken
from engine.journal.sqlite import FILE, SqliteJournal
from engine.journal.store import Store
from engine.journal.writer import Writer


@asynccontextmanager
async def running(folder: Path, **changes: Any) -> AsyncIterator[SqliteJournal]:
    """A journal in this folder, which is stopped in good order at the end."""
    settings: dict[str, Any] = {
        "durability": "full",
        "history_messages": 100,
        "history_bytes": 100_000,
        "keep_days": 1.0,
        "keep_bytes": 1_000_000,
    }
    journal = SqliteJournal(folder, **{**settings, **changes})
    async with trio.open_nursery() as nursery:
        await nursery.start(journal.run)
        yield journal
        nursery.cancel_scope.cancel()


def refused(why: str) -> Any:
    """The journal ends by this, wherever in its nurseries."""
    return pytest.RaisesGroup(pytest.RaisesExc(JournalBroken, match=why), flatten_subgroups=True)


def change(folder: Path, what: str) -> None:
    """Behind the journal's back."""
    with sqlite3.connect(folder / FILE) as db:
        db.execute(what)
    db.close()


def emptied(store: Store) -> Store:
    """For the next example of a property: a new file each time would take most of the time."""
    store._db.executescript("DELETE FROM sessions; DELETE FROM steps; DELETE FROM pictures; DELETE FROM responses")
    return store


class Failing:
    """The journal's writing, which fails as told; a look whether anything can be written fails likewise."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, code: int, *, times: int) -> None:
        self.left = times
        write = Writer.write

        async def failing(writer: Writer, batch: Batch) -> None:
            await trio.lowlevel.checkpoint()
            if self.left > 0:
                self.left -= 1
                error = sqlite3.OperationalError("it fails")
                error.sqlite_errorcode = code
                raise error
            await write(writer, batch)

        async def touching(writer: Writer) -> None:
            if self.left > 0:
                self.left += 1
                await failing(writer, Batch())
            await touch(writer)

        touch = Writer.touch
        monkeypatch.setattr(Writer, "write", failing)
        monkeypatch.setattr(Writer, "touch", touching)


def held_back(monkeypatch: pytest.MonkeyPatch) -> trio.Event:
    """What is written from now on waits for this."""
    free, write = trio.Event(), Writer.write

    async def later(writer: Writer, batch: Batch) -> None:
        with trio.CancelScope(shield=True):  # as it is not given up, once begun
            await free.wait()
        await write(writer, batch)

    monkeypatch.setattr(Writer, "write", later)
    return free
