"""What can be told from the mark of a journal that was not closed."""

import json
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, MutableMapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
from structlog.testing import capture_logs

from engine.journal import sqlite, unclosed
from engine.journal.spi import JournalBroken, JournalError
from engine.journal.sqlite import FILE, SqliteJournal
from engine.journal.unclosed import MARK, mark_closed, mark_open, may_have_lost
from engine.journal.wal import wal_of
from tests.contracts.journal import S, as_read, opening, put, record, texts
from tests.engine.journal.running import Failing, refused, running
from tests.engine.journal.writer_here import WriterHere


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The name of its present run."""
    names = ["first run"]
    monkeypatch.setattr(unclosed, "boot", lambda: names[-1])
    return names


@pytest.mark.parametrize(
    ("durability", "doubtful", "run", "lost"),
    [
        ("full", False, "first run", False),
        ("full", False, "second run", False),
        ("normal", False, "first run", False),
        ("normal", False, "second run", True),
        ("normal", True, "first run", True),
        ("full", True, "first run", True),
    ],
)
def test_only_a_new_run_of_the_machine_can_cost_something(
    tmp_path: Path, machine: list[str], durability: str, doubtful: bool, run: str, lost: bool
) -> None:
    assert not may_have_lost(tmp_path), "nobody was here before"
    mark_open(tmp_path, durability, doubtful=doubtful)
    machine.append(run)
    assert may_have_lost(tmp_path) is lost
    mark_closed(tmp_path)
    assert not may_have_lost(tmp_path)


def test_where_the_system_does_not_tell_its_runs_each_may_be_another(tmp_path: Path, machine: list[str]) -> None:
    machine.append("")
    mark_open(tmp_path, "normal", doubtful=False)
    assert may_have_lost(tmp_path)


@pytest.mark.parametrize("mark", ["", "{", "[]", json.dumps({"durability": "normal"})])
def test_a_mark_that_cannot_be_read_leaves_doubt(tmp_path: Path, mark: str) -> None:
    (tmp_path / MARK).write_text(mark)
    assert may_have_lost(tmp_path)


async def test_a_journal_is_in_doubt_until_it_has_been_closed(tmp_path: Path, machine: list[str]) -> None:
    killed = tmp_path / "killed"
    async with running(_made(tmp_path / "live"), durability="normal") as journal:
        await journal.open(opening(), 1)
        shutil.copytree(tmp_path / "live", killed)
    machine.append("second run")
    async with running(killed) as journal:
        assert journal.may_have_lost
        shutil.copytree(killed, tmp_path / "again")
    async with running(tmp_path / "again") as journal:
        assert journal.may_have_lost, "nobody knows who has been told"
    async with running(tmp_path / "again") as journal:
        assert not journal.may_have_lost


@contextmanager
def reader(folder: Path, *, in_the_middle: bool) -> Iterator[None]:
    """Somebody else who has the file open."""
    db = sqlite3.connect(folder / FILE)
    rows = db.execute("SELECT * FROM meta")
    rows.fetchone() if in_the_middle else rows.fetchall()
    try:
        yield
    finally:
        rows.close()
        db.close()


@pytest.mark.parametrize("in_the_middle", [False, True])
async def test_a_journal_that_others_read_is_closed_in_good_order_only_when_all_is_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_the_middle: bool
) -> None:
    monkeypatch.setattr("engine.journal.file.OTHERS_MAY_TAKE_S", 0.05)
    with ExitStack() as reading, capture_logs() as logs:
        async with running(tmp_path, durability="normal") as journal:
            await journal.open(opening(), 1)
            reading.enter_context(reader(tmp_path, in_the_middle=in_the_middle))
            await put(journal, record(1))
        assert (wal_of(tmp_path / FILE).stat().st_size > 0) is in_the_middle
        assert (tmp_path / MARK).exists() is in_the_middle
        assert warnings(logs) == (["somebody else reads the journal"] if in_the_middle else [])
    async with running(tmp_path, durability="normal") as journal:
        await put_next(journal)
    assert not (tmp_path / MARK).exists()


async def test_an_error_that_somebody_keeps_keeps_no_log(tmp_path: Path) -> None:
    async with running(tmp_path) as journal:
        await journal.open(opening(), 1)
        for seq in range(1, 5):
            await put(journal, record(seq))
    with closing(sqlite3.connect(tmp_path / FILE)) as db, db:
        db.execute("UPDATE steps SET said = x'00' WHERE step = 2")
    with capture_logs() as logs:
        async with running(tmp_path) as journal:
            with pytest.raises(JournalError, match="step 2 is damaged") as kept:
                await journal.load(S)
        assert kept.value.__traceback__ is not None
    assert warnings(logs) == []


async def put_next(journal: SqliteJournal) -> None:
    await journal.load(S)
    await put(journal, record(2), fence=journal.first_fence)


def warnings(logs: Iterable[MutableMapping[str, Any]]) -> list[str]:
    """Why the log could not be emptied; each says that nothing is lost."""
    found = [log for log in logs if log["event"] == "journal_left_in_log"]
    assert all(log["log_level"] == "warning" and "nothing is lost" in log["promise"] for log in found)
    return [log["error"] for log in found]


class Unwritable:
    """A connection whose log cannot be emptied; all else goes on."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    def execute(self, statement: str, *more: Any) -> sqlite3.Cursor:
        if "wal_checkpoint" in statement:
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error
        return self._db.execute(statement, *more)


@pytest.mark.parametrize("durability", ["full", "normal"])
async def test_a_log_that_cannot_be_emptied_at_the_end_is_told_and_nothing_of_it_is_lost(
    tmp_path: Path, durability: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "Writer", WriterHere)
    with capture_logs() as logs:
        async with running(tmp_path, durability=durability) as journal:
            await journal.open(opening(), 1)
            await put(journal, record(1))
            writer = journal._writer
            assert isinstance(writer, WriterHere)
            assert writer.store is not None
            writer.store._db = Unwritable(writer.store._db)  # type: ignore[assignment] # as good as one
    (why,) = warnings(logs)
    assert why.endswith("the journal cannot be used (database or disk is full); make room on the disk")
    assert (tmp_path / MARK).exists()
    async with running(tmp_path) as journal:
        assert await texts(journal, 0) == as_read(1)


async def test_of_a_journal_that_broke_nobody_says_that_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with capture_logs() as logs, refused("see to the disk"):
        async with running(tmp_path) as journal:
            await journal.open(opening(), 1)
            Failing(monkeypatch, sqlite3.SQLITE_IOERR_FSYNC, times=1)
            with pytest.raises(JournalBroken):
                await put(journal, record(1))
            await trio.sleep_forever()
    assert warnings(logs) == []
    assert (tmp_path / MARK).exists()


@pytest.mark.parametrize("in_the_middle", [False, True])
async def test_what_an_earlier_process_left_is_durable_before_the_mark_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_the_middle: bool
) -> None:
    killed, left = tmp_path / "killed", []
    monkeypatch.setattr("engine.journal.file.OTHERS_MAY_TAKE_S", 0.05)
    async with running(_made(tmp_path / "live"), durability="normal") as journal:
        await journal.open(opening(), 1)
        shutil.copytree(tmp_path / "live", killed)

    def marked(folder: Path, durability: str, *, doubtful: bool) -> None:
        left.append((wal_of(killed / FILE).stat().st_size > 0, durability))
        mark_open(folder, durability, doubtful=doubtful)

    monkeypatch.setattr("engine.journal.sqlite.mark_open", marked)
    with reader(killed, in_the_middle=in_the_middle):
        async with running(killed, durability="full"):
            pass
    assert left == [(True, "normal") if in_the_middle else (False, "full")]


@pytest.mark.parametrize(("durability", "taken"), [("full", False), ("normal", True)])
async def test_a_hole_in_the_log_is_damage_unless_the_server_did_not_wait_for_the_disk(
    tmp_path: Path, machine: list[str], durability: str, taken: bool
) -> None:
    killed = tmp_path / "killed"
    async with running(_made(tmp_path / "live"), durability=durability) as journal:
        await journal.open(opening(), 1)
        for seq in range(1, 6):
            await put(journal, record(seq))
        shutil.copytree(tmp_path / "live", killed)
    log = bytearray(wal_of(killed / FILE).read_bytes())
    middle = 32 + (len(log) // 4120 // 2) * 4120
    log[middle : middle + 4096] = bytes(4096)
    wal_of(killed / FILE).write_bytes(log)
    machine.append("second run")
    if taken:
        async with running(killed) as journal:
            assert journal.may_have_lost
    else:
        with refused("is damaged, and what was kept behind it would be lost"):
            async with running(killed):
                pass
        assert wal_of(killed / FILE).read_bytes() == log, "it is left as it is"


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_the_run_of_this_machine_has_a_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.undo()
    assert unclosed.boot() == unclosed.boot() != ""
    monkeypatch.setattr(unclosed, "BOOT", tmp_path / "nowhere")
    assert unclosed.boot() == ""
