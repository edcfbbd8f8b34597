"""The distribution of contacts (ACD): queues, and who is offered what waits in them.

Whoever waits longest goes first, to the agent who has least to do and has been idle for longest. What is offered keeps
its place in the queue until it is taken.
"""

from collections.abc import Iterator, Mapping
from typing import Protocol

import attrs

from engine.adapters.simulator.contact import Contact, Outcome
from engine.adapters.simulator.desk import Chosen, Desk, Endpoint
from engine.adapters.simulator.news import News
from engine.adapters.simulator.settings import SimulatedQueue, SimulatorSettings
from engine.adapters.simulator.timers import Timer, Timers
from engine.adapters.simulator.visit import Visit, Visits
from protocol.errors import FailureCode, Refused
from protocol.states import AgentState, ChannelType, EndCause

NO_ANSWER = "NO_ANSWER"
"""The not-ready reason of an agent who left an offer of a queue unanswered."""


class Work(Protocol):
    """What waits in a queue: a call, a chat, an email."""

    @property
    def contact(self) -> Contact: ...

    def offer(self, entry: "Entry", endpoint: Endpoint) -> None:
        """Open a visit at this endpoint, with this entry, that is ALERTING."""
        ...

    def turn_away(self, entry: "Entry") -> None:
        """It waited too long, and is out of the queue."""
        ...


@attrs.define(eq=False)
class Entry:
    """A place in a queue. `front`: it goes before all that are not.

    `offered`: somebody has it ringing; `overdue`: it overflows if that comes to nothing. `spared` are the agents that
    it is not offered to, each until the time given.
    """

    work: Work
    queue: SimulatedQueue
    front: bool = False
    offered: bool = False
    overdue: bool = False
    spared: dict[str, float] = attrs.field(factory=dict)
    timers: list[Timer] = attrs.field(factory=list)


class Routing:
    """All queues."""

    def __init__(
        self, settings: SimulatorSettings, timers: Timers, news: News, visits: Visits, desks: Mapping[str, Desk]
    ) -> None:
        self._settings = settings
        self._timers = timers
        self._news = news
        self._visits = visits
        self._desks = desks
        self._queues = {queue.name: queue for queue in settings.queues}
        self._waiting: list[Entry] = []
        self._look: Timer | None = None

    # Queues

    def find(self, name_or_number: str) -> SimulatedQueue | None:
        by_name = self._queues.get(name_or_number)
        return by_name or next((queue for queue in self._queues.values() if queue.number == name_or_number), None)

    def queue(self, name_or_number: str) -> SimulatedQueue:
        """Raises Refused where there is none."""
        queue = self.find(name_or_number)
        if queue is None:
            names = ", ".join(self._queues) or "none"
            raise Refused(
                FailureCode.INVALID_DESTINATION,
                f"there is no queue {name_or_number}, but {names}; take one of these, or add it to simulator.queues",
            )
        return queue

    def full(self, queue: SimulatedQueue) -> bool:
        return queue.limit is not None and sum(entry.queue is queue for entry in self._waiting) >= queue.limit

    def __iter__(self) -> Iterator[Entry]:
        """Those that wait, in the order in which they are offered."""
        return iter(tuple(self._waiting))

    def __len__(self) -> int:
        """How many contacts wait, those that are being offered included."""
        return len(self._waiting)

    # Waiting

    def enter(self, work: Work, queue: SimulatedQueue, *, front: bool = False, spare: str | None = None) -> Entry:
        """Let it wait from now on; `full` has been asked before. `spare` is an agent that it comes back from."""
        entry = Entry(work, queue, front)
        place = sum(other.front for other in self._waiting) if front else len(self._waiting)
        self._waiting.insert(place, entry)
        if spare is not None:
            self._spare(entry, spare)
        self._await_overflow(entry)
        self.look_soon()
        return entry

    def leave(self, entry: Entry) -> None:
        """It is taken, or has given up. What is being offered of it is for its medium to end."""
        if entry in self._waiting:
            self._waiting.remove(entry)
        for timer in entry.timers:
            timer.cancel()

    # What comes of an offer from a queue. Each ends the visit, and the contact is back at its place.

    def rejected(self, visit: Visit) -> None:
        """The agent does not want it, and is spared it for a while."""
        if visit.entry is not None and visit.endpoint.holder is not None:
            self._spare(visit.entry, visit.endpoint.holder)
        self.withdrawn(visit, EndCause.REJECTED)

    def unanswered(self, visit: Visit) -> None:
        """The agent is not there, and goes not ready (redirect on no answer), unless they have chosen that already."""
        self.withdrawn(visit, EndCause.NOANSWER)
        if not visit.endpoint.leaving:
            visit.endpoint.set(Chosen(AgentState.NOTREADY, NO_ANSWER), self._timers.now)
            self._news.channel(visit.endpoint)

    def withdrawn(self, visit: Visit, cause: EndCause) -> None:
        """It is taken from the agent."""
        self._visits.end(visit, cause)
        if visit.entry is not None:
            visit.entry.offered = False
            if visit.entry.overdue:
                self._overflow(visit.entry)

    def _spare(self, entry: Entry, agent: str) -> None:
        """Do not offer it to this agent for a while."""
        pause_s = self._settings.reject_pause_s
        entry.spared[agent] = self._timers.now + pause_s
        entry.timers.append(self._timers.later(pause_s, self.look_soon))

    # Overflow

    def _await_overflow(self, entry: Entry) -> None:
        entry.overdue = False
        if entry.queue.overflow_s is not None:
            entry.timers.append(self._timers.later(entry.queue.overflow_s, lambda: self._waited_long(entry)))

    def _waited_long(self, entry: Entry) -> None:
        entry.overdue = True
        if not entry.offered:
            self._overflow(entry)

    def _overflow(self, entry: Entry) -> None:
        """On to the other queue, at the place that its waiting so far gives it there, or away."""
        other = self._queues.get(entry.queue.overflow_to or "")
        if other is None or self.full(other):
            self.leave(entry)
            entry.work.contact.fate = Outcome.OVERFLOWED
            entry.work.turn_away(entry)
            return
        entry.queue = other
        self._await_overflow(entry)
        self.look_soon()

    # Offering

    def look_soon(self) -> None:
        """See, as the very next thing, who can be offered what."""
        if self._waiting and self._look is None:
            self._look = self._timers.later(0, self._offer_all)

    def _offer_all(self) -> None:
        self._look = None
        ready = [
            (desk, endpoint)
            for desk in self._desks.values()
            for endpoint in desk.logins.values()
            if endpoint.takes_offers
        ]
        for entry in tuple(self._waiting) if ready else ():
            if not entry.offered and (endpoint := self._best(entry, ready)):
                entry.offered = True
                entry.work.offer(entry, endpoint)

    def _best(self, entry: Entry, ready: list[tuple[Desk, Endpoint]]) -> Endpoint | None:
        kind, agents, now = entry.work.contact.kind, entry.queue.agents, self._timers.now
        free = (
            endpoint
            for desk, endpoint in ready
            if endpoint.type is kind
            and endpoint.takes_offers
            and (agents is None or desk.id in agents)
            and entry.spared.get(desk.id, now) <= now
            and not self.blocked(desk, kind)
        )
        return min(free, key=lambda endpoint: (len(endpoint.visits), endpoint.idle_since), default=None)

    def blocked(self, desk: Desk, kind: ChannelType) -> bool:
        """Does what the agent has already keep this kind away? The blending rule."""
        busy = {endpoint.type is ChannelType.TELEPHONY for endpoint in desk.logins.values() if endpoint.visits}
        if kind is ChannelType.TELEPHONY:
            return self._settings.media_blocks_voice and False in busy
        return self._settings.voice_blocks_media and True in busy
