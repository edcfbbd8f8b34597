"""What chats, emails and callbacks have in common: how they wait, are offered, taken, handed on, and end.

A `WorkItem` is what waits and what agents have. It goes back to its queue, before all that nobody has taken yet, when
its agent is gone or an offer to one agent came to nothing; and whoever takes it then gets what was said so far.
"""

from collections.abc import Callable
from types import MappingProxyType
from typing import Any, ClassVar, Generic, TypeVar

import attrs

from engine.adapters.simulator.agents import Agents
from engine.adapters.simulator.contact import Contact, Contacts, Outcome
from engine.adapters.simulator.desk import Endpoint
from engine.adapters.simulator.inputs import require
from engine.adapters.simulator.news import News
from engine.adapters.simulator.routing import Entry, Routing
from engine.adapters.simulator.settings import SimulatorSettings
from engine.adapters.simulator.tables import SimulatedQueue
from engine.adapters.simulator.timers import Timers
from engine.adapters.simulator.transcript import SYSTEM, Transcript
from engine.adapters.simulator.visit import Rows, Visit, Visits
from protocol.errors import FailureCode, Refused
from protocol.platform import (
    CHANNEL_FEATURES,
    AcceptInteraction,
    DataMap,
    InteractionReport,
    Message,
    MessagePosted,
    Party,
    Post,
    RejectInteraction,
    ReleaseInteraction,
    TransferInteraction,
)
from protocol.states import Ability, ChannelType, Direction, EndCause, InteractionState, PartyRole
from protocol.texts import DataMap as DataInput
from protocol.texts import Name


@attrs.define(eq=False, kw_only=True)
class WorkItem:
    """A chat, an email or a callback until the customer's side is over.

    It waits with its `entry` in a queue, or an agent has it, or both while it is offered from there. `queue` is
    where it goes back to.
    """

    media: "Media[Any]" = attrs.field(repr=False)
    contact: Contact
    customer: Party
    queue: SimulatedQueue
    transcript: Transcript
    abilities: frozenset[Ability] = frozenset()
    entry: Entry | None = None
    visit: Visit | None = None

    def offer(self, entry: Entry, endpoint: Endpoint) -> None:
        self.media.offer(self, endpoint, entry)

    def turn_away(self, entry: Entry) -> None:
        self.media.turned_away(self)

    # What the customer's side notices

    def waits(self) -> None:
        """Nobody has it, from now on."""

    def taken(self) -> None:
        """An agent has it, from now on."""

    def over(self) -> None:
        """It has come to its end."""


@attrs.define(eq=False, kw_only=True)
class MediaVisit(Visit):
    """One agent's interaction with a work item."""

    item: WorkItem

    def report(self) -> InteractionReport:
        return attrs.evolve(
            super().report(),
            abilities=self.item.abilities,
            transcript=() if self.over else self.item.transcript.messages(),
        )


Item = TypeVar("Item", bound=WorkItem)


@attrs.define(eq=False)
class Media(Generic[Item]):
    """All work items of one kind. What is refused has changed nothing."""

    kind: ClassVar[ChannelType]

    _settings: SimulatorSettings
    _timers: Timers
    _news: News
    _contacts: Contacts
    _visits: Visits
    _routing: Routing
    _agents: Agents
    _items: dict[str, Item] = attrs.field(init=False, factory=dict)
    rows: Rows = attrs.field(init=False)

    @rows.default
    def _all_rows(self) -> Rows:
        return MappingProxyType(self._rows())

    def _rows(self) -> dict[type[Any], Callable[[Any, Any], object]]:
        return {
            AcceptInteraction: self._accept,
            RejectInteraction: self._reject,
            ReleaseInteraction: self._release,
            TransferInteraction: self._transfer,
        }

    def live(self) -> int:
        """How many are there."""
        return len(self._items)

    # Coming and going

    def _check_arrival(self, queue: str, customer: str, data: DataMap | None) -> SimulatedQueue:
        """Refuse what cannot come."""
        self._agents.require(CHANNEL_FEATURES[self.kind])
        require(customer=(customer, Name), data=(data or {}, DataInput))
        return self._routing.queue(queue)

    def _enter(self, item: Item) -> bool:
        """Let it wait, unless the queue is full: then it is turned away, and False."""
        if self._routing.full(item.queue):
            item.contact.fate = Outcome.TURNED_AWAY
            self._contacts.close(item.contact)
            return False
        self._items[item.contact.id] = item
        item.entry = self._routing.enter(item, item.queue)
        item.waits()
        return True

    def _there(self, contact: str) -> Item:
        item = self._items.get(contact)
        if item is None:
            raise Refused(
                FailureCode.INVALID_TARGET,
                f"there is no {self.kind.lower()} {contact}, or it is over; take one that is there, or begin another",
            )
        return item

    def _customer_gone(self, item: Item) -> None:
        """The customer has ended it, or has given up."""
        visit, entry = item.visit, item.entry
        if entry is not None:
            self._routing.leave(entry)
        if visit is not None:
            started = visit.state is InteractionState.STARTED
            self._visits.end(visit, EndCause.REMOTE if started else EndCause.ABANDONED)
        self._finish(item)

    def _finish(self, item: Item) -> None:
        del self._items[item.contact.id]
        self._contacts.close(item.contact)
        item.over()

    # Offers

    def offer(self, item: Item, endpoint: Endpoint, entry: Entry | None) -> None:
        """Offer it to the agent there: from the queue or, without an entry, to this agent and no other."""
        visit = MediaVisit(
            id=self._contacts.new_id("interaction"),
            contact=item.contact,
            endpoint=endpoint,
            medium=self,
            direction=Direction.INBOUND,
            state=InteractionState.ALERTING,
            entry=entry,
            item=item,
        )
        item.visit = visit
        self._visits.open(visit, ring_s=self._settings.answer_s, unanswered=lambda: self._unanswered(item, visit))

    def turned_away(self, item: Item) -> None:
        """It has waited too long."""
        self._finish(item)

    def _unanswered(self, item: Item, visit: Visit) -> None:
        item.visit = None
        if visit.entry is not None:
            self._routing.unanswered(visit)
        else:
            self._go_back(item, visit, EndCause.NOANSWER)

    def _go_back(self, item: Item, visit: Visit, cause: EndCause) -> None:
        """To the queue, before those whom nobody has taken yet. The agent, if still there, is spared it for a while."""
        item.visit = None
        self._visits.end(visit, cause)
        item.entry = self._routing.enter(item, item.queue, front=True, spare=visit.endpoint.holder)
        item.waits()

    def agent_gone(self, visit: Visit) -> None:
        """Have somebody else go on with it; of what had ended, no wrap-up is left."""
        if visit.over:
            self._visits.complete(visit)
            return
        item = self._items[visit.contact.id]
        if visit.state is InteractionState.ALERTING and visit.entry is not None:
            item.visit = None
            self._routing.withdrawn(visit, EndCause.FAILED)
        else:
            self._go_back(item, visit, EndCause.FAILED)

    # Calls

    def _started(self, visit: Visit, what: str) -> Item:
        """The work item of an interaction that is under way. Refuses `what`, such as "be answered", where it is not."""
        visit.require(InteractionState.STARTED, what)
        return self._items[visit.contact.id]

    def _accept(self, visit: Visit, _: AcceptInteraction) -> InteractionReport:
        if visit.state is not InteractionState.STARTED:
            visit.require(InteractionState.ALERTING, "be accepted")
            item = self._items[visit.contact.id]
            if visit.entry is not None:
                item.queue, item.entry = visit.entry.queue, None
                self._routing.leave(visit.entry)
            self._visits.start(visit)
            item.taken()
        return self._news.answer(visit)

    def _reject(self, visit: Visit, _: RejectInteraction) -> InteractionReport:
        visit.require(InteractionState.ALERTING, "be rejected")
        item = self._items[visit.contact.id]
        if visit.entry is not None:
            item.visit = None
            self._routing.rejected(visit)
        else:
            self._go_back(item, visit, EndCause.REJECTED)
        return self._news.answer(visit)

    def _release(self, visit: Visit, _: ReleaseInteraction) -> InteractionReport:
        if not visit.over:
            self._end(visit, self._started(visit, "be released"))
        return self._news.answer(visit)

    def _end(self, visit: Visit, item: Item) -> None:
        """The agent has done with it."""
        self._visits.end(visit, EndCause.RELEASED)
        self._finish(item)

    def _transfer(self, visit: Visit, call: TransferInteraction) -> InteractionReport:
        """To an agent or a queue; the agent who lets go of it is not the next one to be offered it."""
        item = self._started(visit, "be transferred")
        to_agent = None if call.agent is None else self._channel_of_other(call.agent, visit)
        to_queue = self._queue_with_room(call.queue or "") if to_agent is None else None
        if call.note:
            item.transcript.add(self._message(SYSTEM, call.note))
        item.visit = None
        self._visits.end(visit, EndCause.TRANSFERRED)
        item.waits()
        if to_agent is not None:
            self.offer(item, to_agent, None)
        elif to_queue is not None:
            item.entry = self._routing.enter(item, to_queue, spare=visit.endpoint.holder)
        return self._news.answer(visit)

    def _queue_with_room(self, name: str) -> SimulatedQueue:
        queue = self._routing.queue(name)
        if self._routing.full(queue):
            raise Refused(
                FailureCode.DESTINATION_BUSY, f"queue {name} is full; choose another, or try again when it is shorter"
            )
        return queue

    def _channel_of_other(self, agent: str, visit: Visit) -> Endpoint:
        endpoint = self._agents.media_channel(agent, self.kind)
        if endpoint.holder == visit.endpoint.holder:
            raise Refused(FailureCode.INVALID_DESTINATION, f"{agent} has it already; choose another agent, or a queue")
        if self._routing.blocked(self._agents.desk(endpoint.holder or ""), self.kind):
            raise Refused(FailureCode.DESTINATION_BUSY, f"{agent} is in a call; choose another agent, or a queue")
        return endpoint

    # Saying

    def _message(self, party: Party, text: str) -> Message:
        return Message(id=self._contacts.new_id("message"), party=party, text=text, time=self._timers.utc())

    def _agent_writes(self, visit: Visit, item: Item, text: str) -> MessagePosted:
        """Keep the agent's own message. It is told as well: the answer to the call may come too late."""
        message = self._message(self._party(visit), text)
        item.transcript.add(message)
        posted = MessagePosted(
            endpoint=visit.endpoint.address,
            interaction=visit.id,
            id=message.id,
            party=message.party,
            text=message.text,
            time=message.time,
        )
        self._news.post(posted, visit.endpoint.holder or "")
        return posted

    def _customer_writes(self, item: Item, text: str) -> None:
        message = self._message(item.customer, text)
        item.transcript.add(message)
        self._post(item, MessagePosted, id=message.id, text=message.text, time=message.time)

    def _party(self, visit: Visit) -> Party:
        """The agent who has it."""
        desk = self._agents.desk(visit.endpoint.holder or "")
        return Party(id=f"agent-{desk.id}", name=desk.agent.name or desk.id, role=PartyRole.AGENT)

    def _post(self, item: Item, make: Callable[..., Post], **said: Any) -> None:
        """Tell the agent who has it, or is offered it, of something that the customer, or who is named, has done."""
        visit = item.visit
        if visit is not None and visit.endpoint.holder is not None:
            id_ = said.pop("id", None) or self._contacts.new_id("post")
            party = said.pop("party", item.customer)
            post = make(endpoint=visit.endpoint.address, interaction=visit.id, id=id_, party=party, **said)
            self._news.post(post, visit.endpoint.holder)
