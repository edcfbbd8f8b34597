"""What a session sees of the connection that binds it."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from protocol.ids import SessionId


class Desktop(Protocol):
    """A connection, as sessions use it. Nothing blocks but `deliver_in_time`."""

    @property
    def gone(self) -> bool:
        """The connection is lost or closed: nothing can be bound to it any more."""
        ...

    def feed(self, task: Callable[[], Awaitable[None]]) -> None:
        """Run a task that sends by `deliver_in_time`; it ends with the connection at the latest."""
        ...

    async def deliver_in_time(self, text: bytes) -> None:
        """Queue one encoded message as soon as there is room for it."""
        ...

    def cut(self, why: str) -> None:
        """Drop the connection: the client has to come back and resume."""
        ...

    def deliver(self, text: bytes) -> None:
        """Queue one encoded message. A connection that does not keep up cuts itself; nothing is raised."""
        ...

    def release(self, session: SessionId) -> None:
        """The session is over, or bound elsewhere: the connection forgets that it had bound it."""
        ...
