"""The sequences of the kit are written from the pages; they say the same as the tables that the server runs on."""

from typing import Any, Final

import pytest

from engine.conformance.blocks import sequences
from engine.conformance.data import read_yaml
from engine.conformance.grammar import Each, Event, InGroup, Items, Many, Maybe, OneOf
from statemachines import sequences as tables
from statemachines.sequences import COMMAND_YIELDS, SEQUENCES, What

RELATIONS: Final[dict[str, tuple[str, str]]] = {
    "each group": ("each", "channelgroup"),
    "each channel": ("each", "channel"),
    "its group, where it has one": ("grouped", "channelgroup"),
    "each removed channel": ("each", "channel"),
    "each changed channel": ("each", "channel"),
    "each interaction": ("each", "interaction"),
    "each conversation": ("each", "conversation"),
    "its channel": ("here", "channel"),
    "its interaction": ("here", "interaction"),
    "each member": ("many", "conversation"),
    "each member that left": ("many", "conversation"),
    "each member that joined": ("many", "conversation"),
    "each conversation that changed": ("each", "conversation"),
    "each conversation that ended": ("each", "conversation"),
    "the conversation that is the primary now": ("each", "conversation"),
    "each new conversation": ("each", "conversation"),
    "the group of its channel, where commands opened or closed to it": ("maybe", "channelgroup"),
}
"""How the grammar has each relation of the tables, and what is at hand within."""

SUBJECTS: Final = {
    What.SESSION_INITIALIZED: "session",
    What.SESSION_DISPOSED: "session",
    What.NOTREADY_REASONS_LISTED: "session",
    What.LOGOUT_REASONS_LISTED: "session",
    What.GROUP_ADDED: "channelgroup",
    What.GROUP_REMOVED: "channelgroup",
    What.GROUP_CHANNELS_CHANGED: "channelgroup",
    What.CHANNEL_ADDED: "channel",
    What.CHANNEL_REMOVED: "channel",
    What.CHANNEL_LOGIN_CHANGED: "channel",
    What.CHANNEL_AGENT_CHANGED: "channel",
    What.DISPOSITIONS_LISTED: "channel",
}
"""What the others are about is an interaction."""

ANYTHING: Final = What.COMMANDS_CHANGED
"""Told of whatever object it is; its sequence is one state.updated."""

ONLY_ASKED_FOR: Final = {
    What.SESSION_INITIALIZED,
    What.GROUP_CHANNELS_CHANGED,
    What.EMAIL_ANSWERED,
    What.NOTREADY_REASONS_LISTED,
    What.LOGOUT_REASONS_LISTED,
    What.DISPOSITIONS_LISTED,
}


def of_tables(steps: tuple[tables.Step, ...], kind: str) -> list[Any]:
    """The steps in plain lists."""
    found: list[Any] = []
    for step in steps:
        match step:
            case tables.Emit(event):
                found.append(f"{event} {kind}")
            case tables.Each(relation, inner):
                how, within = RELATIONS[relation]
                plain = of_tables(inner, within)
                found += plain if how == "here" else [(how, *plain)]
            case tables.When(_, inner):
                found.append(("maybe", *of_tables(inner, kind)))
    return found


def of_grammar(items: Items) -> list[Any]:
    """The items in plain lists. One of several events is each of them, perhaps: the tables say it so."""
    found: list[Any] = []
    for item in items:
        match item:
            case Event(name, kind):
                found.append(f"{name} {kind}")
            case Maybe(inner):
                found.append(("maybe", *of_grammar(inner)))
            case Many(inner):
                found.append(("many", *of_grammar(inner)))
            case InGroup(inner):
                found.append(("grouped", *of_grammar(inner)))
            case Each(_, _, inner):
                found.append(("each", *of_grammar(inner)))
            case OneOf(choices):
                found += [("maybe", *of_grammar(choice)) for choice in choices]
    return found


@pytest.mark.parametrize("what", sorted(set(What) - {ANYTHING}), ids=str)
def test_a_happening_is_told_as_the_tables_say(what: What) -> None:
    expected = of_tables(SEQUENCES[what], SUBJECTS.get(what, "interaction"))
    assert of_grammar(sequences().happenings[what]) == expected


def test_there_are_no_other_happenings() -> None:
    assert set(sequences().happenings) == set(What)
    assert SEQUENCES[ANYTHING] == (tables.Emit("state.updated"),)
    (choice,) = sequences().happenings[ANYTHING]
    assert isinstance(choice, OneOf)
    assert {each.name for (each,) in choice.choices if isinstance(each, Event)} == {"state.updated"}


def test_what_is_told_unasked() -> None:
    assert set(read_yaml("blocks.yaml")["unsolicited"]) == set(What) - ONLY_ASKED_FOR


def test_commands_make_happen_what_the_tables_say() -> None:
    given = read_yaml("blocks.yaml")["commands"]
    happens = {
        name: row["happens"] if isinstance(row["happens"], str) else row["happens"][0] for name, row in given.items()
    }
    assert happens == {name: str(what) for name, what in COMMAND_YIELDS.items() if what is not None}


def test_what_must_be_told_is_part_of_what_happens() -> None:
    for name, row in read_yaml("blocks.yaml")["commands"].items():
        told = str([of_grammar(items) for items in sequences().commands[name].happens])
        assert all(each.split(" ")[0] in told for each in row.get("tells", ()))
