"""The registry of commands: specs/protocol.md, "Commands", and the alias rule of "What is refused"."""

import pytest

from protocol.commands import COMMANDS, MISSPELT, PROPERTY_ALIASES, Command, Credentials, Resume, find_command
from protocol.ids import ObjectKind

OF_OBJECTS = [row for row in COMMANDS.values() if row.kind is not None]


@pytest.mark.parametrize("row", OF_OBJECTS, ids=lambda row: row.name)
def test_the_alias_rule_goes_both_ways(row: Command) -> None:
    kind, _, verb = row.name.partition(".")
    verb = verb.removeprefix("request.")
    assert find_command(row.name) is row
    assert find_command(f"{kind}.{verb}") is row
    assert find_command(f"{kind}.request.{verb}") is row


@pytest.mark.parametrize(
    "name",
    [
        "interaction.recording",
        "interaction.start",
        "interaction.request.start",
        "interaction.recording.request.start",
        "interaction.recording.start.request",
        "interaction.request.request.recording.start",
        "interaction.request.screenshot",
        "interaction.screenshot",
        "session.request.request.getdirectory",
        "conversation.recording.start",
    ],
)
def test_a_dotted_verb_stays_whole(name: str) -> None:
    assert find_command(name) is None


@pytest.mark.parametrize("row", OF_OBJECTS, ids=lambda row: row.name)
def test_the_prefix_names_the_kind_of_object(row: Command) -> None:
    assert row.name.split(".")[0] == row.kind


@pytest.mark.parametrize(("wrong", "right"), MISSPELT.items())
def test_misspelt_names_are_aliases(wrong: str, right: str) -> None:
    assert wrong == "session.request.externalnotredyreasons"
    assert find_command(wrong) is COMMANDS[right]


@pytest.mark.parametrize("name", ["prepareSession", "bindSession", "unbindSession"])
def test_the_service_phase_has_no_object_and_no_aliases(name: str) -> None:
    assert find_command(name) is COMMANDS[name]
    assert COMMANDS[name].kind is None
    assert find_command(f"session.{name}") is None
    assert find_command(f"request.{name}") is None


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "session",
        "session.",
        "session.request",
        "session.request.",
        "session.request.request.start",
        "session.start.request",
        "Session.start",
        "session.START",
        " session.start",
        "channel.start",
        "start",
    ],
)
def test_other_names_are_no_commands(name: str) -> None:
    assert find_command(name) is None


def test_aliases_are_of_properties_that_exist() -> None:
    for kind, aliases in PROPERTY_ALIASES.items():
        names = {field.name for field in kind.__attrs_attrs__}
        assert set(aliases.values()) <= names
        assert not set(aliases) & names


def test_only_those_are_idempotent_whose_wish_can_hold_already() -> None:
    assert {row.name for row in COMMANDS.values() if row.idempotent} == {
        "channel.ready",
        "channelgroup.activate",
        "channelgroup.deactivate",
        "channelgroup.activateall",
        "channelgroup.deactivateall",
        "interaction.recording.start",
        "interaction.recording.stop",
    }


def test_every_kind_of_object_with_commands_is_known() -> None:
    assert {row.kind for row in OF_OBJECTS} <= set(ObjectKind)


def test_secrets_are_not_shown() -> None:
    assert "hush" not in repr(Credentials(id="agent1", password="hush"))
    assert "hush" not in repr(Resume(token="hush", epoch=1, seq=0))
