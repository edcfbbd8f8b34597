"""What can be told from the mark of a journal that was not closed."""

import json
import shutil
from pathlib import Path

import pytest

from engine.journal import unclosed
from engine.journal.sqlite import FILE
from engine.journal.unclosed import MARK, mark_closed, mark_open, may_have_lost
from engine.journal.wal import wal_of
from tests.contracts.journal import opening, put, record
from tests.engine.journal.test_sqlite import refused, running


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
