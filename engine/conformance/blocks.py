"""Whether the events of a session come in the promised sequences: after each response its own, and between requests
those of what the platform tells. The sequences stand in specs/conformance/blocks.yaml.
"""

import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import attrs

from engine.conformance.broken import demand
from engine.conformance.data import read_yaml
from engine.conformance.forms import command_of
from engine.conformance.grammar import Items, Way, owners, read_items
from engine.conformance.messages import JsonObject
from protocol.commands import Command

UNSOLICITED: Final = "UN-1"


@attrs.frozen
class Promise:
    """What follows the response to a command. `tells`: what must be among the events of a success."""

    happens: tuple[Items, ...]
    failure: tuple[Items, ...]
    tells: tuple[str, ...]


@attrs.frozen
class Sequences:
    happenings: Mapping[str, Items]
    unsolicited: Mapping[str, tuple[Items, ...]]
    """By the name of the first event."""
    commands: Mapping[str, Promise]


@functools.cache
def sequences() -> Sequences:
    """As the file has them."""
    given = read_yaml("blocks.yaml")
    happenings = {name: read_items(items, given["parts"]) for name, items in given["happenings"].items()}

    def named(names: str | list[str] | None) -> tuple[Items, ...]:
        return tuple(happenings[name] for name in ([names] if isinstance(names, str) else names or ()))

    commands = {
        name: Promise(named(row["happens"]), named(row.get("failure")), tuple(row.get("tells", ())))
        for name, row in given["commands"].items()
    }
    unsolicited: dict[str, list[Items]] = {}
    for items in named(given["unsolicited"]):
        for first in {each.split(" ")[0] for each in Way(items, {}).expected()}:
            unsolicited.setdefault(first, []).append(items)
    return Sequences(
        MappingProxyType(happenings),
        MappingProxyType({first: tuple(some) for first, some in unsolicited.items()}),
        MappingProxyType(commands),
    )


_NOTHING: Final = Promise((), (), ())


@attrs.define
class Blocks:
    """Follows one session. What it cannot know, because messages are missing, it lets pass until the next response."""

    session: str
    _ways: list[Way] = attrs.field(factory=list)
    """Of the block at hand; none where nothing has begun."""
    _rule: str = UNSOLICITED
    _cause: str | None = None
    """The requestid that the events of the block at hand carry."""
    _target: str = ""
    _missing: set[str] = attrs.field(factory=set)
    """What the block has not told yet, and must."""
    _lost: bool = False

    def lose(self) -> None:
        """It is not known where in a sequence the messages stand."""
        self._end()
        self._lost = True

    def response(self, message: JsonObject) -> None:
        """The block at hand is over: `check_complete` was called before."""
        self._end()
        self._lost = False
        command = command_of(message)
        promise = sequences().commands.get(command.name, _NOTHING) if command else _NOTHING
        self._cause = message.get("requestid")
        self._target = str(message.get("target", self.session))
        bound = _bound(command, self._target)
        if message["result"] == "success" and command is not None:
            self._rule = f"CMD-{command.name}"
            self._ways = [Way(items, bound) for items in promise.happens]
            self._missing = set(promise.tells)
        else:
            self._rule = "O4"
            self._ways = [Way((), bound), *(Way(items, bound) for items in promise.failure)]

    def event(self, message: JsonObject) -> None:
        """Raises Broken where it may not come now."""
        if self._lost:
            return
        name, target, cause = message["name"], message["target"], message.get("cause")
        fitting = [after for way in self._ways for after in way.after(name, target)]
        going_on = fitting if cause == self._cause else []
        beginning = self._begun(name, target) if cause is None and self._may_end() else []
        if not going_on and not beginning:
            self._refuse(name, target, cause, fitting=bool(fitting))
        if not going_on:
            self._end()
        self._note(name, target)
        self._ways = [*going_on, *beginning]

    def check_complete(self) -> None:
        """May the block at hand end here? Raises Broken."""
        if not self._lost:
            self._demand_ended("the end of the block")

    def _begun(self, name: str, target: str) -> list[Way]:
        new = (Way(items, {"session": self.session}) for items in sequences().unsolicited.get(name, ()))
        return [after for way in new for after in way.after(name, target)]

    def _may_end(self) -> bool:
        return not self._missing and (not self._ways or any(way.complete for way in self._ways))

    def _refuse(self, name: str, target: str, cause: str | None, *, fitting: bool) -> None:
        """Say which rule the event breaks. Raises Broken."""
        demand(not fitting, "EV-6", f"{name} of {target} carries the cause {cause!r}, where {self._cause!r} was due")
        demand(
            cause is None or cause != self._cause or self._rule != "O4", "O4", f"{name} of {target} came of a failure"
        )
        self._demand_ended(f"{name} of {target}")
        demand(cause is None, "EV-6", f"{name} of {target} carries the cause {cause!r}, of which all was told")
        demand(False, UNSOLICITED, f"no sequence begins with {name} of {target}")

    def _demand_ended(self, what: str) -> None:
        if not (self._ways and not any(way.complete for way in self._ways)):
            missing = " and ".join(sorted(self._missing))
            demand(not missing, self._rule, f"{what} came, and {missing} of {self._target} was not told")
            return
        expected = " or ".join(sorted({each for way in self._ways for each in way.expected()}))
        demand(False, self._rule, f"{what} came where {expected} was due")

    def _note(self, name: str, target: str) -> None:
        if target == self._target:
            self._missing.discard(name)
        self._missing.discard(f"{name} *")

    def _end(self) -> None:
        self._ways, self._rule, self._cause = [], UNSOLICITED, None
        self._target, self._missing = "", set()


def _bound(command: Command | None, target: str) -> dict[str, str | None]:
    """The target of a request is at hand from the start."""
    return (owners(command.kind, target) if command is not None and command.kind is not None else None) or {}
