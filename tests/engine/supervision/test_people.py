"""Supervisors in the configuration, and their passwords: specs/supervision.md, "Who"."""

from pathlib import Path

import pytest

from engine.config import ConfigError, Supervisor, demo, load
from engine.security.identities import Identities

AGENTS = (
    '[[agents]]\nid = "ada"\npassword = "x"\n[[simulator.agents]]\nid = "ada"\nextension = "4001"\n'
    '[[agents]]\nid = "bob"\npassword = "x"\n[[simulator.agents]]\nid = "bob"\nextension = "4002"\n'
)
GRACE = '[[supervisors]]\nid = "grace"\npassword = "secret-word"\n'


def write(folder: Path, text: str) -> Path:
    file = folder / "ixp.toml"
    file.write_text(text)
    return file


def test_a_file_may_name_supervisors(tmp_path: Path) -> None:
    settings = load(
        write(tmp_path, AGENTS + GRACE + GRACE.replace("grace", "hedy") + 'name = "Hedy"\nteam = ["bob"]\n')
    )
    assert settings.supervisors == (
        Supervisor(id="grace", password="secret-word"),
        Supervisor(id="hedy", password="secret-word", name="Hedy", team=("bob",)),
    )
    assert "secret-word" not in repr(settings)
    assert load(write(tmp_path, AGENTS)).supervisors == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[[supervisors]]\nid = "grace"\n', ["supervisors[0].password", "is required"]),
        ('[[supervisors]]\npassword = "x"\n', ["supervisors[0].id", "is required"]),
        ('[[supervisors]]\nid = ""\npassword = "x"\n', ["supervisors[0].id", "text of 1 to 128 characters"]),
        (GRACE.replace("secret-word", ""), ["supervisors[0].password", "is empty; give grace one"]),
        (GRACE + GRACE, ["supervisors[1].id", "grace is there twice; remove one"]),
        (GRACE.replace("grace", "bob"), ["supervisors[0].id", "bob is an agent", "an id of their own"]),
        (GRACE + "team = []\n", ["supervisors[0].team", "is empty", "leave it out for all"]),
        (GRACE + 'team = ["ada", "eve"]\n', ["supervisors[0].team[1]", "there is no agent eve", "[[agents]]"]),
        (GRACE + 'team = "ada"\n', ["supervisors[0].team", "expected an array"]),
        (GRACE + 'name = ""\n', ["supervisors[0].name", "text of 1 to 128 characters"]),
        (GRACE + 'teams = ["ada"]\n', ["supervisors[0]", "has no teams", "team"]),
    ],
)
def test_a_wrong_one_is_refused_with_key_and_remedy(tmp_path: Path, text: str, words: list[str]) -> None:
    file = write(tmp_path, AGENTS + text)
    with pytest.raises(ConfigError) as error:
        load(file)
    message = str(error.value)
    assert message.startswith(f"{file}: ")
    for word in words:
        assert word in message
    assert "secret-word" not in message


def test_the_demo_has_one_for_all_agents() -> None:
    (supervisor,) = demo().supervisors
    assert (supervisor.id, supervisor.password, supervisor.team) == ("supervisor1", "demo", None)
    assert supervisor.id not in {agent.id for agent in demo().agents}


async def test_passwords_of_supervisors_open_to_supervisors_alone() -> None:
    settings = demo()
    who = Identities(settings.agents, settings.supervisors)
    found = await who.supervisor("supervisor1", "demo")
    assert found is not None
    assert (found.id, found.name, found.team) == ("supervisor1", "Supervisor 1", None)
    assert await who.supervisor("agent1", "demo") is None
    assert not await who.verify("supervisor1", "demo")
    for supervisor, password in (
        ("supervisor1", "Demo"),
        ("supervisor1", ""),
        ("bob", "demo"),
        ("bob", "\0"),
        ("", ""),
    ):
        assert await who.supervisor(supervisor, password) is None
