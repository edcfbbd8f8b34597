"""What people read says what the tables say."""

import re
from enum import StrEnum
from typing import Any

import pytest

from protocol.commands import COMMANDS
from protocol.errors import CHECK_ORDER, FAILURES
from statemachines.capabilities import BY_NAME
from statemachines.diagram import (
    TABLES,
    capabilities_page,
    failure_codes_page,
    in_words,
    markdown_table,
    sequences_page,
    state_diagram,
    steps,
    transition_table,
    transitions_page,
)
from statemachines.sequences import COMMAND_YIELDS, SEQUENCES, Each, Emit, What, When
from statemachines.table import Row, Table, build


class Lamp(StrEnum):
    OFF = "OFF"
    ON = "ON"
    BROKEN = "BROKEN"


def lamp_has_power(_: object) -> bool:
    return True


LAMP = build(
    "lamp",
    Lamp.OFF,
    (
        Row("press", Lamp.OFF, Lamp.ON, lamp_has_power),
        Row("press", Lamp.ON, Lamp.OFF),
        Row("drop", Lamp.ON, Lamp.BROKEN),
    ),
    final=(Lamp.BROKEN,),
)


def cells(page: str) -> list[list[str]]:
    """The rows of all Markdown tables of a page, without the lines under their heads."""
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if line.startswith("| ")]
    return [row for row in rows if set(row[0]) != {"-"}]


def test_a_table_as_a_mermaid_diagram() -> None:
    assert state_diagram(LAMP) == (
        "stateDiagram-v2\n"
        "    [*] --> OFF\n"
        "    OFF --> ON: press [lamp has power]\n"
        "    ON --> OFF: press\n"
        "    ON --> BROKEN: drop\n"
        "    BROKEN --> [*]\n"
    )


def test_a_table_as_markdown() -> None:
    assert cells(transition_table(LAMP)) == [
        ["trigger", "from", "to", "only while"],
        ["`press`", "`OFF`", "`ON`", "lamp has power"],
        ["`press`", "`ON`", "`OFF`", ""],
        ["`drop`", "`ON`", "`BROKEN`", ""],
    ]


def test_a_bar_in_a_cell_does_not_end_the_cell() -> None:
    assert markdown_table(("a",), (("x|y",),)) == "| a |\n| --- |\n| x&#124;y |\n"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.title)
def test_transitions_page_shows_every_row(table: Table[Any]) -> None:
    page = transitions_page()
    assert f"## {table.title}\n\n```mermaid\n{state_diagram(table)}```\n\n{transition_table(table)}" in page
    arrows = re.findall(r"(\S+) --> (\S+): (\w+)", state_diagram(table))
    assert arrows == [(row.source, row.dest, row.trigger) for row in table.rows]


def test_steps_are_indented_below_what_repeats_or_conditions_them() -> None:
    sequence = (
        Emit("a.created"),
        Each("each changed channel", (When("it was active", (Emit("b"),)), Emit("c"))),
        Each("its group, where it has one", (Emit("d"),)),
    )
    assert list(steps(sequence)) == [
        "a.created",
        "for each changed channel:",
        "    if it was active:",
        "        b",
        "    c",
        "for its group, where it has one:",
        "    d",
    ]


@pytest.mark.parametrize("what", What)
def test_sequences_page_shows_every_happening_with_its_commands(what: What) -> None:
    section = sequences_page().partition(f"## {what}\n")[2].partition("\n## ")[0]
    assert "".join(f"{line}\n" for line in steps(SEQUENCES[what])) in section
    told = re.findall(r"`([\w.]+)`", section)
    assert told == [command for command, happens in COMMAND_YIELDS.items() if happens is what]


def test_sequences_page_names_the_commands_that_nothing_follows() -> None:
    last = sequences_page().rpartition("## Nothing")[2]
    assert re.findall(r"`([\w.]+)`", last) == [name for name, happens in COMMAND_YIELDS.items() if happens is None]


def test_capabilities_page_has_every_capability_as_the_table_has_it() -> None:
    rows = {row[0].strip("`"): row[1:] for row in cells(capabilities_page()) if row[0] != "capability"}
    assert set(rows) == set(BY_NAME)
    for name, (opens, feature, ability, holds) in rows.items():
        assert opens == in_words(BY_NAME[name].opens)
        assert feature == (f"`{BY_NAME[name].feature}`" if BY_NAME[name].feature else "")
        assert ability == (f"`{BY_NAME[name].ability}`" if BY_NAME[name].ability else "")
        assert bool(holds) == COMMANDS[name].idempotent
    assert rows["channel.ready"] == ["channel can go ready", "", "", "channel is ready already"]


def test_failure_codes_page_is_in_the_order_of_checking() -> None:
    rows = cells(failure_codes_page())[1:]
    assert [row[0].strip("`") for row in rows] == list(CHECK_ORDER)
    for row, meaning in zip(rows, FAILURES.values(), strict=True):
        assert row[1:] == [
            meaning.text,
            meaning.remedy,
            meaning.fault,
            str(meaning.http),
            "yes" if meaning.from_platform else "",
        ]
