"""What the switch tells of: the changes since the last telling, each once, as the state that it has led to."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeAlias

import attrs

from engine.adapters.simulator.desk import Endpoint
from protocol.platform import ChannelReport, InteractionReport, Post, Report

if TYPE_CHECKING:
    from engine.adapters.simulator.visit import Visit


class Line(Protocol):
    """An adapter that is connected to the switch."""

    def changed(self, agent: str, report: Report) -> None:
        """Something of the agent's is now as the report says."""
        ...

    def broken(self) -> None:
        """The connection is gone for good."""
        ...


@attrs.frozen
class _Channel:
    """The channel that an agent has at an endpoint."""

    endpoint: Endpoint
    agent: str


@attrs.frozen(eq=False)
class _Post:
    """Something that comes up once, for an agent."""

    post: Post
    agent: str


_Mark: TypeAlias = "_Channel | _Post | Visit"


class News:
    """The lines, and what is still to be told on them.

    What may have changed is marked, and `tell` finds out what has: so however many steps a change takes, it is told
    once, and one that leaves everything as it was is not told at all. The order is that of marking.
    """

    def __init__(self) -> None:
        self.marked: Callable[[], None] = lambda: None
        """Called whenever something is marked."""
        self._lines: list[Line] = []
        self._marks: dict[_Mark, None] = {}
        self._latest: dict[Visit, InteractionReport] = {}

    # Lines

    def connect(self, line: Line) -> None:
        self._lines.append(line)

    def disconnect(self, line: Line) -> None:
        self._lines.remove(line)

    def lose(self) -> None:
        for line in tuple(self._lines):
            line.broken()

    # Marking

    def channel(self, endpoint: Endpoint, *agents: str) -> None:
        """The channel at this endpoint may have changed, for these agents; without any, for its holder."""
        for agent in agents or filter(None, [endpoint.holder]):
            self._mark(_Channel(endpoint, agent))

    def visit(self, visit: "Visit") -> None:
        """The interaction may have changed. If its channel is marked after it, both are told in one report."""
        self._mark(visit)

    def post(self, post: Post, agent: str) -> None:
        """Tell the agent of something that comes up once."""
        self._mark(_Post(post, agent))

    def renew(self, endpoint: Endpoint, agent: str) -> None:
        """The agent has this endpoint anew: tell of it, and of what lives there, in any case."""
        endpoint.told.pop(agent, None)
        self.channel(endpoint, agent)
        if endpoint.holder == agent:
            for visit in endpoint.visits.values():
                visit.told = None
                self.visit(visit)

    def _mark(self, mark: _Mark) -> None:
        self._marks[mark] = None
        self.marked()

    # Telling

    def tell(self) -> None:
        """Tell all lines what has changed."""
        self._latest.clear()
        while self._marks:
            mark = next(iter(self._marks))
            del self._marks[mark]
            match mark:
                case _Channel(endpoint, agent):
                    if channel := self._changed(endpoint, agent):
                        self._say(agent, channel)
                case _Post(post, agent):
                    self._say(agent, post)
                case visit:
                    self._tell_visit(visit)

    def answer(self, visit: "Visit") -> InteractionReport:
        """Tell all that is due, and give the report of this interaction, with its channel if that changed with it."""
        self.tell()
        return self._latest.get(visit) or visit.report()

    def known(self, endpoint: Endpoint, agent: str) -> None:
        """The agent is about to be told of this endpoint, and what lives there, in another way."""
        endpoint.told[agent] = endpoint.seen_by(agent)
        if endpoint.holder == agent:
            for visit in endpoint.visits.values():
                visit.told = visit.report()

    def _tell_visit(self, visit: "Visit") -> None:
        agent, report = visit.endpoint.holder, visit.report()
        if agent is None or report == visit.told:
            return
        visit.told = report
        channel = _Channel(visit.endpoint, agent)
        if channel in self._marks:
            del self._marks[channel]
            report = attrs.evolve(report, channel=self._changed(visit.endpoint, agent))
        self._latest[visit] = report
        self._say(agent, report)

    @staticmethod
    def _changed(endpoint: Endpoint, agent: str) -> ChannelReport | None:
        """The channel that the agent has there, if it is not as it was last told."""
        report = endpoint.seen_by(agent)
        if report == endpoint.told.get(agent):
            return None
        if agent in endpoint.users or agent == endpoint.holder:
            endpoint.told[agent] = report
        else:
            endpoint.told.pop(agent, None)
        return report

    def _say(self, agent: str, report: Report) -> None:
        for line in tuple(self._lines):
            line.changed(agent, report)
