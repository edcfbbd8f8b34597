"""Adapters that break the promises about chats and emails."""

from typing import Any, Final

import attrs

from engine.adapters.simulator.adapter import SimulatorAdapter
from protocol.platform import (
    InteractionReport,
    MessagePosted,
    PlatformCall,
    Post,
    Replied,
    Report,
    SendMessage,
)
from protocol.states import InteractionState
from tests.contracts.fakes import Breach
from tests.contracts.fakes_telephony import Altering, OtherCause, OtherCode, SilentAboutEnds


class Laconic(SimulatorAdapter):
    """Tells the first message only."""

    told = False

    def changed(self, agent: str, report: Report) -> None:
        if not (self.told and isinstance(report, MessagePosted)):
            super().changed(agent, report)
        self.told |= isinstance(report, MessagePosted)


class Plain(SimulatorAdapter):
    """Has letters of its own country only."""

    def changed(self, agent: str, report: Report) -> None:
        if isinstance(report, MessagePosted):
            report = attrs.evolve(report, text=report.text.encode("ascii", "replace").decode())
        super().changed(agent, report)


class OneId(SimulatorAdapter):
    """Numbers nothing."""

    def changed(self, agent: str, report: Report) -> None:
        super().changed(agent, attrs.evolve(report, id="message") if isinstance(report, Post) else report)


class SendsOnce(SimulatorAdapter):
    """Takes the second message of the same text for a repetition."""

    sent: MessagePosted | None = None

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        if not isinstance(call, SendMessage):
            return await super().perform(agent, call)
        self.sent = self.sent or await super().perform(agent, call)
        return self.sent


class NoTranscript(Altering):
    """Hands on nothing of what was said."""

    def alter(self, report: InteractionReport) -> InteractionReport:
        return attrs.evolve(report, transcript=())


class StillThere(SimulatorAdapter):
    """Keeps an email that was answered."""

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        answer = await super().perform(agent, call)
        if isinstance(answer, Replied):
            open_ = attrs.evolve(answer.interaction, state=InteractionState.STARTED, cause=None, wrapup_s=None)
            return attrs.evolve(answer, interaction=open_)
        return answer


BROKEN: Final[tuple[Breach, ...]] = (
    (OtherCause, "AC-MEDIA-1", "COMPLETED, FAILED"),
    (OtherCode, "AC-MEDIA-1", "is refused with PLATFORM_ERROR"),
    (Laconic, "AC-MEDIA-2", "is told ['Message 1"),
    (Plain, "AC-MEDIA-2", "with ?, ? and ?"),
    (OneId, "AC-MEDIA-2", "is told ['Message 3"),
    (SendsOnce, "AC-MEDIA-3", "was the second one sent?"),
    (SilentAboutEnds, "AC-MEDIA-4", "that the customer has left"),
    (OtherCause, "AC-MEDIA-5", "FAILED"),
    (NoTranscript, "AC-MEDIA-6", "the transcript that agent2 gets is []"),
    (StillThere, "AC-MEDIA-7", "an email that was answered is STARTED"),
)
