"""The promises about calls are worth something: an adapter that breaks one is found out."""

from collections.abc import Awaitable, Callable
from typing import Any

import attrs
import pytest

from engine.adapters.contract import telephony
from engine.adapters.contract.bench import Bench
from engine.adapters.simulator.adapter import SimulatorAdapter
from protocol.errors import FailureCode, Refused
from protocol.platform import (
    ChangeData,
    HoldLeg,
    InteractionReport,
    PlatformCall,
    Report,
    SetRecording,
    Snapshot,
    TransferConsult,
)
from protocol.states import EndCause, InteractionState
from tests.engine.adapters.simulator.driver import driver

Promise = Callable[[Bench], Awaitable[None]]


class _Altering(SimulatorAdapter):
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


class SilentAboutEnds(_Altering):
    """Does not tell when a call is over."""

    def alter(self, report: InteractionReport) -> InteractionReport | None:
        return None if report.cause is EndCause.REMOTE else report


class ContactOfEach(_Altering):
    """Every end is a contact of its own."""

    def alter(self, report: InteractionReport) -> InteractionReport:
        return attrs.evolve(report, contact=f"{report.contact} {report.endpoint}")


class NamesNobody(_Altering):
    """Forgets who is at the far end once a call is transferred."""

    transferred = False

    def alter(self, report: InteractionReport) -> InteractionReport:
        legs = tuple(attrs.evolve(leg, members=()) for leg in report.legs) if self.transferred else report.legs
        return attrs.evolve(report, legs=legs)

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        self.transferred |= isinstance(call, TransferConsult)
        return await super().perform(agent, call)


class OwnData(_Altering):
    """Tells attached data to nobody but the one who set them."""

    def changed(self, agent: str, report: Report) -> None:
        if not (isinstance(report, InteractionReport) and "order" in report.data):
            super().changed(agent, report)


class Unsound(_Altering):
    """Says why a call is over while it rings."""

    def alter(self, report: InteractionReport) -> InteractionReport:
        return attrs.evolve(report, cause=EndCause.FAILED)


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
        if isinstance(call, (HoldLeg, SetRecording, ChangeData)):
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


class NeverOver(_Altering):
    """Wrap-up never ends."""

    def alter(self, report: InteractionReport) -> InteractionReport:
        if report.state is not InteractionState.COMPLETED:
            return report
        return attrs.evolve(report, state=InteractionState.ENDED)


BREACHES: list[tuple[type[SimulatorAdapter], Promise]] = [
    (SilentAboutEnds, telephony.a_call_is_told_to_both_ends_from_its_offer_to_its_end),
    (ContactOfEach, telephony.a_call_is_told_to_both_ends_from_its_offer_to_its_end),
    (NeverOver, telephony.a_call_is_told_to_both_ends_from_its_offer_to_its_end),
    (Unsound, telephony.a_call_is_told_to_both_ends_from_its_offer_to_its_end),
    (OtherCode, telephony.an_interaction_that_is_over_is_unknown),
    (EmptySnapshot, telephony.what_the_snapshot_has_is_what_was_told),
    (DoesNothing, telephony.hold_and_retrieve_do_what_they_say),
    (DoesNothing, telephony.recording_does_what_it_says),
    (DoesNothing, telephony.attached_data_belong_to_the_contact),
    (OwnData, telephony.attached_data_belong_to_the_contact),
    (ContactOfEach, telephony.a_consulted_agent_has_the_same_contact_and_gets_the_call),
    (NamesNobody, telephony.a_consulted_agent_has_the_same_contact_and_gets_the_call),
    (OtherCode, telephony.nobody_can_be_called_who_is_not_there),
]


@pytest.mark.parametrize(("adapter", "promise"), BREACHES, ids=lambda it: it.__name__)
async def test_a_breach_is_found(adapter: type[SimulatorAdapter], promise: Promise, autojump_clock: object) -> None:
    await promise(driver())
    found = False
    try:
        await promise(driver(make=adapter))
    except* (AssertionError, ValueError):
        found = True
    assert found
