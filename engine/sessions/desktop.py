"""What a session sees of the connection that binds it."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from protocol.ids import SessionId
from protocol.results import BindOutcome


class Desktop(Protocol):
    """A connection, as sessions use it. Nothing blocks but `wait_for_room`."""

    def feed(self, task: Callable[[], Awaitable[None]]) -> None:
        """Run a task that sends as there is room; it ends with the connection at the latest."""
        ...

    def when_written(self, tell: Callable[[], None]) -> None:
        """Call `tell` when all that was delivered up to now has been written, or never will be."""
        ...

    async def wait_for_room(self, size: int) -> None:
        """Return when so many bytes can be delivered without crowding out the messages of other sessions."""
        ...

    def cut(self, why: str) -> None:
        """Drop the connection: the client has to come back and resume."""
        ...

    def deliver(self, text: bytes) -> None:
        """Queue one encoded message. A connection that does not keep up cuts itself; nothing is raised."""
        ...

    def took_over(self, session: SessionId, agent: str, outcome: BindOutcome) -> None:
        """Another connection had bound the agent's session until now; this one has it."""
        ...

    def release(self, session: SessionId) -> None:
        """The session is over, or bound elsewhere: the connection forgets that it had bound it."""
        ...
