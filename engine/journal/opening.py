"""Which journal the settings ask for, and what it promises."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import structlog
import trio

from engine.config import Settings
from engine.journal.folder import own_folder
from engine.journal.memory import MemoryJournal
from engine.journal.spi import Journal
from engine.journal.sqlite import SqliteJournal
from engine.observe import Metrics

log = structlog.get_logger()

PROMISES: Final = {
    "full": "what was sent survives the end of the process, and the loss of power",
    "normal": "what was sent survives the end of the process; of the last moments before a loss of power, some is lost",
    "memory": "what was sent survives neither the end of the process nor the loss of power",
}


@asynccontextmanager
async def open_journal(settings: Settings, folder: Path, metrics: Metrics) -> AsyncIterator[Journal]:
    """The journal that the settings ask for, in this folder, which no other process may use meanwhile.

    Raises ConfigError when the folder cannot be had, JournalBroken when the journal in it cannot be used.
    """
    durability = settings.journal.durability
    log.info("journal", durability=durability, promise=PROMISES[durability])
    messages, size = settings.sessions.history_messages, settings.sessions.history_bytes
    if durability == "memory":
        yield MemoryJournal(history_messages=messages, history_bytes=size)
        return
    async with own_folder(folder) as held:
        journal = SqliteJournal(
            folder,
            durability=durability,
            history_messages=messages,
            history_bytes=size,
            keep_days=settings.journal.keep_days,
            keep_bytes=settings.journal.keep_bytes,
            committed=metrics.journal_committed,
            held=(held,),
        )
        metrics.watch_journal(lambda: journal.waiting)
        async with trio.open_nursery() as nursery:
            await nursery.start(journal.run)
            nursery.start_soon(journal.wait_broken)  # nobody waits for a disk that is stuck, or is told meanwhile
            try:
                yield journal
            finally:
                journal.hurry()
            nursery.cancel_scope.cancel()
