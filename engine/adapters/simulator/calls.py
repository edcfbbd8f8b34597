"""What happens in calls: ringing, answering, leaving, and what becomes of those who are left.

Who asks for it is another matter: agents (`callcontrol`), hands at phones (`phones`), and callers (`callers`).
"""

from collections.abc import Callable
from typing import Final

from engine.adapters.simulator.agents import Agents
from engine.adapters.simulator.contact import Contact, Contacts, Outcome
from engine.adapters.simulator.desk import Endpoint
from engine.adapters.simulator.destinations import Destination
from engine.adapters.simulator.legs import Call, CallVisit, End, Leg, Outside, Queued
from engine.adapters.simulator.news import News
from engine.adapters.simulator.routing import Entry, Routing
from engine.adapters.simulator.settings import OutsideNumber, SimulatedQueue, SimulatorSettings
from engine.adapters.simulator.timers import Timers
from engine.adapters.simulator.visit import Medium, Visits
from protocol.platform import DataMap, Member
from protocol.states import ChannelType, ConversationState, ConversationType, Direction, EndCause, InteractionState


class Calls:
    """All calls. A refused call of an agent never comes here: whoever calls these has checked."""

    def __init__(
        self,
        settings: SimulatorSettings,
        timers: Timers,
        news: News,
        contacts: Contacts,
        visits: Visits,
        routing: Routing,
        agents: Agents,
    ) -> None:
        self._settings = settings
        self._timers = timers
        self._news = news
        self._contacts = contacts
        self._visits = visits
        self._routing = routing
        self._agents = agents
        self._of: Final[dict[Contact, list[Call]]] = {}
        self.medium: Medium
        """What carries out the agents' calls; set by whoever makes it."""

    def of(self, contact: Contact) -> list[Call]:
        """The calls that the contact has: one, and one for each consult."""
        return list(self._of.get(contact, ()))

    def live(self) -> int:
        """How many calls and ends of calls there are."""
        return sum(1 + len(call.ends) for calls in self._of.values() for call in calls)

    # Beginning

    def call(self, contact: Contact) -> Call:
        """One more call of this contact, without anybody in it yet."""
        call = Call(contact)
        self._of.setdefault(contact, []).append(call)
        return call

    def dial(self, phone: Endpoint, destination: Destination, dialled: str, data: DataMap) -> CallVisit:
        """A new contact, from this phone."""
        contact = self._contacts.open(ChannelType.TELEPHONY, dialled, self._timers.now, data)
        call = self.call(contact)
        visit = self._visit(call, phone, Direction.OUTBOUND, InteractionState.DIALING)
        self._leg(visit, call, ConversationType.PRIMARY, ConversationState.DIALING)
        self._visits.open(visit)
        self.reach(call, destination, is_customer=True)
        return visit

    def consult(self, visit: CallVisit, destination: Destination) -> None:
        """Call the destination beside the primary leg, about the same contact."""
        if visit.primary.state is ConversationState.CONNECTED:
            visit.primary.state = ConversationState.HELD
        call = self.call(visit.contact)
        self._leg(visit, call, ConversationType.CONSULT, ConversationState.DIALING)
        self.reach(call, destination)

    def reach(self, call: Call, destination: Destination, *, is_customer: bool = False) -> None:
        """Have the destination rung, as one more end of the call."""
        self._tell(call)
        match destination:
            case Endpoint():
                self.ring(call, destination)
            case SimulatedQueue():
                self.enqueue(call, destination)
            case OutsideNumber():
                self._ring_outside(call, destination, is_customer=is_customer)

    def ring(self, call: Call, phone: Endpoint, entry: Entry | None = None) -> None:
        """`entry` is the place in the queue that the phone is rung from."""
        visit = self._visit(call, phone, Direction.INBOUND, InteractionState.ALERTING, entry)
        self._leg(visit, call, ConversationType.PRIMARY, ConversationState.ALERTING)
        ring_s, then = self._settings.ring_s, self.unanswered
        if phone.automatic and phone.automatic.answers_after_s < ring_s:
            ring_s, then = phone.automatic.answers_after_s, self.answer
        self._visits.open(visit, ring_s=ring_s, unanswered=lambda: then(visit))

    def enqueue(self, call: Call, queue: SimulatedQueue) -> None:
        queued = Queued(call=call, member=self._member(queue.number or queue.name, queue.name), calls=self)
        queued.entry = self._routing.enter(queued, queue)
        call.ends.append(queued)

    def _ring_outside(self, call: Call, number: OutsideNumber, *, is_customer: bool) -> None:
        party = Outside(
            call=call,
            member=self._member(number.number, number.name),
            is_customer=is_customer,
            answered=False,
            patience_s=self._settings.patience_s,
            talks_s=number.talks_s,
        )
        call.ends.append(party)
        answer_s, dial_s = self._settings.outside_answer_s, self._settings.dial_s
        if number.answers_after_s is not None:
            answer_s = number.answers_after_s
        if number.busy:
            self._after(party, answer_s, lambda: self._not_reached(party, EndCause.BUSY))
        elif number.never_answers or answer_s > dial_s:
            self._after(party, dial_s, lambda: self._not_reached(party, EndCause.NOANSWER))
        else:
            self._after(party, answer_s, lambda: self._picked_up(party))

    def _visit(
        self,
        call: Call,
        phone: Endpoint,
        direction: Direction,
        state: InteractionState,
        entry: Entry | None = None,
    ) -> CallVisit:
        holder = self._agents.desks[phone.holder].agent if phone.holder else None
        return CallVisit(
            id=self._contacts.new_id("interaction"),
            contact=call.contact,
            endpoint=phone,
            medium=self.medium,
            direction=direction,
            state=state,
            entry=entry,
            member=self._member(phone.address, (holder.name or holder.id) if holder else None),
        )

    def _leg(self, visit: CallVisit, call: Call, kind: ConversationType, state: ConversationState) -> None:
        inbound = state is ConversationState.ALERTING
        leg = Leg(
            call=call,
            id=self._contacts.new_id("leg"),
            visit=visit,
            type=kind,
            state=state,
            direction=Direction.INBOUND if inbound else Direction.OUTBOUND,
        )
        visit.legs.append(leg)
        call.ends.append(leg)

    def _member(self, address: str, name: str | None) -> Member:
        return Member(id=self._contacts.new_id("party"), address=address, name=name)

    def _after(self, party: Outside, delay_s: float, do: Callable[[], None]) -> None:
        """The one thing that this party is going to do."""
        party.cancel_timer()
        party.timer = self._timers.later(delay_s, do)

    # Callers

    def come_in(self, contact: Contact, name: str | None, patience_s: float, talks_s: float | None) -> Call:
        """Somebody from outside is at the switch."""
        call = self.call(contact)
        party = Outside(
            call=call,
            member=self._member(contact.customer, name),
            is_customer=True,
            answered=True,
            patience_s=patience_s,
            talks_s=talks_s,
        )
        call.ends.append(party)
        self.await_answer(call)
        return call

    def await_answer(self, call: Call) -> None:
        """A party that is left to wait by itself begins to lose its patience."""
        match [end for end in call.ends if end.present]:
            case [Outside() as party]:
                party.talks = False
                self._after(party, party.patience_s, lambda: self.hang_up(party))

    # Answering

    def answer(self, visit: CallVisit) -> None:
        """The phone is picked up."""
        leg = visit.primary
        leg.state = ConversationState.CONNECTED
        if visit.entry is not None:
            self._routing.leave(visit.entry)
            leg.call.ends = [end for end in leg.call.ends if not (isinstance(end, Queued) and end.entry is visit.entry)]
        self._visits.start(visit)
        if visit.endpoint.automatic and visit.endpoint.automatic.talks_s is not None:
            visit.timer = self._timers.later(visit.endpoint.automatic.talks_s, lambda: self._talked(visit))
        self._connected(leg.call)

    def _talked(self, visit: CallVisit) -> None:
        """The automatic phone hangs up."""
        for leg in tuple(reversed(visit.legs)):
            self.release(leg)

    def _picked_up(self, party: Outside) -> None:
        party.answered = True
        self._connected(party.call)

    def _connected(self, call: Call) -> None:
        """Somebody has answered: those who dialled are through, and those outside talk."""
        for leg in call.legs:
            if leg.state is ConversationState.DIALING:
                leg.state = ConversationState.CONNECTED
                if leg.visit.state is InteractionState.DIALING:
                    self._visits.start(leg.visit)
        for party in call.outside:
            if party.answered and not party.talks:
                self._talk(party)
        self._let_give_up(call)
        self._tell(call)

    def _talk(self, party: Outside) -> None:
        party.talks = True
        party.cancel_timer()
        if party.talks_s is not None:
            self._after(party, party.talks_s, lambda: self.hang_up(party))

    # Not answering

    def reject(self, visit: CallVisit) -> None:
        """It stops ringing: from a queue it goes to somebody else, otherwise the caller finds the phone busy."""
        leg = self._take_out(visit.primary)
        if visit.entry is not None:
            self._routing.rejected(visit)
        else:
            self._visits.end(visit, EndCause.REJECTED)
            self._fail(leg.call, EndCause.BUSY)

    def unanswered(self, visit: CallVisit) -> None:
        """It has rung for long enough."""
        leg = self._take_out(visit.primary)
        if visit.entry is not None:
            self._routing.unanswered(visit)
        else:
            self._visits.end(visit, EndCause.NOANSWER)
            self._fail(leg.call, EndCause.NOANSWER)

    def go_on_without_agent(self, visit: CallVisit) -> None:
        """The agent has logged out. What a queue rings goes to somebody else, and nobody is there for wrap-up."""
        if visit.over:
            self._visits.complete(visit)
        elif visit.state is InteractionState.ALERTING and visit.entry is not None:
            self._take_out(visit.primary)
            self._routing.withdrawn(visit, EndCause.FAILED)

    def turned_away(self, queued: Queued) -> None:
        """It has waited too long in its queues."""
        queued.call.ends.remove(queued)
        self.settle(queued.call, EndCause.BUSY)

    def _not_reached(self, party: Outside, cause: EndCause) -> None:
        party.call.ends.remove(party)
        self._fail(party.call, cause)

    def _fail(self, call: Call, cause: EndCause) -> None:
        """Who was rung is out of the call; if that is the end of it, this is why."""
        dialled = any(leg.state is ConversationState.DIALING for leg in call.legs)
        call.contact.fate = Outcome.FAILED if dialled else Outcome.TURNED_AWAY
        self.settle(call, cause)

    # Leaving

    def hang_up(self, party: Outside) -> None:
        """A party outside hangs up."""
        party.cancel_timer()
        party.call.ends.remove(party)
        self.settle(party.call, EndCause.FAILED)

    def release(self, leg: Leg) -> None:
        """The agent hangs up this leg."""
        if leg.present:
            self._drop(leg, EndCause.RELEASED)
            self.settle(leg.call, EndCause.FAILED)
        else:
            self.reject(leg.visit)

    def cut(self, call: Call, cause: EndCause) -> None:
        """The call is over for everybody in it. `cause` is for who was dialling."""
        while call.ends:
            self._cut(call.ends[0], cause)
        self._close(call)

    def settle(self, call: Call, cause: EndCause) -> None:
        """Somebody has left: end the call unless two are left, and one who talks. `cause` is for who was dialling."""
        if len(call.ends) > 1 and any(end.present for end in call.ends) and not self._stranded(call):
            self._let_give_up(call)
            self._tell(call)
            return
        self.cut(call, cause)

    @staticmethod
    def _stranded(call: Call) -> bool:
        """Are there only parties outside, and no customer among them? They have nothing to tell each other."""
        return all(isinstance(end, Outside) and not end.is_customer for end in call.ends)

    def _let_give_up(self, call: Call) -> None:
        """While nobody at the switch is in the call, and could hang up, those outside stay no longer than they wait."""
        staffed = any(isinstance(end, Leg) and end.present for end in call.ends)
        if staffed or any(party.timer for party in call.outside):
            call.cancel_timer()
        elif call.timer is None and (there := [party for party in call.outside if party.present]):
            party = next((each for each in there if each.is_customer), there[0])
            call.timer = self._timers.later(party.patience_s, lambda: self._give_up(call, party))

    def _give_up(self, call: Call, party: Outside) -> None:
        call.timer = None
        if party in call.ends:
            self.hang_up(party)
        else:
            self._let_give_up(call)

    def _cut(self, end: End, cause: EndCause) -> None:
        match end:
            case Leg(state=ConversationState.ALERTING):
                self._drop(end, EndCause.ABANDONED)
            case Leg(state=ConversationState.DIALING):
                self._drop(end, cause)
            case Leg():
                self._drop(end, EndCause.REMOTE)
            case Outside():
                end.cancel_timer()
                end.call.ends.remove(end)
            case Queued():
                self._routing.leave(end.entry)
                end.call.ends.remove(end)

    def _drop(self, leg: Leg, cause: EndCause) -> None:
        """The leg is gone. The other one goes on as the primary, even while it still rings at the far end."""
        visit = leg.visit
        self._take_out(leg)
        if visit.legs:
            visit.primary.type = ConversationType.PRIMARY
            self._news.visit(visit)
        else:
            self._visits.end(visit, cause)

    @staticmethod
    def _take_out(leg: Leg) -> Leg:
        leg.call.ends.remove(leg)
        leg.visit.legs.remove(leg)
        return leg

    def _close(self, call: Call) -> None:
        call.cancel_timer()
        calls = self._of[call.contact]
        calls.remove(call)
        if not calls:
            del self._of[call.contact]
            self._contacts.close(call.contact)

    # Going on

    def transfer_blind(self, leg: Leg, destination: Destination) -> None:
        """The others go on to the destination."""
        self._drop(leg, EndCause.TRANSFERRED)
        self.reach(leg.call, destination)
        self.await_answer(leg.call)
        self.settle(leg.call, EndCause.FAILED)

    def transfer(self, visit: CallVisit, consult: Leg) -> None:
        """The contact goes on to the consulted party."""
        primary = self._take_out(visit.primary)
        self._take_out(consult)
        self._visits.end(visit, EndCause.TRANSFERRED)
        self._join(primary.call, consult.call)

    def conference(self, visit: CallVisit, consult: Leg) -> None:
        """All are in the primary leg."""
        visit.primary.state = ConversationState.CONNECTED
        self._take_out(consult)
        self._join(visit.primary.call, consult.call)

    def _join(self, call: Call, other: Call) -> None:
        """All who are in the other call are in this one."""
        for end in other.ends:
            end.call = call
        call.ends += other.ends
        self._close(other)
        self.settle(call, EndCause.FAILED)

    def _tell(self, call: Call) -> None:
        for leg in call.legs:
            self._news.visit(leg.visit)
