"""What was asked of an adapter, what it answered, and what it told meanwhile: shown where a promise is broken."""

from collections import deque
from collections.abc import Iterator
from typing import Any, Final

import attrs
import trio

KEPT: Final = 400
"""How many of the latest entries are kept; a flood must not fill the memory."""
SHOWN_CHARS: Final = 300


@attrs.frozen
class Entry:
    """One thing that happened: `at_s` after the promise began; `what` is "asks", "answers", "refuses", "tells" …"""

    at_s: float
    who: str
    what: str
    thing: str

    def __str__(self) -> str:
        thing = self.thing if len(self.thing) <= SHOWN_CHARS else f"{self.thing[: SHOWN_CHARS - 1]}…"
        return f"{self.at_s:7.3f}  {self.who:<10} {self.what:<8} {thing}"


class Exchange:
    """The latest entries, in their order."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._begun: float | None = None

    def note(self, who: str, what: str, thing: object) -> None:
        now = trio.current_time()
        self._begun = now if self._begun is None else self._begun
        self._entries.append(Entry(now - self._begun, who, what, _words(thing)))

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def _words(thing: object) -> str:
    """As short as it can be said: of attrs objects only what is otherwise than usual."""
    if isinstance(thing, str):
        return thing
    if isinstance(thing, tuple):
        return f"({', '.join(map(_words, thing))})"
    kind: type[Any] = type(thing)
    if attrs.has(kind):
        parts = (
            f"{field.name}={_words(getattr(thing, field.name))}"
            for field in attrs.fields(kind)
            if field.default is attrs.NOTHING or getattr(thing, field.name) not in (field.default, {})
        )
        return f"{kind.__name__}({', '.join(parts)})"
    return str(thing) if thing is not None else "nothing"
