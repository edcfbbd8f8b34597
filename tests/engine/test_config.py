"""Every wrong file is refused with the file, the key and what to do."""

from pathlib import Path

import pytest

from engine.config import ConfigError, demo, load, refuse_demo_off_loopback

GOOD = '[[agents]]\nid = "ada"\npassword = "x"\n[[simulator.agents]]\nid = "ada"\nextension = "4001"\n'


def write(folder: Path, text: str) -> Path:
    file = folder / "ixp.toml"
    file.write_text(text)
    return file


def test_a_file_says_what_differs_from_the_defaults(tmp_path: Path) -> None:
    settings = load(write(tmp_path, "debug = true\n[sessions]\nnot_ready_after_s = 5\n" + GOOD))
    assert settings.sessions.not_ready_after_s == 5.0
    assert settings.sessions.logout_after_s == 300.0
    assert [agent.id for agent in settings.agents] == ["ada"]
    assert settings.debug
    assert settings.core().not_ready_after_s == 5.0
    assert settings.core().debug


def test_the_password_is_not_shown(tmp_path: Path) -> None:
    assert "secret-word" not in repr(load(write(tmp_path, GOOD.replace('"x"', '"secret-word"'))))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nonsense = 1\nnonsense", ["is not TOML", "key/value pair"]),
        ("[listen]\nhost = 5\n" + GOOD, ["listen.host", "expected text, got a number"]),
        ('[listen]\nagent_port = "8765"\n' + GOOD, ["listen.agent_port", "expected a whole number"]),
        ("[listen]\nagent_port = 70000\n" + GOOD, ["listen", "agent_port must be a port", "70000"]),
        ("[listen]\nport = 1\n" + GOOD, ["listen", "has no port", "agent_port"]),
        ("[limits]\nsend_s = 0\n" + GOOD, ["limits", "send_s must be above 0"]),
        ("[sessions]\nlogout_after_s = nan\n" + GOOD, ["sessions", "logout_after_s must be above 0 and finite"]),
        ("[limits]\nrequests_per_s = 0.5\n" + GOOD, ["limits", "requests_per_s must be at least 1"]),
        ('log_level = "loud"\n' + GOOD, ["log_level must be one of", "info", "loud"]),
        ("[simulater]\n" + GOOD, ["the file: has no simulater", "simulator"]),
        (GOOD.replace('"x"', '""'), ["agents[0].password", "is empty"]),
        (GOOD + '[[agents]]\nid = "bob"\npassword = "x"\n', ["agents[1].id", "the simulator knows no bob"]),
        ("", ["agents", "add [[agents]]"]),
        ('[[agents]]\nid = "ada"\n', ["agents[0].password", "is required"]),
        ('[[agents]]\nid = "ada"\npassword = "y"\n' + GOOD, ["agents[1].id", "ada is there twice"]),
        (GOOD + 'groups = ["Nowhere"]\n', ["simulator.agents[0].groups", "Nowhere"]),
        ("[platform]\ncall_timeout_s = true\n" + GOOD, ["platform.call_timeout_s", "expected a number, got a boolean"]),
    ],
)
def test_a_wrong_file_names_file_key_and_remedy(tmp_path: Path, text: str, words: list[str]) -> None:
    file = write(tmp_path, text)
    with pytest.raises(ConfigError) as error:
        load(file)
    message = str(error.value)
    assert message.startswith(f"{file}: ")
    for word in words:
        assert word in message


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "none.toml")
    file = tmp_path / "latin.toml"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="UTF-8"):
        load(file)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_the_demo_is_served_on_loopback(host: str) -> None:
    refuse_demo_off_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com", ""])
def test_the_demo_is_refused_elsewhere_and_the_message_says_what_to_configure(host: str) -> None:
    with pytest.raises(ConfigError, match="--config"):
        refuse_demo_off_loopback(host)


def test_the_demo_is_as_promised() -> None:
    settings = demo()
    assert [agent.id for agent in settings.agents] == [f"agent{n}" for n in range(1, 51)]
    assert [agent.extension for agent in settings.simulator.agents] == [str(4000 + n) for n in range(1, 51)]
    assert [group.name for group in settings.simulator.groups] == ["Default"]
    assert {agent.password for agent in settings.agents} == {"demo"}
    assert (settings.listen.host, settings.listen.agent_port, settings.listen.http_port) == ("127.0.0.1", 8765, 8080)
