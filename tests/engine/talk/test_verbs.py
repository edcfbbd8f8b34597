"""The words for commands: the table of short ones, and verbs."""

import pytest

from engine.talk.fields import field_at
from engine.talk.lines import ShorthandError
from engine.talk.verbs import SHORTHANDS, forms_of, verb_of
from protocol.commands import COMMANDS


def names(word: str) -> list[str]:
    return [form.name for form in forms_of(word)]


def test_the_frequent_words_are_in_the_table() -> None:
    assert {"say", "answer", "hold", "retrieve", "hangup", "consult", "transfer", "complete"} <= SHORTHANDS.keys()
    assert [row.usage for row in SHORTHANDS.values()][:2] == ["dial NUMBER", "answer"]


@pytest.mark.parametrize("word", SHORTHANDS)
def test_every_row_is_of_commands_there_are_with_keys_they_have(word: str) -> None:
    row = SHORTHANDS[word]
    assert row.word == word
    assert row.meaning
    for form in row.forms:
        assert form.name in COMMANDS
        for key in (*form.takes, *([form.below] if form.below else [])):
            assert field_at(form.command, key) is not None, key


@pytest.mark.parametrize("word", SHORTHANDS)
def test_a_row_hides_no_command_that_has_the_word_as_its_verb(word: str) -> None:
    having = {command.name for command in COMMANDS.values() if verb_of(command) == word}
    mine = {form.name for form in SHORTHANDS[word].forms}
    assert having <= mine | {"interaction.transfer"}
    assert having <= mine


@pytest.mark.parametrize(
    ("name", "verb"),
    [
        ("channel.ready", "ready"),
        ("session.request.getdirectory", "getdirectory"),
        ("interaction.message.send", "message.send"),
        ("interaction.recording.start", "recording.start"),
        ("prepareSession", "prepareSession"),
    ],
)
def test_a_verb_is_the_name_without_the_kind(name: str, verb: str) -> None:
    assert verb_of(COMMANDS[name]) == verb


def test_every_command_has_its_name_and_its_verb() -> None:
    for command in COMMANDS.values():
        assert names(command.name) == [command.name]
        assert command.name in names(verb_of(command))


@pytest.mark.parametrize(
    ("verb", "meant"),
    [
        ("ready", ["channel.ready", "channelgroup.ready"]),
        ("deactivate", ["channel.deactivate", "channelgroup.deactivate"]),
        ("release", ["conversation.release", "interaction.release"]),
        ("accept", ["interaction.accept"]),
    ],
)
def test_a_verb_of_several_commands_means_the_innermost_first(verb: str, meant: list[str]) -> None:
    assert names(verb) == meant


def test_an_unknown_word_brings_those_that_look_like_it() -> None:
    with pytest.raises(ShorthandError, match=r"^column 1: there is no command anser; did you mean answer"):
        forms_of("anser", 1)
    with pytest.raises(ShorthandError, match=r"^there is no command hodl; did you mean hold\?$"):
        forms_of("hodl")
