"""Interactions: what each is made of, how it ends, and what that does to the agent state. Pure."""

import itertools
import math
from typing import Final

import attrs

from engine.adapters import refusals
from engine.adapters.sip.desks import Endpoint, Floor
from engine.adapters.sip.news import News
from engine.adapters.sip.settings import SipSettings
from engine.adapters.sip.words import UNANSWERED_OUT, CallState
from protocol.platform import DataMap, Disposition, InteractionReport, LegReport, Member
from protocol.states import (
    ChannelType,
    ConversationState,
    ConversationType,
    Direction,
    EndCause,
    InteractionState,
)


@attrs.define(eq=False)
class Contact:
    """The customer's side of a call, wherever it goes. `data` is what agents and headers have attached to it."""

    id: str
    data: DataMap = attrs.field(factory=dict)
    visits: "list[Visit]" = attrs.field(factory=list, repr=False)


@attrs.define(eq=False, kw_only=True)
class PhoneCall:
    """A call as one phone has it.

    `id` is the SIP Call-ID, empty until the phone tells it; `line` the phone's number for it. `leg` is what it is for
    an agent; `stands_in_for`: the leg that it takes over once it is answered, or the call before it has ended.
    `cause` is why it ends, where that was decided here. `gives_up_at`: when it is ended, unanswered.
    """

    endpoint: Endpoint = attrs.field(repr=False)
    contact: Contact
    peer: str
    direction: Direction
    state: CallState
    id: str = ""
    line: int | None = None
    held: bool = False
    closed: bool = False
    why: str = ""
    cause: EndCause | None = None
    leg: "Leg | None" = attrs.field(default=None, repr=False)
    stands_in_for: "Leg | None" = attrs.field(default=None, repr=False)
    gives_up_at: float = math.inf

    @property
    def established(self) -> bool:
        return self.state is CallState.ESTABLISHED


@attrs.define(eq=False, kw_only=True)
class Leg:
    """`through`: it was answered once, and stays so when another call takes its place."""

    id: str
    visit: "Visit" = attrs.field(repr=False)
    type: ConversationType
    call: PhoneCall
    member: Member
    through: bool = False

    @property
    def state(self) -> ConversationState:
        """One leg talks: while a hand at the phone has retrieved both, it is the consult."""
        consult = self.visit.consult
        talks = self._at_phone is ConversationState.CONNECTED
        if talks and consult not in (None, self) and consult._at_phone is ConversationState.CONNECTED:
            return ConversationState.HELD
        return self._at_phone

    @property
    def _at_phone(self) -> ConversationState:
        if self.call.state is CallState.INCOMING:
            return ConversationState.ALERTING
        if self.call.state in UNANSWERED_OUT and not self.through:
            return ConversationState.DIALING
        return ConversationState.HELD if self.call.held else ConversationState.CONNECTED

    def report(self) -> LegReport:
        return LegReport(
            id=self.id, type=self.type, state=self.state, direction=self.call.direction, members=(self.member,)
        )


@attrs.define(eq=False, kw_only=True)
class Visit:
    """A contact at one phone, from the offer or the dialling until it is completed.

    `announced`: the phone has taken the dialling; before, it may still be refused, and is nobody's business.
    `transferring`: what ends the primary leg from now on is its transfer; `transfer_failed` is why there was none.
    """

    id: str
    contact: Contact
    endpoint: Endpoint
    direction: Direction
    legs: list[Leg] = attrs.field(factory=list)
    announced: bool = True
    started: bool = False
    transferring: bool = False
    transfer_failed: str | None = None
    ended: InteractionState | None = None
    cause: EndCause | None = None
    wrapup_s: float | None = None
    disposition: Disposition | None = None
    told: InteractionReport | None = attrs.field(default=None, repr=False)

    @property
    def over(self) -> bool:
        return self.ended is not None

    @property
    def wraps_up(self) -> bool:
        return self.ended is InteractionState.ENDED

    @property
    def state(self) -> InteractionState:
        if self.ended is not None:
            return self.ended
        if self.started:
            return InteractionState.STARTED
        if self.primary.state is ConversationState.ALERTING:
            return InteractionState.ALERTING
        return InteractionState.DIALING

    @property
    def primary(self) -> Leg:
        return self.legs[0]

    @property
    def consult(self) -> Leg | None:
        return self.legs[1] if len(self.legs) > 1 else None

    def begin_transfer(self) -> None:
        self.transferring, self.transfer_failed = True, None

    def leg(self, leg_id: str) -> Leg:
        """Raises Refused where there is none, or none any longer."""
        for leg in self.legs:
            if leg.id == leg_id:
                return leg
        raise refusals.leg_has_ended(leg_id, self.id)

    def require(self, state: InteractionState, what: str) -> None:
        if self.state is not state:
            raise refusals.wrong_state(self.id, self.state, state, what)

    def report(self) -> InteractionReport:
        return InteractionReport(
            endpoint=self.endpoint.address,
            id=self.id,
            contact=self.contact.id,
            type=ChannelType.TELEPHONY,
            direction=self.direction,
            state=self.state,
            legs=tuple(leg.report() for leg in self.legs),
            data=self.contact.data,
            cause=self.cause,
            wrapup_s=self.wrapup_s,
            disposition=self.disposition,
        )


class Visits:
    """Begins and ends interactions. `stamp` sets the ids of this adapter apart from those of the one before."""

    def __init__(self, settings: SipSettings, floor: Floor, news: News, stamp: str) -> None:
        self._settings = settings
        self._floor = floor
        self._news = news
        self._stamp: Final = stamp
        self._numbers = itertools.count(1)

    def new_id(self, kind: str) -> str:
        return f"{kind}-{self._stamp}-{next(self._numbers)}"

    def open_contact(self) -> Contact:
        return Contact(self.new_id("contact"))

    def open(self, call: PhoneCall, member: Member, *, announced: bool = True) -> Visit:
        """The call is an interaction from now on; nothing is told yet."""
        visit = Visit(
            id=self.new_id("call"),
            contact=call.contact,
            endpoint=call.endpoint,
            direction=call.direction,
            announced=announced,
            started=call.established,
        )
        self.add_leg(visit, call, member, ConversationType.PRIMARY)
        call.endpoint.visits[visit.id] = visit
        call.contact.visits.append(visit)
        return visit

    def add_leg(self, visit: Visit, call: PhoneCall, member: Member, kind: ConversationType) -> Leg:
        leg = Leg(id=self.new_id("leg"), visit=visit, type=kind, call=call, member=member, through=call.established)
        call.leg = leg
        visit.legs.append(leg)
        return leg

    def forget(self, visit: Visit) -> None:
        """It has never been."""
        del visit.endpoint.visits[visit.id]
        visit.contact.visits.remove(visit)
        visit.ended, visit.cause = InteractionState.COMPLETED, EndCause.FAILED

    def end(self, visit: Visit, cause: EndCause) -> None:
        """It is over for the agent, and completed, unless it had started and a wrap-up is due."""
        visit.cause = cause
        if self._settings.wrapup_s > 0 and visit.started and self._floor.is_watched(visit.endpoint.holder):
            visit.ended, visit.wrapup_s = InteractionState.ENDED, self._settings.wrapup_s
            self._news.visit(visit, with_channel=True)
        else:
            self.complete(visit)

    def complete(self, visit: Visit, disposition: Disposition | None = None) -> None:
        visit.ended, visit.wrapup_s, visit.disposition = InteractionState.COMPLETED, None, disposition
        del visit.endpoint.visits[visit.id]
        visit.contact.visits.remove(visit)
        visit.endpoint.freed()
        self._news.visit(visit, with_channel=True)

    def change_data(self, contact: Contact, changes: dict[str, str | dict[str, str] | None]) -> None:
        """Every agent who has the contact is told."""
        for key, value in changes.items():
            if value is None:
                contact.data.pop(key, None)
            else:
                contact.data[key] = dict(value) if isinstance(value, dict) else value
        for visit in contact.visits:
            self._news.visit(visit)


def find_visit(endpoint: Endpoint | None, agent: str, interaction: str) -> Visit:
    """One that the agent has. Raises Refused where there is none, or none any longer."""
    visit = endpoint.visits.get(interaction) if endpoint is not None and endpoint.holder == agent else None
    if visit is None or not visit.announced:
        where = endpoint.address if endpoint is not None else "an unknown endpoint"
        raise refusals.no_interaction(agent, interaction, where)
    return visit
