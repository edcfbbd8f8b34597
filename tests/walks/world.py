"""The model's world: the things of one session, and how a request is played on them.

A request is played from its beginning on a copy of the world with the platform's outcomes so far. Where one more is
needed, the play ends with the call to be made; where none is, with what the client must be told. So there is no
state in the middle of a request, and what a refusal must leave unchanged is the copy thrown away.
"""

import copy
import math
from collections.abc import Callable, Iterator
from typing import Any, Self

import attrs

from protocol.platform import Feature
from tests.walks.words import Ask, Asks, Denied, Fail, Granted, Settled, Thing


@attrs.define
class World:
    """One session. Facts are those of the platform's reports."""

    features: frozenset[Feature]
    session: Thing
    wanted: tuple[str, ...] = ()
    watched: bool = False
    """The platform was asked to watch the agent, and so must be asked to log the agent out."""
    state: str = "PREPARED"
    things: list[Thing] = attrs.field(factory=list)
    """Groups, channels, interactions and conversations, in the order of their making."""
    now: float = 0.0
    not_ready_at: float = math.inf
    logout_at: float = math.inf
    believed: bool = False
    """The platform's last outcome was an answer that was taken in: what it told before that is older."""
    _outcomes: Iterator[Granted | Denied] = attrs.field(factory=lambda: iter(()), repr=False)

    # Looking

    def groups(self) -> list[Thing]:
        return self.of("channelgroup", self.session)

    def channels(self, parent: Thing | None = None) -> list[Thing]:
        """Those of one parent; or all, the groups' ones first."""
        if parent is not None:
            return self.of("channel", parent)
        return [channel for owner in (*self.groups(), self.session) for channel in self.channels(owner)]

    def interactions(self, channel: Thing | None = None) -> list[Thing]:
        """Those of one channel; or all, in the order of the channels."""
        if channel is not None:
            return self.of("interaction", channel)
        return [interaction for channel in self.channels() for interaction in self.interactions(channel)]

    def legs(self, interaction: Thing) -> list[Thing]:
        return self.of("conversation", interaction)

    def of(self, kind: str, parent: Thing) -> list[Thing]:
        return [thing for thing in self.things if thing.parent is parent and thing.kind == kind]

    def find(self, target: str) -> Thing | None:
        return next((thing for thing in (self.session, *self.things) if thing.target == target), None)

    def channel_at(self, endpoint: str) -> Thing | None:
        return next((channel for channel in self.channels() if channel["endpoint"] == endpoint), None)

    # Playing

    def play(self, action: Callable[[Self], Settled], outcomes: list[Granted | Denied]) -> tuple[Self, Asks | Settled]:
        """What `action` leads to after these outcomes, and the world that it leaves."""
        world = self._copied()
        world._outcomes = iter(outcomes)
        try:
            return world, action(world)
        except Ask as question:
            self.watched |= question.asks.call == "StartAgent"
            self.believed = bool(outcomes) and isinstance(outcomes[-1], Granted)
            return self, question.asks
        except Fail as failure:
            self.believed = False
            return self, Settled(codes=failure.codes)

    def ask(self, call: str, **fields: Any) -> Any:
        outcome = next(self._outcomes, None)
        if outcome is None:
            raise Ask(call, fields)
        self.now = self.now if outcome.at is None else outcome.at
        self.believed = isinstance(outcome, Granted)
        if isinstance(outcome, Denied):
            raise Fail(outcome.code, by_platform=True)
        return outcome.value

    def _copied(self) -> Self:
        twins: dict[Thing, Thing] = {}

        def twin(thing: Thing) -> Thing:
            if thing not in twins:
                twins[thing] = made = Thing(thing.kind, thing.target)
                made.parent = thing.parent and twin(thing.parent)
                made.facts = {
                    fact: twin(value) if isinstance(value, Thing) else value for fact, value in thing.facts.items()
                }
            return twins[thing]

        world = copy.copy(self)
        world.session = twin(self.session)
        world.things = [twin(thing) for thing in self.things]
        return world
