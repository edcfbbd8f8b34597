"""Hypothesis strategies for what comes from outside: JSON, requests as clients write them, and a platform's words."""

import functools
import string
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from hypothesis import strategies as st

from protocol.commands import COMMANDS, MISSPELT
from protocol.errors import FAILURES, FailureCode
from protocol.strictjson import INTEGER_LIMIT

JsonObject = dict[str, Any]

T = TypeVar("T")


def one_in(n: int) -> st.SearchStrategy[bool]:
    """True once in `n` times or so."""
    return st.integers(0, n - 1).map(lambda drawn: drawn == n - 1)


class Dice:
    """Choices among what is at hand. Where a failing example is made shorter, the first choice is the simplest.

    Several choices are the digits of one number that is drawn: to draw costs more than what most walks do with it.
    """

    def __init__(self, draw: Callable[[st.SearchStrategy[int]], int], numbers: Iterator[int]) -> None:
        self._draw, self._numbers = draw, numbers
        self._drawn, self._room = 0, 1

    def below(self, n: int) -> int:
        if self._room < n * EVENLY:
            self._drawn, self._room = self._draw(_drawable), DRAWN_BELOW
        self._room //= n
        self._drawn, digit = divmod(self._drawn, n)
        return digit

    def pick(self, options: Sequence[T]) -> T:
        return options[self.below(len(options))]

    def one_in(self, n: int) -> bool:
        """True once in `n` times or so."""
        return self.below(n) == n - 1

    def some(self, options: Sequence[T]) -> list[T]:
        """Any of them, in their order."""
        chosen = self.below(2 ** len(options))
        return [option for n, option in enumerate(options) if chosen >> n & 1]

    def fresh(self) -> int:
        """A number that never came before."""
        return next(self._numbers)


DRAWN_BELOW, EVENLY = 2**24, 64
"""Hypothesis draws evenly below the first; with so much room left, the digits come out evenly enough."""

_drawable = st.integers(0, DRAWN_BELOW - 1)


@st.composite
def rolled(draw: st.DrawFn, make: Callable[[Dice], T], numbers: Iterator[int]) -> T:
    """What `make` makes of the dice; `numbers` are those that its fresh things are named by."""
    return make(Dice(draw, numbers))


# JSON

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
"""Text that JSON can carry here: no NUL, no lone surrogate."""

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-INTEGER_LIMIT, INTEGER_LIMIT)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)

json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)

# The platform's words. Few names, so that they meet.

endpoints = st.sampled_from([f"400{n}" for n in range(1, 9)])
group_names = st.sampled_from(["Default", "Sales", "Service"])
reasons = st.none() | st.sampled_from(["LUNCH", "MEETING"])
PLATFORM_CODES = tuple(code for code, meaning in FAILURES.items() if meaning.from_platform)


# Requests


def commands_of(kind: str, verb: str = "") -> st.SearchStrategy[str]:
    """Canonical names of the session's commands whose object kind and verb begin so."""
    names = [row.name for row in COMMANDS.values() if row.kind is not None]
    return st.sampled_from([name for name in names if name.startswith(kind) and name.split(".")[1].startswith(verb)])


@functools.cache
def names_of(command: str) -> tuple[str, ...]:
    """The canonical name, and every alias that the alias rule and the misspellings give it."""
    found = [command]
    if command in COMMANDS:
        kind, *verbs = command.split(".")
        verb = ".".join(verbs).removeprefix("request.")
        found += [f"{kind}.{verb}", f"{kind}.request.{verb}"]
        found += [wrong for wrong, right in MISSPELT.items() if right == command]
    return tuple(found)


def spellings(name: str) -> st.SearchStrategy[str]:
    return st.sampled_from(names_of(name))


ids = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=8)

requestids = st.text(string.ascii_letters, min_size=1, max_size=128)

no_targets: st.SearchStrategy[Any] = st.sampled_from(
    ["", ".", "s1.", "s1..c1", "s1 c1", "a.b.c.d.e.f", "x" * 513, "s1\n", 5, None, [], {}]
)
"""What no target can be."""

unknown_commands = st.sampled_from(
    [
        "",
        "session",
        "session.",
        "session.fly",
        "channel.reddy",
        "session.request.start.now",
        "channel.request",
        "Session.start",
    ]
)

REFUSALS = (*PLATFORM_CODES, FailureCode.TIMEOUT)
"""How a call can fail: refused by the platform, or out of time."""
