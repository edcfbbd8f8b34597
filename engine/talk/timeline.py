"""The sessions of several agents side by side: the time, then a column for each of them.

    time    | agent1                          | agent2
    --------+---------------------------------+--------------------------------
    00:03   | > call from 5550100, order=4711 |
    00:05   | answer ok                       |
            | CONNECTED                       |
    00:09   | consult ok                      |
            | > consult 4002                  |
            |                                 | > call from 4001

`lines` is pure; `Printer` prints each message as it comes.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from engine.talk.digest import FANCY, PLAIN, Entry, Moment, Signs, Teller, entries

WIDTH: Final = 80
_TIME_WIDTH: Final = 7
_BETWEEN: Final = 3
"""A line with a space on either side."""


def lines(
    moments: Iterable[Moment], names: Sequence[str], *, width: int = WIDTH, signs: Signs = FANCY
) -> Iterator[str]:
    """The whole timeline as text, with a column for each of `names`, in their order.

    Raises ValueError for a moment of somebody who has no column.
    """
    layout = _Layout(names, width, signs)
    yield from _text(layout.heading(), width)
    for entry in entries(moments, signs):
        yield from _text(layout.row(entry), width)


class Printer:
    """Prints a timeline message by message, with the signs and colours that the console can show."""

    def __init__(self, console: Console, names: Sequence[str]) -> None:
        signs = PLAIN if console.options.ascii_only else FANCY
        self._console = console
        self._teller = Teller(signs)
        self._layout = _Layout(names, min(console.width, WIDTH), signs)

    def begin(self) -> None:
        """Print the heading."""
        self._console.print(self._layout.heading())

    def note(self, moment: Moment) -> None:
        """Learn from a message without a word, so that what it told is not news later on."""
        self._teller.tell(moment)

    def add(self, moment: Moment) -> None:
        """Print what there is to say of one more message. Raises ValueError when its agent has no column."""
        if entry := self._teller.tell(moment):
            self._console.print(self._layout.row(entry))


class _Layout:
    """Entries as rows of one table; a time that the row above has is left out."""

    def __init__(self, names: Sequence[str], width: int, signs: Signs) -> None:
        self._names = names
        self._signs = signs
        self._column_width = (width - _TIME_WIDTH) // len(names) - _BETWEEN
        self._time = ""

    def heading(self) -> Table:
        return self._table(header=True)

    def row(self, entry: Entry) -> Table:
        if entry.who not in self._names:
            raise ValueError(f"{entry.who} has no column; the columns are {', '.join(self._names)}")
        time, before = _clock(entry.at_s), self._time
        self._time = time
        words = entry.words if self._signs is FANCY else entry.words.encode("ascii", "backslashreplace").decode()
        table = self._table()
        table.add_row(
            "" if time == before else time,
            *(Text(words, style=entry.style) if name == entry.who else "" for name in self._names),
        )
        return table

    def _table(self, *, header: bool = False) -> Table:
        lined = box.MINIMAL if self._signs is FANCY else box.ASCII
        table = Table(box=lined, show_edge=False, pad_edge=False, show_header=header)
        table.add_column("time", width=_TIME_WIDTH, style="dim")
        for name in self._names:
            table.add_column(Text(name, style="bold"), width=self._column_width, overflow="fold")
        return table


def _clock(at_s: float) -> str:
    minutes, seconds = divmod(int(at_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


def _text(table: Table, width: int) -> list[str]:
    page = io.StringIO()
    Console(file=page, width=width, color_system=None, legacy_windows=False).print(table)
    return [line.rstrip() for line in page.getvalue().splitlines()]
