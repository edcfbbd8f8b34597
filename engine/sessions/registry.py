"""Which sessions there are: prepares them, finds them, ends them. One agent has at most one."""

import secrets
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator

import attrs
import structlog
import trio

from engine.adapters.supervisor import Platform
from engine.config import Settings
from engine.journal.spi import Journal
from engine.observe import Metrics
from engine.sessions.actor import SessionActor
from engine.sessions.ownership import Ownership
from engine.supervision.shown import utc_now
from protocol.errors import FailureCode, Refused
from protocol.ids import SessionId
from protocol.platform import Report
from protocol.states import DisposalCause
from statemachines.core import SessionCore
from statemachines.world import Session

log = structlog.get_logger()


@attrs.frozen(kw_only=True)
class Entry:
    """A session and the secret that gives the right to bind it from anywhere."""

    actor: SessionActor
    token: str = attrs.field(repr=False)

    def opens(self, token: str) -> bool:
        return secrets.compare_digest(self.token.encode(), token.encode())


@attrs.frozen
class HasSession:
    """The agent has a session, and `override` was not given."""

    session: SessionId


def draw_session_id() -> SessionId:
    return SessionId(secrets.token_urlsafe(12))


class Registry:
    """All sessions of this process. `nursery` runs their actors; it outlives every session."""

    def __init__(
        self,
        nursery: trio.Nursery,
        *,
        settings: Settings,
        platform: Platform,
        journal: Journal,
        ownership: Ownership,
        metrics: Metrics,
        draw_id: Callable[[], SessionId] = draw_session_id,
        clock: Callable[[], str] = utc_now,
    ) -> None:
        self._nursery = nursery
        self._settings = settings
        self._platform = platform
        self._journal = journal
        self._ownership = ownership
        self._metrics = metrics
        self._draw_id = draw_id
        self._clock = clock
        self._entries: dict[SessionId, Entry] = {}
        self._by_agent: dict[str, Entry] = {}
        self._agents: list[str] = []
        """The keys of `_by_agent`, sorted."""
        self._draining = False
        metrics.watch_sessions(lambda: len(self._entries))
        metrics.watch_inbox(lambda: sum(entry.actor.waiting_requests for entry in self._entries.values()))

    def __iter__(self) -> Iterator[Entry]:
        return iter(tuple(self._entries.values()))

    @property
    def draining(self) -> bool:
        """Is the server stopping? What has not begun by now is left to the next one."""
        return self._draining

    def find(self, session: SessionId) -> Entry | None:
        return self._entries.get(session)

    def behind(self, agent: str) -> Iterator[Entry]:
        """The sessions of the agents behind this id, in the order of ids."""
        for each in self._agents[bisect_right(self._agents, agent) :]:
            yield self._by_agent[each]

    async def prepare(self, agent: str, *, override: bool, groups: tuple[str, ...]) -> Entry | HasSession:
        """Make a session for an agent who has shown who they are. Raises Refused.

        With `override` a session that the agent has is disposed first, with cause TAKEOVER.
        """
        self._refuse_if_closed()
        watched = False
        while (old := self._by_agent.get(agent)) is not None:
            if not override:
                return HasSession(old.actor.session)
            old.actor.end(DisposalCause.TAKEOVER, "the agent has prepared another session")
            watched |= old.actor.agent_watched
            await old.actor.over.wait()
            self._forget(old)
            self._refuse_if_closed()
        if len(self._entries) >= self._settings.limits.sessions:
            raise Refused(
                FailureCode.NOT_ACCEPTING,
                f"the server has {len(self._entries)} sessions, its limit; try again later or raise limits.sessions",
            )
        session = self._draw_id()
        prepared = Session.prepare(session, agent, self._platform.features, groups)
        # Logged in at the platform by the session before: should nobody start this one, its end logs the agent out.
        prepared.agent_watched = watched
        core = SessionCore(
            prepared,
            self._settings.core(),
            now=trio.current_time(),
        )
        actor = SessionActor(
            core,
            session=session,
            fence=self._ownership.acquire(session),
            platform=self._platform,
            journal=self._journal,
            metrics=self._metrics,
            limits=self._settings.limits,
            remembered_bytes=self._settings.sessions.remembered_bytes,
            since=self._clock(),
        )
        entry = Entry(actor=actor, token=secrets.token_urlsafe(32))
        self._entries[session] = self._by_agent[agent] = entry
        insort(self._agents, agent)
        self._nursery.start_soon(self._run, entry, name=f"session {session}")
        log.info("session_prepared", session=session, agent=agent)
        return entry

    def _refuse_if_closed(self) -> None:
        if self._draining:
            raise Refused(FailureCode.NOT_ACCEPTING, "the server is stopping; connect again in a few seconds")
        if not self._platform.available:
            raise Refused(FailureCode.NOT_ACCEPTING, "the CTI platform is away; try again when it is back")

    async def _run(self, entry: Entry) -> None:
        """Live a session to its end. Nothing that goes wrong at its end may reach the others."""
        await entry.actor.run()
        self._forget(entry)
        try:
            await entry.actor.settle()
            await self._journal.end(entry.actor.session)
        except Exception:
            log.exception("session_end_failed", session=entry.actor.session)
        self._ownership.release(entry.actor.session)

    def _forget(self, entry: Entry) -> None:
        """The session is over and cannot be found any more. By whoever sees it first: a takeover, or its own task."""
        self._entries.pop(entry.actor.session, None)
        if self._by_agent.get(entry.actor.agent) is entry:
            del self._by_agent[entry.actor.agent]
            del self._agents[bisect_left(self._agents, entry.actor.agent)]

    # From the platform

    def report(self, agent: str, report: Report) -> None:
        """Hand a report to the agent's session; nobody else may hear of it."""
        entry = self._by_agent.get(agent)
        if entry is None:
            self._metrics.platform_report("ignored")
        else:
            entry.actor.report(report)

    def platform_lost(self) -> None:
        for entry in self:
            entry.actor.end(
                DisposalCause.PLATFORM_LOST, "the CTI platform is lost; prepare a new session when it is back"
            )

    # The end

    async def drain(self) -> None:
        """Take no new sessions, and return when no request is under way."""
        self._draining = True
        for entry in self:
            await entry.actor.wait_idle()
