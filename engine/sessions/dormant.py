"""The sessions that a process before has left, as long as they are not taken up: in which order, and who waits."""

from collections import deque
from collections.abc import Iterable

import trio

from protocol.ids import SessionId


class Dormant:
    """Those that somebody waits for come first; the others in the order of their preparation."""

    def __init__(self) -> None:
        self._sessions: dict[SessionId, trio.Event] = {}
        self._left: set[SessionId] = set()
        """Those that `next` has not given yet."""
        self._order: deque[SessionId] = deque()
        self._asked_for: deque[SessionId] = deque()
        self._all = trio.Event()
        self._all.set()

    def begin(self, sessions: Iterable[SessionId]) -> None:
        self._sessions = {session: trio.Event() for session in sessions}
        self._left = set(self._sessions)
        self._order = deque(self._sessions)
        if self._sessions:
            self._all = trio.Event()

    def next(self, at_most: int) -> list[SessionId]:
        """So many to take up now; they count as dormant until `over`. Nothing when there are no more."""
        taken: list[SessionId] = []
        while len(taken) < at_most and (queue := self._asked_for or self._order):
            session = queue.popleft()
            if session in self._left:
                self._left.remove(session)
                taken.append(session)
        return taken

    def over(self, session: SessionId) -> None:
        """It is taken up, or lost."""
        self._sessions.pop(session).set()
        if not self._sessions:
            self._all.set()

    async def wait(self, session: SessionId | None) -> None:
        """Return when this session is not dormant; without one, when none is."""
        if session is None:
            if self._sessions:
                await self._all.wait()
        elif (awake := self._sessions.get(session)) is not None:
            self._asked_for.append(session)
            await awake.wait()
