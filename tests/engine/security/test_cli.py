"""`ixp users`, as people type it."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import argon2
import attrs
import pytest
from typer.testing import CliRunner, Result

from engine.security import cli
from engine.security.cli import app
from engine.security.directory import read_directory

PASSWORD = "a good password\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "people.json"


def users(file: Path, *arguments: str, said: str = "", status: int = 0) -> Result:
    result = CliRunner().invoke(app, [*arguments, "--file", str(file)], input=said)
    assert result.exit_code == status, result.output
    return result


def verifies(hashed: str | None, secret: str) -> bool:
    try:
        return argon2.PasswordHasher().verify(hashed or "", secret)
    except argon2.exceptions.VerificationError:
        return False


def test_people_are_added_with_passwords_from_standard_input(file: Path) -> None:
    users(file, "add", "ada", "--name", "Ada", said=PASSWORD)
    users(file, "add", "grace", "--role", "supervisor", "--team", "ada", "--team", "bob", said="another password\n")
    ada, grace = read_directory(file).people
    assert verifies(ada.hash, "a good password")
    assert (ada.name, ada.role, ada.team) == ("Ada", "agent", None)
    assert (grace.role, grace.team) == ("supervisor", ("ada", "bob"))
    assert "good" not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600


def test_operators_and_services_get_a_key_that_is_shown_once(file: Path) -> None:
    result = users(file, "add", "crm", "--role", "service")
    id_, _, secret = result.stdout.strip().partition(".")
    assert id_ == "crm"
    assert len(secret) >= 40
    assert verifies(read_directory(file).people[0].hash, secret)
    assert secret not in file.read_text()


def test_a_new_secret_ends_the_old_one(file: Path) -> None:
    users(file, "add", "ada", said=PASSWORD)
    users(file, "passwd", "ada", said="something else\n")
    (ada,) = read_directory(file).people
    assert verifies(ada.hash, "something else")
    assert not verifies(ada.hash, "a good password")


def test_a_team_is_changed_and_all_else_stays(file: Path) -> None:
    users(file, "add", "crm", "--role", "service", "--team", "ada")
    (before,) = read_directory(file).people
    for arguments, new in ((["ada", "bob"], ("ada", "bob")), (["--all"], None), (["bob"], ("bob",))):
        users(file, "team", "crm", *arguments)
        assert read_directory(file).people == (attrs.evolve(before, team=new),)


def test_the_revoked_stay_listed_and_can_be_let_in_again(file: Path) -> None:
    users(file, "add", "ada", said=PASSWORD)
    users(file, "revoke", "ada")
    users(file, "revoke", "--jti", "stolen")
    users(file, "revoke", "never-seen")
    directory = read_directory(file)
    assert [(each.id, each.revoked is not None, each.hash) for each in directory.people] == [
        ("ada", True, None),
        ("never-seen", True, None),
    ]
    assert [each.jti for each in directory.revoked_tokens] == ["stolen"]
    assert "revoked" in users(file, "passwd", "ada", said=PASSWORD, status=2).stderr
    users(file, "add", "ada", said=PASSWORD)
    assert read_directory(file).people[0].revoked is None


def test_the_list_is_for_people_and_for_programs_and_has_no_hashes(file: Path) -> None:
    users(file, "add", "ada", said=PASSWORD)
    users(file, "add", "olga", "--role", "operator")
    users(file, "add", "zoe", "--token-only")
    users(file, "revoke", "--jti", "stolen")
    shown = users(file, "list").stdout
    rows = [json.loads(line) for line in users(file, "list", "--json").stdout.splitlines()]
    assert [(row["id"], row["opens"]) for row in rows[:3]] == [("ada", "password"), ("olga", "key"), ("zoe", "token")]
    assert rows[3]["jti"] == "stolen"
    for word in ("ada", "agent", "olga", "operator", "token stolen revoked"):
        assert word in shown
    assert "argon2" not in shown + json.dumps(rows)


@pytest.mark.parametrize(
    ("arguments", "said", "words"),
    [
        (["add", "ada"], PASSWORD, "is there already"),
        (["add", "bob"], "short\n", "less than 8 characters"),
        (["add", "bob"], "", "less than 8 characters"),
        (["add", "a b", "--role", "service"], "", "letters, digits"),
        (["add", "", "--token-only"], "", "people[0].id: expected text of 1 to 128 characters; give another value"),
        (["add", "x" * 129, "--token-only"], "", "is left as it is"),
        (["add", "bob", "--token-only", "--name", ""], "", "is left as it is"),
        (["add", "b\udcff", "--token-only"], "", "is left as it is"),
        (["revoke", ""], "", "is left as it is"),
        (["passwd", "bob"], PASSWORD, "ixp users list"),
        (["team", "bob", "ada"], "", "ixp users list"),
        (["team", "ada", "bob"], "", "agents have none"),
        (["team", "ada"], "", "or give --all"),
        (["team", "ada", "bob", "--all"], "", "or give --all"),
        (["remove", "bob"], "", "ixp users list"),
        (["revoke"], "", "--jti"),
        (["revoke", "ada", "--jti", "stolen"], "", "leave ada out"),
        (["revoke", "ada", "--jti", "stolen"], "", "leave --jti out"),
    ],
)
def test_what_cannot_be_done_says_what_can(file: Path, arguments: Sequence[str], said: str, words: str) -> None:
    users(file, "add", "ada", said=PASSWORD)
    before = file.read_text()
    assert words in users(file, *arguments, said=said, status=2).stderr
    assert file.read_text() == before


def test_the_servers_file_says_where_and_how_and_changes_are_audited(tmp_path: Path) -> None:
    config = tmp_path / "ixp.toml"
    config.write_text(
        '[identity]\nfile = "people.json"\naudit_file = "audit.jsonl"\n'
        "[identity.hashing]\nmemory_kib = 64\ntime_cost = 1\n"
    )
    changes = (
        *(["add", "ada"], ["passwd", "ada"], ["revoke", "ada"], ["revoke", "--jti", "stolen"], ["remove", "ada"]),
        *(["add", "grace", "--role", "supervisor"], ["team", "grace", "ada"]),
    )
    for arguments in changes:
        result = CliRunner().invoke(app, [*arguments, "--config", str(config)], input=PASSWORD)
        assert result.exit_code == 0, result.output
        if arguments[0] in ("add", "passwd"):
            assert "m=64,t=1" in (tmp_path / "people.json").read_text()
    records = (tmp_path / "audit.jsonl").read_text()
    kinds = ["user_added", "user_secret_changed", "user_revoked", "token_revoked", "user_removed"]
    kinds += ["user_added", "user_team_changed"]
    told = [json.loads(line) for line in records.splitlines()]
    assert [each["event"] for each in told] == kinds
    assert (told[-1]["who"], told[-1]["team"]) == ("grace", ["ada"])
    assert "good" not in records
    assert "argon2" not in records


def test_every_change_is_confirmed_in_a_line(file: Path) -> None:
    barred = "was not in the directory; barred all the same, for whoever has a token"
    for arguments, line in (
        (["add", "ada"], "ada: added as agent"),
        (["passwd", "ada"], "ada: has a new password"),
        (["revoke", "ada"], "ada: revoked"),
        (["add", "ada"], "ada: added as agent again; they had been revoked"),
        (["remove", "ada"], "ada: removed"),
        (["revoke", "baa"], f"baa: {barred}"),
        (["revoke", "baa"], "baa: revoked"),
        (["remove", "baa"], "baa: removed; the revocation is forgotten, and tokens of theirs open again"),
        (["revoke", "--jti", "stolen"], "token stolen: revoked"),
        (["add", "grace", "--role", "supervisor"], "grace: added as supervisor"),
        (["team", "grace", "ada", "bob"], "grace: leads ada, bob"),
        (["team", "grace", "--all"], "grace: leads all agents"),
        (["add", "olga", "--role", "operator", "--token-only"], "olga: added as operator"),
    ):
        done = users(file, *arguments, said=PASSWORD)
        assert done.stdout.splitlines() == [line]
        assert done.stderr == ""


def test_standard_output_has_a_key_alone_and_the_confirmation_goes_beside(file: Path) -> None:
    for arguments, line in (
        (["add", "crm", "--role", "service"], "crm: added as service; this is the key, which is shown this once:"),
        (["passwd", "crm"], "crm: has a new key; this is the key, which is shown this once:"),
    ):
        done = users(file, *arguments)
        assert done.stderr.splitlines() == [line]
        (key,) = done.stdout.splitlines()
        assert key.startswith("crm.")


CONFIG = """
[identity]
file = "people.json"
[identity.hashing]
memory_kib = 64
time_cost = 1
[[agents]]
id = "agent1"
password = "demo"
[[supervisors]]
id = "grace"
password = "demo"
[[operators]]
id = "olga"
key = "plain-key-of-many-letters"
[[simulator.agents]]
id = "agent1"
extension = "4001"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "ixp.toml"
    path.write_text(CONFIG)
    return path


def with_config(config: Path, *arguments: str, said: str = PASSWORD) -> Result:
    return CliRunner().invoke(app, [*arguments, "--config", str(config)], input=said)


@pytest.mark.parametrize("id_", ["agent1", "grace", "olga"])
@pytest.mark.parametrize(
    "command", [["add"], ["passwd"], ["revoke"], ["team", "--all"]], ids=lambda command: command[0]
)
def test_who_stands_in_the_servers_file_is_changed_there(config: Path, command: list[str], id_: str) -> None:
    refused = with_config(config, *command, id_, said="")
    assert refused.exit_code == 2
    assert f"{id_}: stands in the configuration file {config}; take it out there first" in refused.stderr
    assert not (config.parent / "people.json").exists()
    config.write_text("[[agents")
    assert "is not TOML" in with_config(config, *command, id_).stderr


def test_who_stands_in_both_places_is_removed_from_the_directory(config: Path) -> None:
    file = config.parent / "people.json"
    for id_ in ("agent1", "zoe"):
        users(file, "add", id_, "--token-only")
    for removed, left in (("agent1", ["zoe"]), ("zoe", [])):
        done = with_config(config, "remove", removed)
        assert done.exit_code == 0, done.output
        assert [each.id for each in read_directory(file).people] == left


def test_who_is_removed_is_as_if_never_there(file: Path) -> None:
    users(file, "add", "ada", said=PASSWORD)
    users(file, "revoke", "bob")
    users(file, "remove", "bob")
    assert [each.id for each in read_directory(file).people] == ["ada"]
    help_ = " ".join(CliRunner().invoke(app, ["remove", "--help"]).stdout.split())
    assert "revocation is forgotten" in help_


def test_one_place_must_be_named(file: Path) -> None:
    result = CliRunner().invoke(app, ["list"])
    assert result.exit_code == 2
    assert "--config" in result.stderr


def test_hashes_for_the_servers_file() -> None:
    result = CliRunner().invoke(app, ["hash"], input=PASSWORD)
    assert verifies(result.stdout.strip(), "a good password")
    key, hashed = CliRunner().invoke(app, ["hash", "--key", "--id", "tester"]).stdout.split()
    assert key.startswith("tester.")
    assert verifies(hashed, key.partition(".")[2])


def test_it_is_a_command_of_ixp(file: Path) -> None:
    command = [sys.executable, "-m", "engine", "users", "add", "zoe", "--token-only", "--file", str(file)]
    subprocess.run(command, check=True)
    assert read_directory(file).people[0].id == "zoe"
    assert cli.KEY_BYTES >= 32
