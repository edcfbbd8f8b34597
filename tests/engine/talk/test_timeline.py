"""Several sessions side by side, in 80 columns."""

import io

import pytest
from rich.console import Console

from engine.talk.digest import PLAIN, Moment
from engine.talk.timeline import Printer, lines
from tests.engine.talk.fake_server import STARTED, JsonObject
from tests.engine.talk.story import (
    ANSWERED,
    CAROL,
    CHAT,
    CHAT_OFFERED,
    CHAT_STARTED,
    COMPLETED,
    CONSULTING,
    HUNG_UP,
    RINGING,
    event,
    message,
    phone,
)
from tests.engine.talk.test_digest import done


def at(at_s: float, who: str, *messages: JsonObject) -> list[Moment]:
    return [Moment(at_s=at_s, who=who, message=each) for each in messages]


DAY = [
    *at(0, "agent1", done("session.start"), *STARTED),
    *at(0.4, "agent2", done("session.start"), *STARTED),
    *at(2, "agent1", done("channel.ready"), *phone("READY")),
    *at(5, "agent1", *RINGING),
    *at(8, "agent1", done("conversation.answer"), *ANSWERED),
    *at(12, "agent1", done("interaction.consult"), *CONSULTING),
    *at(12, "agent2", *RINGING),
    *at(70, "agent1", done("conversation.release"), *HUNG_UP),
    *at(80, "agent1", done("interaction.complete"), *COMPLETED),
    *at(3700, "agent2", *CHAT_OFFERED, *CHAT_STARTED),
]


def test_the_timeline_of_two_agents() -> None:
    assert [*lines(DAY, ["agent1", "agent2"])] == [
        "time    │ agent1                            │ agent2",
        "────────┼───────────────────────────────────┼──────────────────────────────────",
        "00:00   │ start ✓                           │",
        "        │                                   │ start ✓",
        "00:02   │ ready ✓                           │",
        "        │ READY                             │",
        "00:05   │ ▸ call from +15550100 (Anna       │",
        "        │ Moss), order=4711, queue=Sales,   │",
        '        │ customer.name="Anna Moss",        │',
        "        │ customer.since=2019               │",
        "00:08   │ answer ✓                          │",
        "        │ CONNECTED                         │",
        "00:12   │ consult ✓                         │",
        "        │ HELD                              │",
        "        │ ▸ consult 4002                    │",
        "        │                                   │ READY",
        "        │                                   │ ▸ call from +15550100 (Anna",
        "        │                                   │ Moss), order=4711, queue=Sales,",
        '        │                                   │ customer.name="Anna Moss",',
        "        │                                   │ customer.since=2019",
        "01:10   │ hangup ✓                          │",
        "        │ ENDED                             │",
        "        │ ended: RELEASED, wrap-up          │",
        "        │ WORK                              │",
        "01:20   │ complete ✓                        │",
        "        │ completed, RESOLVED, is happy     │",
        "        │ now, wrap-up 10 s                 │",
        "        │ READY                             │",
        "1:01:40 │                                   │ ▸ chat from Carol, topic=Refund",
        "        │                                   │ Carol: Is anybody there?",
        "        │                                   │ STARTED",
    ]


def test_without_unicode_the_timeline_is_ascii() -> None:
    told = [*lines(DAY, ["agent1", "agent2"], signs=PLAIN)]
    assert told[:3] == [
        "time    | agent1                            | agent2",
        "--------+-----------------------------------+----------------------------------",
        "00:00   | start ok                          |",
    ]
    assert "00:05   | > call from +15550100 (Anna       |" in told
    said = event("interaction.message.added", CHAT, message=message("x1", CAROL, "Grüße ✓"))
    assert [*lines(at(0, "ada", said), ["ada"], signs=PLAIN)][-1] == "00:00   | Carol: Gr\\xfc\\xdfe \\u2713"
    assert "".join(told).isascii()


@pytest.mark.parametrize("names", [["agent1"], ["agent1", "agent2"], ["agent1", "agent2", "agent3"]])
@pytest.mark.parametrize("width", [80, 60])
def test_no_line_is_longer_and_nothing_is_lost(names: list[str], width: int) -> None:
    long = "https://www.example.org/a/very/long/address/that/no/column/can/hold and then some words of a common length"
    said = event("interaction.message.added", CHAT, message=message("x1", CAROL, long))
    told = [*lines(at(0, names[-1], said), names, width=width)]
    assert max(map(len, told)) <= width
    column = told[0].index(names[-1])
    assert "".join(line[column:] for line in told[2:]).replace(" ", "") == f"Carol: {long}".replace(" ", "")
    assert all(not line[8:column].strip(" │") for line in told[2:])


def test_whoever_has_no_column_is_missed() -> None:
    with pytest.raises(ValueError, match=r"^ben has no column; the columns are ada, cleo$"):
        list(lines(at(0, "ben", done("channel.ready")), ["ada", "cleo"]))


class Ascii(io.StringIO):
    encoding = "ascii"


class Utf(io.StringIO):
    encoding = "utf-8"


def test_what_was_noted_before_is_no_news() -> None:
    screen = Utf()
    printer = Printer(Console(file=screen, width=200), ["agent1", "agent2"])
    for moment in DAY:
        printer.note(moment)
    assert screen.getvalue() == ""


@pytest.mark.parametrize(
    ("screen", "shown"),
    [
        (Ascii(), "00:02   | ready ok                          |"),
        (Utf(), "00:02   │ ready ✓                           │"),
    ],
)
def test_a_printer_shows_each_message_as_it_comes_as_the_terminal_can(screen: io.StringIO, shown: str) -> None:
    printer = Printer(Console(file=screen, width=200), ["agent1", "agent2"])
    printer.begin()
    assert len(screen.getvalue().splitlines()) == 2
    for number, moment in enumerate(DAY):
        before = screen.getvalue()
        printer.add(moment)
        if number == 0:
            assert "start" in screen.getvalue().removeprefix(before)
    told = [line.rstrip() for line in screen.getvalue().splitlines()]
    assert shown in told
    signs = {"signs": PLAIN} if isinstance(screen, Ascii) else {}
    assert told == [*lines(DAY, ["agent1", "agent2"], **signs)]


def test_a_printer_colours_where_the_terminal_can() -> None:
    screen = Utf()
    printer = Printer(Console(file=screen, width=80, force_terminal=True, color_system="standard"), ["agent1"])
    printer.add(DAY[0])
    assert "\x1b[32mstart ✓" in screen.getvalue()
