"""The journal's SQLite file as a file: its form, its opening and migration, its soundness, its transactions."""

import contextlib
import os
import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from msgspec import msgpack

from engine.journal.format import FORMAT, MIGRATIONS, TABLES, prepare
from engine.journal.spi import JournalBroken
from engine.journal.unclosed import make_durable, may_have_lost
from engine.journal.wal import check_wal, wal_of

SYNCHRONOUS: Final = {"full": "FULL", "normal": "NORMAL"}
OTHERS_MAY_TAKE_S: Final = 5.0
"""So long somebody else who uses the file is waited for: `ixp journal`, that is."""
READ_BYTES: Final = 1024 * 1024


def _readable(text: bytes) -> str:
    """A text that is damaged is compared like any other, and then it is another one."""
    return text.decode(errors="replace")


def _tables_of(db: sqlite3.Connection) -> int | None:
    """The digest of what SQLite knows of the tables; None when there are none."""
    tables = db.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name").fetchall()
    return zlib.crc32(msgpack.encode(tables)) if tables else None


def read_ahead(path: Path) -> None:
    """Have the file in the system's cache before it is checked: SQLite takes its pages in the order of its trees, which
    a disk gives several times as slowly as all of them in a row.

    Never while this process has it open: closing a second handle would take SQLite's locks away.
    """
    if not path.is_file():
        return
    with contextlib.suppress(OSError), path.open("rb", buffering=0) as file:  # whoever checks it will tell
        buffer = bytearray(READ_BYTES)
        while file.readinto(buffer):
            pass


class JournalFile:
    """One connection to the file. Raises JournalBroken when the file cannot be used, saying what to do."""

    def __init__(self, path: Path, *, durability: str = "full", may_migrate: bool = False) -> None:
        """`may_migrate`: nobody else uses the folder, and whoever begins here stays with this version."""
        self.path = path
        check_wal(wal_of(path), may_be_torn=may_have_lost(path.parent))
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            make_durable(path.parent)
        self._db = sqlite3.connect(
            path, timeout=OTHERS_MAY_TAKE_S, isolation_level=None, check_same_thread=False, cached_statements=64
        )
        self._db.text_factory = _readable
        try:
            with self._usable():
                self._set_up(durability, may_migrate=may_migrate)
        except JournalBroken:
            self._db.close()
            raise

    def _set_up(self, durability: str, *, may_migrate: bool) -> None:
        new = _tables_of(self._db) is None  # also when a process ended while it made them
        if new:
            self._db.execute("PRAGMA auto_vacuum = INCREMENTAL")
        (mode,) = self._db.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            raise JournalBroken(
                f"{self.path}: SQLite can keep no write-ahead log there (its journal mode stays {mode}), as on some "
                "network file systems, and without it nothing of what is promised holds; give a folder on a disk of "
                "this machine with --data"
            )
        self._db.execute(f"PRAGMA synchronous = {SYNCHRONOUS[durability]}")
        self._db.execute("PRAGMA journal_size_limit = 67108864")
        if new:
            with self._transaction():
                for statement in TABLES:
                    self._db.execute(statement)
                meta = {"format": FORMAT, "starts": 0, "tables": _tables_of(self._db)}
                self._db.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
        elif self._is_older():
            if not may_migrate:
                raise JournalBroken(
                    f"{self.path}: was written by an older version; `ixp serve --data` makes it one of this version, "
                    "which that one cannot read any more; look at it with the version that wrote it, or start a server "
                    "with a copy"
                )
            self._migrate()

    def close(self) -> None:
        self._db.close()

    def touch(self) -> None:
        """Write something that changes nothing. Raises sqlite3.Error as whatever is written now would."""
        with self._transaction():
            for change in (1, -1):
                self._db.execute("UPDATE meta SET value = value + ? WHERE name = 'starts'", (change,))

    @contextlib.contextmanager
    def _usable(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def _unusable(self, error: Exception) -> JournalBroken:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            return JournalBroken(f"{self.path}: the journal cannot be used ({error}); make room on the disk")
        return JournalBroken(
            f"{self.path}: the journal cannot be used ({' '.join(str(error).split())}); restore a copy of the whole "
            "folder, or give another folder with --data, where everybody begins anew"
        )

    def _is_older(self) -> bool:
        """Raises JournalBroken for a format that is not known."""
        form = self._meta("format")
        if form > FORMAT:
            raise JournalBroken(
                f"{self.path}: was written by a newer version (format {form}, this one knows {FORMAT}); "
                "install that version, or give another folder with --data"
            )
        if form != FORMAT and form not in MIGRATIONS:
            raise self._unusable(ValueError(f"its format is {form}, and there is none"))
        return form < FORMAT

    def _migrate(self) -> None:
        """In one transaction from each format to the next. Damage is not carried over as if it were none."""
        import structlog  # the process that writes never comes here, and is there twice as soon without it

        log = structlog.get_logger()
        self.check()
        prepare(self._db)
        while (form := self._meta("format")) < FORMAT:
            log.info("journal_migrating", format=form, to=form + 1)
            with self._transaction():
                for statement in MIGRATIONS[form]:
                    self._db.execute(statement)
                self._db.execute("UPDATE meta SET value = ? WHERE name = 'format'", (form + 1,))
                self._db.execute("UPDATE meta SET value = ? WHERE name = 'tables'", (_tables_of(self._db),))
            log.info("journal_migrated", format=form + 1)
        self._vacuum(self._pragma("freelist_count"))  # the tables of before

    def _pragma(self, name: str) -> int:
        return int(self._db.execute(f"PRAGMA {name}").fetchone()[0])

    def _vacuum(self, pages: int) -> None:
        """Each page is a row without columns, of which `execute` would take the first one alone."""
        self._db.executescript(f"PRAGMA incremental_vacuum({pages})")

    def _meta(self, name: str) -> int:
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        if row is None:
            raise JournalBroken(f"{self.path}: is no journal: it does not say its {name}; give another folder")
        return int(row[0])

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        try:
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    # At the start

    def check(self) -> None:
        """Is the file sound as SQLite sees it, and are its tables ours? Raises JournalBroken, naming the place."""
        with self._usable():
            found = self._db.execute("PRAGMA integrity_check(1)").fetchone()[0]
            tables = _tables_of(self._db)
        if found != "ok":
            raise self._unusable(ValueError(found))
        if tables != self._meta("tables"):
            raise self._unusable(ValueError("its tables are described in another way than they were made"))

    def empty_log(self) -> bool:
        """Put all that was kept into the file itself, durably, and begin the log anew. False while others read it.

        Closing the last connection does that too, but does not tell, and somebody else may be reading. At a start it
        is wanted as well: what an interrupted transaction has left in the log could be taken for damage later.
        """
        with self._usable():
            busy, _, _ = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def count_start(self) -> int:
        """How many times the journal has been started, this one included."""
        with self._usable():
            with self._transaction():
                self._db.execute("UPDATE meta SET value = value + 1 WHERE name = 'starts'")
            return self._meta("starts")
