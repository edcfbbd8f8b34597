"""Interactions: a `Visit` is one contact at one endpoint, from the offer or the dialling until it is completed.

Calls and media have it in common, with its wrap-up; what goes on in between is the business of their `Medium`.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Protocol

import attrs

from engine.adapters import refusals
from engine.adapters.simulator.contact import Contact, Contacts
from engine.adapters.simulator.desk import Desk, Endpoint
from engine.adapters.simulator.inputs import problem
from engine.adapters.simulator.news import News
from engine.adapters.simulator.settings import SimulatorSettings
from engine.adapters.simulator.timers import Timer, Timers
from protocol.errors import FailureCode, Refused
from protocol.platform import OVER, ChangeData, CompleteInteraction, Disposition, InteractionCall, InteractionReport
from protocol.states import Direction, EndCause, InteractionState
from protocol.texts import DataMap

if TYPE_CHECKING:
    from engine.adapters.simulator.routing import Entry

Rows = Mapping[type[InteractionCall[Any]], Callable[[Any, Any], object]]
"""What carries out each call about an interaction: a function of the visit and the call, which gives the answer."""


class Medium(Protocol):
    """What carries one kind of contacts: calls, chats, emails."""

    @property
    def rows(self) -> Rows:
        """The calls that this medium has beside those that `Visits` has for all."""
        ...

    def agent_gone(self, visit: Any) -> None:
        """The agent has logged out and is told no more. Nobody wraps the interaction up."""
        ...


@attrs.define(eq=False, kw_only=True)
class Visit:
    """One interaction. `entry` is the place in the queue from which it was offered; `told` was last reported."""

    id: str
    contact: Contact
    endpoint: Endpoint
    medium: Medium = attrs.field(repr=False)
    direction: Direction
    state: InteractionState
    cause: EndCause | None = None
    wrapup_s: float | None = None
    disposition: Disposition | None = None
    entry: "Entry | None" = attrs.field(default=None, repr=False)
    timer: Timer | None = attrs.field(default=None, repr=False)
    told: InteractionReport | None = attrs.field(default=None, repr=False)

    @property
    def over(self) -> bool:
        return self.state in OVER

    @property
    def wraps_up(self) -> bool:
        return self.state is InteractionState.ENDED

    def report(self) -> InteractionReport:
        """How it stands, whole, but for the channel. Media add what they have."""
        return InteractionReport(
            endpoint=self.endpoint.address,
            id=self.id,
            contact=self.contact.id,
            type=self.contact.kind,
            direction=self.direction,
            state=self.state,
            data={key: dict(value) if isinstance(value, dict) else value for key, value in self.contact.data.items()},
            cause=self.cause,
            wrapup_s=self.wrapup_s,
            disposition=self.disposition,
        )

    def require(self, state: InteractionState, what: str) -> None:
        """Refuse `what`, such as "be accepted", unless it is in this state."""
        if self.state is not state:
            raise refusals.wrong_state(self.id, self.state, state, what)

    def cancel_timer(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


class Visits:
    """What begins and ends interactions, of whatever medium, and what it does to the agent state."""

    def __init__(
        self,
        settings: SimulatorSettings,
        timers: Timers,
        news: News,
        contacts: Contacts,
        desks: Mapping[str, Desk],
    ) -> None:
        self._settings = settings
        self._timers = timers
        self._news = news
        self._contacts = contacts
        self._desks = desks
        self.rows: Final[Rows] = MappingProxyType({CompleteInteraction: self._complete, ChangeData: self._change_data})

    def open(self, visit: Visit, *, ring_s: float | None = None, unanswered: Callable[[], None] | None = None) -> None:
        """It is at its endpoint from now on. After `ring_s`, if it is not started by then, `unanswered` is called."""
        visit.endpoint.visits[visit.id] = visit
        visit.contact.visits.append(visit)
        if ring_s is not None and unanswered is not None:
            visit.timer = self._timers.later(ring_s, unanswered)
        self._news.visit(visit)

    def start(self, visit: Visit) -> None:
        """It is under way."""
        visit.cancel_timer()
        visit.state = InteractionState.STARTED
        visit.contact.answered = True
        self._news.visit(visit)

    def end(self, visit: Visit, cause: EndCause) -> None:
        """It is over for the agent, and completed, unless it had started and a wrap-up is due."""
        visit.cancel_timer()
        wrapup_s = self._wrapup_s(visit)
        visit.cause = cause
        if wrapup_s > 0:
            visit.state, visit.wrapup_s = InteractionState.ENDED, wrapup_s
            self._await_completion(visit, wrapup_s)
            self._news.visit(visit)
            self._news.channel(visit.endpoint)
        else:
            self.complete(visit)

    def _await_completion(self, visit: Visit, wrapup_s: float) -> None:
        visit.timer = self._timers.later(wrapup_s, lambda: self._wrapped_up(visit, wrapup_s))

    def _wrapped_up(self, visit: Visit, wrapup_s: float) -> None:
        """The time is over. A session completes it as it likes; who has none has done with it by now."""
        if self._is_watched(visit):
            self._await_completion(visit, wrapup_s)
        else:
            self.complete(visit)

    def _is_watched(self, visit: Visit) -> bool:
        """Is a session there for the agent who has it?"""
        holder = visit.endpoint.holder
        return holder is not None and self._desks[holder].watched

    def complete(self, visit: Visit, disposition: Disposition | None = None) -> None:
        """It is over for good, and gone."""
        visit.cancel_timer()
        visit.state, visit.wrapup_s, visit.disposition = InteractionState.COMPLETED, None, disposition
        del visit.endpoint.visits[visit.id]
        visit.endpoint.freed(self._timers.now)
        visit.contact.visits.remove(visit)
        self._contacts.sweep(visit.contact)
        self._news.visit(visit)
        self._news.channel(visit.endpoint)

    def tell_data(self, contact: Contact) -> None:
        """Tell every agent who has the contact that its data has changed."""
        for visit in contact.visits:
            self._news.visit(visit)

    def _wrapup_s(self, visit: Visit) -> float:
        """How long its wrap-up may take, in seconds. An agent without a session has nothing to do it with."""
        if visit.state is not InteractionState.STARTED or not self._is_watched(visit):
            return 0.0
        return self._settings.wrapup_s.of(visit.contact.kind)

    # Calls

    def _complete(self, visit: Visit, call: CompleteInteraction) -> InteractionReport:
        visit.require(InteractionState.ENDED, "be completed")
        required = self._settings.disposition_required and not call.timed_out
        refusals.check_disposition(call.disposition, self._settings.dispositions, required=required)
        self.complete(visit, call.disposition)
        return self._news.answer(visit)

    def _change_data(self, visit: Visit, call: ChangeData) -> InteractionReport:
        refuse_unsendable("changes", {key: value or "" for key, value in call.changes.items()}, DataMap)
        visit.contact.change_data(call.changes)
        self.tell_data(visit.contact)
        return self._news.answer(visit)


def refuse_unsendable(name: str, value: object, kind: Any) -> None:
    """What could not be reported afterwards is not taken in."""
    if found := problem(value, kind):
        raise Refused(FailureCode.PLATFORM_ERROR, f"{name}: {found}")
