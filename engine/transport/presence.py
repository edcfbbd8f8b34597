"""At how many connections one person is: a stolen or a broken client must not fill the server under one name.

A connection is known here by whatever stands for it from its handshake to its end.
"""

from collections import defaultdict

from protocol.errors import FailureCode, Refused


class Presence:
    """Who has shown who they are at which connections. Counted until the connection ends, logged in still or not."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._at: defaultdict[str, set[object]] = defaultdict(set)
        self._people: defaultdict[object, set[str]] = defaultdict(set)

    def arrive(self, who: str, connection: object) -> None:
        """Raises Refused when they are at as many other connections as they may be."""
        if who in self._people.get(connection, ()):
            return
        if len(self._at.get(who, ())) >= self._most:
            raise Refused(
                FailureCode.OVERLOADED,
                f"{who} is at {self._most} connections already; close one of them, then try again",
            )
        self._at[who].add(connection)
        self._people[connection].add(who)

    def leave(self, connection: object) -> None:
        for who in self._people.pop(connection, ()):
            self._at[who].discard(connection)
            if not self._at[who]:
                del self._at[who]
