"""The durable journal, on a real file."""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
import trio

from engine.journal import sqlite as journal_of
from engine.journal import store as store_of
from engine.journal.spi import Fenced, Journal, JournalBroken, JournalError, Record, Stored
from engine.journal.sqlite import FILE, SqliteJournal
from engine.journal.store import Batch, Store
from engine.journal.verify import Checked, Verifier
from engine.journal.writer import Writer
from protocol.ids import SessionId
from tests.contracts.journal import OTHER, PROMISES, S, as_read, opening, put, record, step, texts


@asynccontextmanager
async def running(folder: Path, **changes: Any) -> AsyncIterator[SqliteJournal]:
    settings: dict[str, Any] = {
        "durability": "full",
        "history_messages": 100,
        "history_bytes": 100_000,
        "keep_days": 1.0,
        "keep_bytes": 1_000_000,
    }
    journal = SqliteJournal(folder, **{**settings, **changes})
    async with trio.open_nursery() as nursery:
        await nursery.start(journal.run)
        yield journal
        nursery.cancel_scope.cancel()


def refused(why: str) -> Any:
    return pytest.RaisesGroup(pytest.RaisesExc(JournalBroken, match=why), flatten_subgroups=True)


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
@pytest.mark.parametrize("durability", ["full", "normal"])
async def test_keeps_the_promises_of_every_journal(
    promise: Callable[[Journal], Awaitable[None]], durability: str, tmp_path: Path
) -> None:
    async with running(tmp_path, durability=durability) as journal:
        await promise(journal)


async def test_what_was_kept_is_there_for_the_next_process(tmp_path: Path) -> None:
    async with running(tmp_path) as journal:
        await journal.open(opening(), 1)
        await journal.open(opening(OTHER), 2)
        await put(journal, record(1, "r1"), record(2))
        await put(journal)
        await journal.put(OTHER, 2, step(record(1), over=True)).wait()
    async with running(tmp_path) as journal:
        assert list(await journal.living()) == [S]
        assert await texts(journal, 0) == as_read(1, 2)
        assert await journal.response(S, 1) == record(1).text
        stored = await journal.load(S)
        assert (stored.agent, stored.token, stored.since) == ("ada", b"digest", opening().since)
        assert (stored.picture, stored.seq, stored.answered) == (b"picture", 0, {})
        assert [len(each.records) for each in stored.steps] == [2, 0]
        assert stored.remembered_bytes == len(record(1).text)
        await put(journal, record(3), fence=journal.first_fence)
        assert await texts(journal, 2) == as_read(3)


async def test_fences_of_a_later_process_are_greater(tmp_path: Path) -> None:
    async with running(tmp_path) as journal:
        first = journal.first_fence
        await journal.open(opening(), first + 1000)
    async with running(tmp_path) as journal:
        assert journal.first_fence > first + 1000
        await journal.load(S)
        with pytest.raises(Fenced):
            journal.put(S, first + 1000, step(record(1)))


async def test_a_session_is_loaded_from_its_latest_picture(tmp_path: Path) -> None:
    async with running(tmp_path) as journal:
        await journal.open(opening(), 1)
        await put(journal, record(1, "r1"))
        await journal.put(S, 1, step(record(2), picture=b"later", at=7.0)).wait()
        await put(journal, record(3, "r3"))
        stored = await journal.load(S)
        assert (stored.picture, stored.seq, stored.at) == (b"later", 2, 7.0)
        assert [each.records[0].seq for each in stored.steps] == [3]
        assert stored.answered == {"r1": 1}, "those behind the picture are answered by the replay"


async def test_several_are_loaded_at_once_and_one_that_is_damaged_spoils_no_other(tmp_path: Path) -> None:
    async with running(tmp_path) as journal:
        for session in (S, OTHER):
            await journal.open(opening(session), 1)
        await put(journal, record(1))
        await put(journal, record(1), session=OTHER)
    async with running(tmp_path) as journal:
        first, lost, second = await journal.load_each((OTHER, SessionId("gone"), S))
        assert isinstance(first, Stored)
        assert isinstance(second, Stored)
        assert (first.session, second.session) == (OTHER, S)
        assert isinstance(lost, JournalError)
        await put(journal, record(2), fence=journal.first_fence, session=OTHER)


async def test_a_load_waits_for_the_step_that_is_being_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(tmp_path) as journal:
        await journal.open(opening(), 1)
        await put(journal, record(1))
        free = held_back(monkeypatch)
        loaded: list[Stored] = []
        try:
            journal.put(S, 1, step(record(2), record(3)))
            await trio.testing.wait_all_tasks_blocked(0.02)
            async with trio.open_nursery() as nursery:

                @nursery.start_soon
                async def load() -> None:
                    loaded.append(await journal.load(S))

                await trio.testing.wait_all_tasks_blocked(0.05)
                free.set()
        finally:
            free.set()
        assert [each.seq for kept in loaded[0].steps for each in kept.records] == [1, 2, 3]
        await put(journal, record(4), fence=journal.first_fence)
        in_memory = journal._sessions[S].tail.behind(0, 100)
        assert in_memory is not None
        assert [each.seq for each in in_memory] == [1, 2, 3, 4], "each of them once"
        assert await texts(journal, 0) == as_read(1, 2, 3, 4)


async def test_sessions_share_a_transaction(tmp_path: Path) -> None:
    commits: list[int] = []
    async with running(tmp_path, committed=lambda steps, seconds: commits.append(steps)) as journal:
        await journal.open(opening(), 1)
        await journal.open(opening(OTHER), 1)
        commits.clear()
        for seq in range(1, 51):
            first = journal.put(S, 1, step(record(seq)))
            second = journal.put(OTHER, 1, step(record(seq)))
        await first.wait()
        await second.wait()
        assert commits == [100]


# Forgetting


async def until_forgotten(journal: SqliteJournal) -> None:
    """It begins to forget when it is started, in a thread."""
    with trio.fail_after(10):
        while await journal.read(S, 0, at_most=100) is not None:
            pass


async def test_old_steps_go_where_a_picture_stands_in_for_them_and_responses_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_of, "TRIM_EVERY", 1)
    monkeypatch.setattr("engine.journal.tail.TAIL_BYTES", 0)
    async with running(tmp_path, history_messages=5) as journal:
        await journal.open(opening(), 1)
        for seq in range(1, 31):
            picture = b"at %d" % seq if seq % 4 == 0 else None
            await journal.put(S, 1, step(record(seq, f"r{seq}"), picture=picture)).wait()
        await journal.flush()
        assert await journal.read(S, 0, at_most=100) is None
        assert await texts(journal, 25) == as_read(26, 27, 28, 29, 30)
        assert await journal.response(S, 1) == record(1).text
        stored = await journal.load(S)
        assert (stored.picture, stored.seq) == (b"at 28", 28)
        assert stored.answered == {f"r{seq}": seq for seq in range(1, 29)}


async def test_ended_sessions_go_when_their_time_has_come(tmp_path: Path) -> None:
    async with running(tmp_path, wall=lambda: 1000.0) as journal:
        await journal.open(opening(), 1)
        await journal.open(opening(OTHER), 1)
        await journal.put(S, 1, step(record(1), over=True)).wait()
        await put(journal, record(1), session=OTHER)
    async with running(tmp_path, wall=lambda: 1000.0 + 86_399) as journal:
        assert await texts(journal, 0) == as_read(1)
    async with running(tmp_path, wall=lambda: 1000.0 + 86_401) as journal:
        await until_forgotten(journal)
        assert await texts(journal, 0, session=OTHER) == as_read(1), "it has not ended"


async def test_the_oldest_ended_sessions_go_when_the_file_is_too_large(tmp_path: Path) -> None:
    async with running(tmp_path, keep_bytes=1) as journal:
        await journal.open(opening(), 1)
        await journal.put(S, 1, step(record(1), over=True)).wait()
    async with running(tmp_path, keep_bytes=1) as journal:
        await until_forgotten(journal)


# What goes wrong


def held_back(monkeypatch: pytest.MonkeyPatch) -> trio.Event:
    """What is written from now on waits for this."""
    free, write = trio.Event(), Writer.write

    async def later(writer: Writer, batch: Batch) -> None:
        with trio.CancelScope(shield=True):  # as it is not given up, once begun
            await free.wait()
        await write(writer, batch)

    monkeypatch.setattr(Writer, "write", later)
    return free


class Failing:
    """The journal's writing, which fails as told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, code: int, *, times: int) -> None:
        self.left = times
        write = Writer.write

        async def failing(writer: Writer, batch: Batch) -> None:
            await trio.lowlevel.checkpoint()
            if self.left > 0:
                self.left -= 1
                error = sqlite3.OperationalError("it fails")
                error.sqlite_errorcode = code
                raise error
            await write(writer, batch)

        monkeypatch.setattr(Writer, "write", failing)


async def test_a_disk_that_is_full_for_a_moment_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(tmp_path) as journal:
        await journal.open(opening(), 1)
        Failing(monkeypatch, sqlite3.SQLITE_FULL, times=3)
        await put(journal, record(1))
        assert await texts(journal, 0) == as_read(1)


async def test_what_a_full_disk_cannot_take_is_not_kept_nor_what_comes_behind_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path) as journal:
        await journal.open(opening(), 1)
        await journal.open(opening(OTHER), 1)
        await put(journal, record(1))
        monkeypatch.setattr(journal_of, "TRIED_AGAIN_AFTER_S", (0.001,))
        failing = Failing(monkeypatch, sqlite3.SQLITE_FULL, times=2)
        first = journal.put(S, 1, step(record(2)))
        await trio.testing.wait_all_tasks_blocked()
        behind = journal.put(S, 1, step(record(3)))
        for kept in (first, behind):
            with pytest.raises(JournalError, match="make room"):
                await kept.wait()
        assert failing.left == 0
        with pytest.raises(JournalError):
            journal.put(S, 1, step(record(4)))
        await put(journal, record(1), session=OTHER)
        stored = await journal.load(S)
        assert [each.seq for each in stored.steps[-1].records] == [1]
        await put(journal, record(2), fence=journal.first_fence)
        assert await texts(journal, 0) == as_read(1, 2)


def change(folder: Path, what: str) -> None:
    with sqlite3.connect(folder / FILE) as db:
        db.execute(what)
    db.close()


async def test_a_step_that_contradicts_what_is_kept_costs_its_own_session(tmp_path: Path) -> None:
    async with running(tmp_path) as journal:
        await journal.open(opening(), 1)
        await journal.open(opening(OTHER), 1)
        await put(journal, record(1, "r1"))
        await trio.to_thread.run_sync(lambda: change(tmp_path, "UPDATE responses SET seq = 2"))
        twice, sound = journal.put(S, 1, step(record(2, "r2"))), journal.put(OTHER, 1, step(record(1)))
        await sound.wait()
        with pytest.raises(JournalError, match="contradicts what is kept"):
            await twice.wait()
        assert await texts(journal, 0) == as_read(1)
        assert await texts(journal, 0, session=OTHER) == as_read(1)


async def test_a_disk_that_fails_ends_the_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with refused("see to the disk"):
        async with running(tmp_path) as journal:
            await journal.open(opening(), 1)
            Failing(monkeypatch, sqlite3.SQLITE_IOERR_FSYNC, times=1)
            kept = journal.put(S, 1, step(record(1)))
            with pytest.raises(JournalBroken):
                await kept.wait()
            with pytest.raises(JournalBroken):
                journal.put(OTHER, 1, step(record(1)))
            await trio.sleep_forever()


async def test_nothing_is_written_any_more_once_the_disk_has_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of what is written session by session, since a step of one contradicts what is kept."""
    written: list[set[str]] = []

    async def failing(_: Writer, batch: Batch) -> None:
        await trio.lowlevel.checkpoint()
        written.append({row.session for row in batch.steps})
        if len(written) == 1:
            raise sqlite3.IntegrityError("it contradicts")
        error = sqlite3.OperationalError("it fails")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
        raise error

    sessions = [SessionId(f"s{n}") for n in range(3)]
    with refused("see to the disk"):
        async with running(tmp_path) as journal:
            for session in sessions:
                await journal.open(opening(session), 1)
            monkeypatch.setattr(Writer, "write", failing)
            for kept in [journal.put(session, 1, step(record(1))) for session in sessions]:
                with pytest.raises(JournalBroken):
                    await kept.wait()
            await trio.sleep_forever()
    assert [len(each) for each in written] == [3, 1]


@pytest.mark.parametrize(
    ("breaks", "told"), [(True, JournalBroken), (False, JournalError)], ids=["the disk fails", "the server stops"]
)
async def test_whoever_waits_for_what_gathers_is_told_that_it_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, breaks: bool, told: type[JournalError]
) -> None:
    """A preparation waits shielded: it would keep the process from ending."""
    outcomes: dict[str, JournalError | None] = {}

    async def note(what: str, wait: Callable[[], Awaitable[None]]) -> None:
        with trio.move_on_after(5):
            try:
                await wait()
            except JournalError as error:
                outcomes[what] = error
            else:
                outcomes[what] = None

    async with trio.open_nursery() as waiting:
        with refused("see to the disk") if breaks else nullcontext():
            async with running(tmp_path) as journal:
                await journal.open(opening(), 1)
                if breaks:
                    Failing(monkeypatch, sqlite3.SQLITE_IOERR_FSYNC, times=1)
                free = held_back(monkeypatch)
                try:
                    journal.put(S, 1, step(record(1)))
                    await trio.testing.wait_all_tasks_blocked(0.02)
                    kept = journal.put(S, 1, step(record(2)))
                    waiting.start_soon(note, "step", kept.wait)
                    waiting.start_soon(note, "opening", lambda: journal.open(opening(OTHER), 1))
                    waiting.start_soon(note, "flush", lambda: journal.flush())
                    await trio.testing.wait_all_tasks_blocked(0.02)
                finally:
                    free.set()
                if breaks:
                    await trio.sleep_forever()
    assert {what: type(error) for what, error in outcomes.items()} == {
        "step": told,
        "opening": told,
        "flush": type(None),
    }
    with pytest.raises(told):
        journal.put(S, 1, step(record(3)))
    await journal.flush()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE steps SET said = replace(said, 'seq', 'sec') WHERE step = 2",
        "UPDATE steps SET given = x'00' WHERE step = 2",
        "UPDATE steps SET at = 5 WHERE step = 2",
        "DELETE FROM steps WHERE step = 2",
    ],
)
async def test_damage_is_found_and_its_place_named(damage: str, tmp_path: Path) -> None:
    async with running(tmp_path) as journal:
        await journal.open(opening(), 1)
        for seq in (1, 2, 3):
            await put(journal, record(seq))
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute(damage)
    db.close()
    async with running(tmp_path) as journal:
        with pytest.raises(JournalError, match="session s1: step 2 is damaged or missing"):
            await journal.load(S)
        with pytest.raises(JournalError, match="step 2 is damaged or missing"):
            await journal.read(S, 0, at_most=100)


DAMAGED_RESPONSES = [
    "UPDATE responses SET requestid = 'r9' WHERE requestid = 'r1'",
    "UPDATE responses SET seq = 3 WHERE requestid = 'r1'",
    "UPDATE responses SET bytes = 1 WHERE requestid = 'r1'",
]


@pytest.mark.parametrize("damage", DAMAGED_RESPONSES)
async def test_a_request_is_not_executed_twice_because_its_response_is_damaged(damage: str, tmp_path: Path) -> None:
    async with running(tmp_path) as journal:
        await journal.open(opening(), 1)
        await put(journal, record(1, "r1"))
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute(damage)
    db.close()
    async with running(tmp_path) as journal:
        with pytest.raises(JournalError, match=r"session s1: the response to r\d is damaged"):
            await journal.load(S)
        assert isinstance(await journal.response(S, 1), JournalError)


async def test_a_response_that_outlives_its_step_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_of, "TRIM_EVERY", 1)
    async with running(tmp_path, history_messages=1) as journal:
        await journal.open(opening(), 1)
        for seq in (1, 2, 3):
            await journal.put(S, 1, step(record(seq, f"r{seq}"), picture=b"picture")).wait()
        await journal.flush()
    with sqlite3.connect(tmp_path / FILE) as db:
        assert db.execute("UPDATE responses SET text = x'00' WHERE text IS NOT NULL").rowcount > 0
    db.close()
    async with running(tmp_path) as journal:
        found = await journal.response(S, 1)
        assert isinstance(found, JournalError)
        assert "the response to r1 is damaged" in str(found)


async def test_a_session_whose_end_is_damage_is_neither_forgotten_nor_passed_over(tmp_path: Path) -> None:
    async with running(tmp_path) as journal:
        await journal.open(opening(), 1)
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute("UPDATE sessions SET ended = 1.0")
    db.close()
    async with running(tmp_path) as journal:
        await trio.testing.wait_all_tasks_blocked(0.05)
        assert list(await journal.living()) == [S]
        with pytest.raises(JournalError, match="its entry is damaged"):
            await journal.load(S)


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
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute(damage)
    db.close()
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


@pytest.mark.parametrize(
    "damage", ["UPDATE pictures SET picture = x'00'", "DELETE FROM pictures", "UPDATE sessions SET token = x'00'"]
)
async def test_damage_of_what_a_session_begins_with_is_found(damage: str, tmp_path: Path) -> None:
    async with running(tmp_path) as journal:
        await journal.open(opening(), 1)
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute(damage)
    db.close()
    async with running(tmp_path) as journal:
        with pytest.raises(JournalError, match="is damaged or missing"):
            await journal.load(S)


async def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"this is no database " * 100)
    with refused("another folder with --data"):
        async with running(tmp_path):
            pass


async def test_a_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path):
        pass
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute("UPDATE meta SET value = 99 WHERE name = 'format'")
    db.close()
    with refused("format 99, this one knows 2"):
        async with running(tmp_path):
            pass


@pytest.fixture
def of_format_1(tmp_path: Path) -> Path:
    """As the last version wrote it that wrote such: a session that has outgrown its history, and a new one."""
    with sqlite3.connect(tmp_path / FILE) as db:
        db.executescript((Path(__file__).parent / "format_1.sql").read_text())
    db.close()
    return tmp_path


async def test_an_older_file_is_migrated(of_format_1: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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


async def test_the_last_messages_are_at_hand_once_a_session_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also behind a picture, where nothing has to be replayed."""
    async with running(tmp_path) as journal:
        await journal.open(opening(), 1)
        for seq in range(1, 31):
            await journal.put(S, 1, step(record(seq), picture=b"p" if seq == 30 else None)).wait()
    async with running(tmp_path) as journal:
        assert (await journal.load(S)).steps == ()
        monkeypatch.setattr(Store, "read", lambda *_, **__: pytest.fail("it looked into the file"))
        assert await texts(journal, 22) == as_read(*range(23, 31))


@pytest.mark.parametrize("pictures", [(), (30,), (8,), (27,), (2,)])
async def test_a_step_is_read_once_when_a_session_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pictures: tuple[int, ...]
) -> None:
    async with running(tmp_path) as journal:
        await journal.open(opening(), 1)
        for seq in range(1, 31):
            await journal.put(S, 1, step(record(seq), picture=b"p" if seq in pictures else None)).wait()
    numbers: list[int] = []
    sound = store_of.is_sound

    def read(session: str, number: int, *more: Any) -> bool:
        numbers.append(number)
        return sound(session, number, *more)

    monkeypatch.setattr(store_of, "is_sound", read)
    async with running(tmp_path) as journal:
        await journal.load(S)
        behind = range(max(pictures, default=0) + 1, 31)
        assert sorted(numbers) == sorted({*behind, *range(23, 31)})
        monkeypatch.setattr(Store, "read", lambda *_, **__: pytest.fail("it looked into the file"))
        assert await texts(journal, 22) == as_read(*range(23, 31))


async def test_damage_before_the_picture_costs_no_more_than_what_is_at_hand(tmp_path: Path) -> None:
    async with running(tmp_path) as journal:
        await journal.open(opening(), 1)
        for seq in range(1, 11):
            await journal.put(S, 1, step(record(seq), picture=b"p" if seq == 8 else None)).wait()
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute("UPDATE steps SET at = 5 WHERE step = 7")
    db.close()
    async with running(tmp_path) as journal:
        assert len((await journal.load(S)).steps) == 2
        assert journal._sessions[S].tail.behind(8, 100) == [record(9), record(10)]
        assert journal._sessions[S].tail.behind(7, 100) is None
        with pytest.raises(JournalError, match="step 7 is damaged"):
            await journal.read(S, 5, at_most=100)
