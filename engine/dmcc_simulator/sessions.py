"""Application sessions of the simulated AES: begun, kept alive, taken up again, and their monitors."""

import itertools
from collections.abc import Callable
from typing import Final

import attrs

from engine.dmcc_simulator.exchange import Later
from engine.dmcc_simulator.settings import SwitchSettings

Deliver = Callable[[bytes], None]
"""Send an event on the session's connection."""


@attrs.define(eq=False)
class Session:
    """One session. `deliver` is its connection, while there is one; `monitors` are the phones looked at, by id."""

    id: str
    protocol: str
    duration_s: float
    cleanup_s: float
    deliver: Deliver | None = None
    monitors: dict[str, str] = attrs.field(factory=dict)
    forget: Callable[[], None] = lambda: None


class SessionRefusal(Exception):
    """A request about a session is refused, with the error that the answer names."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


class Sessions:
    """All sessions."""

    def __init__(self, settings: SwitchSettings, later: Later, on_expired: Callable[[Session], None]) -> None:
        self._settings = settings
        self._later = later
        self._on_expired = on_expired
        self._ids = itertools.count(1)
        self._monitor_ids = itertools.count(1)
        self.there: Final[dict[str, Session]] = {}
        self.refuse_return = False
        """No session is taken up again."""
        self.refuse_transfer = False
        """No monitors are handed on."""

    def start(
        self,
        user: str | None,
        password: str | None,
        protocol: str,
        duration_s: float,
        cleanup_s: float,
        previous: str | None,
        deliver: Deliver,
    ) -> Session:
        if user != self._settings.user or password != self._settings.password:
            raise SessionRefusal("invalidApplicationInfo")
        if previous is not None:
            known = self.there.get(previous)
            if known is None or self.refuse_return:
                raise SessionRefusal("invalidSessionID")
            known.deliver = deliver
            self._keep(known)
            return known
        session = Session(
            f"session{next(self._ids)}", protocol, min(duration_s, self._settings.session_s), cleanup_s, deliver
        )
        self.there[session.id] = session
        self._keep(session)
        return session

    def reset(self, session_id: str | None, duration_s: float) -> Session:
        session = self.there.get(session_id or "")
        if session is None:
            raise SessionRefusal("invalidSessionID")
        session.duration_s = min(duration_s, self._settings.session_s)
        self._keep(session)
        return session

    def stop(self, session_id: str | None) -> None:
        session = self.there.pop(session_id or "", None)
        if session is None:
            raise SessionRefusal("invalidSessionID")
        session.forget()

    def move_monitors(self, old: str | None, new: str | None) -> bool:
        """Give the monitors of one session to another."""
        source, target = self.there.get(old or ""), self.there.get(new or "")
        if source is None or target is None or self.refuse_transfer:
            return False
        target.monitors |= source.monitors
        source.monitors = {}
        return True

    def disconnected(self, session: Session) -> None:
        """Its connection is gone: it is kept for a while."""
        session.deliver = None
        session.forget()
        session.forget = self._later(session.cleanup_s, lambda: self._expire(session))

    def _keep(self, session: Session) -> None:
        session.forget()
        session.forget = self._later(session.duration_s, lambda: self._expire(session))

    def _expire(self, session: Session) -> None:
        if self.there.pop(session.id, None) is not None:
            self._on_expired(session)

    # Monitors

    def monitor(self, session: Session, device: str) -> str:
        number = str(next(self._monitor_ids))
        session.monitors[number] = device
        return number
