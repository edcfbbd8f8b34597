"""What sessions under load do: named pieces, and how often each comes."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, repeat
from math import gcd, lcm
from types import MappingProxyType
from typing import Final

import attrs

from engine.bench.desks import Asked, request

MOST: Final = 1_000
"""The greatest weight."""


@attrs.frozen
class Step:
    """A command, the object of the session that it is for, and how many messages it causes with its response."""

    command: str
    target: str
    answers: int


@attrs.frozen
class Piece:
    """Its steps are taken in turns."""

    about: str
    steps: Sequence[Step]


PIECES: Final[Mapping[str, Piece]] = MappingProxyType(
    {
        "ready": Piece(
            "a channel goes ready and not ready: the platform is called, two events follow",
            (Step("channel.ready", ".c1", 3), Step("channel.notready", ".c1", 3)),
        ),
        "directory": Piece("the directory is asked for", (Step("session.request.getdirectory", "", 1),)),
        "reasons": Piece(
            "the not-ready reasons are asked for, and come as an event",
            (Step("session.request.externalnotreadyreasons", "", 2),),
        ),
        "dispositions": Piece(
            "the dispositions of a channel are asked for, and come as an event",
            (Step("channel.externaldispositions", ".c1", 2),),
        ),
    }
)
READY: Final[Mapping[str, int]] = MappingProxyType({"ready": 1})


class NoMix(ValueError):
    """It cannot be read; the message says how to write one."""


def read_mix(text: str) -> Mapping[str, int]:
    """`ready=8,directory=1`: weights by name. Raises NoMix."""
    found: dict[str, int] = {}
    for part in text.split(","):
        name, _, weight = part.strip().partition("=")
        if name not in PIECES:
            raise NoMix(f"there is no {name or 'piece without a name'}; take some of {', '.join(PIECES)}")
        if name in found:
            raise NoMix(f"{name} is there twice; give it once")
        if not (weight.isascii() and weight.isdecimal() and 1 <= int(weight) <= MOST):
            raise NoMix(f"{part.strip()} has no weight; write {name}= and a whole number from 1 to {MOST:,}")
        found[name] = int(weight)
    return found


def asks(mix: Mapping[str, int], session: str, place: int) -> Sequence[Asked]:
    """The requests of a session, over and over; the one at that place among the others begins elsewhere in the mix."""
    made = {
        step: Asked(request(step.command, f"{session}{step.target}"), step.answers)
        for name in mix
        for step in PIECES[name].steps
    }
    cycle = list(_cycle(mix))
    cycle = cycle[place % len(cycle) :] + cycle[: place % len(cycle)]
    turns = dict.fromkeys(mix, 0)
    found = []
    for name in chain.from_iterable(repeat(cycle, _rounds(mix, cycle))):
        steps = PIECES[name].steps
        found.append(made[steps[turns[name] % len(steps)]])
        turns[name] += 1
    return found


def messages_of(mix: Mapping[str, int]) -> float:
    """How many messages a command is, in and out, as a mean of the mix."""
    asked = asks(mix, "", 0)
    return sum(1 + each.answers for each in asked) / len(asked)


def _cycle(mix: Mapping[str, int]) -> Iterator[str]:
    """Each name as often as its weight says, and as far from itself as can be."""
    shared = gcd(*mix.values())
    weights = {name: weight // shared for name, weight in mix.items()}
    total = sum(weights.values())
    credit = dict.fromkeys(weights, 0)
    for _ in range(total):
        for name, weight in weights.items():
            credit[name] += weight
        name = max(credit, key=lambda each: credit[each])
        credit[name] -= total
        yield name


def _rounds(mix: Mapping[str, int], cycle: Sequence[str]) -> int:
    """After so many cycles every piece is at its first step again."""
    steps = {name: len(PIECES[name].steps) for name in mix}
    return lcm(*(steps[name] // gcd(steps[name], cycle.count(name)) for name in mix))
