"""Every wrong file is refused with the file, the key and what to do."""

from pathlib import Path

import pytest

from engine.config import ConfigError, demo, load, plain_secrets, refuse_demo_off_loopback
from engine.security.hashing import make_hash
from engine.security.settings import Hashing

GOOD = '[[agents]]\nid = "ada"\npassword = "x"\n[[simulator.agents]]\nid = "ada"\nextension = "4001"\n'


ALONE = "engine.adapters.simulator.alone:open_adapter"


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
        ('[adapters]\nadapter = "sip"\n' + GOOD, ["adapters: there may be several", "write [[adapters]]"]),
        ('[simulator.groups]\nname = "Sales"\n', ["simulator.groups: there may be several", "[[simulator.groups]]"]),
        ('[[adapters]]\nadapter = "nosuch"\n' + GOOD, ["adapters[0].adapter: there is no adapter nosuch", "simulator"]),
        ('[[adapters]]\nadapter = "no.such:thing"\n' + GOOD, ["adapters[0].adapter", "no.such cannot be imported"]),
        ('[[adapters]]\nadapter = "json:nothing"\n' + GOOD, ["adapters[0].adapter", "json has no nothing"]),
        ('[[adapters]]\nadapter = "json:__doc__"\n' + GOOD, ["adapters[0].adapter", "is no function"]),
        ('[[adapters]]\nadapter = "simulator"\nchannels = ["Fax"]\n' + GOOD, ["adapters[0].channels[0]", "TELEPHONY"]),
        (f'[[adapters]]\nadapter = "{ALONE}"\nsettings.x = 1\n' + GOOD, ["adapters[0].settings: has no x"]),
        ('[[adapters]]\nadapter = "simulator"\nsettings.x = 1\n' + GOOD, ["adapters[0].settings", "[simulator]"]),
        ('[[adapters]]\nadapter = "simulator"\n' * 2 + GOOD, ["adapters[1].name: simulator is there twice"]),
        ('[[adapters]]\nadapter = ":x"\n' + GOOD, ["adapters[0].adapter", "MODULE:ATTRIBUTE"]),
        ('[[adapters]]\nadapter = "./tiny:open"\n' + GOOD, ["adapters[0].adapter: ./tiny:open", "MODULE:ATTRIBUTE"]),
        ('[[adapters]]\nadapter = "json:dumps"\n' + GOOD, ["adapters[0].adapter", "takes (settings, folder)"]),
        ('[[adapters]]\nadapter = "simulator"\nchannels = []\n' + GOOD, ["adapters[0].channels", "leave it out"]),
        (
            '[[adapters]]\nadapter = "simulator"\n[[adapters]]\nadapter = "simulator"\nname = "b"\n' + GOOD,
            ["adapters[1].adapter", "there is one simulator", ALONE],
        ),
        (
            '[[adapters]]\nadapter = "simulator"\n' + GOOD.replace('"ada"', '"bob"', 1),
            ["agents[0].id: the simulator knows no bob"],
        ),
        ('[[adapters]]\nname = "x"\n' + GOOD, ["adapters[0].adapter: is required; kinds are csta, link"]),
        ('[[adapters]]\nadaptor = "x"\n' + GOOD, ["adapters[0].adapter: is required", "has no adaptor", "csta, link"]),
        (
            '[[adapters]]\nadapter = "link"\n[[adapters.settings]]\nport = 1\n' + GOOD,
            ["adapters.settings: there is one: write [adapters.settings], in single brackets"],
        ),
        ("[[limits]]\nsend_s = 1\n" + GOOD, ["limits: there is one: write [limits], in single brackets"]),
        ('[[adapters]]\nadapter = "link"\nsettings = [5]\n' + GOOD, ["adapters[0].settings: expected an object"]),
        (
            '[[adapters]]\nadapter = "link"\nsettings.start_timeout_s = 1\n' + GOOD,
            ["adapters[0].settings: has no start_timeout_s", "; put start_timeout_s in [platform]"],
        ),
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


HASH = make_hash("x", Hashing(memory_kib=8, time_cost=1))
HASHED = GOOD.replace('password = "x"', f'password_hash = "{HASH}"')
OPERATOR = '[[operators]]\nid = "tester"\n'
TOKENS = '[identity.tokens]\nkeys = "keys.json"\nissuer = "i"\naudience = "a"\n'


def test_hashes_stand_in_place_of_secrets_and_plain_ones_are_found(tmp_path: Path) -> None:
    settings = load(write(tmp_path, HASHED + OPERATOR + f'key_hash = "{HASH}"\n'))
    assert plain_secrets(settings) == []
    assert HASH not in repr(settings)
    settings = load(write(tmp_path, GOOD + OPERATOR + 'key = "a key of many letters"\n'))
    assert plain_secrets(settings) == ["agents[0].password", "operators[0].key"]


def test_paths_are_taken_from_the_folder_of_the_file(tmp_path: Path) -> None:
    text = (
        '[listen]\ntls_certificate = "c.pem"\ntls_key = "/k.pem"\n[identity]\nfile = "p.json"\naudit_file = "a.jsonl"\n'
    )
    settings = load(write(tmp_path, text + TOKENS + GOOD))
    assert settings.listen.tls_certificate == str(tmp_path / "c.pem")
    assert settings.listen.tls_key == "/k.pem"
    assert settings.identity.file == str(tmp_path / "p.json")
    assert settings.identity.audit_file == str(tmp_path / "a.jsonl")
    assert settings.identity.tokens is not None
    assert settings.identity.tokens.keys == str(tmp_path / "keys.json")
    url = load(write(tmp_path, TOKENS.replace("keys.json", "https://login.example/keys") + GOOD)).identity.tokens
    assert url is not None
    assert url.keys == "https://login.example/keys"


@pytest.mark.parametrize("text", ['[identity]\nfile = "people.json"\n', TOKENS])
def test_who_has_a_directory_or_tokens_needs_no_agents_in_the_file(tmp_path: Path, text: str) -> None:
    supervisor = '[[supervisors]]\nid = "grace"\npassword = "x"\nteam = ["somebody"]\n'
    assert load(write(tmp_path, text + supervisor)).agents == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD.replace('"x"', f'"x"\npassword_hash = "{HASH}"'), ["agents[0].password", "beside password_hash"]),
        (GOOD.replace('password = "x"', 'password_hash = "x"'), ["agents[0].password_hash", "ixp users hash"]),
        (GOOD + OPERATOR, ["operators[0].key", "key_hash"]),
        (GOOD + OPERATOR.replace("tester", "a b") + f'key_hash = "{HASH}"\n', ["operators[0].id", "letters, digits"]),
        (GOOD + OPERATOR + 'key = "short"\n', ["operators[0]", "16 characters"]),
        ('[listen]\norigins = ["desk.example"]\n' + GOOD, ["listen.origins[0]", "https://desk.example"]),
        ('[listen]\ntls_key = "k.pem"\n' + GOOD, ["listen.tls_certificate", "is missing"]),
        (TOKENS + 'algorithms = ["HS256"]\n' + GOOD, ["identity.tokens", "must be some of RS256", "HS256"]),
        (TOKENS + '[identity.tokens.roles]\nx = "boss"\n' + GOOD, ["identity.tokens.roles", "one of agent"]),
        ("[identity.hashing]\nmemory_kib = 7\n" + GOOD, ["identity.hashing", "at least 8"]),
        ("[identity.lockout]\nfailures = 0\n" + GOOD, ["identity.lockout", "at least 1"]),
    ],
)
def test_wrong_identity_names_file_key_and_remedy(tmp_path: Path, text: str, words: list[str]) -> None:
    test_a_wrong_file_names_file_key_and_remedy(tmp_path, text, words)
