"""The journal's file as the server writes it: by a process of its own.

What it does needs an interpreter all the time, between short calls of SQLite and the disk. In a thread of the server it
would have to wait for that at each of them, and longest where the server is busy: a transaction of half a millisecond
took a hundred amid a flood.
"""

import json
import math
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import trio

from engine.journal.orders import (
    LENGTH,
    Close,
    EmptyLog,
    Failed,
    ForgetEnded,
    GiveBack,
    Order,
    Touch,
    Trim,
    Write,
    packed,
    read_answer,
)
from engine.journal.rows import Batch
from engine.journal.spi import JournalBroken
from protocol.ids import SessionId

READ_BYTES: Final = 4096
END_S: Final = 20.0
"""So long each of its last orders may take, before it is killed, and the one that is under way at the end. Who else
reads the file is waited for less long."""
START: Final = """
import json, signal, sys
for each in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
    signal.signal(each, signal.SIG_IGN)
sys.path[:] = json.loads(sys.argv[1])
from engine.journal.writer_process import main
main(*sys.argv[2:])
"""
"""It finds modules where this process finds them, and nowhere else. Signals are for the server, which has more to keep
until it has ended."""


def command(path: Path, durability: str) -> list[str]:
    """What starts the process."""
    here = json.dumps([str(Path(each).absolute()) for each in sys.path])
    return [sys.executable, "-I", "-c", START, here, str(path), durability]


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
        self._patience = trio.CancelScope()
        """Of the order under way."""
        self._process: trio.Process
        self._pipes: trio.abc.Stream

    async def start(self) -> None:
        """Nobody waits for it to be ready: the first order does."""
        try:
            self._process = await trio.lowlevel.open_process(
                command(self._path, self._durability),
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

    async def wait_ended(self) -> JournalBroken:
        """Return when the process has ended, and what that means unless it was told to."""
        status = await self._process.wait()
        return JournalBroken(
            f"{self._path}: the process that writes it has ended (status {status}); see to what ended it, then start "
            "the server again: it goes on with what was kept"
        )

    async def write(self, batch: Batch) -> None:
        """All of it or nothing, in one transaction."""
        await self._ask(Write(batch))

    async def trim(self, session: SessionId, *, messages: int, size: int) -> None:
        """As `Store.trim`."""
        await self._ask(Trim(session, messages, size))

    async def forget_ended(self, session: SessionId, *, before: float, bytes_at_most: int) -> bool:
        """As `Store.forget_ended`."""
        return await self._ask(ForgetEnded(session, before, bytes_at_most))

    async def give_back(self, pages: int) -> bool:
        """As `Store.give_back`."""
        return await self._ask(GiveBack(pages))

    async def touch(self) -> None:
        """As `Store.touch`."""
        await self._ask(Touch())

    def hurry(self) -> None:
        """The server is stopping: what is under way must not take for ever, be the disk stuck or not."""
        self._patience.deadline = min(self._patience.deadline, trio.current_time() + END_S)

    async def empty_log(self) -> bool:
        """As `Store.empty_log`, at the end."""
        return await self._ask(EmptyLog(), within_s=END_S)

    async def close(self) -> None:
        """The file is closed and the process has ended, however it was. Not to be cancelled."""
        with suppress(JournalBroken, sqlite3.Error):  # whoever comes next finds what was kept in the log
            await self._ask(Close(), within_s=END_S)
        await self._pipes.aclose()
        with trio.move_on_after(END_S):  # amid a stuck disk even the killed end with its answer, and hold the folder
            await self._process.wait()

    async def _ask(self, order: Order, *, within_s: float = math.inf) -> bool:
        async with self._turn:
            with trio.move_on_after(within_s, shield=True) as self._patience:
                answer = read_answer(await self._answer_to(packed(order)))
            if self._patience.cancelled_caught:
                self._process.kill()
                raise JournalBroken(
                    f"{self._path}: the process that writes it did not answer within {END_S:g} s and was killed; "
                    "see to the disk, then start the server again: it goes on with what was kept"
                )
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
                    raise await self.wait_ended()
                answer += more
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            raise await self.wait_ended() from None
        return bytes(answer[LENGTH.size :])
