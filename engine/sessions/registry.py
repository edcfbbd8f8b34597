"""Which sessions there are: prepares them, finds them, ends them. One agent has at most one."""

import hashlib
import secrets
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import attrs
import structlog
import trio
from msgspec import msgpack

from engine.adapters.platforms import Platforms
from engine.config import Settings
from engine.journal.rebuild import ReplayDiffers, rebuild, words_of
from engine.journal.spi import Journal, JournalBroken, JournalError, Opening, Stored
from engine.observe import NO_TRACES, Metrics, Traces
from engine.sessions.actor import SessionActor
from engine.sessions.alarms import Alarms
from engine.sessions.dormant import Dormant
from engine.sessions.ownership import Ownership
from engine.supervision.shown import utc_now
from protocol.errors import FailureCode, Refused
from protocol.ids import SessionId
from protocol.platform import Report
from protocol.states import DisposalCause
from statemachines.core import SessionCore
from statemachines.world import Session

log = structlog.get_logger()

TAKEOVER_S: Final = 10.0
"""So long a preparation waits for the end of the session before: the journal may be full."""
REVIVED_AT_ONCE: Final = 16
"""So many sessions are read from the journal together."""


@attrs.frozen(kw_only=True)
class Entry:
    """A session, and the digest of the secret that gives the right to bind it from anywhere."""

    actor: SessionActor
    digest: bytes = attrs.field(repr=False)

    def opens(self, token: str) -> bool:
        return secrets.compare_digest(self.digest, digest_of(token))


@attrs.frozen(kw_only=True)
class Fresh:
    """A session that has just been prepared, with the secret that is told once and kept nowhere."""

    entry: Entry
    token: str = attrs.field(repr=False)


@attrs.frozen
class HasSession:
    """The agent has a session, and `override` was not given."""

    session: SessionId


def digest_of(token: str) -> bytes:
    """Drawn tokens cannot be guessed, so a fast digest keeps them as well as a slow one."""
    return hashlib.sha256(token.encode()).digest()


def draw_session_id() -> SessionId:
    """None that a command line would take for an option."""
    while (drawn := secrets.token_urlsafe(12)).startswith("-"):
        pass
    return SessionId(drawn)


class Registry:
    """All sessions of this process. `nursery` runs their actors; it outlives every session."""

    def __init__(
        self,
        nursery: trio.Nursery,
        *,
        settings: Settings,
        platform: Platforms,
        journal: Journal,
        ownership: Ownership,
        metrics: Metrics,
        traces: Traces = NO_TRACES,
        draw_id: Callable[[], SessionId] = draw_session_id,
        clock: Callable[[], str] = utc_now,
    ) -> None:
        self._nursery = nursery
        self._settings = settings
        self._platform = platform
        self._journal = journal
        self._ownership = ownership
        self._metrics = metrics
        self._traces = traces
        self._draw_id = draw_id
        self._clock = clock
        self._entries: dict[SessionId, Entry] = {}
        self._by_agent: dict[str, Entry] = {}
        self._agents: list[str] = []
        """The keys of `_by_agent`, sorted."""
        self._dormant = Dormant()
        self._alarms = Alarms()
        nursery.start_soon(self._alarms.run)
        self._draining = False
        metrics.watch_sessions(lambda: len(self._entries))
        metrics.watch_unbound(lambda: sum(entry.actor.desktop is None for entry in self._entries.values()))
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

    async def prepare(
        self,
        agent: str,
        *,
        override: bool,
        groups: tuple[str, ...],
        ended: Callable[[SessionId], None] = lambda session: None,
    ) -> Fresh | HasSession:
        """Make a session for an agent who has shown who they are. Raises Refused.

        With `override` a session that the agent has is disposed first, with cause TAKEOVER. `ended` is told which, in
        any case: it is over, or will be as soon as that can be kept, even when no other comes in its place.
        """
        await self.wait_revived()  # the agent's session may be one of those
        self._refuse_if_closed()
        taken_over = False
        watched = False
        while (old := self._by_agent.get(agent)) is not None:
            if not override:
                return HasSession(old.actor.session)
            old.actor.end(DisposalCause.TAKEOVER, "the agent has prepared another session")
            ended(old.actor.session)
            taken_over = True
            watched |= old.actor.agent_watched
            with trio.move_on_after(TAKEOVER_S):
                await old.actor.over.wait()
            if not old.actor.over.is_set():
                raise Refused(
                    FailureCode.OVERLOADED,
                    "the session that the agent has cannot be ended at the moment; try again a little later",
                )
            self._forget(old)
            try:
                self._refuse_if_closed()
            except Refused:
                self._platform.forget(agent)  # no session comes that could log the agent out
                raise
        # Whoever takes over has had a place; refused now, nobody would log the agent out.
        if not taken_over and len(self._entries) >= self._settings.limits.sessions:
            raise Refused(
                FailureCode.NOT_ACCEPTING,
                f"the server has {len(self._entries)} sessions, its limit; try again later or raise limits.sessions",
            )
        session = self._draw_id()
        prepared = Session.prepare(session, agent, self._platform.features, groups)
        # Logged in at the platform by the session before: should nobody start this one, its end logs the agent out.
        prepared.agent_watched = watched
        core = SessionCore(prepared, self._settings.core(), now=0.0)
        token, since = secrets.token_urlsafe(32), self._clock()
        opening = Opening(
            session=session,
            agent=agent,
            token=digest_of(token),
            since=since,
            picture=msgpack.encode(core.picture()) if self._journal.durable else b"",
        )
        entry = self._enter(core, opening.token, since=since, remembered_bytes=0)
        try:
            # It can be found already, so it becomes a session or none, whatever happens to who asked for it.
            with trio.CancelScope(shield=True):
                await self._journal.open(opening, entry.actor.fence)
        except JournalBroken:
            await trio.sleep_forever()  # it may be kept, or not; the journal's own task is ending the process
        except JournalError as error:
            entry.actor.give_up_unkept()
            self._forget(entry)
            log.error("session_not_kept", session=session, agent=agent, seq=0, cause="request", error=str(error))  # noqa: TRY400 - no defect
            raise Refused(
                FailureCode.OVERLOADED, "the journal cannot be written at the moment; try again a little later"
            ) from error
        self._nursery.start_soon(self._run, entry, name=f"session {session}")
        log.info("session_prepared", session=session, agent=agent, seq=0, cause="request")
        return Fresh(entry=entry, token=token)

    def _enter(
        self,
        core: SessionCore,
        digest: bytes,
        *,
        since: str,
        remembered_bytes: int,
        at: float = 0.0,
        steps: int = 0,
        revived: bool = False,
    ) -> Entry:
        """From now on the session can be found."""
        session, agent = SessionId(core.session.id), core.session.agent_id
        actor = SessionActor(
            core,
            session=session,
            fence=self._ownership.acquire(session),
            platform=self._platform,
            journal=self._journal,
            metrics=self._metrics,
            alarms=self._alarms,
            traces=self._traces,
            limits=self._settings.limits,
            settings=self._settings.core(),
            remembered_bytes=self._settings.sessions.remembered_bytes - remembered_bytes,
            since=since,
            at=at,
            steps=steps,
            revived=revived,
            doubtful=revived and self._journal.may_have_lost,
        )
        entry = Entry(actor=actor, digest=digest)
        if agent not in self._by_agent:
            insort(self._agents, agent)
        self._entries[session] = self._by_agent[agent] = entry
        return entry

    # Those of a process before

    async def revive(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Take up the sessions that a process before has left in the journal, those first that are asked for.

        Started as soon as it is known which they are. Until one is taken up, it cannot be found: wait for it first.
        """
        if self._journal.may_have_lost:
            log.warning("journal_may_have_lost", remedy="all desktops are told to begin anew; set durability to full")
        living = await self._journal.living()
        self._dormant.begin(living)
        place = {session: number for number, session in enumerate(living)}
        task_status.started()
        while sessions := self._dormant.next(REVIVED_AT_ONCE):
            for session, stored in zip(sessions, await self._journal.load_each(sessions), strict=True):
                try:
                    self._revive_one(stored, place)
                except (JournalError, ReplayDiffers) as error:
                    # Its desktop is told, when it comes back, that there is no such session.
                    agent, seq = (stored.agent, stored.last) if isinstance(stored, Stored) else (None, None)
                    log.error(  # noqa: TRY400 - no defect of ours
                        "session_lost", session=session, agent=agent, seq=seq, cause="restart", error=words_of(error)
                    )
                self._dormant.over(session)
                await trio.lowlevel.checkpoint()  # whoever waited for it need not wait for the others

    def _revive_one(self, stored: Stored | JournalError, place: Mapping[SessionId, int]) -> None:
        """`place`: that of each session in the order of preparation, whenever it is taken up.

        Raises JournalError or ReplayDiffers when the session cannot go on.
        """
        if isinstance(stored, JournalError):
            raise stored
        core, at = rebuild(stored)
        rival = self._by_agent.get(core.session.agent_id)
        entry = self._enter(
            core,
            stored.token,
            since=stored.since,
            remembered_bytes=stored.remembered_bytes,
            at=at,
            steps=len(stored.steps),
            revived=True,
        )
        if rival is not None:  # a start in between could not take up the older one, and the agent has prepared another
            older, newer = sorted((rival, entry), key=lambda each: place[each.actor.session])
            self._by_agent[core.session.agent_id] = newer
            older.actor.end(DisposalCause.TAKEOVER, "the agent has prepared another session")
        if self._platform.given_up:
            _end_without_platform(entry)  # the others were told so before this one was taken up
        self._nursery.start_soon(self._run, entry, name=f"session {stored.session}")

    async def wait_revived(self, session: SessionId | None = None) -> None:
        """Return when this session is taken up, if it is one of those; without one, when all are."""
        await self._dormant.wait(session)

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
            log.exception("session_end_failed")
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

    def platform_back(self) -> None:
        """A platform is there again after a loss: each session asks how things stand."""
        for entry in self:
            entry.actor.platform_back()

    def platform_lost(self) -> None:
        """It was away for too long to hold sessions."""
        for entry in self:
            _end_without_platform(entry)

    # The end

    async def drain(self) -> None:
        """Take no new sessions, and return when no request is under way."""
        self._draining = True
        async with trio.open_nursery() as nursery:
            for entry in self:
                nursery.start_soon(entry.actor.drain)


def _end_without_platform(entry: Entry) -> None:
    entry.actor.end(DisposalCause.PLATFORM_LOST, "the CTI platform is lost; prepare a new session when it is back")
