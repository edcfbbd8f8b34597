"""What agents ask for at calls. Everything is checked here, so that a refused call has changed nothing."""

from types import MappingProxyType
from typing import Final

from engine.adapters import refusals
from engine.adapters.simulator.agents import Agents
from engine.adapters.simulator.calls import Calls
from engine.adapters.simulator.desk import Desk, Endpoint
from engine.adapters.simulator.destinations import Destinations
from engine.adapters.simulator.legs import CallVisit, Leg, latest_digits
from engine.adapters.simulator.news import News
from engine.adapters.simulator.visit import Rows, refuse_unsendable
from protocol.platform import (
    AcceptInteraction,
    AlternateLegs,
    BlindConference,
    BlindTransfer,
    ConferenceConsult,
    Dial,
    HoldLeg,
    InteractionReport,
    RejectInteraction,
    ReleaseLeg,
    RetrieveLeg,
    SendDigits,
    SetRecording,
    StartConsult,
    TransferConsult,
)
from protocol.states import ConversationState, InteractionState
from protocol.texts import DataMap


class CallControl:
    """The medium of calls."""

    def __init__(self, news: News, calls: Calls, agents: Agents, destinations: Destinations) -> None:
        self._news = news
        self._calls = calls
        self._agents = agents
        self._destinations = destinations
        self.rows: Final[Rows] = MappingProxyType(
            {
                AcceptInteraction: self.accept,
                RejectInteraction: self.reject,
                ReleaseLeg: self.release,
                HoldLeg: self.hold,
                RetrieveLeg: self.retrieve,
                SetRecording: self.record,
                SendDigits: self.send_digits,
                StartConsult: self.consult,
                AlternateLegs: self.alternate,
                TransferConsult: self.transfer_consult,
                ConferenceConsult: self.conference_consult,
                BlindTransfer: self.transfer_blind,
                BlindConference: self.conference_blind,
            }
        )

    def agent_gone(self, visit: CallVisit) -> None:
        """The call goes on at the phone."""
        self._calls.go_on_without_agent(visit)

    # Beginning and ending

    def dial(self, desk: Desk, call: Dial) -> InteractionReport:
        refuse_unsendable("extensions", call.extensions, DataMap)
        phone = self._agents.active_phone(desk, call.endpoint)
        refuse_second(phone)
        destination = self._destinations.free(call.destination, by=phone)
        return self._news.answer(self._calls.dial(phone, destination, call.destination, {**call.extensions}))

    def accept(self, visit: CallVisit, call: AcceptInteraction) -> InteractionReport:
        if visit.state is not InteractionState.STARTED:
            visit.require(InteractionState.ALERTING, "be accepted")
            self._calls.answer(visit)
        return self._news.answer(visit)

    def reject(self, visit: CallVisit, call: RejectInteraction) -> InteractionReport:
        visit.require(InteractionState.ALERTING, "be rejected")
        self._calls.reject(visit)
        return self._news.answer(visit)

    def release(self, visit: CallVisit, call: ReleaseLeg) -> InteractionReport:
        self._calls.release(visit.leg(call.leg))
        return self._news.answer(visit)

    # While it goes on

    def hold(self, visit: CallVisit, call: HoldLeg) -> InteractionReport:
        leg = visit.leg(call.leg)
        refuse_unanswered(leg)
        leg.state = ConversationState.HELD
        self._news.visit(visit)
        return self._news.answer(visit)

    def retrieve(self, visit: CallVisit, call: RetrieveLeg) -> InteractionReport:
        leg = visit.leg(call.leg)
        refuse_unanswered(leg)
        for other in visit.legs:
            if other is not leg and other.state is not ConversationState.HELD:
                raise refusals.other_leg_talks(other.id, other.state)
        leg.state = ConversationState.CONNECTED
        self._news.visit(visit)
        return self._news.answer(visit)

    def record(self, visit: CallVisit, call: SetRecording) -> InteractionReport:
        visit.require(InteractionState.STARTED, "be recorded")
        visit.recording = call.recording
        self._news.visit(visit)
        return self._news.answer(visit)

    def send_digits(self, visit: CallVisit, call: SendDigits) -> None:
        leg = visit.leg(call.leg)
        if leg.state is not ConversationState.CONNECTED:
            raise refusals.cannot_hear_digits(leg.id, leg.state)
        for party in leg.call.outside:
            party.digits = latest_digits(party.digits + call.digits)

    # Consult

    def consult(self, visit: CallVisit, call: StartConsult) -> InteractionReport:
        visit.require(InteractionState.STARTED, "have a consult")
        refuse_unanswered(visit.primary)
        refuse_beside_consult(visit)
        self._calls.consult(visit, self._destinations.free(call.destination, by=visit.endpoint))
        return self._news.answer(visit)

    def alternate(self, visit: CallVisit, call: AlternateLegs) -> InteractionReport:
        consult = answered_consult(visit)
        if consult.state is visit.primary.state:
            raise refusals.both_held()
        visit.primary.state, consult.state = consult.state, visit.primary.state
        self._news.visit(visit)
        return self._news.answer(visit)

    def transfer_consult(self, visit: CallVisit, call: TransferConsult) -> InteractionReport:
        self._calls.transfer(visit, answered_consult(visit))
        return self._news.answer(visit)

    def conference_consult(self, visit: CallVisit, call: ConferenceConsult) -> InteractionReport:
        self._calls.conference(visit, answered_consult(visit))
        return self._news.answer(visit)

    # Blind

    def transfer_blind(self, visit: CallVisit, call: BlindTransfer) -> InteractionReport:
        leg = visit.leg(call.leg)
        refuse_unanswered(leg)
        refuse_beside_consult(visit)
        self._calls.transfer_blind(leg, self._destinations.free(call.destination, by=visit.endpoint))
        return self._news.answer(visit)

    def conference_blind(self, visit: CallVisit, call: BlindConference) -> InteractionReport:
        leg = visit.leg(call.leg)
        refuse_unanswered(leg)
        refuse_beside_consult(visit)
        self._calls.reach(leg.call, self._destinations.free(call.destination, by=visit.endpoint))
        return self._news.answer(visit)


# Refusals


def refuse_second(phone: Endpoint) -> None:
    """One phone has one interaction at a time."""
    for visit in phone.visits.values():
        raise refusals.second_interaction(phone.address, visit.id, visit.state)


def refuse_unanswered(leg: Leg) -> None:
    if not leg.answered:
        raise refusals.unanswered(leg.id, leg.state)


def refuse_beside_consult(visit: CallVisit) -> None:
    if visit.consult is not None:
        raise refusals.has_consult(visit.id)


def answered_consult(visit: CallVisit) -> Leg:
    if visit.consult is None:
        raise refusals.no_consult(visit.id)
    if not visit.consult.answered:
        raise refusals.consult_unanswered(visit.id)
    return visit.consult
