"""What a process of the load tool is told to do, and what it found."""

from collections.abc import Mapping
from typing import Any, Final, Self

import attrs

from engine.bench.waits import Waits

PERCENTILES: Final = (50.0, 90.0, 99.0, 99.9)


@attrs.frozen(kw_only=True)
class Job:
    """Sessions `first` and so on at one server, on so many connections, for so many seconds behind the warm-up.

    `rate`: so many commands a second in all, whatever the server makes of it; None: each session waits for one command
    before it sends the next. `kind`: "engine", or "echo" for a server that sends everything back.
    """

    url: str
    kind: str
    sessions: int
    connections: int
    batched: bool
    seconds: float
    warm_up_s: float
    rate: float | None = None
    first: int = 1
    agent: str = "agent{n}"
    password: str = "demo"  # noqa: S105 - the demo's
    extensions: int = 4000

    def agent_id(self, number: int) -> str:
        return self.agent.format(n=number)

    def extension(self, number: int) -> str:
        return str(self.extensions + number)


@attrs.define(kw_only=True)
class Found:
    """What came of it, after the warm-up."""

    seconds: float
    commands: int = 0
    messages: int = 0
    """Requests, responses and events."""
    waits: Waits = attrs.field(factory=Waits)

    def add(self, other: Self) -> None:
        self.commands += other.commands
        self.messages += other.messages
        self.waits.add(other.waits)

    def to_json(self) -> dict[str, Any]:
        """For another process."""
        return {
            "seconds": self.seconds,
            "commands": self.commands,
            "messages": self.messages,
            "waits": self.waits.text,
        }

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Self:
        return cls(**{**given, "waits": Waits(given["waits"])})

    def figures(self) -> dict[str, float]:
        """For people and programs: rates by the second, waits in milliseconds."""
        return {
            "commands_per_s": self.commands / self.seconds,
            "messages_per_s": self.messages / self.seconds,
            **{f"p{percent:g}_ms": self.waits.within_ms(percent) for percent in PERCENTILES},
            "most_ms": self.waits.most_ms,
        }
