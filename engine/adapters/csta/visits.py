"""Calls as a phone has them: interactions of one leg or two, made of what `calls` knows. Pure.

An interaction keeps its id while its calls are transferred and joined under other ids. Its id is that of its first
call; where that comes back to the same phone, it is numbered.
"""

from typing import Final

import attrs

from engine.adapters.csta.calls import TALKING, Call, Contact, How, Leaving
from engine.adapters.csta.words import ConnectionState
from protocol.platform import Disposition, InteractionReport, LegReport, Member
from protocol.states import (
    ChannelType,
    ConversationState,
    ConversationType,
    Direction,
    EndCause,
    InteractionState,
)

_NOT_YET: Final = (ConnectionState.INITIATED, ConnectionState.QUEUED, ConnectionState.FAIL, ConnectionState.NULL)
"""A connection in one of these is no leg."""

_MOST_IDS: Final = 10_000
_UNANSWERED: Final = frozenset({"callNotAnswered", "noAnswer", "redirected", "callForwardNoAnswer", "overflow"})
"""The causes of an event that tell that a phone has rung in vain."""


@attrs.define(eq=False, kw_only=True)
class Leg:
    """A call at the phone. `answered`: the agent has talked to the far end. `releasing`: we have hung it up."""

    id: str
    call: Call
    kind: ConversationType
    direction: Direction
    answered: bool = False
    releasing: bool = False

    def state_at(self, line: str) -> ConversationState:
        own = self.call.parties.get(line)
        if own is ConnectionState.ALERTING:
            return ConversationState.ALERTING
        if not self.answered:
            return ConversationState.DIALING
        return ConversationState.HELD if own is ConnectionState.HOLD else ConversationState.CONNECTED


@attrs.define(eq=False, kw_only=True)
class Visit:
    """An interaction: the contact, and the legs that are left, the primary first."""

    id: str
    line: "Line" = attrs.field(repr=False)
    contact: Contact
    direction: Direction
    legs: list[Leg] = attrs.field(factory=list)
    started: bool = False
    state: InteractionState = InteractionState.ALERTING
    cause: EndCause | None = None
    disposition: Disposition | None = None
    wrapup_s: float | None = None
    rejecting: bool = False
    """We have refused it."""
    shown: bool = False
    """It has been told of."""

    @property
    def over(self) -> bool:
        return self.cause is not None

    @property
    def primary(self) -> Leg:
        return self.legs[0]

    @property
    def consult(self) -> Leg | None:
        return self.legs[1] if len(self.legs) > 1 else None

    def leg(self, id_: str) -> Leg | None:
        return next((leg for leg in self.legs if leg.id == id_), None)

    def leg_state(self, leg: Leg) -> ConversationState:
        return leg.state_at(self.line.address)

    @property
    def connected(self) -> Leg | None:
        """The leg that the agent talks in."""
        return next((leg for leg in self.legs if self.leg_state(leg) is ConversationState.CONNECTED), None)

    def report(self) -> InteractionReport:
        """How it stands, whole, but for the channel."""
        return InteractionReport(
            endpoint=self.line.address,
            id=self.id,
            contact=self.contact.id,
            type=ChannelType.TELEPHONY,
            direction=self.direction,
            state=self.state,
            legs=() if self.over else tuple(self._leg_report(leg) for leg in self.legs),
            data=self.contact.data,
            cause=self.cause,
            wrapup_s=self.wrapup_s,
            disposition=self.disposition,
        )

    def _leg_report(self, leg: Leg) -> LegReport:
        others = leg.call.others(self.line.address)
        return LegReport(
            id=leg.id,
            type=leg.kind,
            state=self.leg_state(leg),
            direction=leg.direction,
            members=tuple(self.line.member(self.contact, device) for device in others),
        )


@attrs.define(eq=False)
class Line:
    """The calls of one phone.

    `dialling`: a call that begins now is one of its own, and no consult. `begun` is the leg that has begun last.
    """

    address: str
    names: dict[str, str] = attrs.field(repr=False)
    """By number, whom other phones see there."""
    visits: dict[str, Visit] = attrs.field(factory=dict)
    dialling: bool = False
    begun: Leg | None = None
    _ids: dict[str, int] = attrs.field(factory=dict, repr=False)

    def member(self, contact: Contact, device: str) -> Member:
        """The same for everybody who has the contact, however often it is asked for."""
        known = contact.members.get(device)
        if known is None:
            known = Member(id=f"{contact.id}/{device}", address=device, name=self.names.get(device))
            contact.members[device] = known
        return known

    @property
    def live(self) -> list[Visit]:
        return [visit for visit in self.visits.values() if not visit.over]

    @property
    def wraps_up(self) -> bool:
        return any(visit.over for visit in self.visits.values())

    def legs(self) -> list[tuple[Visit, Leg]]:
        return [(visit, leg) for visit in self.live for leg in visit.legs]

    def leg_of(self, call: str) -> tuple[Visit, Leg] | None:
        return next(((visit, leg) for visit, leg in self.legs() if leg.call.id == call), None)

    # Taking in what happened

    def settle(self, changed: list[Call]) -> list[Visit]:
        """Make the interactions fit the calls. Returns those that are over by it; whether they wrap up is open."""
        over: list[Visit] = []
        for visit, leg in self.legs():
            self._rebind(leg, changed)
            if leg not in visit.legs:
                continue
            if self._has_left(leg):
                self._end_leg(visit, leg)
                if not visit.legs:
                    over.append(visit)
        self._drop_doubles()
        for call in changed:
            self._welcome(call)
        for visit in self.live:
            self._advance(visit)
        return over

    def _rebind(self, leg: Leg, changed: list[Call]) -> None:
        """A call that is no more has gone on in the first of those that changed."""
        new, *old = changed or [leg.call]
        if leg.call in old and self.address in new.parties:
            leg.call = new

    def _has_left(self, leg: Leg) -> bool:
        if leg.call.failure is not None and not leg.answered and leg.direction is Direction.OUTBOUND:
            return True
        return leg.call.parties.get(self.address) in (None, *_NOT_YET)

    def _end_leg(self, visit: Visit, leg: Leg) -> None:
        leaving = leg.call.left.get(self.address) or Leaving(How.FAILED)
        cause = self._cause(visit, leg, leaving)
        visit.legs.remove(leg)
        if visit.legs:
            visit.primary.kind = ConversationType.PRIMARY
        else:
            visit.cause = cause

    def _cause(self, visit: Visit, leg: Leg, leaving: Leaving) -> EndCause:
        own = leg.releasing or leaving.by == self.address
        if leaving.how is How.TRANSFERRED:
            return EndCause.TRANSFERRED
        if leg.answered:
            return EndCause.RELEASED if own else EndCause.REMOTE
        if leg.direction is Direction.OUTBOUND:
            if leg.call.failure is not None:
                return leg.call.failure
            return EndCause.RELEASED if own else EndCause.FAILED
        if visit.rejecting or (own and leaving.how is How.CLEARED):
            return EndCause.REJECTED
        if leaving.how is How.DIVERTED or leaving.cause in _UNANSWERED:
            return EndCause.NOANSWER
        return EndCause.ABANDONED

    def _drop_doubles(self) -> None:
        """Two legs that have become one call by a conference are the first of them."""
        for visit in self.live:
            if len(visit.legs) > 1 and visit.legs[0].call is visit.legs[1].call:
                del visit.legs[1]

    def _welcome(self, call: Call) -> None:
        """A call that is new to this phone."""
        own = call.parties.get(self.address)
        if own is None or own in _NOT_YET or self.leg_of(call.id) is not None:
            return
        outbound = call.calling == self.address
        if outbound and call.failure is not None and not call.answered:
            return
        direction = Direction.OUTBOUND if outbound else Direction.INBOUND
        leg = Leg(
            id=self._unused(f"{call.id}@{self.address}"),
            call=call,
            kind=ConversationType.PRIMARY,
            direction=direction,
        )
        if outbound:
            self.begun = leg
        beside = next((visit for visit in self.live if visit.started and visit.consult is None), None)
        if outbound and beside is not None and not self.dialling:
            leg.kind = ConversationType.CONSULT
            beside.legs.append(leg)
            return
        visit = Visit(
            id=self._unused(call.ucid or call.id),
            line=self,
            contact=call.contact,
            direction=direction,
            legs=[leg],
        )
        self.visits[visit.id] = visit

    def _unused(self, id_: str) -> str:
        """As it is, or numbered where this phone has had it before."""
        times = self._ids.get(id_, 0) + 1
        if len(self._ids) >= _MOST_IDS:
            del self._ids[next(iter(self._ids))]
        self._ids[id_] = times
        return id_ if times == 1 else f"{id_}.{times}"

    def _advance(self, visit: Visit) -> None:
        for leg in visit.legs:
            own = leg.call.parties.get(self.address)
            if own in TALKING and (leg.direction is Direction.INBOUND or self._far_end_talks(leg)):
                leg.answered = True
        state = visit.leg_state(visit.primary)
        if visit.primary.answered:
            visit.started = True
        if visit.started:
            visit.state = InteractionState.STARTED
        elif state is ConversationState.ALERTING:
            visit.state = InteractionState.ALERTING
        else:
            visit.state = InteractionState.DIALING

    def _far_end_talks(self, leg: Leg) -> bool:
        there = (state for device, state in leg.call.parties.items() if device != self.address)
        return leg.call.answered and any(state in TALKING for state in there)
