"""What is told to agents: changes, each once, as the state that it has led to."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from engine.adapters.sip.desks import Endpoint, Floor
from protocol.platform import ChannelReport, InteractionReport, Report

if TYPE_CHECKING:
    from engine.adapters.sip.visits import Visit


class News:
    """Tells `tell` what has changed for agents that are watched."""

    def __init__(self, floor: Floor, tell: Callable[[str, Report], None]) -> None:
        self._floor = floor
        self._tell = tell

    def channel(self, endpoint: Endpoint, *agents: str) -> None:
        """The channel at this endpoint may have changed for these agents; without any, for all that have it."""
        for agent in agents or tuple(endpoint.users):
            if channel := self._changed(endpoint, agent):
                self._tell(agent, channel)

    def visit(self, visit: "Visit", *, with_channel: bool = False) -> None:
        """The interaction may have changed; `with_channel`: its channel by the same happening."""
        agent = visit.endpoint.holder
        if agent is None or not visit.announced or not self._floor.is_watched(agent):
            return
        report = visit.report()
        if report != visit.told:
            visit.told = report
            channel = self._changed(visit.endpoint, agent) if with_channel else None
            self._tell(agent, attrs.evolve(report, channel=channel))
        elif with_channel:
            self.channel(visit.endpoint, agent)

    def known(self, endpoint: Endpoint, agent: str) -> tuple[InteractionReport, ...]:
        """The agent is about to be told of this endpoint in another way; what lives there."""
        endpoint.told[agent] = endpoint.seen_by(agent)
        if endpoint.holder != agent:
            return ()
        visits = [visit for visit in endpoint.visits.values() if visit.announced]
        for visit in visits:
            visit.told = visit.report()
        return tuple(visit.report() for visit in visits)

    def renew(self, endpoint: Endpoint, agent: str) -> None:
        """The agent has this endpoint anew: tell of it, and of what lives there, in any case."""
        endpoint.told.pop(agent, None)
        self.channel(endpoint, agent)
        if endpoint.holder == agent:
            for visit in endpoint.visits.values():
                visit.told = None
                self.visit(visit)

    def _changed(self, endpoint: Endpoint, agent: str) -> ChannelReport | None:
        report = endpoint.seen_by(agent)
        if not self._floor.is_watched(agent) or report == endpoint.told.get(agent):
            return None
        endpoint.told[agent] = report
        return report
