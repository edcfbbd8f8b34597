"""What a session sees of the connection that binds it."""

from typing import Protocol

from protocol.ids import SessionId


class Desktop(Protocol):
    """A connection, as sessions use it. No method blocks."""

    def deliver(self, text: bytes) -> None:
        """Queue one encoded message. A connection that does not keep up cuts itself; nothing is raised."""
        ...

    def release(self, session: SessionId) -> None:
        """The session is over, or bound elsewhere: the connection forgets that it had bound it."""
        ...
