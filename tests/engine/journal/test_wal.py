"""Logs that SQLite wrote, damaged in every way."""

import shutil
import sqlite3
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.journal import wal
from engine.journal.spi import JournalBroken
from engine.journal.wal import check_wal, wal_of

PAGE = 512
FRAME = 24 + PAGE


def written(folder: Path, *, transactions: int, restarted: bool = False) -> Path:
    """A file with a log, as a process leaves them that is killed."""
    live, left = folder / "live", folder / "left"
    db = sqlite3.connect(live, isolation_level=None)
    db.execute(f"PRAGMA page_size = {PAGE}")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("CREATE TABLE t (a, b BLOB)")
    if restarted:
        for _ in range(9):
            db.execute("INSERT INTO t VALUES (0, randomblob(2000))")
    db.execute("PRAGMA wal_checkpoint(RESTART)")
    for number in range(transactions):
        db.execute("INSERT INTO t VALUES (?, randomblob(600))", (number,))
    shutil.copy(live, left)
    shutil.copy(wal_of(live), wal_of(left))
    db.close()
    return left


def rows(path: Path) -> list[int]:
    db = sqlite3.connect(path)
    found = [number for (number,) in db.execute("SELECT a FROM t ORDER BY a")]
    db.close()
    return found


def frames_of(log: bytes) -> list[bytes]:
    """Those of the present salts."""
    frames = [log[at : at + FRAME] for at in range(32, len(log), FRAME)]
    return [frame for frame in frames if frame[8:16] == log[16:24]]


def ends(frames: list[bytes]) -> list[int]:
    """Which of them end a transaction."""
    return [number for number, frame in enumerate(frames) if struct.unpack(">I", frame[4:8])[0]]


def change(path: Path, at: int, new: bytes) -> None:
    with wal_of(path).open("r+b") as file:
        file.seek(at)
        file.write(new)


@pytest.mark.parametrize("restarted", [False, True])
def test_a_sound_log_is_taken(tmp_path: Path, restarted: bool) -> None:
    path = written(tmp_path, transactions=5, restarted=restarted)
    check_wal(wal_of(path))
    assert len(ends(frames_of(wal_of(path).read_bytes()))) == 5
    assert rows(path)[-5:] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("content", [None, b"", b"x" * 32])
def test_a_log_in_which_nothing_can_be_is_taken(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "a-wal"
    if content is not None:
        path.write_bytes(content)
    check_wal(path)


def test_one_byte_changed_anywhere_is_found(tmp_path: Path) -> None:
    path = written(tmp_path, transactions=2)
    log = wal_of(path).read_bytes()
    assert len(frames_of(log)) * FRAME + 32 == len(log)
    heads = [at for at in range(len(log)) if at < 32 or (at - 32) % FRAME < 24]
    for at in sorted({*heads, *range(0, len(log), 7)}):
        wal_of(path).write_bytes(log[:at] + bytes([log[at] ^ (0xFF if at % 9 == 8 else 1 << at % 9)]) + log[at + 1 :])
        place = "its header" if at < 32 else rf"frame {(at - 32) // FRAME + 1} \(at byte"
        with pytest.raises(JournalBroken, match=place):
            check_wal(wal_of(path), may_be_torn=at % 2 == 0)


def half(frame: bytes) -> bytes:
    """The disk has got its beginning."""
    return frame[:256] + bytes(FRAME - 256)


def nothing(_: bytes) -> bytes:
    return bytes(FRAME)


@pytest.mark.parametrize("torn", [half, nothing])
def test_a_last_transaction_that_was_half_written_is_none(tmp_path: Path, torn: Callable[[bytes], bytes]) -> None:
    path = written(tmp_path, transactions=3)
    frames = frames_of(wal_of(path).read_bytes())
    begin = ends(frames)[-2] + 1
    assert begin < len(frames) - 1, "the last transaction has several frames"
    for number in range(begin, len(frames)):
        change(path, 32 + number * FRAME, torn(frames[number]))
        check_wal(wal_of(path))
        assert rows(Path(shutil.copytree(tmp_path, tmp_path / f"at {number}") / "left")) == [0, 1]
        change(path, 32 + number * FRAME, frames[number])


@pytest.mark.parametrize("torn", [half, nothing])
def test_what_is_missing_before_the_end_is_found(tmp_path: Path, torn: Callable[[bytes], bytes]) -> None:
    path = written(tmp_path, transactions=4)
    frames = frames_of(wal_of(path).read_bytes())
    for number in range(ends(frames)[-3] + 1):
        change(path, 32 + number * FRAME, torn(frames[number]))
        with pytest.raises(JournalBroken, match=rf"frame {number + 1} .* is damaged.*restore a copy"):
            check_wal(wal_of(path))
        check_wal(wal_of(path), may_be_torn=True)
        change(path, 32 + number * FRAME, frames[number])


def test_the_end_of_a_frame_that_was_begun_is_no_damage(tmp_path: Path) -> None:
    path = written(tmp_path, transactions=3)
    log = wal_of(path).read_bytes()
    wal_of(path).write_bytes(log[: 32 + len(frames_of(log)) * FRAME - 1])
    check_wal(wal_of(path))
    assert rows(path) == [0, 1]


def test_frames_of_earlier_are_no_evidence(tmp_path: Path) -> None:
    """The log was begun anew over a longer one, and its last transaction is torn."""
    path = written(tmp_path, transactions=2, restarted=True)
    log = wal_of(path).read_bytes()
    frames = frames_of(log)
    assert 32 + len(frames) * FRAME < len(log)
    change(path, 32 + (len(frames) - 1) * FRAME, nothing(b""))
    check_wal(wal_of(path))
    assert rows(path)[-1] == 0


def test_what_a_transaction_left_that_was_given_up_is_no_evidence(tmp_path: Path) -> None:
    """It reached the log because the cache was too small, and another has overwritten its beginning."""
    live, left = tmp_path / "live", tmp_path / "left"
    db = sqlite3.connect(live, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA cache_size = 2")
    db.execute("CREATE TABLE t (a, b BLOB)")
    db.execute("BEGIN")
    for _ in range(50):
        db.execute("INSERT INTO t VALUES (0, randomblob(4000))")
    db.execute("ROLLBACK")
    db.execute("INSERT INTO t VALUES (1, NULL)")
    shutil.copy(live, left)
    shutil.copy(wal_of(live), wal_of(left))
    db.close()
    assert wal_of(left).stat().st_size > 40 * 4096, "its frames are there"
    check_wal(wal_of(left))
    assert rows(left) == [1]


def test_words_of_the_other_order_are_read_too(tmp_path: Path) -> None:
    """A log that was written on a machine of the other byte order."""
    path = written(tmp_path, transactions=2)
    log = wal_of(path).read_bytes()
    little = struct.unpack(">I", log[:4])[0] == wal.MAGIC
    order, magic = (">", wal.MAGIC + 1) if little else ("<", wal.MAGIC)
    turned = struct.pack(">I", magic) + log[4:24]
    before = wal._sum((0, 0), turned, order)
    turned += struct.pack(">2I", *before)
    for frame in frames_of(log):
        before = wal._sum(before, frame[:8] + frame[24:], order)
        turned += frame[:16] + struct.pack(">2I", *before) + frame[24:]
    wal_of(path).write_bytes(turned)
    check_wal(wal_of(path))
    change(path, 32 + 100, bytes([turned[132] ^ 4]))
    with pytest.raises(JournalBroken, match="frame 1"):
        check_wal(wal_of(path))
    change(path, 32 + 100, turned[132:133])
    assert rows(path) == [0, 1], "SQLite reads it as well"


def test_a_log_that_is_being_written_is_looked_at_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first look met a frame that was half there, and then the whole of what came behind it."""
    path = written(tmp_path, transactions=4)
    log = wal_of(path).read_bytes()
    change(path, 32, nothing(b""))
    looks: list[str | None] = []
    find = wal._find_damage

    def look(*given: Path, **how: bool) -> str | None:
        looks.append(find(*given, **how))
        wal_of(path).write_bytes(log)
        return looks[-1]

    monkeypatch.setattr(wal, "_find_damage", look)
    check_wal(wal_of(path))
    assert looks == ["frame 1 (at byte 32)", None]
