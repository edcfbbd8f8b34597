"""From what phones say to what agents have: events and listings of calls in, interactions out. Pure; told the time.

What a phone should do by itself, such as hang up on a second caller, comes out as an order.
"""

import enum
import math
from collections.abc import Callable, Iterable
from typing import Final

import attrs

from engine.adapters.sip.causes import GONE, cause_of
from engine.adapters.sip.desks import Endpoint
from engine.adapters.sip.handovers import Handovers
from engine.adapters.sip.listing import compare, direction_of
from engine.adapters.sip.news import News
from engine.adapters.sip.numbering import Numbering
from engine.adapters.sip.settings import SipSettings
from engine.adapters.sip.visits import Contact, Leg, PhoneCall, Visit, Visits
from engine.adapters.sip.words import CallState, Happening, Listed, PhoneEvent, bare
from protocol.states import ConversationType, Direction, EndCause

_DATA_KEPT: Final = 1_000
_ASK_AGAIN_S: Final = 5.0


_BEGINNINGS: Final = {
    Happening.INCOMING: CallState.INCOMING,
    Happening.RINGING: CallState.RINGING,
    Happening.PROGRESS: CallState.EARLY,
    Happening.ESTABLISHED: CallState.ESTABLISHED,
}
"""The state of a call that is heard of for the first time."""


class Deed(enum.Enum):
    """What a phone is told to do without an agent's asking."""

    ACCEPT = enum.auto()
    HANG_UP = enum.auto()
    HOLD = enum.auto()
    LIST = enum.auto()


@attrs.frozen(eq=False)
class Order:
    """`call` is None for a listing of all."""

    deed: Deed
    endpoint: Endpoint
    call: PhoneCall | None = None


class Calls:
    """All calls at all phones."""

    def __init__(
        self,
        settings: SipSettings,
        numbering: Numbering,
        visits: Visits,
        news: News,
        order: Callable[[Order], None],
        timed: Callable[[], None],
    ) -> None:
        """`timed` is called when there is a new deadline, which may be the next one."""
        self._settings = settings
        self._numbering = numbering
        self._visits = visits
        self._news = news
        self._order = order
        self._timed = timed
        self.handovers: Final = Handovers()
        self._by_id: Final[dict[str, list[PhoneCall]]] = {}
        self._due: Final[dict[PhoneCall, None]] = {}
        self._data: Final[dict[str, dict[str, str]]] = {}

    # Time

    def next_deadline(self) -> float:
        return min((call.gives_up_at for call in self._due), default=math.inf)

    def on_deadline(self, now: float) -> None:
        """Nobody has answered for long enough."""
        for call in tuple(self._due):
            if call.gives_up_at <= now:
                if call.cause is None:
                    nothing_came = call.state is CallState.OUTGOING
                    call.cause = EndCause.FAILED if nothing_came else EndCause.NOANSWER
                call.gives_up_at = now + _ASK_AGAIN_S
                self._order(Order(Deed.HANG_UP, call.endpoint, call))

    def _give_up_after(self, call: PhoneCall, delay_s: float, now: float) -> None:
        call.gives_up_at = now + delay_s
        self._due[call] = None
        self._timed()

    # What agents begin

    def dial(self, endpoint: Endpoint, uri: str, now: float) -> Visit:
        """The phone is about to be told to dial; `announce` or `withdraw` follows."""
        call = self._outgoing(endpoint, self._visits.open_contact(), uri, now)
        return self._visits.open(call, self._numbering.member(call.contact, uri), announced=False)

    def consult(self, visit: Visit, uri: str, now: float) -> Leg:
        """As `dial`, beside the primary leg."""
        call = self._outgoing(visit.endpoint, visit.contact, uri, now)
        member = self._numbering.member(visit.contact, uri)
        return self._visits.add_leg(visit, call, member, ConversationType.CONSULT)

    def announce(self, visit: Visit) -> None:
        visit.announced = True
        self._news.visit(visit)

    def withdraw(self, call: PhoneCall) -> None:
        """The phone has not dialled."""
        if not call.closed:
            self._remove(call)
            if call.leg is not None:
                self._drop(call.leg)

    def other_end(self, call: PhoneCall) -> PhoneCall | None:
        """The same call at the phone of the agent whom it was dialled to."""
        return next((each for each in self._by_id.get(call.id, ()) if each is not call), None) if call.id else None

    def _outgoing(self, endpoint: Endpoint, contact: Contact, uri: str, now: float) -> PhoneCall:
        call = PhoneCall(
            endpoint=endpoint, contact=contact, peer=uri, direction=Direction.OUTBOUND, state=CallState.OUTGOING
        )
        endpoint.calls.append(call)
        self._give_up_after(call, self._settings.no_reply_s, now)
        return call

    # What phones say

    def happened(self, endpoint: Endpoint, event: PhoneEvent, now: float) -> None:
        call = self._find(endpoint, event)
        if call is not None:
            self._went_on(call, event, now)
        elif event.happening in _BEGINNINGS:
            call = self._new(endpoint, event, _BEGINNINGS[event.happening], now)
            if event.direction is Direction.INBOUND:
                self._arrived(call, now)
            else:
                self._dialled_at_phone(call)
            self._went_on(call, event, now)

    def _went_on(self, call: PhoneCall, event: PhoneEvent, now: float) -> None:
        match event.happening:
            case Happening.RINGING | Happening.PROGRESS:
                self._rings(call, now)
            case Happening.ESTABLISHED:
                self._established(call)
            case Happening.CLOSED:
                self._closed(call, event.text)
            case Happening.REFERRED:
                self._referred(call, event.text, now)
            case Happening.TRANSFER_FAILED:
                self._transfer_failed(call, event.text)
            case Happening.MEDIA_CHANGED:
                if call.established:
                    # Nothing tells of a hold that was begun at the phone itself.
                    self._order(Order(Deed.LIST, call.endpoint))

    def _transfer_failed(self, call: PhoneCall, why: str) -> None:
        """These phones hang up by themselves then, and do not say so."""
        call.cause = EndCause.FAILED
        if call.leg is not None:
            call.leg.visit.transferring, call.leg.visit.transfer_failed = False, why
        self._order(Order(Deed.LIST, call.endpoint))

    def listed(self, endpoint: Endpoint, entries: Iterable[Listed], now: float) -> None:
        """All calls that the phone has: what was missed is made good."""
        compared = compare(endpoint.calls, entries)
        for call in compared.gone:
            self._closed(call, GONE)
        for call, entry in compared.there:
            self._update(call, entry, now)
        for entry in compared.new:
            self._found(endpoint, entry, now)

    def attach_data(self, call_id: str, data: dict[str, str]) -> None:
        """What the caller's phone has sent along, with a call that is known or will be in a moment."""
        if call_id in self._by_id:
            self._visits.change_data(self._by_id[call_id][0].contact, {**data})
        else:
            self._data[call_id] = data
            if len(self._data) > _DATA_KEPT:
                del self._data[next(iter(self._data))]

    def phone_died(self, endpoint: Endpoint) -> None:
        """Its calls are gone with it, and the other ends do not know."""
        for call in tuple(endpoint.calls):
            other = self.other_end(call)
            self._closed(call, GONE)
            if other is not None and not other.closed:
                other.cause = other.cause or EndCause.FAILED
                self._order(Order(Deed.HANG_UP, other.endpoint, other))

    def _update(self, call: PhoneCall, entry: Listed, now: float) -> None:
        call.line = entry.line
        self._dials(call)
        if entry.state is CallState.ESTABLISHED and not call.established:
            self._established(call)
        elif entry.state in (CallState.RINGING, CallState.EARLY) and call.state is CallState.OUTGOING:
            self._rings(call, now)
        if call.established and entry.held != call.held and self._stand_in(call) is None:
            call.held = entry.held
            self._tell(call)
        if call.leg is None and call.stands_in_for is None and call.cause is not None:
            self._order(Order(Deed.HANG_UP, call.endpoint, call))

    def _found(self, endpoint: Endpoint, entry: Listed, now: float) -> None:
        """A call that no event has told of."""
        call = PhoneCall(
            endpoint=endpoint,
            contact=self._contact_of(endpoint, "", entry.peer, direction_of(entry.state), now),
            peer=entry.peer,
            direction=direction_of(entry.state),
            state=entry.state,
            line=entry.line,
            held=entry.held and entry.state is CallState.ESTABLISHED,
        )
        endpoint.calls.append(call)
        if call.direction is Direction.OUTBOUND:
            self._dialled_at_phone(call)
            self._give_up_after(call, self._settings.dial_s, now)
        else:
            self._arrived(call, now)
        self._tell(call)

    # Knowing calls again

    def _find(self, endpoint: Endpoint, event: PhoneEvent) -> PhoneCall | None:
        for call in endpoint.calls:
            if call.id == event.id:
                return call
        for call in endpoint.calls:
            same_way = call.direction is event.direction or call.line is not None
            if not call.id and same_way and bare(call.peer) == bare(event.peer):
                self._bind(call, event.id)
                return call
        return None

    def _bind(self, call: PhoneCall, call_id: str) -> None:
        call.id = call_id
        self._by_id.setdefault(call_id, []).append(call)

    def _new(self, endpoint: Endpoint, event: PhoneEvent, state: CallState, now: float) -> PhoneCall:
        call = PhoneCall(
            endpoint=endpoint,
            contact=self._contact_of(endpoint, event.id, event.peer, event.direction, now),
            peer=event.peer,
            direction=event.direction,
            state=state,
        )
        endpoint.calls.append(call)
        self._bind(call, event.id)
        return call

    def _contact_of(self, endpoint: Endpoint, call_id: str, peer: str, direction: Direction, now: float) -> Contact:
        """That of the call's other end, or of who was sent here; otherwise a new one."""
        for call in self._by_id.get(call_id, ()):
            return call.contact
        far = self._numbering.endpoint_of(peer)
        for call in far.calls if far is not None else ():
            # The other end has dialled, and does not know yet under which id.
            if not call.id and call.direction is not direction and self._numbering.endpoint_of(call.peer) is endpoint:
                return call.contact
        handed = self.handovers.find(endpoint, peer, now) if direction is Direction.INBOUND else None
        contact = handed.contact if handed is not None else self._visits.open_contact()
        contact.data.update(self._data.pop(call_id, {}))
        return contact

    # What becomes of them

    def _arrived(self, call: PhoneCall, now: float) -> None:
        """Somebody calls the phone."""
        endpoint = call.endpoint
        handed = self.handovers.find(endpoint, call.peer, now)
        if handed is not None and handed.contact is call.contact:
            self.handovers.done(handed)
            if handed.leg is not None and handed.leg in handed.leg.visit.legs:
                call.stands_in_for = handed.leg
                self._order(Order(Deed.ACCEPT, endpoint, call))
                return
        if endpoint.talk is not None:
            call.cause = EndCause.REJECTED
            if not call.established:
                self._order(Order(Deed.HANG_UP, endpoint, call))
            return
        visit = self._visits.open(call, self._numbering.member(call.contact, call.peer))
        if call.state is CallState.INCOMING:
            self._give_up_after(call, self._settings.ring_s, now)
        self._news.visit(visit)

    def _dialled_at_phone(self, call: PhoneCall) -> None:
        """By a hand at the phone: a new interaction, or a consult beside the call that is there."""
        talk = call.endpoint.talk
        if talk is None:
            visit = self._visits.open(call, self._numbering.member(call.contact, call.peer))
            self._news.visit(visit)
        elif talk.started and talk.consult is None and talk.primary.call.established:
            if not talk.primary.call.held:
                talk.primary.call.held = True
                self._order(Order(Deed.HOLD, call.endpoint, talk.primary.call))
            call.contact = talk.contact
            member = self._numbering.member(call.contact, call.peer)
            self._visits.add_leg(talk, call, member, ConversationType.CONSULT)

    def _rings(self, call: PhoneCall, now: float) -> None:
        if call.state is CallState.OUTGOING or call not in self._due:
            call.state = CallState.RINGING
            self._give_up_after(call, self._settings.dial_s, now)
        self._dials(call)
        self._tell(call)

    def _dials(self, call: PhoneCall) -> None:
        """The phone says so, whatever has become of its answer to the one who asked for it."""
        if call.leg is not None and not call.leg.visit.announced:
            self.announce(call.leg.visit)

    def _established(self, call: PhoneCall) -> None:
        call.state, call.held = CallState.ESTABLISHED, False
        self._due.pop(call, None)
        if call.stands_in_for is not None:
            self._take_over(call)
        if call.leg is not None:
            call.leg.through = True
            call.leg.visit.started = True
        self._dials(call)
        self._tell(call)

    def _referred(self, call: PhoneCall, target: str, now: float) -> None:
        """The far end sends the phone on, and the phone dials by itself: still the same leg for the agent."""
        if call.leg is not None:
            stand_in = self._outgoing(call.endpoint, call.contact, target, now)
            stand_in.stands_in_for = call.leg

    def _take_over(self, call: PhoneCall) -> None:
        leg = call.stands_in_for
        assert leg is not None  # noqa: S101 - who calls this has looked
        call.stands_in_for, leg.call.leg = None, None
        leg.call, call.leg = call, leg
        leg.member = self._numbering.member(call.contact, call.peer)

    def _closed(self, call: PhoneCall, why: str) -> None:
        call.why = why
        self._remove(call)
        leg = call.leg
        if leg is None:
            if call.stands_in_for is not None and why != GONE:
                # The call whose place it should have taken may be on hold since.
                self._order(Order(Deed.LIST, call.endpoint))
        elif (stand_in := self._stand_in(call)) is not None:
            self._take_over(stand_in)
            self._tell(stand_in)
        else:
            self._ended(leg, cause_of(call, transferring=leg.visit.transferring and leg is leg.visit.primary))

    @staticmethod
    def _stand_in(call: PhoneCall) -> PhoneCall | None:
        """The call that is about to take its place. The phone holds this one meanwhile; no agent asked for it."""
        if call.leg is None:
            return None
        return next((each for each in call.endpoint.calls if each.stands_in_for is call.leg), None)

    def _remove(self, call: PhoneCall) -> None:
        call.closed = True
        call.endpoint.calls.remove(call)
        self._due.pop(call, None)
        if call.id:
            self._by_id[call.id].remove(call)
            if not self._by_id[call.id]:
                del self._by_id[call.id]

    def _ended(self, leg: Leg, cause: EndCause) -> None:
        visit = leg.visit
        if cause is EndCause.TRANSFERRED:
            for other in [other for other in visit.legs if other is not leg]:
                other.call.leg, other.call.cause = None, EndCause.TRANSFERRED
                visit.legs.remove(other)
                self._order(Order(Deed.HANG_UP, visit.endpoint, other.call))
        if len(visit.legs) == 1 and visit.announced:
            visit.legs.clear()
            self._visits.end(visit, cause)
        else:
            self._drop(leg)

    def _drop(self, leg: Leg) -> None:
        """The leg is no more. What is left goes on, a consult as the primary."""
        visit = leg.visit
        leg.call.leg = None
        visit.legs.remove(leg)
        if visit.legs:
            visit.primary.type = ConversationType.PRIMARY
            self._news.visit(visit)
        elif not visit.over:
            self._visits.forget(visit)

    def _tell(self, call: PhoneCall) -> None:
        if call.leg is not None:
            self._news.visit(call.leg.visit)
