"""What a call is made of: its ends, which are legs at phones, parties outside, and places in a queue."""

from typing import TYPE_CHECKING, Final

import attrs

from engine.adapters import refusals
from engine.adapters.simulator.contact import Contact
from engine.adapters.simulator.desk import Endpoint
from engine.adapters.simulator.routing import Entry
from engine.adapters.simulator.timers import Timer
from engine.adapters.simulator.visit import Visit
from protocol.platform import InteractionReport, LegReport, Member
from protocol.states import ConversationState, ConversationType, Direction, RecordingState

if TYPE_CHECKING:
    from engine.adapters.simulator.calls import Calls

ANSWERED = (ConversationState.CONNECTED, ConversationState.HELD)
DIGITS_KEPT: Final = 1_000


def latest_digits(digits: str) -> str:
    """Of what was dialled during a call the latest is kept, however long it goes on."""
    return digits[-DIGITS_KEPT:]


@attrs.define(eq=False)
class Call:
    """Parties that are connected with each other, and those who are being rung for them, in the order of coming.

    `timer` is when those outside give up, where nobody at the switch is in it.
    """

    contact: Contact
    ends: "list[End]" = attrs.field(factory=list)
    timer: Timer | None = None

    @property
    def legs(self) -> "list[Leg]":
        return [end for end in self.ends if isinstance(end, Leg)]

    @property
    def outside(self) -> "list[Outside]":
        return [end for end in self.ends if isinstance(end, Outside)]

    def cancel_timer(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


@attrs.define(eq=False, kw_only=True)
class End:
    """One end of a call."""

    call: Call = attrs.field(repr=False)

    @property
    def present(self) -> bool:
        """Has it called, or answered? The others are being rung."""
        raise NotImplementedError

    @property
    def seen_as(self) -> Member:
        """What the other ends have as their member."""
        raise NotImplementedError


@attrs.define(eq=False, kw_only=True)
class Leg(End):
    """An end at a phone."""

    id: str
    visit: "CallVisit" = attrs.field(repr=False)
    type: ConversationType
    state: ConversationState
    direction: Direction

    @property
    def present(self) -> bool:
        return self.state is not ConversationState.ALERTING

    @property
    def seen_as(self) -> Member:
        return self.visit.member

    @property
    def answered(self) -> bool:
        return self.state in ANSWERED

    def report(self) -> LegReport:
        members = tuple(end.seen_as for end in self.call.ends if end is not self and self._sees(end))
        return LegReport(id=self.id, type=self.type, state=self.state, direction=self.direction, members=members)

    def _sees(self, end: End) -> bool:
        """A queue hides the phone that it rings, until that answers; and who is rung does not see the queue."""
        match end:
            case Leg(state=ConversationState.ALERTING, visit=CallVisit(entry=Entry())):
                return False
            case Queued():
                return self.visit.entry is not end.entry
            case _:
                return True


@attrs.define(eq=False, kw_only=True)
class Outside(End):
    """A party outside the switch. `is_customer`: the contact is theirs.

    `answered`: it has called, or picked up; `talks`: somebody has spoken to it since it began to wait. `digits` are
    the latest that were sent to it. `timer` is when it loses its patience, or has talked for `talks_s`, and hangs up.
    """

    member: Member
    is_customer: bool
    answered: bool
    talks: bool = False
    patience_s: float
    talks_s: float | None
    digits: str = ""
    timer: Timer | None = None

    @property
    def present(self) -> bool:
        return self.answered

    @property
    def seen_as(self) -> Member:
        return self.member

    def cancel_timer(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


@attrs.define(eq=False, kw_only=True)
class Queued(End):
    """A place in a queue, which rings one agent after the other."""

    member: Member
    calls: "Calls" = attrs.field(repr=False)
    entry: Entry = attrs.field(init=False, repr=False)

    @property
    def present(self) -> bool:
        return False

    @property
    def seen_as(self) -> Member:
        return self.member

    @property
    def contact(self) -> Contact:
        return self.call.contact

    def offer(self, entry: Entry, endpoint: Endpoint) -> None:
        self.calls.ring(self.call, endpoint, entry)

    def turn_away(self, entry: Entry) -> None:
        self.calls.turned_away(self)


@attrs.define(eq=False, kw_only=True)
class CallVisit(Visit):
    """A call at a phone: the primary leg, and a consult beside it. `member` is what the phone is to the others."""

    member: Member
    legs: list[Leg] = attrs.field(factory=list)
    recording: RecordingState = RecordingState.STOPPED

    @property
    def primary(self) -> Leg:
        return self.legs[0]

    @property
    def consult(self) -> Leg | None:
        return self.legs[1] if len(self.legs) > 1 else None

    def leg(self, id_: str) -> Leg:
        """Raises Refused where there is none, or none any longer."""
        for leg in self.legs:
            if leg.id == id_:
                return leg
        raise refusals.leg_has_ended(id_, self.id)

    def report(self) -> InteractionReport:
        return attrs.evolve(
            super().report(),
            legs=tuple(leg.report() for leg in self.legs),
            recording=RecordingState.STOPPED if self.over else self.recording,
        )
