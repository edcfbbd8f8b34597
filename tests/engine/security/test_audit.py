import json
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from structlog.testing import capture_logs

from engine.security.audit import Audit


def test_records_are_lines_of_a_file_that_is_its_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    audit = Audit(file)
    audit.good("login", who="ada\nbob", role="agent")
    audit.bad("login_failed", who="ada")
    first, second = map(json.loads, file.read_text().splitlines())
    assert (first["event"], first["who"]) == ("login", "ada\nbob")
    assert second["event"] == "login_failed"
    assert first["at"] <= second["at"]
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_file_that_was_moved_away_is_begun_anew(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    audit = Audit(file)
    audit.good("login")
    file.rename(tmp_path / "audit.1")
    audit.good("login")
    assert len(file.read_text().splitlines()) == 1


def test_no_secret_gets_in(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    Audit(file).good("login", who="ada", password="secret-word", more={"token": "secret-word"})
    assert "secret-word" not in file.read_text()


def test_a_file_that_cannot_be_written_is_said_once_and_stops_nobody(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    audit = Audit(folder / "audit.jsonl")
    with capture_logs() as logs:
        audit.good("login")
        audit.good("login")
        folder.mkdir()
        audit.good("login")
    errors = [log for log in logs if log["log_level"] == "error"]
    assert [error["event"] for error in errors] == ["audit_file_failed"]
    assert "identity.audit_file" in errors[0]["remedy"]
    assert len([log for log in logs if log["event"] == "login"]) == 3
    assert (folder / "audit.jsonl").exists()


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """The kernel writes files up to this size, and what goes beyond is cut short."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_record_that_is_cut_short_is_a_failure_and_the_next_begins_a_line(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    audit = Audit(file)
    audit.good("login", who="ada")
    size = file.stat().st_size
    with capture_logs() as logs:
        with room_for(size + 20):
            audit.good("login", who="bob")
            audit.good("login", who="bob")
        audit.good("login", who="cleo")
        audit.good("login", who="dan")
    (error,) = [log for log in logs if log["log_level"] == "error"]
    assert error["event"] == "audit_file_failed"
    assert error["why"].startswith("20 of ")
    assert "room on its disk" in error["remedy"]
    first, half, *rest = file.read_text().splitlines()
    assert len(half) == 20
    assert [json.loads(line)["who"] for line in (first, *rest)] == ["ada", "cleo", "dan"]


def test_a_pipe_is_waited_for_by_nobody(tmp_path: Path) -> None:
    file = tmp_path / "audit.pipe"
    os.mkfifo(file)
    audit = Audit(file)
    with capture_logs() as logs:
        audit.good("login", who="ada")
        reader = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
        try:
            audit.good("login", who="bob")
            assert json.loads(os.read(reader, 1000))["who"] == "bob"
            for _ in range(2_000):  # more than a pipe holds
                audit.good("login", who="cleo")
        finally:
            os.close(reader)
    errors = [log for log in logs if log["log_level"] == "error"]
    assert [error["event"] for error in errors] == ["audit_file_failed"] * 2
    assert "reads it" in errors[0]["remedy"]


def test_half_a_record_of_a_process_before_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    file.write_text('{"at": "2026-')
    Audit(file).good("login", who="ada")
    half, line = file.read_text().splitlines()
    assert half == '{"at": "2026-'
    assert json.loads(line)["who"] == "ada"
