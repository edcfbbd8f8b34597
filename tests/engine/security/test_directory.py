"""Every wrong file is refused with the file, the key and what to do; a written one is whole, and its owner's alone."""

import multiprocessing
import os
from pathlib import Path

import pytest

from engine.config import ConfigError
from engine.security.directory import Directory, Entry, changing, open_to_others, read_directory, write_directory
from engine.security.hashing import make_hash
from engine.security.settings import Hashing, Role

HASH = make_hash("x", Hashing(memory_kib=8, time_cost=1))
ADA = Entry(id="ada", role=Role.AGENT, hash=HASH)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "people.json"
    people = (ADA, Entry(id="grace", role=Role.SUPERVISOR, name="Grace", team=("ada",), revoked="now"))
    write_directory(file, Directory(people=people))
    assert read_directory(file) == Directory(people=people)
    assert HASH not in repr(read_directory(file))


def test_it_is_its_owners_alone_and_nothing_is_left_over(tmp_path: Path) -> None:
    file = tmp_path / "people.json"
    before = os.umask(0)
    try:
        for _ in range(2):
            write_directory(file, Directory(people=(ADA,)))
            assert file.stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(before)
    assert not open_to_others(file)
    assert [each.name for each in tmp_path.iterdir()] == ["people.json"]
    file.chmod(0o640)
    assert open_to_others(file)


def test_it_keeps_owner_and_mode_of_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "people.json"
    write_directory(file, Directory())
    file.chmod(0o640)
    owners: list[tuple[int, int]] = []
    with monkeypatch.context() as patch:
        patch.setattr(os, "fchown", lambda _, owner, group: owners.append((owner, group)))
        write_directory(file, Directory(people=(ADA,)))
    before = file.stat()
    assert owners == [(before.st_uid, before.st_gid)]
    assert before.st_mode & 0o777 == 0o640

    def denied(*_: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "fchown", denied)
    write_directory(file, Directory())
    assert file.stat().st_mode & 0o777 == 0o600  # its group is another, perhaps


def test_the_lock_belongs_to_whom_the_file_belongs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or its owner could change nothing any more, once root has."""
    file = tmp_path / "people.json"
    write_directory(file, Directory())
    owned: list[tuple[str, int, int]] = []

    def own(number: int, owner: int, group: int) -> None:
        owned.append((Path(f"/proc/self/fd/{number}").readlink().name, owner, group))

    monkeypatch.setattr(os, "fchown", own)
    with changing(file):
        pass
    before = file.stat()
    assert owned == [(".people.json.lock", before.st_uid, before.st_gid)]


def test_a_write_that_fails_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "people.json"
    write_directory(file, Directory(people=(ADA,)))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigError, match="cannot be written"):
        write_directory(file, Directory())
    assert read_directory(file).people == (ADA,)
    assert [each.name for each in tmp_path.iterdir()] == ["people.json"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["not valid JSON", "backup"]),
        ('{"version": 1, "version": 1}', ["twice"]),
        ('{"version": 2}', ["version", "is 2", "update"]),
        ('{"version": "1"}', ["version", "expected a whole number"]),
        ("[]", ["the file", "expected an object"]),
        ('{"persons": []}', ["the file", "has no persons", "people"]),
        ('{"people": [{"id": "ada"}]}', ["people[0].role", "is required"]),
        ('{"people": [{"id": "ada", "role": "boss"}]}', ["people[0].role", "expected one of agent"]),
        ('{"people": [{"id": "", "role": "agent"}]}', ["people[0].id", "1 to 128 characters"]),
        ('{"people": [{"id": "ada", "role": "agent", "hash": "demo"}]}', ["people[0].hash", "ixp users passwd ada"]),
        (
            '{"people": [{"id": "ada", "role": "agent", "hash": "$argon2id$v=19$m=8,t=1,p=1$jwWoNeGy2veAvFYK$t9NdJ"}]}',
            ["people[0].hash", "argon2 cannot check (decoding failed)", "ixp users hash", "ixp users passwd ada"],
        ),
        ('{"people": [{"id": "a.b", "role": "service"}]}', ["people[0].id", "letters, digits"]),
        ('{"people": [{"id": "ada", "role": "agent", "team": ["bob"]}]}', ["people[0].team", "take it out"]),
        (
            '{"people": [{"id": "ada", "role": "agent"}, {"id": "ada", "role": "operator"}]}',
            ["people[1].id", "ada is there twice"],
        ),
        ('{"revoked_tokens": [{"jti": 5, "at": "now"}]}', ["revoked_tokens[0].jti", "expected text"]),
    ],
)
def test_a_wrong_file_names_file_key_and_remedy(tmp_path: Path, text: str, words: list[str]) -> None:
    file = tmp_path / "people.json"
    file.write_text(text)
    with pytest.raises(ConfigError) as error:
        read_directory(file)
    message = str(error.value)
    assert message.startswith(f"{file}: ")
    for word in words:
        assert word in message


def test_a_file_that_is_not_there_says_how_it_is_made(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="ixp users add"):
        read_directory(tmp_path / "none.json")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_directory(tmp_path)


def test_a_change_that_is_given_up_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "people.json"
    with pytest.raises(ConfigError), changing(file) as held:
        held[0] = Directory(people=(ADA,))
        raise ConfigError
    assert not file.exists()


def _add(file: Path, number: int) -> None:
    with changing(file) as held:
        held[0] = held[0].with_entry(Entry(id=f"agent{number}", role=Role.AGENT))


def test_writers_take_turns(tmp_path: Path) -> None:
    file = tmp_path / "people.json"
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_add, args=(file, number)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert {each.id for each in read_directory(file).people} == {f"agent{number}" for number in range(4)}
