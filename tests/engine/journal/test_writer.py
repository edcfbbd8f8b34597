"""The process that writes the journal's file, and what becomes of it."""

import fcntl
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
import trio

from engine.config import ConfigError
from engine.journal import folder as folder_of
from engine.journal.folder import LOCK, own_folder
from engine.journal.orders import LENGTH, Close, Done, EmptyLog, Failed, Trim, Write, packed, read_answer
from engine.journal.spi import JournalBroken, JournalError
from engine.journal.sqlite import FILE
from engine.journal.store import Batch, Store
from engine.journal.writer import Writer
from tests.contracts.journal import S, opening, put, record
from tests.engine.journal.test_sqlite import refused, running

ENDED_S = 10.0


@asynccontextmanager
async def writing(folder: Path, held: tuple[int, ...] = ()) -> AsyncIterator[Writer]:
    writer = Writer(folder / FILE, durability="full", held=held)
    await writer.start()
    try:
        yield writer
    finally:
        with trio.CancelScope(shield=True):
            await writer.close()


@contextmanager
def by_hand(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The process as it is, with nobody between."""
    command = [sys.executable, "-m", "engine.journal.writing", str(folder / FILE), "full"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        yield process


def ask(process: subprocess.Popen[bytes], order: Write | Trim | EmptyLog | Close) -> Done | Failed:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(packed(order))
    process.stdin.flush()
    (length,) = LENGTH.unpack(process.stdout.read(LENGTH.size))
    return read_answer(process.stdout.read(length))


def pid_of(writer: Writer) -> int:
    return writer._process.pid


def sessions_in(folder: Path) -> int:
    store = Store(folder / FILE)
    try:
        return store.sessions_so_far()
    finally:
        store.close()


OPENING = Write(Batch(openings=[(opening(), 1)]))


async def test_errors_come_over_as_they_are(tmp_path: Path) -> None:
    async with writing(tmp_path) as writer:
        await writer.write(OPENING.batch)
        with pytest.raises(sqlite3.IntegrityError) as twice:
            await writer.write(OPENING.batch)
        assert twice.value.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
        assert await writer.empty_log(), "it goes on"


@pytest.mark.parametrize(
    "error", [JournalError("damaged"), JournalBroken("see to it"), sqlite3.OperationalError("it fails")]
)
def test_an_error_is_read_as_it_was_written(error: JournalError | sqlite3.Error) -> None:
    answer = read_answer(packed(Failed.by(error))[LENGTH.size :])
    assert isinstance(answer, Failed)
    read = answer.error()
    assert (type(read), str(read), hasattr(read, "sqlite_errorcode")) == (type(error), str(error), False)


async def test_a_file_that_cannot_be_used_is_told_at_the_first_order(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no journal " * 100)
    async with writing(tmp_path) as writer:
        with pytest.raises(JournalBroken, match="cannot be used"):
            await writer.empty_log()


async def test_what_was_begun_is_not_given_up(tmp_path: Path) -> None:
    async with writing(tmp_path) as writer:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(writer.write, OPENING.batch)
            await trio.testing.wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()
        assert sessions_in(tmp_path) == 1
        with pytest.raises(sqlite3.IntegrityError):  # which is the answer to this, not to what was cancelled
            await writer.write(OPENING.batch)


async def test_the_end_of_the_process_ends_the_journal_and_says_what_to_do(tmp_path: Path) -> None:
    with refused(r"has ended \(status -9\); see to what ended it, then start the server again"):
        async with running(tmp_path) as journal:
            await journal.open(opening(), 1)
            await put(journal, record(1))
            os.kill(pid_of(journal._writer), signal.SIGKILL)
            with pytest.raises(JournalBroken):
                await put(journal, record(2))
            await trio.sleep_forever()
    async with running(tmp_path) as journal:
        await journal.load(S)
        await put(journal, record(2), fence=journal.first_fence)


async def test_a_process_that_cannot_be_started_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "gone"))
    with refused("cannot be started"):
        async with running(tmp_path):
            pass


async def test_signals_for_the_server_do_not_reach_it(tmp_path: Path) -> None:
    async with writing(tmp_path) as writer:
        assert await writer.empty_log()
        for each in (signal.SIGINT, signal.SIGTERM):
            os.kill(pid_of(writer), each)
        await writer.write(OPENING.batch)
        assert os.getsid(pid_of(writer)) != os.getsid(0), "nor those of a terminal"


def test_with_whoever_gave_orders_it_ends_and_leaves_the_file_as_by_a_crash(tmp_path: Path) -> None:
    with by_hand(tmp_path) as process:
        assert ask(process, OPENING) == Done()
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(ENDED_S) == 0
    assert (tmp_path / f"{FILE}-wal").stat().st_size > 0, "the log was not put into the file"
    assert sessions_in(tmp_path) == 1


def test_when_it_is_told_to_close_all_is_in_the_file(tmp_path: Path) -> None:
    with by_hand(tmp_path) as process:
        assert ask(process, OPENING) == Done()
        assert ask(process, Close()) == Done()
        assert process.wait(ENDED_S) == 0
    assert not (tmp_path / f"{FILE}-wal").exists()
    assert sessions_in(tmp_path) == 1


def test_an_order_that_is_cut_is_not_obeyed(tmp_path: Path) -> None:
    with by_hand(tmp_path) as process:
        assert ask(process, EmptyLog()) == Done()
        assert process.stdin is not None
        process.stdin.write(packed(OPENING)[:-1])
        process.stdin.close()
        assert process.wait(ENDED_S) == 0
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert sessions_in(tmp_path) == 0


def test_a_defect_of_it_is_told_in_full(tmp_path: Path) -> None:
    with by_hand(tmp_path) as process:
        assert process.stdin is not None
        process.stdin.write(LENGTH.pack(3) + b"abc")
        process.stdin.close()
        assert process.wait(ENDED_S) == 1
        assert process.stderr is not None
        assert b"Traceback" in process.stderr.read()


async def test_the_folder_is_held_until_the_process_that_was_left_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_of, "LEFT_S", 0.1)
    with own_folder(tmp_path) as held:
        left = Writer(tmp_path / FILE, durability="full", held=(held,))
        await left.start()
    with pytest.raises(ConfigError, match="another server uses it"), own_folder(tmp_path):
        pass
    monkeypatch.setattr(folder_of, "LEFT_S", ENDED_S)
    await left._pipes.aclose()
    with own_folder(tmp_path), (tmp_path / LOCK).open("w") as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    await left.close()
