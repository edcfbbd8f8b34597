"""The journal's writer without a process of its own: what tests change of the file's rules holds for it, too."""

import sqlite3
from pathlib import Path

import trio

from engine.journal import writer_process
from engine.journal.orders import Failed, Order
from engine.journal.spi import JournalBroken, JournalError
from engine.journal.store import Store
from engine.journal.writer import Writer


class WriterHere(Writer):
    def __init__(self, path: Path, *, durability: str, held: tuple[int, ...] = ()) -> None:
        super().__init__(path, durability=durability, held=held)
        self.store: Store | None = None

    async def start(self) -> None:
        await trio.lowlevel.checkpoint()

    async def close(self) -> None:
        await trio.lowlevel.checkpoint_if_cancelled()
        if self.store is not None:
            self.store.close()

    async def wait_ended(self) -> JournalBroken:
        return await trio.sleep_forever()

    async def _ask(self, order: Order, *, within_s: float = 0.0) -> bool:
        await trio.lowlevel.checkpoint()
        self.store = self.store or Store(self._path, durability=self._durability)
        try:
            return writer_process.do(self.store, order)
        except (sqlite3.Error, JournalError) as error:
            raise Failed.by(error).error() from error
