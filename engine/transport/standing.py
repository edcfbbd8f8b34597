"""For whom a connection speaks by passwords and resumetokens, as they were then: who is another now is sent away.

Of whom the handshake has shown, the door judges.
"""

from collections.abc import Iterable

from engine.security.identities import Identities
from engine.security.people import CHANGED, REVOKED, Person
from engine.sessions.registry import Registry
from protocol.ids import SessionId


class Standing:
    def __init__(self, registry: Registry, identities: Identities) -> None:
        self._registry = registry
        self._identities = identities
        self._prepared: dict[SessionId, Person | None] = {}
        """Sessions that were prepared here, by whose password; None: by the handshake."""
        self._held: dict[SessionId, Person] = {}
        """Sessions that are bound here, and their agents, where these stood in the directory."""
        self._judged = 0
        """The version of the directory by which all may stay."""

    def prepare(self, session: SessionId, by: Person | None) -> None:
        self._prepared = {each: person for each, person in self._prepared.items() if self._registry.find(each)}
        self._prepared[session] = by
        self.judge_anew()

    def has_prepared(self, session: SessionId) -> bool:
        return session in self._prepared

    def hold(self, session: SessionId, agent: str) -> None:
        """A session is bound; not by the right of the handshake."""
        person = self._prepared.get(session) or self._identities.find(agent)
        if person is not None:
            self._held.setdefault(session, person)

    def release(self, session: SessionId) -> None:
        self._held.pop(session, None)

    def judge_anew(self) -> None:
        """Somebody has shown a password, which the directory may have changed while it was looked at."""
        self._judged = 0

    def why_out(self, agents: Iterable[str], supervisor: Person | None) -> str:
        """Why the connection must go; "" when it may stay.

        `agents`: those whose sessions are bound here, by whatever right. `supervisor`: who is logged in by password.
        """
        if self._judged == self._identities.version:
            return ""
        self._judged = self._identities.version
        prepared = (person for session, person in self._prepared.items() if self._registry.find(session))
        people = [each for each in (*self._held.values(), *prepared, supervisor) if each is not None]
        if any(map(self._identities.barred, (*agents, *(each.id for each in people)))):
            return REVOKED
        return CHANGED if any(map(self._identities.changed, people)) else ""
