"""The process that writes the journal's file, and what becomes of it."""

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
from engine.journal.folder import own_folder
from engine.journal.orders import LENGTH, Close, Done, EmptyLog, Failed, Trim, Write, packed, read_answer
from engine.journal.rows import Batch
from engine.journal.spi import JournalBroken, JournalError
from engine.journal.sqlite import FILE
from engine.journal.store import Store
from engine.journal.unclosed import MARK
from engine.journal.writer import Writer, command
from tests.contracts.journal import S, opening, put, record
from tests.engine.journal.running import refused, running

ENDED_S = 10.0


@asynccontextmanager
async def writing(folder: Path) -> AsyncIterator[Writer]:
    writer = Writer(folder / FILE, durability="full")
    await writer.start()
    try:
        yield writer
    finally:
        with trio.CancelScope(shield=True):
            await writer.close()


@contextmanager
def by_hand(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The process as it is, with nobody between."""
    given = command(folder / FILE, "full")
    with subprocess.Popen(given, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
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
@pytest.mark.parametrize("code", [None, sqlite3.SQLITE_FULL])
def test_an_error_is_read_as_it_was_written(error: JournalError | sqlite3.Error, code: int | None) -> None:
    if isinstance(error, sqlite3.Error) and code is not None:
        error.sqlite_errorcode = code
    answer = read_answer(packed(Failed.by(error))[LENGTH.size :])
    assert isinstance(answer, Failed)
    read = answer.error()
    assert (type(read), str(read)) == (type(error), str(error))
    assert getattr(read, "sqlite_errorcode", None) == getattr(error, "sqlite_errorcode", None)


def test_a_path_that_is_no_text_can_be_told_of() -> None:
    answer = read_answer(packed(Failed.by(JournalBroken("/data/\udcff: see to it")))[LENGTH.size :])
    assert isinstance(answer, Failed)
    assert answer.why == "/data/\\udcff: see to it"


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


@pytest.mark.parametrize("at_work", [True, False], ids=["while it writes", "while nobody does anything"])
async def test_the_end_of_the_process_ends_the_journal_and_says_what_to_do(tmp_path: Path, at_work: bool) -> None:
    with refused(r"has ended \(status -9\); see to what ended it, then start the server again"):
        async with running(tmp_path) as journal:
            await journal.open(opening(), 1)
            await put(journal, record(1))
            os.kill(pid_of(journal._writer), signal.SIGKILL)
            if at_work:
                with pytest.raises(JournalBroken):
                    await put(journal, record(2))
            await trio.sleep_forever()
    async with running(tmp_path) as journal:
        await journal.load(S)
        await put(journal, record(2), fence=journal.first_fence)


async def test_a_process_that_cannot_begin_ends_the_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.journal.writer.START", "raise SystemExit(3)")
    with refused(r"has ended \(status 3\)"):
        async with running(tmp_path):
            await trio.sleep_forever()


async def test_it_finds_modules_where_the_server_does_and_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("struct.py", "protocol.py", "engine.py"):
        (tmp_path / name).write_text("raise SystemExit(5)", encoding="utf-8")
    async with writing(tmp_path) as writer:
        assert await writer.empty_log()


async def test_a_process_that_stands_still_is_killed_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.journal.writer.END_S", 0.1)
    async with running(tmp_path) as journal:
        await journal.open(opening(), 1)
        os.kill(pid_of(journal._writer), signal.SIGSTOP)
    assert (tmp_path / MARK).exists(), "it was not closed in good order"
    monkeypatch.undo()
    async with running(tmp_path) as journal:
        assert list(await journal.living()) == [S]
    assert not (tmp_path / MARK).exists()


async def test_a_process_that_cannot_be_started_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "gone"))
    with refused("cannot be started"):
        async with running(tmp_path):
            pass


async def test_signals_for_the_server_do_not_reach_it(tmp_path: Path) -> None:
    async with writing(tmp_path) as writer:
        assert await writer.empty_log()
        for each in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
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


def test_of_a_file_that_nobody_wrote_to_it_makes_none(tmp_path: Path) -> None:
    with by_hand(tmp_path) as process:
        assert ask(process, Close()) == Done()
        assert process.wait(ENDED_S) == 0
    assert list(tmp_path.iterdir()) == []


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
    async with own_folder(tmp_path) as held:
        left = Writer(tmp_path / FILE, durability="full", held=(held,))
        await left.start()
    with pytest.raises(ConfigError, match="an earlier server has left is still writing"):
        async with own_folder(tmp_path):
            pass
    monkeypatch.setattr(folder_of, "LEFT_S", ENDED_S)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(left.close)
        async with own_folder(tmp_path):
            pass
