"""The words in which the model speaks of a session: its objects, what it asks, and what it expects to be told."""

from typing import Any

import attrs

from protocol.errors import FailureCode as Code
from protocol.states import AgentState, LoginState


@attrs.define(eq=False)
class Thing:
    """A session, channelgroup or channel. `target` is None until the created event has told it."""

    kind: str
    target: str | None = None
    parent: "Thing | None" = None
    facts: dict[str, Any] = attrs.field(factory=dict)

    @property
    def id(self) -> str:
        return str(self.target).split(".")[-1]

    def __getitem__(self, fact: str) -> Any:
        return self.facts[fact]

    @property
    def active(self) -> bool:
        return bool(self["loginstate"] == LoginState.ACTIVE)

    def is_ready(self) -> bool:
        return self["agentstate"] == AgentState.READY and self["pendingagentstate"] in (None, AgentState.READY)


STATE_FACTS = ("loginstate", "agentstate", "reason", "pendingagentstate")

Told = list[tuple[str, Thing]]


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
    by_platform: bool = False
    """The refusal is the platform's own."""
    over: bool = False


@attrs.frozen
class Granted:
    """The platform did it. `value` is its answer with attributes, or None."""

    value: Any


@attrs.frozen
class Denied:
    """The platform refused, was silent, or talked nonsense (a PLATFORM_ERROR)."""

    code: Code
