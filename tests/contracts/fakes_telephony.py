"""Adapters that break the promises about calls."""

from typing import Any, Final

import attrs

from engine.adapters.simulator.adapter import SimulatorAdapter
from protocol.errors import FailureCode, Refused
from protocol.platform import (
    AlternateLegs,
    ChangeData,
    ConferenceConsult,
    HoldLeg,
    InteractionCall,
    InteractionReport,
    PlatformCall,
    Report,
    SendDigits,
    SetRecording,
    Snapshot,
    TransferConsult,
)
from protocol.states import EndCause, InteractionState
from tests.contracts.fakes import Breach, DeafToPhones


class Altering(SimulatorAdapter):
    """Tells and answers interactions otherwise than they are."""

    def alter(self, report: InteractionReport) -> InteractionReport | None:
        return report

    def changed(self, agent: str, report: Report) -> None:
        altered = self.alter(report) if isinstance(report, InteractionReport) else report
        if altered is not None:
            super().changed(agent, altered)

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        answer = await super().perform(agent, call)
        return (self.alter(answer) or answer) if isinstance(answer, InteractionReport) else answer


class SilentAboutEnds(Altering):
    """Does not tell when a call is over."""

    def alter(self, report: InteractionReport) -> InteractionReport | None:
        return None if report.cause in (EndCause.REMOTE, EndCause.ABANDONED) else report


class ContactOfEach(Altering):
    """Every end is a contact of its own."""

    def alter(self, report: InteractionReport) -> InteractionReport:
        return attrs.evolve(report, contact=f"{report.contact} {report.endpoint}")


class NamesNobody(Altering):
    """Forgets who is at the far end once a call is transferred."""

    transferred = False

    def alter(self, report: InteractionReport) -> InteractionReport:
        legs = tuple(attrs.evolve(leg, members=()) for leg in report.legs) if self.transferred else report.legs
        return attrs.evolve(report, legs=legs)

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        self.transferred |= isinstance(call, (TransferConsult, ConferenceConsult))
        return await super().perform(agent, call)


class OwnData(Altering):
    """Tells attached data to nobody but the one who set them."""

    def changed(self, agent: str, report: Report) -> None:
        if not (isinstance(report, InteractionReport) and "order" in report.data):
            super().changed(agent, report)


class Unsound(Altering):
    """Says why a call is over while it rings."""

    def alter(self, report: InteractionReport) -> InteractionReport:
        return attrs.evolve(report, cause=report.cause or EndCause.FAILED)


class EmptySnapshot(SimulatorAdapter):
    """Does not say what goes on when an agent starts."""

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        answer = await super().perform(agent, call)
        return attrs.evolve(answer, interactions=()) if isinstance(answer, Snapshot) else answer


class DoesNothing(SimulatorAdapter):
    """Answers some calls with how things stood before."""

    before: dict[str, InteractionReport]

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        self.before = getattr(self, "before", {})
        if isinstance(call, (HoldLeg, SetRecording, ChangeData, AlternateLegs, SendDigits)):
            return self.before[agent]
        return await super().perform(agent, call)

    def changed(self, agent: str, report: Report) -> None:
        if isinstance(report, InteractionReport):
            self.before = {**getattr(self, "before", {}), agent: report}
        super().changed(agent, report)


class OtherCode(SimulatorAdapter):
    """Refuses what it does not know, or cannot reach, with a code that says something else."""

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        try:
            return await super().perform(agent, call)
        except Refused as refused:
            raise Refused(FailureCode.PLATFORM_ERROR, refused.message) from refused


class NeverOver(Altering):
    """Wrap-up never ends."""

    def alter(self, report: InteractionReport) -> InteractionReport:
        if report.state is not InteractionState.COMPLETED:
            return report
        return attrs.evolve(report, state=InteractionState.ENDED)


class OtherCause(Altering):
    """Cannot say why it is over."""

    def alter(self, report: InteractionReport) -> InteractionReport:
        return report if report.cause is None else attrs.evolve(report, cause=EndCause.FAILED)


class OneIdForAll(Altering):
    """Has one line, and calls whatever comes on it the same."""

    real: dict[str, str]

    def alter(self, report: InteractionReport) -> InteractionReport:
        self.real = {**getattr(self, "real", {}), report.endpoint: report.id}
        return attrs.evolve(report, id="the call")

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        if isinstance(call, InteractionCall):
            call = attrs.evolve(call, interaction=self.real[call.endpoint])
        return await super().perform(agent, call)


BROKEN: Final[tuple[Breach, ...]] = (
    (SilentAboutEnds, "AC-TELEPHONY-1", "is not told that agent1 has hung up"),
    (ContactOfEach, "AC-TELEPHONY-1", "are different contacts"),
    (NeverOver, "AC-TELEPHONY-1", "after wrap-up"),
    (Unsound, "AC-TELEPHONY-1", "cause FAILED while"),
    (OtherCause, "AC-TELEPHONY-1", "ended as FAILED"),
    (OtherCode, "AC-TELEPHONY-2", "is refused with PLATFORM_ERROR"),
    (OtherCause, "AC-TELEPHONY-3", "ended as FAILED"),
    (EmptySnapshot, "AC-TELEPHONY-4", "and 0 in the snapshot"),
    (DoesNothing, "AC-TELEPHONY-5", "after HoldLeg"),
    (DoesNothing, "AC-TELEPHONY-6", "with the attached data"),
    (OwnData, "AC-TELEPHONY-6", "is not told of the attached data"),
    (DoesNothing, "AC-TELEPHONY-7", "is answered with STOPPED"),
    (DoesNothing, "AC-TELEPHONY-8", "is no answer to SendDigits"),
    (ContactOfEach, "AC-TELEPHONY-9", "has another contact"),
    (NamesNobody, "AC-TELEPHONY-9", "who the other end is now"),
    (DoesNothing, "AC-TELEPHONY-10", "after AlternateLegs"),
    (NamesNobody, "AC-TELEPHONY-11", "has the members []"),
    (ContactOfEach, "AC-TELEPHONY-12", "has another contact"),
    (ContactOfEach, "AC-TELEPHONY-13", "has another contact"),
    (OtherCode, "AC-TELEPHONY-14", "is refused with PLATFORM_ERROR"),
    (SilentAboutEnds, "AC-TELEPHONY-15", "that the customer has hung up"),
    (SilentAboutEnds, "AC-TELEPHONY-16", "that the customer has given up"),
    (DeafToPhones, "AC-TELEPHONY-17", "that agent2 has answered"),
    (OneIdForAll, "AC-TELEPHONY-18", "4001 had an interaction the call"),
    (OtherCode, "AC-TELEPHONY-19", "a leg that has ended is refused with PLATFORM_ERROR"),
)
