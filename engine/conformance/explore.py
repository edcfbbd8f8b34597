"""A random walk at a live server, in stories; and the shortest story that still breaks the rule that one broke."""

import itertools
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import attrs
import trio

from engine.conformance.deeds import Break, Chooser, Deed, Happening, Request, Story
from engine.conformance.desk import Session
from engine.conformance.openings import opening
from engine.conformance.runner import Place, agent_names
from engine.conformance.shrink import shortest
from engine.conformance.teller import CannotTell, Done, Next, Told, again, tell
from engine.conformance.tidy import MOST, way_out

STORY: Final = 40
"""So many deeds are chosen; then a story goes to its end, by what is announced as open."""
TRIES: Final = 3
"""How often a story is told again before it counts as one that breaks nothing by itself."""


COMMANDS, PLATFORM, OTHER = SORTS = ("commands", "at the platform", "besides")
"""What the deeds of a walk are counted by."""


@attrs.frozen(kw_only=True)
class Walked:
    """How far it went. `broken`: the first story in which a rule was broken, and the place where it was told."""

    steps: int
    stories: int
    broken: tuple[Told, Place] | None = None
    counts: Mapping[tuple[str, str], int] = MappingProxyType({})
    """How often what was done, by its sort and name."""


@attrs.define
class Walk:
    """So many deeds in all, by several agents at once. `tell_of` is given how many are done."""

    place: Place
    steps: int
    seed: int
    sessions: int = 1
    tell_of: Callable[[int], None] = lambda done: None
    _done: int = 0
    _stories: int = 0
    _counts: Counter[tuple[str, str]] = attrs.field(factory=Counter)
    _broken: tuple[Told, Place] | None = None
    _cannot: CannotTell | None = None

    async def run(self) -> Walked:
        """Until a rule is broken. Raises CannotTell."""
        async with trio.open_nursery() as nursery:
            for number in range(1, self.sessions + 1):
                names = {**self.place.names, **agent_names(self.place.names, number)}
                nursery.start_soon(self._walk, attrs.evolve(self.place, names=names), number)
        if self._cannot is not None:
            raise self._cannot
        return Walked(steps=self._done, stories=self._stories, broken=self._broken, counts=self._counts)

    async def _walk(self, place: Place, number: int) -> None:
        chance = random.Random(f"{self.seed}/{number}")  # noqa: S311 - no secrets
        while self._done < self.steps and self._broken is None and self._cannot is None:
            try:
                told = await tell(place, by_chance(chance, place, min(STORY, self.steps - self._done)))
            except CannotTell as error:
                self._cannot = error
                return
            self._done += max(1, len(told.done))
            self._stories += 1
            self._counts.update(_sorted(done) for done in told.done)
            self.tell_of(self._done)
            if told.broken is not None and self._broken is None:
                self._broken = (told, place)


def _sorted(done: Done) -> tuple[str, str]:
    """Its sort, and what it is counted as."""
    match done:
        case Done(given=None):
            return OTHER, "not possible"
        case Done(deed=Request(command=command)):
            return COMMANDS, command.partition(".")[0]
        case Done(deed=Happening(deed=deed)):
            return PLATFORM, deed
        case Done(deed=Break()):
            return OTHER, "connections lost"
        case _:
            return OTHER, "pauses"


def by_chance(chance: random.Random, place: Place, count: int) -> Next:
    """An opening, so many deeds with it, the same for the same chance, and then those that lead to the end."""
    chooser, numbers = Chooser(chance, place.driver.deeds), itertools.count(1)
    first = opening(chance, place.driver.deeds)

    def next_(session: Session, story: Story) -> Deed | None:
        number = next(numbers)
        if number <= min(len(first), count):
            return first[number - 1]
        if number <= count:
            return chooser.choose(number, session, story)
        if number > count + MOST or (found := way_out(session)) is None:
            return None
        command, target = found
        return Request(number=number, command=command, at=story.ref(target))

    return next_


@attrs.define
class Shrinking:
    """`tell_of` is given how often the story was told again, and how many deeds the shortest one has so far."""

    place: Place
    told: Told
    tell_of: Callable[[int, int], None] = lambda tellings, deeds: None
    tellings: int = 0

    async def run(self) -> bool:
        """Does it break the rule again? `told` is the shortest story then, else what it was. Raises CannotTell."""
        for _ in range(TRIES):
            if await self._breaks(self.told.deeds):
                await shortest(self.told.deeds, self._breaks)
                return True
        return False

    async def _breaks(self, deeds: Sequence[Deed]) -> bool:
        told = await tell(self.place, again(deeds))
        self.tellings += 1
        same = told.broken is not None and self.told.broken is not None and told.broken.rule == self.told.broken.rule
        if same:
            self.told = told
        self.tell_of(self.tellings, len(self.told.done))
        return same
