"""What agents ask for at calls.

Everything that can be is checked first, so that a refused call has changed nothing. The switch is asked, then its
events are waited for; where they do not come, it is asked how things stand.
"""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from engine.adapters import refusals
from engine.adapters.csta import replies, requests
from engine.adapters.csta.agents import Agents
from engine.adapters.csta.callchecks import (
    answered,
    leg_of,
    not_reached,
    refuse_beside_connected,
    refuse_beside_consult,
    refuse_itself,
    require,
)
from engine.adapters.csta.desks import Chosen, Desk, Phone
from engine.adapters.csta.link import Unanswered, nothing
from engine.adapters.csta.requests import Request
from engine.adapters.csta.visits import Leg, Visit
from engine.adapters.csta.watching import Watching
from engine.adapters.csta.world import World
from protocol.errors import FailureCode, Refused
from protocol.platform import (
    AcceptInteraction,
    AlternateLegs,
    BlindConference,
    BlindTransfer,
    CompleteInteraction,
    ConferenceConsult,
    Dial,
    HoldLeg,
    InteractionCall,
    LegCall,
    PlatformCall,
    RejectInteraction,
    ReleaseLeg,
    RetrieveLeg,
    SendDigits,
    StartConsult,
    TransferConsult,
)
from protocol.states import AgentState, ConversationState, InteractionState

Answer = Callable[[], Any]
Rows = Mapping[type[PlatformCall[Any]], Callable[[Phone, Visit, Any], Awaitable[Answer]]]
"""What carries out each call about an interaction: a function of the phone, the interaction and the call."""

USER_DATA: Final = "uui"
"""The extension of a dialled call that goes to the other side as user data."""


class CallControl:
    """The calls about interactions."""

    def __init__(self, world: World, watching: Watching, agents: Agents) -> None:
        self._world = world
        self._watching = watching
        self._agents = agents
        self._settings = world.settings
        self._rows: Final[Rows] = MappingProxyType(
            {
                AcceptInteraction: self._accept,
                RejectInteraction: self._reject,
                CompleteInteraction: self._complete,
                HoldLeg: self._hold,
                RetrieveLeg: self._retrieve,
                ReleaseLeg: self._release,
                SendDigits: self._send_digits,
                StartConsult: self._consult,
                AlternateLegs: self._alternate,
                TransferConsult: self._transfer,
                ConferenceConsult: self._conference,
                BlindTransfer: self._transfer_blind,
                BlindConference: self._conference_blind,
            }
        )

    async def perform(self, desk: Desk, call: InteractionCall[Any]) -> Answer:
        row = self._rows.get(type(call))
        if row is None:
            raise Refused(FailureCode.UNSUPPORTED, f"a switch's calls have no {type(call).__name__}; do without")
        phone = desk.phone_at(call.endpoint)
        visit = phone.line.visits.get(call.interaction) if phone is not None and desk.holds(phone) else None
        if phone is None or visit is None:
            raise refusals.no_interaction(desk.id, call.interaction, call.endpoint)
        return await row(phone, visit, call)

    # Beginning

    async def dial(self, desk: Desk, call: Dial) -> Answer:
        phone = self._agents.phone_of(desk, call.endpoint)
        if not desk.holds(phone):
            raise refusals.not_logged_in(desk.id, call.endpoint)
        refuse_itself(phone, call.destination)
        for visit, leg in phone.line.legs():
            if visit.leg_state(leg) is not ConversationState.HELD:
                raise Refused(
                    FailureCode.INTERACTION_ACTIVE,
                    f"{phone.address} has interaction {visit.id}, which is {visit.state}; hold or end it first",
                )
        make = requests.make_call(phone.device, call.destination, call.extensions.get(USER_DATA))
        line = phone.line
        with self._world.quiet(phone):
            line.dialling, line.begun = True, None
            try:
                new = await self._watching.ask(make, replies.new_call)
                await self._confirm(phone, lambda: _begun(line.begun, new.connection.call))
            finally:
                line.dialling = False
            leg = self._reached(phone, new.connection.call, call.destination)
            for visit in line.visits.values():
                if leg in visit.legs:
                    return visit.report
            await self._hang_up(phone, leg)
            raise not_reached(leg, call.destination)

    def _reached(self, phone: Phone, call: str, destination: str) -> Leg:
        leg = phone.line.begun
        if leg is None or leg.call.id != call:
            raise Refused(
                FailureCode.PLATFORM_ERROR,
                f"the switch takes the call to {destination}, and has none; look at the phone, then try again",
            )
        return leg

    async def _hang_up(self, phone: Phone, leg: Leg) -> None:
        """The phone hears that the call did not come about, unless the switch has hung it up by itself meanwhile."""
        if phone.address in leg.call.parties:
            try:
                await self._watching.ask(requests.clear_connection(leg.call.id, phone.device), nothing)
            except Refused as refused:
                if refused.code is not FailureCode.INVALID_STATE:
                    raise

    # One leg

    async def _accept(self, phone: Phone, visit: Visit, call: AcceptInteraction) -> Answer:
        if visit.state is not InteractionState.STARTED:
            require(visit, InteractionState.ALERTING, "be accepted")
            refuse_beside_connected(phone, visit)
            answer = requests.answer_call(visit.primary.call.id, phone.device)
            await self._change(phone, visit, answer, lambda: visit.started)
        return visit.report

    async def _reject(self, phone: Phone, visit: Visit, call: RejectInteraction) -> Answer:
        require(visit, InteractionState.ALERTING, "be rejected")
        ringing, elsewhere = visit.primary.call.id, self._settings.reject_to
        if elsewhere is None:
            request = requests.clear_connection(ringing, phone.device)
        else:
            request = requests.deflect_call(ringing, phone.device, elsewhere)
        visit.rejecting = True
        try:
            await self._change(phone, visit, request, lambda: visit.over)
        finally:
            visit.rejecting = visit.over
        return visit.report

    async def _release(self, phone: Phone, visit: Visit, call: ReleaseLeg) -> Answer:
        leg = leg_of(visit, call)
        leg.releasing = True
        clear = requests.clear_connection(leg.call.id, phone.device)
        try:
            await self._change(phone, visit, clear, lambda: leg not in visit.legs)
        finally:
            leg.releasing = leg not in visit.legs
        return visit.report

    async def _hold(self, phone: Phone, visit: Visit, call: HoldLeg) -> Answer:
        leg = answered(visit, leg_of(visit, call))
        if visit.leg_state(leg) is not ConversationState.HELD:
            hold = requests.hold_call(leg.call.id, phone.device)
            await self._change(phone, visit, hold, _in_state(visit, leg, ConversationState.HELD))
        return visit.report

    async def _retrieve(self, phone: Phone, visit: Visit, call: RetrieveLeg) -> Answer:
        leg = answered(visit, leg_of(visit, call))
        if visit.leg_state(leg) is not ConversationState.CONNECTED:
            for other in visit.legs:
                if other is not leg and visit.leg_state(other) is not ConversationState.HELD:
                    raise refusals.other_leg_talks(other.id, visit.leg_state(other))
            refuse_beside_connected(phone, visit)
            retrieve = requests.retrieve_call(leg.call.id, phone.device)
            await self._change(phone, visit, retrieve, _in_state(visit, leg, ConversationState.CONNECTED))
        return visit.report

    async def _send_digits(self, phone: Phone, visit: Visit, call: SendDigits) -> Answer:
        leg = leg_of(visit, call)
        if visit.leg_state(leg) is not ConversationState.CONNECTED:
            raise refusals.cannot_hear_digits(leg.id, visit.leg_state(leg))
        await self._watching.ask(requests.generate_digits(leg.call.id, phone.device, call.digits), nothing)
        return lambda: None

    # Two legs

    async def _consult(self, phone: Phone, visit: Visit, call: StartConsult) -> Answer:
        require(visit, InteractionState.STARTED, "have a consult")
        primary = answered(visit, visit.primary)
        refuse_beside_consult(visit)
        refuse_beside_connected(phone, visit)
        refuse_itself(phone, call.destination)
        connected = visit.leg_state(primary) is ConversationState.CONNECTED
        if connected:
            consult = requests.consultation_call(primary.call.id, phone.device, call.destination)
        else:
            consult = requests.make_call(phone.device, call.destination)
        phone.line.begun = None
        with self._world.quiet(phone):
            new = await self._watching.ask(consult, replies.new_call)
            await self._confirm(phone, lambda: _begun(phone.line.begun, new.connection.call) or visit.over)
            if visit.over:
                return visit.report
            leg = self._reached(phone, new.connection.call, call.destination)
            if leg not in visit.legs:
                await self._take_back(phone, visit, primary, leg, connected=connected)
                raise not_reached(leg, call.destination)
        return visit.report

    async def _take_back(self, phone: Phone, visit: Visit, primary: Leg, leg: Leg, *, connected: bool) -> None:
        """The consult did not come about: have things as they were."""
        if not connected:
            await self._hang_up(phone, leg)
            return
        reconnected = False
        if phone.address in leg.call.parties:
            reconnected = await self._reconnect(phone, primary, leg)
        if not reconnected and primary in visit.legs:
            await self._watching.ask(requests.retrieve_call(primary.call.id, phone.device), nothing)
        await self._confirm(phone, _in_state(visit, primary, ConversationState.CONNECTED))

    async def _reconnect(self, phone: Phone, primary: Leg, leg: Leg) -> bool:
        """False where the switch has hung the consult up by itself meanwhile."""
        try:
            await self._watching.ask(requests.reconnect_call(primary.call.id, leg.call.id, phone.device), nothing)
        except Refused as refused:
            if refused.code is not FailureCode.INVALID_STATE:
                raise
            return False
        return True

    async def _alternate(self, phone: Phone, visit: Visit, call: AlternateLegs) -> Answer:
        held, active = self._two(visit)
        if visit.leg_state(active) is not ConversationState.CONNECTED:
            raise refusals.both_held()
        alternate = requests.alternate_call(held.call.id, active.call.id, phone.device)
        await self._change(phone, visit, alternate, _in_state(visit, held, ConversationState.CONNECTED))
        return visit.report

    async def _transfer(self, phone: Phone, visit: Visit, call: TransferConsult) -> Answer:
        held, active = await self._one_active(phone, visit)
        transfer = requests.transfer_call(held.call.id, active.call.id, phone.device)
        await self._change(phone, visit, transfer, lambda: visit.over)
        return visit.report

    async def _conference(self, phone: Phone, visit: Visit, call: ConferenceConsult) -> Answer:
        held, active = await self._one_active(phone, visit)
        conference = requests.conference_call(held.call.id, active.call.id, phone.device)
        await self._change(phone, visit, conference, lambda: visit.consult is None)
        return visit.report

    @staticmethod
    def _two(visit: Visit) -> tuple[Leg, Leg]:
        """The leg that is held, and the other one."""
        consult = visit.consult
        if consult is None:
            raise refusals.no_consult(visit.id)
        if not consult.answered:
            raise refusals.consult_unanswered(visit.id)
        if visit.leg_state(visit.primary) is ConversationState.HELD:
            return visit.primary, consult
        return consult, visit.primary

    async def _one_active(self, phone: Phone, visit: Visit) -> tuple[Leg, Leg]:
        """As `_two`; if both are held, the consult is retrieved first, as the switch joins a held call to an active."""
        held, active = self._two(visit)
        if visit.leg_state(active) is ConversationState.HELD:
            retrieve = requests.retrieve_call(active.call.id, phone.device)
            await self._change(phone, visit, retrieve, _in_state(visit, active, ConversationState.CONNECTED))
        return held, active

    # Blind

    async def _transfer_blind(self, phone: Phone, visit: Visit, call: BlindTransfer) -> Answer:
        leg = self._alone(phone, visit, call, call.destination)
        transfer = requests.single_step_transfer_call(leg.call.id, phone.device, call.destination)
        await self._change(phone, visit, transfer, lambda: visit.over)
        return visit.report

    async def _conference_blind(self, phone: Phone, visit: Visit, call: BlindConference) -> Answer:
        leg = self._alone(phone, visit, call, call.destination)
        there = leg.call.others(phone.address)
        conference = requests.single_step_conference_call(leg.call.id, phone.device, call.destination)
        await self._change(
            phone, visit, conference, lambda: leg not in visit.legs or leg.call.others(phone.address) != there
        )
        return visit.report

    @staticmethod
    def _alone(phone: Phone, visit: Visit, call: LegCall[Any], destination: str) -> Leg:
        leg = answered(visit, leg_of(visit, call))
        refuse_beside_consult(visit)
        refuse_itself(phone, destination)
        return leg

    # Wrap-up

    async def _complete(self, phone: Phone, visit: Visit, call: CompleteInteraction) -> Answer:
        require(visit, InteractionState.ENDED, "be completed")
        required = self._settings.disposition_required and not call.timed_out
        refusals.check_disposition(call.disposition, self._settings.dispositions, required=required)
        with self._world.quiet(phone):
            if not any(other.over for other in phone.line.visits.values() if other is not visit):
                await self._leave_work(phone)
            visit.disposition = call.disposition
            self._world.complete(phone, visit)
        return visit.report

    async def _leave_work(self, phone: Phone) -> None:
        """To the state that the agent has chosen meanwhile, or to the one before."""
        chosen = phone.after_work or (Chosen(phone.pending) if phone.pending is not None else phone.settled)
        if phone.state is AgentState.WORK or phone.after_work is not None:
            await self._agents.choose(phone, chosen)

    # Asking, and waiting for what comes of it

    async def _change(self, phone: Phone, visit: Visit, request: Request, so: Callable[[], bool]) -> None:
        with self._world.quiet(phone):
            try:
                await self._watching.ask(request, nothing)
            except Refused as error:
                refused = error
            else:
                await self._confirm(phone, lambda: so() or visit.over)
                return
            if refused.code is FailureCode.INVALID_STATE or isinstance(refused, Unanswered):
                await self._watching.look_at_calls(phone)  # the switch knows better how things stand
            raise refused

    async def _confirm(self, phone: Phone, so: Callable[[], bool]) -> None:
        """Wait for the switch's events; where they do not come, ask it how things stand."""
        if not await self._world.until(so, self._settings.event_wait_s):
            await self._watching.look_at_calls(phone)


# What is waited for


def _begun(leg: Leg | None, call: str) -> bool:
    """The call has reached somebody, or failed."""
    if leg is None or leg.call.id != call:
        return False
    return leg.call.reached or leg.call.failure is not None or not leg.call.parties


def _in_state(visit: Visit, leg: Leg, state: ConversationState) -> Callable[[], bool]:
    return lambda: leg not in visit.legs or visit.leg_state(leg) is state
