"""The journal's writer without a process of its own: what tests change of the file's rules holds for it, too."""

from pathlib import Path

import trio

from engine.journal import writing
from engine.journal.orders import Order
from engine.journal.store import Store
from engine.journal.writer import Writer


class WriterHere(Writer):
    def __init__(self, path: Path, *, durability: str, held: tuple[int, ...] = ()) -> None:
        super().__init__(path, durability=durability, held=held)
        self._open: Store | None = None

    async def start(self) -> None:
        await trio.lowlevel.checkpoint()

    async def close(self) -> None:
        await trio.lowlevel.checkpoint_if_cancelled()
        if self._open is not None:
            self._open.close()

    async def _ask(self, order: Order) -> bool:
        await trio.lowlevel.checkpoint()
        self._open = self._open or Store(self._path, durability=self._durability)
        return writing.do(self._open, order)
