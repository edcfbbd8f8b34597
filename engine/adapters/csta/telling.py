"""What is told to the sink: each change once, as the whole new state, what is over before what goes on. Pure."""

from typing import Final

import attrs
import structlog

from engine.adapters.csta.desks import Desk, Phone
from engine.adapters.csta.visits import Visit
from engine.adapters.spi import Sink
from protocol.platform import ChannelReport, InteractionReport
from protocol.states import InteractionState

log = structlog.get_logger()


@attrs.define
class _Told:
    """What an agent knows of the interactions at a phone."""

    agent: str
    visits: dict[str, InteractionReport] = attrs.field(factory=dict)


class Telling:
    """Remembers what each agent was told last."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._channels: Final[dict[tuple[str, str], ChannelReport]] = {}
        self._visits: Final[dict[str, _Told]] = {}

    def forget(self, desk: Desk, phone: Phone) -> None:
        """The agent has no channel there any longer, or has it anew."""
        self._channels.pop((desk.id, phone.address), None)
        told = self._visits.get(phone.address)
        if told is not None and told.agent == desk.id:
            del self._visits[phone.address]

    def known(self, desk: Desk, phone: Phone) -> None:
        """The agent is about to be told in another way how things stand there."""
        self._channels[desk.id, phone.address] = phone.seen_by(desk.agent)
        if desk.holds(phone):
            told = self._visits[phone.address] = _Told(desk.id)
            for visit in phone.line.visits.values():
                visit.shown = True
                told.visits[visit.id] = visit.report()

    def channel(self, desk: Desk, phone: Phone) -> None:
        """Tell of the channel, if it has changed."""
        report = self._new_channel(desk, phone)
        if report is not None:
            self._sink.report(desk.id, report)

    def _new_channel(self, desk: Desk, phone: Phone) -> ChannelReport | None:
        report = phone.seen_by(desk.agent)
        if self._channels.get((desk.id, phone.address)) == report:
            return None
        self._channels[desk.id, phone.address] = report
        return report

    def visits(self, desk: Desk, phone: Phone, gone: list[Visit]) -> None:
        """Tell the agent who is logged in there of the interactions that have changed, and of those that are gone."""
        told = self._visits.get(phone.address)
        if told is None or told.agent != desk.id:
            told = self._visits[phone.address] = _Told(desk.id)
        there = sorted(phone.line.visits.values(), key=lambda visit: (not visit.over, visit.connected is not None))
        for visit in [*(visit for visit in gone if visit.shown), *there]:
            self._visit(desk, phone, told, visit)
        for visit in gone:
            told.visits.pop(visit.id, None)

    def _visit(self, desk: Desk, phone: Phone, told: _Told, visit: Visit) -> None:
        report = visit.report()
        before = told.visits.get(visit.id)
        if before == report or (before is not None and _deserted(before, report)):
            return
        if problem := report.problem():
            log.debug("csta_not_told", endpoint=phone.address, why=problem)
            return
        told.visits[visit.id] = report
        visit.shown = True
        if report.state in (InteractionState.ENDED, InteractionState.COMPLETED):
            report = attrs.evolve(report, channel=self._new_channel(desk, phone))
        self._sink.report(desk.id, report)


def _deserted(before: InteractionReport, now: InteractionReport) -> bool:
    """Has the far end of a leg left? Then the leg is about to end, which is told as one."""
    with_members = {leg.id for leg in before.legs if leg.members}
    return any(leg.id in with_members and not leg.members for leg in now.legs)
