"""Which connection has each session of a log, and what of the session may still come on one that had it.

Where another connection takes a session, what was on its way is read on the old one, until `session.unbound` comes.
"""

from math import inf
from typing import Final

import attrs

from engine.conformance.broken import Broken
from engine.conformance.logs import Exchange

NOTHING: Final = 0
"""The numbers of messages begin with 1."""


@attrs.define
class Bindings:
    _holders: dict[str, str] = attrs.field(factory=dict)
    """By session, the connection that has it, as far as that is on record."""
    _since: dict[str, int] = attrs.field(factory=dict)
    """By session, the last message before it was bound there."""
    _until: dict[tuple[str, str], float] = attrs.field(factory=dict)
    """By session and connection, the last message that was sent there before it was bound elsewhere."""

    def has(self, connection: str, session: str) -> bool:
        return self._holders.get(session) == connection

    def learn(self, exchange: Exchange) -> None:
        """From a message without a number."""
        message, session, connection = exchange.message, exchange.session, exchange.connection
        match message:
            case {"command": "bindSession", "result": "success", "data": {"seq": int(seq)}}:
                self._bound(session, connection, seq)
            case {"command": "unbindSession", "result": "success"} | {"name": "session.unbound"}:
                self._until[session, connection] = NOTHING
                if self.has(connection, session):
                    self.forget(session)

    def forget(self, session: str) -> None:
        """It has ended, or nobody knows which connection has it."""
        self._holders.pop(session, None)
        self._since.pop(session, None)

    def comes_here(self, exchange: Exchange, session: str) -> bool:
        """A numbered message: is it the session's turn to say it here? If not, it was on its way. Raises Broken."""
        connection, seq = exchange.connection, exchange.message["seq"]
        until = self._until.get((session, connection), self._since.get(session))
        if self.has(connection, session) or until is None:
            return True
        if isinstance(seq, int) and seq > until:
            self._until[session, connection] = inf  # it is told once
            raise Broken("SVC-3", f"message {seq} of {session} came on {connection}, which has it no longer")
        return False

    def _bound(self, session: str, connection: str, seq: int) -> None:
        before = self._holders.get(session)
        if before is not None:
            self._until[session, before] = seq
        self._until.pop((session, connection), None)
        self._holders[session], self._since[session] = connection, seq
