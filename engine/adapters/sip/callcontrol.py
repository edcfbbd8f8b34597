"""What agents ask for at calls: checked against what is known, told to the phone, and answered when it is so."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote

import trio

from engine.adapters import refusals
from engine.adapters.sip.calls import Calls
from engine.adapters.sip.desks import Endpoint
from engine.adapters.sip.hands import Hands
from engine.adapters.sip.numbering import Numbering
from engine.adapters.sip.phone import Unsure
from engine.adapters.sip.settings import SipSettings
from engine.adapters.sip.visits import Leg, PhoneCall, Visit, Visits
from engine.adapters.sip.words import bare
from protocol.errors import FailureCode, Refused
from protocol.platform import (
    AcceptInteraction,
    AlternateLegs,
    BlindTransfer,
    ChangeData,
    CompleteInteraction,
    Dial,
    HoldLeg,
    InteractionCall,
    InteractionReport,
    RejectInteraction,
    ReleaseLeg,
    RetrieveLeg,
    SendDigits,
    StartConsult,
    TransferConsult,
)
from protocol.states import ConversationState, EndCause, InteractionState

ANSWER_S: Final = 8.0
"""The phone has so long to do what it was told; the processor gives a call up after 10 s."""
QUIET_S: Final = 2.0
"""A phone without a trace does not tell that a REFER was accepted; so long after it nobody has refused."""

Row = Callable[[Visit, Any], Awaitable[Any]]


class CallControl:
    """`rows` has a function for each call about an interaction."""

    def __init__(self, settings: SipSettings, hands: Hands, numbering: Numbering, calls: Calls, visits: Visits) -> None:
        self._settings = settings
        self._hands = hands
        self._numbering = numbering
        self._calls = calls
        self._visits = visits
        self.rows: Final[Mapping[type[InteractionCall[Any]], Row]] = MappingProxyType(
            {
                AcceptInteraction: self.accept,
                RejectInteraction: self.reject,
                ReleaseLeg: self.release,
                CompleteInteraction: self.complete,
                ChangeData: self.change_data,
                HoldLeg: self.hold,
                RetrieveLeg: self.retrieve,
                SendDigits: self.send_digits,
                StartConsult: self.consult,
                AlternateLegs: self.alternate,
                TransferConsult: self.transfer_consult,
                BlindTransfer: self.transfer_blind,
            }
        )

    # Beginning and ending

    async def dial(self, endpoint: Endpoint, call: Dial) -> InteractionReport:
        uri = self._numbering.uri_for(call.destination, by=endpoint)
        for visit in endpoint.visits.values():
            if visit.announced:
                raise refusals.second_interaction(endpoint.address, visit.id, visit.state)
        async with self._hands.turn(endpoint) as turn:
            await turn.look()
            if endpoint.calls:
                raise Refused(
                    FailureCode.INVALID_STATE, f"the phone {endpoint.address} is in a call; look at the latest events"
                )
            visit = self._calls.dial(endpoint, uri, trio.current_time())
            leg = visit.primary
            try:
                await turn.command("dial", uri)
            except Unsure:
                # It may dial all the same: as soon as it says so, that is told.
                if not visit.announced:
                    raise
            except Refused:
                self._calls.withdraw(leg.call)
                raise
            except trio.Cancelled:
                self._announce(visit)
                raise
        if leg.call.closed:
            raise Refused(
                FailureCode.INVALID_DESTINATION, f"{call.destination} cannot be dialled: {leg.call.why}; dial another"
            )
        self._announce(visit)
        return visit.report()

    def _announce(self, visit: Visit) -> None:
        """The phone dials, so far as is known."""
        if not visit.over:
            self._calls.announce(visit)

    async def accept(self, visit: Visit, _: AcceptInteraction) -> InteractionReport:
        """Believed when the phone says that the call is established: it says yes to the command in any case."""
        if not visit.started:
            visit.require(InteractionState.ALERTING, "be accepted")
            call = visit.primary.call
            async with self._hands.turn(visit.endpoint) as turn:
                try:
                    await turn.about(call, "accept")
                except Unsure:
                    if not visit.started:
                        raise
            if not await self._hands.until(visit.endpoint, lambda: visit.started or call.closed, ANSWER_S):
                raise Refused(
                    FailureCode.PLATFORM_ERROR,
                    f"the phone {visit.endpoint.address} does not answer the call; look at its sound device",
                )
        return visit.report()

    async def reject(self, visit: Visit, _: RejectInteraction) -> InteractionReport:
        visit.require(InteractionState.ALERTING, "be rejected")
        await self._hang_up(visit.primary.call, EndCause.REJECTED)
        return visit.report()

    async def release(self, visit: Visit, call: ReleaseLeg) -> InteractionReport:
        leg = visit.leg(call.leg)
        alerting = leg.state is ConversationState.ALERTING
        await self._hang_up(leg.call, EndCause.REJECTED if alerting else EndCause.RELEASED)
        return visit.report()

    async def complete(self, visit: Visit, call: CompleteInteraction) -> InteractionReport:
        visit.require(InteractionState.ENDED, "be completed")
        refusals.check_disposition(call.disposition, self._settings.dispositions)
        self._visits.complete(visit, call.disposition)
        return visit.report()

    async def change_data(self, visit: Visit, call: ChangeData) -> InteractionReport:
        self._visits.change_data(visit.contact, call.changes)
        return visit.report()

    async def _hang_up(self, call: PhoneCall, cause: EndCause) -> None:
        """The cause is set only when the phone is about to be told: until then it may end in another way."""
        endpoint = call.endpoint
        async with self._hands.turn(endpoint) as turn:
            await turn.look()
            if not call.closed:
                call.cause = cause
                try:
                    await turn.about(call, "hangup")
                except Refused:
                    if not call.closed:
                        call.cause = None
                        raise
        if not await self._hands.until(endpoint, lambda: call.closed, ANSWER_S):
            raise Refused(
                FailureCode.PLATFORM_ERROR, f"the phone {endpoint.address} does not hang up; try again, or restart it"
            )

    # While it goes on

    async def hold(self, visit: Visit, call: HoldLeg) -> InteractionReport:
        leg = _answered(visit.leg(call.leg))
        if not leg.call.held:
            await self._change(leg, "hold")
            self._require(leg, ConversationState.HELD)
        return visit.report()

    async def retrieve(self, visit: Visit, call: RetrieveLeg) -> InteractionReport:
        leg = _answered(visit.leg(call.leg))
        for other in visit.legs:
            if other is not leg and other.state is not ConversationState.HELD:
                raise refusals.other_leg_talks(other.id, other.state)
        if leg.call.held:
            await self._change(leg, "resume")
            self._require(leg, ConversationState.CONNECTED)
        return visit.report()

    async def _change(self, leg: Leg, command: str) -> None:
        """Nothing tells of a hold but the listing of calls."""
        async with self._hands.turn(leg.call.endpoint) as turn:
            await turn.about(leg.call, command)
            await turn.look()

    @staticmethod
    def _require(leg: Leg, state: ConversationState) -> None:
        if leg in leg.visit.legs and leg.state is not state:
            raise Refused(
                FailureCode.PLATFORM_ERROR,
                f"the phone {leg.call.endpoint.address} has the leg {leg.state}, not {state}; try again",
            )

    async def send_digits(self, visit: Visit, call: SendDigits) -> None:
        leg = visit.leg(call.leg)
        if leg.state is not ConversationState.CONNECTED:
            raise refusals.cannot_hear_digits(leg.id, leg.state)
        async with self._hands.turn(visit.endpoint) as turn:
            await turn.about(leg.call, "sndcode", call.digits)

    # Consult

    async def consult(self, visit: Visit, call: StartConsult) -> InteractionReport:
        visit.require(InteractionState.STARTED, "have a consult")
        primary = _answered(visit.primary)
        _refuse_beside_consult(visit)
        uri = self._numbering.uri_for(call.destination, by=visit.endpoint)
        was_held = primary.call.held
        async with self._hands.turn(visit.endpoint) as turn:
            if not was_held:
                await turn.about(primary.call, "hold")
            await turn.look()
            if primary not in visit.legs:
                return visit.report()
            leg = self._calls.consult(visit, uri, trio.current_time())
            try:
                await turn.command("dial", uri)
            except Unsure:
                raise
            except Refused:
                self._calls.withdraw(leg.call)
            if leg.call.closed and not was_held:
                await turn.about(primary.call, "resume")
                await turn.look()
        if leg.call.closed:
            raise Refused(
                FailureCode.INVALID_DESTINATION, f"{call.destination} cannot be dialled: {leg.call.why}; dial another"
            )
        self._calls.announce(visit)
        return visit.report()

    async def alternate(self, visit: Visit, _: AlternateLegs) -> InteractionReport:
        consult = _answered_consult(visit)
        legs = (visit.primary, consult)
        if consult.state is visit.primary.state:
            raise refusals.both_held()
        held, talking = sorted(legs, key=lambda leg: not leg.call.held)
        async with self._hands.turn(visit.endpoint) as turn:
            await turn.about(talking.call, "hold")
            await turn.about(held.call, "resume")
            await turn.look()
        self._require(talking, ConversationState.HELD)
        self._require(held, ConversationState.CONNECTED)
        return visit.report()

    # Transfer

    async def transfer_blind(self, visit: Visit, call: BlindTransfer) -> InteractionReport:
        leg = _answered(visit.leg(call.leg))
        _refuse_beside_consult(visit)
        uri = self._numbering.uri_for(call.destination, by=visit.endpoint)
        target = self._numbering.endpoint_of(uri)
        await self._refer(leg, uri, target, then_leave=True)
        return visit.report()

    async def transfer_consult(self, visit: Visit, _: TransferConsult) -> InteractionReport:
        """To an agent's phone: it answers the contact in place of the consult. To anybody else: REFER with Replaces."""
        consult = _answered_consult(visit)
        primary = _answered(visit.primary)
        other = self._calls.other_end(consult.call)
        if other is not None and other.leg is not None:
            await self._refer(primary, other.endpoint.uri, other.endpoint, takes_over=other.leg)
        else:
            await self._refer(primary, self._replacing(primary, consult), None)
        return visit.report()

    def _replacing(self, primary: Leg, consult: Leg) -> str:
        """Raises Refused where the phones cannot do it."""
        tags = self._hands.tags(consult.call.id)
        if tags is None:
            raise Refused(
                FailureCode.UNSUPPORTED,
                "this phone cannot transfer to somebody who is no agent, for it shows nothing of its SIP messages; "
                "release the consult, and transfer blind",
            )
        if self._numbering.endpoint_of(primary.call.peer) is not None:
            raise Refused(
                FailureCode.UNSUPPORTED,
                "the far end's phone cannot take the place of another call; release the consult, and transfer blind",
            )
        here, there = tags
        replaces = quote(f"{consult.call.id};to-tag={there};from-tag={here}", safe="")
        return f"{bare(consult.call.peer)}?Replaces={replaces}"

    async def _refer(
        self,
        leg: Leg,
        uri: str,
        target: Endpoint | None,
        *,
        takes_over: Leg | None = None,
        then_leave: bool = False,
    ) -> None:
        """Send the far end of the leg on; `then_leave` as soon as it agrees, otherwise when it has arrived there."""
        visit, call, phone = leg.visit, leg.call, self._hands.phone(leg.call.endpoint)
        visit.begin_transfer()
        if target is not None:
            self._calls.handovers.expect(leg, target, trio.current_time(), takes_over=takes_over)
        gone = False

        def done() -> bool:
            agreed = then_leave and self._hands.refer_accepted(call.id)
            return visit.over or call.closed or visit.transfer_failed is not None or agreed

        try:
            async with self._hands.turn(call.endpoint) as turn:
                await turn.about(call, "transfer", uri)
            blindly = then_leave and not phone.traces
            known = await self._hands.until(call.endpoint, done, QUIET_S if blindly else ANSWER_S)
            if visit.transfer_failed is not None:
                await self._hands.until(call.endpoint, lambda: call.closed, QUIET_S)
            elif not call.closed and (known or blindly):
                await self._hang_up(call, EndCause.TRANSFERRED)
            gone = call.closed
        finally:
            if not gone:
                visit.transferring = False
                if target is not None:
                    self._calls.handovers.give_up(leg, target)
        if not gone:
            raise Refused(
                FailureCode.PLATFORM_ERROR,
                "the far end has not been transferred: "
                f"{visit.transfer_failed or 'its phone does not answer the request'}; talk on, or try again",
            )


# Refusals


def _answered(leg: Leg) -> Leg:
    if not leg.call.established:
        raise refusals.unanswered(leg.id, leg.state)
    return leg


def _refuse_beside_consult(visit: Visit) -> None:
    if visit.consult is not None:
        raise refusals.has_consult(visit.id)


def _answered_consult(visit: Visit) -> Leg:
    if visit.consult is None:
        raise refusals.no_consult(visit.id)
    if not visit.consult.call.established:
        raise refusals.consult_unanswered(visit.id)
    return visit.consult
