"""The words in which the model speaks of a session: its objects, what it asks, and what it expects to be told."""

from collections.abc import Iterator
from typing import Any

import attrs

from protocol.errors import FailureCode as Code
from protocol.states import AgentState, LoginState


@attrs.define(eq=False)
class Thing:
    """An object of the session. `target` is None until the created event has told it.

    `facts` are values that never change themselves, or other things; so a copy of the dict is a copy of the thing.
    """

    kind: str
    target: str | None = None
    parent: "Thing | None" = None
    facts: dict[str, Any] = attrs.field(factory=dict)

    @property
    def id(self) -> str:
        return str(self.target).split(".")[-1]

    def __getitem__(self, fact: str) -> Any:
        return self.facts[fact]

    def __setitem__(self, fact: str, value: Any) -> None:
        self.facts[fact] = value

    @property
    def owner(self) -> "Thing":
        """The parent of whatever has one."""
        assert self.parent is not None
        return self.parent

    @property
    def active(self) -> bool:
        return bool(self["loginstate"] == LoginState.ACTIVE)

    def is_ready(self) -> bool:
        return self["agentstate"] == AgentState.READY and self["pendingagentstate"] in (None, AgentState.READY)


STATE_FACTS = ("loginstate", "agentstate", "reason", "pendingagentstate")


@attrs.frozen(eq=False)
class Tell:
    """One event. Of its data, `shown` are the parts that this happening determines; a thing in it stands for its id.

    It unpacks as name and thing.
    """

    name: str
    thing: Thing
    shown: dict[str, Any] = attrs.field(factory=dict)

    def __iter__(self) -> Iterator[Any]:
        return iter((self.name, self.thing))


Told = list[Tell]


@attrs.frozen
class Asks:
    """The platform must be asked: the name of the call, and the fields of it that the specification determines."""

    call: str
    fields: dict[str, Any]


@attrs.frozen
class Settled:
    """The request is done: one of `codes`, or a success where there is none; then these events."""

    codes: frozenset[Code] = frozenset()
    culprit: Thing | None = None
    events: Told = attrs.field(factory=list)
    data: dict[str, Any] | None = None
    """Success data of the command's own, where the specification determines all of it."""
    over: bool = False


@attrs.frozen
class Granted:
    """The platform did it. `value` is its answer with attributes, or None; `at` is when it came."""

    value: Any
    at: float | None = None


@attrs.frozen
class Denied:
    """The platform refused, was silent, or talked nonsense (a PLATFORM_ERROR)."""

    code: Code
    at: float | None = None


class Ask(Exception):
    """The play stops here: one more outcome is needed."""

    def __init__(self, call: str, fields: dict[str, Any]) -> None:
        super().__init__(call)
        self.asks = Asks(call, fields)


class Fail(Exception):
    """The request fails with one of these codes, and nothing has changed. `by_platform`: it is the platform's word."""

    def __init__(self, *codes: Code, by_platform: bool = False) -> None:
        super().__init__(*codes)
        self.codes = frozenset(codes)
        self.by_platform = by_platform
