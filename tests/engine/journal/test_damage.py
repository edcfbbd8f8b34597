"""A session of which something is damaged: it is found, its place is named, and nothing is passed over."""

import sqlite3
from pathlib import Path

import pytest
import trio

from engine.journal import sqlite as journal_of
from engine.journal.spi import JournalError
from engine.journal.sqlite import FILE
from tests.contracts.journal import S, opening, put, record, step
from tests.engine.journal.running import change, running


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
    change(tmp_path, damage)
    async with running(tmp_path) as journal:
        with pytest.raises(JournalError, match="session s1: step 2 is damaged or missing"):
            await journal.load(S)
        with pytest.raises(JournalError, match="step 2 is damaged or missing"):
            await journal.read(S, 0, at_most=100)


DAMAGED_RESPONSES = [
    "UPDATE responses SET session = 's0' WHERE requestid = 'r1'",  # which leaves the order of the rows as it was
    "DELETE FROM responses WHERE requestid = 'r1'",
    "UPDATE responses SET requestid = 'r9' WHERE requestid = 'r1'",
    "UPDATE responses SET seq = 3 WHERE requestid = 'r1'",
    "UPDATE responses SET bytes = 1 WHERE requestid = 'r1'",
]


@pytest.mark.parametrize("damage", DAMAGED_RESPONSES)
async def test_a_request_is_not_executed_twice_because_its_response_is_damaged(damage: str, tmp_path: Path) -> None:
    async with running(tmp_path) as journal:
        await journal.open(opening(), 1)
        await put(journal, record(1, "r1"))
    change(tmp_path, damage)
    async with running(tmp_path) as journal:
        with pytest.raises(JournalError, match=r"s1: (the response with seq \d|one of the responses) is damaged"):
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
        assert "the response with seq 1 is damaged" in str(found), "of a requestid the log says nothing"


async def test_a_session_whose_end_is_damage_is_neither_forgotten_nor_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_of, "FORGET_FIRST_S", 0.0)
    async with running(tmp_path) as journal:
        await journal.open(opening(), 1)
    change(tmp_path, "UPDATE sessions SET ended = 1.0")
    async with running(tmp_path) as journal:
        await trio.testing.wait_all_tasks_blocked(0.05)
        assert list(await journal.living()) == [S]
        with pytest.raises(JournalError, match="its entry is damaged"):
            await journal.load(S)


@pytest.mark.parametrize(
    "damage", ["UPDATE pictures SET picture = x'00'", "DELETE FROM pictures", "UPDATE sessions SET token = x'00'"]
)
async def test_damage_of_what_a_session_begins_with_is_found(damage: str, tmp_path: Path) -> None:
    async with running(tmp_path) as journal:
        await journal.open(opening(), 1)
    change(tmp_path, damage)
    async with running(tmp_path) as journal:
        with pytest.raises(JournalError, match="is damaged or missing"):
            await journal.load(S)


async def test_damage_before_the_picture_costs_no_more_than_what_is_at_hand(tmp_path: Path) -> None:
    async with running(tmp_path) as journal:
        await journal.open(opening(), 1)
        for seq in range(1, 11):
            await journal.put(S, 1, step(record(seq), picture=b"p" if seq == 8 else None)).wait()
    change(tmp_path, "UPDATE steps SET at = 5 WHERE step = 7")
    async with running(tmp_path) as journal:
        assert len((await journal.load(S)).steps) == 2
        assert journal._sessions[S].tail.behind(8, 100) == [record(9), record(10)]
        assert journal._sessions[S].tail.behind(7, 100) is None
        with pytest.raises(JournalError, match="step 7 is damaged"):
            await journal.read(S, 5, at_most=100)
