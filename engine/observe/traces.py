"""What is traced, as the rest of the engine sees it; here it is nothing, and costs nothing. `tracing` does it.

A request is followed from its arrival on a connection to the moment when the last message that it brought about is
written. Source: specs/observation.md, "Traces".
"""

from collections.abc import Callable
from typing import Final, Literal, Protocol, TypeVar

from protocol.messages import BadRequest, Request

T = TypeVar("T")
Part = Literal["step", "call", "journal"]


class Writer(Protocol):
    """Who writes a session's messages to its desktop."""

    def when_written(self, tell: Callable[[], None]) -> None:
        """Call `tell` when all that waits now has been written, or never will be."""
        ...


class Arrival:
    """A request that has come and is not answered yet."""

    def answered(self, result: str) -> None:
        """It is answered without any session's doing, and that is the end of it."""


class Turn:
    """One thing that a session does; a context manager around it. This one is not followed."""

    def __enter__(self) -> "Turn":
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        pass

    def told(self, first: int, last: int, writer: Writer | None) -> None:
        """Messages with these numbers, if any, were kept and handed to `writer`; None: no desktop is there."""

    def done(self, result: str) -> None:
        """success, or the failure code, or what else became of it."""


class Traces:
    """Follows nothing."""

    on = False

    def came(self, request: Request | BadRequest) -> Arrival | None:
        """A request has come."""
        return None

    def turn(self, what: str, *, session: str, agent: str, arrival: Arrival | None = None) -> Turn:
        """A session takes up `what`; a request comes with its arrival."""
        return NO_TURN

    def within(self, thing: T, method: str, name: Part) -> T:
        """`thing`, whose `method` is followed as a part of each turn; here, the thing itself."""
        return thing

    def close(self) -> None:
        """Hand over what has not been yet; takes its time, and no trio."""


NO_TURN: Final = Turn()
NO_TRACES: Final = Traces()
