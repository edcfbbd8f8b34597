"""The journal's file as a file: whose it is, which format it has, and what becomes of an older one."""

import os
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest
import trio

from engine.journal import sqlite as journal_of
from engine.journal.file import READ_BYTES, read_ahead
from engine.journal.format import MIGRATIONS
from engine.journal.spi import JournalBroken, Record
from engine.journal.sqlite import FILE
from engine.journal.verify import Checked, Verifier
from tests.contracts.journal import OTHER, S, as_read, opening, put, record, step, texts
from tests.engine.journal.running import change, refused, running


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("UPDATE meta SET value = 0 WHERE name = 'format'", "format is 0, and there is none"),
        ("DELETE FROM meta WHERE name = 'starts'", "does not say its starts"),
        ("ALTER TABLE steps RENAME COLUMN wall TO walk", "described in another way"),
    ],
)
async def test_what_the_file_says_of_itself_is_checked(damage: str, told: str, tmp_path: Path) -> None:
    async with running(tmp_path):
        pass
    change(tmp_path, damage)
    with refused(told):
        async with running(tmp_path):
            pass


@pytest.mark.parametrize("content", ["nothing", "no tables"])
async def test_a_file_that_was_only_begun_is_made(content: str, tmp_path: Path) -> None:
    """The process ended between making the file and keeping its tables."""
    (tmp_path / FILE).touch(mode=0o600)
    if content == "no tables":
        with sqlite3.connect(tmp_path / FILE) as db:
            db.execute("PRAGMA journal_mode = WAL")
        db.close()
    async with running(tmp_path) as journal:
        await journal.open(opening(), 1)
        await put(journal, record(1))
        assert await texts(journal, 0) == as_read(1)


async def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"this is no database " * 100)
    with refused("another folder with --data"):
        async with running(tmp_path):
            pass


async def test_where_there_can_be_no_write_ahead_log_the_journal_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite says so by a word alone. Its locks by files are as those of some network file systems."""
    connect = sqlite3.connect

    def elsewhere(path: Path, **more: Any) -> sqlite3.Connection:
        return connect(f"{path.as_uri()}?vfs=unix-dotfile", uri=True, **more)

    monkeypatch.setattr(sqlite3, "connect", elsewhere)
    with refused("no write-ahead log there .* a disk of this machine"):
        async with running(tmp_path):
            pass


async def test_a_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path):
        pass
    change(tmp_path, "UPDATE meta SET value = 99 WHERE name = 'format'")
    with refused("format 99, this one knows 2"):
        async with running(tmp_path):
            pass


@pytest.fixture
def of_format_1(tmp_path: Path) -> Path:
    """Written by the last version that wrote such: a session that has outgrown its history, and a new one."""
    with sqlite3.connect(tmp_path / FILE) as db:
        db.executescript("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL")
        db.executescript((Path(__file__).parent / "format_1.sql").read_text())
    db.close()
    return tmp_path


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(folder / FILE) as db:
        found = db.execute(query).fetchall()
    db.close()
    return found


async def test_an_older_file_is_migrated_and_goes_on(of_format_1: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_of, "TRIM_EVERY", 1)
    async with running(of_format_1, history_messages=5) as journal:
        assert await texts(journal, 20) == as_read(*range(21, 31))
        assert [await journal.response(S, seq) for seq in (1, 30)] == [record(seq, "").text for seq in (1, 30)]
        stored = await journal.load(S)
        assert (stored.picture, stored.answered) == (b"at 28", {f"r{seq}": seq for seq in range(1, 29)})
        assert len((await journal.load(OTHER)).steps) == 2
        await put(journal, record(31), fence=journal.first_fence)
        await journal.put(S, journal.first_fence, step(record(32), picture=b"at 32")).wait()
    assert [checked.damaged for checked in checked_in(of_format_1)] == [(), ()]
    async with running(of_format_1) as journal:
        assert await journal.read(S, 20, at_most=100) is None, "it is trimmed as any other"
        assert await texts(journal, 28) == as_read(29, 30, 31, 32)


async def test_a_migrated_file_is_as_one_of_this_version(
    of_format_1: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    new = tmp_path_factory.mktemp("new")
    for folder in (of_format_1, new):
        async with running(folder):
            pass
    everything = "SELECT type, name, sql FROM sqlite_master ORDER BY name"
    assert rows(of_format_1, everything) == rows(new, everything)
    sums = rows(of_format_1, "SELECT session, said_bytes FROM steps ORDER BY session, step")
    line = len(record(10).text) + 1
    assert sums == [*((S, line * n) for n in range(1, 11)), *((OTHER, len(record(1).text) * 2 + 2) for _ in range(2))]


@pytest.mark.parametrize("statement", range(len(MIGRATIONS[1])))
async def test_a_migration_that_is_interrupted_is_made_anew(
    of_format_1: Path, monkeypatch: pytest.MonkeyPatch, statement: int
) -> None:
    before = rows(of_format_1, "SELECT * FROM steps")
    monkeypatch.setitem(MIGRATIONS, 1, (*MIGRATIONS[1][: statement + 1], "it ends here"))
    with refused("cannot be used"):
        async with running(of_format_1):
            pass
    assert rows(of_format_1, "SELECT * FROM steps") == before
    monkeypatch.undo()
    async with running(of_format_1):
        pass
    assert [checked.damaged for checked in checked_in(of_format_1)] == [(), ()]


KILLED_IN_THE_MIDDLE = """
import os, sys
from pathlib import Path
from engine.journal import format
from engine.journal.store import Store
rows = iter(range(5))
def kill(*_):
    if next(rows) == 4:
        os.kill(os.getpid(), 9)
    return 0
format.with_sums = kill
Store(Path(sys.argv[1]), may_migrate=True)
"""


async def test_a_migration_that_is_killed_is_made_anew(of_format_1: Path) -> None:
    command = [sys.executable, "-c", KILLED_IN_THE_MIDDLE, str(of_format_1 / FILE)]
    assert (await trio.run_process(command, check=False)).returncode == -9
    async with running(of_format_1):
        pass
    assert [checked.damaged for checked in checked_in(of_format_1)] == [(), ()]


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        ("UPDATE steps SET said = replace(said, 'seq', 'sec') WHERE seq = 25", "step 25"),
        ("UPDATE steps SET digest = 'x' WHERE seq = 25", "step 25"),
        ("UPDATE steps SET digest = CAST(x'FF' AS TEXT) WHERE seq = 25", "step 25"),
        ("UPDATE steps SET digest = digest + (1 << 40) WHERE seq = 25", "step 25"),
        ("UPDATE responses SET seq = 22 WHERE seq = 21", "the response to r2"),
        ("UPDATE responses SET requestid = 'r77' WHERE seq = 21", "the response to r77"),
        ("UPDATE pictures SET picture = x'00' WHERE step = 24", "the picture at step 24"),
    ],
)
async def test_what_was_damaged_before_a_migration_is_so_behind_it(of_format_1: Path, damage: str, named: str) -> None:
    change(of_format_1, damage)
    async with running(of_format_1):
        pass
    damaged, whole = checked_in(of_format_1)
    assert any(place.startswith(named) for place in damaged.damaged)
    assert whole.damaged == ()


async def test_a_file_is_not_migrated_where_its_tables_are_not_what_they_were(of_format_1: Path) -> None:
    change(of_format_1, "ALTER TABLE steps RENAME COLUMN wall TO walk")
    with refused("described in another way"):
        async with running(of_format_1):
            pass


def test_who_looks_at_an_older_file_leaves_it_as_it_is(of_format_1: Path) -> None:
    with pytest.raises(JournalBroken, match="written by an older version; `ixp serve --data` makes it one of this"):
        Verifier(of_format_1 / FILE)
    assert rows(of_format_1, "SELECT value FROM meta WHERE name = 'format'") == [(1,)]


def checked_in(folder: Path) -> list[Checked]:
    store = Verifier(folder / FILE)
    try:
        return list(store.look_through())
    finally:
        store.close()


async def test_nobody_else_may_read_the_file(tmp_path: Path) -> None:
    async with running(tmp_path) as journal:
        await journal.open(opening(), 1)
        await journal.put(S, 1, step(Record(seq=1, text=b"{}"))).wait()
        assert await trio.to_thread.run_sync(lambda: modes(tmp_path)) == {"600"}


def modes(folder: Path) -> set[str]:
    return {oct(path.stat().st_mode)[-3:] for path in folder.iterdir()}


def test_reading_ahead_reads_all_of_it_and_fails_for_nobody(tmp_path: Path) -> None:
    def read_so_far() -> int:
        return int(Path("/proc/self/io").read_text(encoding="ascii").split()[1])

    file, size = tmp_path / FILE, 5 * READ_BYTES + 1
    file.write_bytes(bytes(size))
    before = read_so_far()
    read_ahead(file)
    assert read_so_far() - before >= size
    read_ahead(tmp_path / "missing")
    read_ahead(tmp_path)


async def test_a_start_reads_ahead_while_nothing_of_it_has_the_file_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closing a second handle would take SQLite's locks away."""
    async with running(tmp_path):
        pass
    handles: list[int] = []

    def look(path: Path) -> None:
        links = (each for each in Path("/proc/self/fd").iterdir() if each.is_symlink())
        handles.append(sum(os.path.realpath(each) == str(path.resolve()) for each in links))

    monkeypatch.setattr(journal_of, "read_ahead", look)
    async with running(tmp_path):
        pass
    assert handles == [0]
