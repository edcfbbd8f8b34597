"""The journal's file as the server writes it: by a process of its own.

What it does needs an interpreter all the time, between short calls of SQLite and the disk. In a thread of the server it
would have to wait for that at each of them, and longest where the server is busy: a transaction of half a millisecond
took a hundred amid a flood.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import trio

from engine.journal.orders import LENGTH, Close, EmptyLog, Failed, ForgetEnded, Order, Trim, Write, packed, read_answer
from engine.journal.spi import JournalBroken
from engine.journal.store import Batch
from protocol.ids import SessionId

READ_BYTES: Final = 4096


class Writer:
    """All raise sqlite3.Error as SQLite does, and JournalBroken where the file or the process cannot be used.

    What was begun is not given up when cancelled.
    """

    def __init__(self, path: Path, *, durability: str, held: Sequence[int] = ()) -> None:
        """`held`: open files that the process holds on to as long as it is there."""
        self._path = path
        self._durability = durability
        self._held = held
        self._turn = trio.Lock()
        self._process: trio.Process
        self._pipes: trio.abc.Stream

    async def start(self) -> None:
        """Nobody waits for it to be ready: the first order does."""
        command = [sys.executable, "-m", "engine.journal.writing", str(self._path), self._durability]
        try:
            self._process = await trio.lowlevel.open_process(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                pass_fds=self._held,
                start_new_session=True,  # what a terminal sends to the server is not meant for it
            )
        except OSError as error:
            raise JournalBroken(
                f"{self._path}: the process that writes it cannot be started ({error}); see to what the system lacks"
            ) from error
        assert self._process.stdio is not None  # noqa: S101 - it was opened with pipes
        self._pipes = self._process.stdio

    async def write(self, batch: Batch) -> None:
        """All of it or nothing, in one transaction."""
        await self._ask(Write(batch))

    async def trim(self, session: SessionId, *, messages: int, size: int) -> None:
        """As `Store.trim`."""
        await self._ask(Trim(session, messages, size))

    async def forget_ended(self, *, before: float, bytes_at_most: int) -> None:
        """As `Store.forget_ended`."""
        await self._ask(ForgetEnded(before, bytes_at_most))

    async def empty_log(self) -> bool:
        """As `Store.empty_log`."""
        return await self._ask(EmptyLog())

    async def close(self) -> None:
        """The file is closed and the process has ended, however it was. Not to be cancelled."""
        if self._process.returncode is not None:
            return
        try:
            await self._ask(Close())
        except JournalBroken:
            self._process.kill()
        await self._ended()

    async def _ask(self, order: Order) -> bool:
        async with self._turn:
            with trio.CancelScope(shield=True):
                answer = read_answer(await self._answer_to(packed(order)))
        if isinstance(answer, Failed):
            raise answer.error()
        return answer.value

    async def _answer_to(self, order: bytes) -> bytes:
        answer = bytearray()
        try:
            await self._pipes.send_all(order)
            while len(answer) < LENGTH.size or len(answer) < LENGTH.size + LENGTH.unpack_from(answer)[0]:
                more = await self._pipes.receive_some(READ_BYTES)
                if not more:
                    raise await self._gone()
                answer += more
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            raise await self._gone() from None
        return bytes(answer[LENGTH.size :])

    async def _gone(self) -> JournalBroken:
        status = await self._ended()
        return JournalBroken(
            f"{self._path}: the process that writes it has ended (status {status}); see to what ended it, then start "
            "the server again: it goes on with what was kept"
        )

    async def _ended(self) -> int:
        await self._pipes.aclose()
        return await self._process.wait()
