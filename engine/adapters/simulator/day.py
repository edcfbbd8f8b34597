"""A busy day at the switch: agents and customers of a plan, played by its timers, and what came of it.

Three parts, which can be had one without the other:

* The plan (`day_plan.Plan`, drawn by `day_draw.draw_plan`) is data. `shifts` say when each agent is there, ready where,
  away when and why, and which calls the agent makes; `arrivals` are the contacts that come. What agents do is asked for
  when it comes up: `plan.response(agent, ticket, offer, kind)` says what an agent does about an offer, and how soon;
  `plan.work(agent, ticket, before, kind)` gives the steps to take with the contact once it is answered, then the
  seconds of wrap-up and the disposition. Both depend on nothing but their arguments and the seed. A contact is known by
  its ticket, which is in the attached data of all its reports under `day_plan.TICKET`; `offer` counts from 0 how often
  it was offered to this agent, `before` how many agents have had it.
* The customers (`Day`): they come when the plan says, wait, talk, write, and give up.
* The agents. Those with a session are left alone: their session gets the offers, and whoever drives it (a person, or a
  test that asks the plan) answers them. All others are played by `day_phones.Attendant`.

`day_totals.Ledger` keeps the books by the reports of the switch, whoever plays.
"""

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Final

from engine.adapters.simulator.callers import CallScript
from engine.adapters.simulator.customer_script import AwaitAgent, Leave, Say, Script, Step, TypeFor, Wait
from engine.adapters.simulator.day_phones import Attendant
from engine.adapters.simulator.day_plan import Arrival, Plan
from engine.adapters.simulator.day_totals import DayTotals, Ledger
from engine.adapters.simulator.platform import Switch
from engine.adapters.simulator.timers import Timer
from protocol.platform import Report
from protocol.states import ChannelType

LOOK_EVERY_S: Final = 5.0
"""How often it is looked, after closing time, whether the last contact is over."""
OVERTIME_S: Final = 3600.0
"""How long after closing time the customers who are left give up, and the agents leave whatever they do."""
TYPING_S: Final = 3.0


class Day:
    """One day, from `begin` until all its contacts are over and its agents are gone. `on_over` is called then."""

    def __init__(self, switch: Switch, plan: Plan, *, on_over: Callable[[], None] = lambda: None) -> None:
        self.plan: Final = plan
        self.over = False
        self._switch = switch
        self._on_over = on_over
        self._ledger = Ledger(plan, switch.timers, switch.contacts)
        self._had: Counter[str] = Counter()
        self._attendants = {
            shift.agent: Attendant(switch, plan, shift, self._ledger, self._has_it) for shift in plan.shifts
        }
        self._began_at = switch.timers.now
        self._next: Timer | None = None

    # The run of the day

    def begin(self) -> None:
        """Let it begin now."""
        self._began_at = self._switch.timers.now
        self._switch.connect(self)
        for attendant in self._attendants.values():
            attendant.begin()
        self._await_arrival(0)

    def stop(self) -> None:
        """End it at once: customers give up, agents leave."""
        if not self.over:
            self._cancel()
            self._send_all_away()
            self._end()

    @property
    def elapsed_s(self) -> float:
        """How much of the day is over, by the time of the switch."""
        return self._switch.timers.now - self._began_at

    def totals(self) -> DayTotals:
        """What came of it so far."""
        return self._ledger.totals()

    def _await_arrival(self, number: int) -> None:
        """One timer for the next to come, not one for each: there may be many."""
        if number < len(self.plan.arrivals):
            self._after(self.plan.arrivals[number].at_s, partial(self._arrive, number))
        else:
            self._after(self.plan.closes_s, self._close)

    def _arrive(self, number: int) -> None:
        arrival = self.plan.arrivals[number]
        self._await_arrival(number + 1)
        contact = _COMES[arrival.kind](self._switch, arrival)
        self._ledger.came(arrival.ticket, arrival.kind, contact)

    def _close(self) -> None:
        """No more contacts come. The agents stay until the last is over; those who left it to others do not wait."""
        waiting = {entry.work.contact.id for entry in self._switch.routing}
        for contact in self._ledger.live():
            if contact.answered and not contact.visits and contact.id not in waiting:
                _GIVES_UP[contact.kind](self._switch, contact.id)
        if self.elapsed_s >= self.plan.closes_s + OVERTIME_S:
            self._send_all_away()
        elif not self._ledger.live():
            for attendant in self._attendants.values():
                attendant.go_home()
        if self._ledger.live() or not all(attendant.gone for attendant in self._attendants.values()):
            self._next = self._switch.timers.later(LOOK_EVERY_S, self._close)
        else:
            self._end()

    def _send_all_away(self) -> None:
        """Customers give up, agents leave. Then again: what agents leave behind goes on in a queue, or among others."""
        for _ in range(2):
            for contact in self._ledger.live():
                _GIVES_UP[contact.kind](self._switch, contact.id)
            for attendant in self._attendants.values():
                attendant.leave_at_once()

    def _end(self) -> None:
        self._cancel()
        self.over = True
        self._switch.disconnect(self)
        self._on_over()

    def _after(self, at_s: float, do: Callable[[], None]) -> None:
        self._next = self._switch.timers.later(max(0.0, at_s - self.elapsed_s), do)

    def _cancel(self) -> None:
        if self._next is not None:
            self._next.cancel()

    def _has_it(self, ticket: str) -> int:
        """One more agent has it; how many had it before?"""
        self._had[ticket] += 1
        return self._had[ticket] - 1

    # As a line of the switch

    def changed(self, agent: str, report: Report) -> None:
        self._ledger.changed(agent, report)
        if attendant := self._attendants.get(agent):
            attendant.changed(report)

    def broken(self) -> None:
        """The adapters have lost the switch. The day goes on."""


def _call(switch: Switch, arrival: Arrival) -> str:
    script = CallScript(name=arrival.name, patience_s=arrival.patience_s, talks_s=arrival.talks_s)
    return switch.call(arrival.queue, arrival.address, arrival.data, script)


def _chat(switch: Switch, arrival: Arrival) -> str:
    script = Script(steps=tuple(_chat_steps(arrival)), patience_s=arrival.patience_s)
    return switch.chat(arrival.queue, arrival.name, arrival.data, script)


def _chat_steps(arrival: Arrival) -> list[Step]:
    first, *others = arrival.lines
    steps: list[Step] = [Say(text=first.text), AwaitAgent()]
    for line in others:
        steps += [Wait(seconds=line.after_s), TypeFor(seconds=TYPING_S), Say(text=line.text)]
    if arrival.talks_s is not None:
        steps += [Wait(seconds=arrival.talks_s), Leave()]
    return steps


def _email(switch: Switch, arrival: Arrival) -> str:
    text = arrival.lines[0].text
    return switch.email(arrival.queue, arrival.address, arrival.topic, text, arrival.data)


def _callback(switch: Switch, arrival: Arrival) -> str:
    return switch.callback(arrival.queue, arrival.address, arrival.name, arrival.data)


_COMES: Final[dict[ChannelType, Callable[[Switch, Arrival], str]]] = {
    ChannelType.TELEPHONY: _call,
    ChannelType.CHAT: _chat,
    ChannelType.EMAIL: _email,
    ChannelType.CALLBACK: _callback,
}

_GIVES_UP: Final[dict[ChannelType, Callable[[Switch, str], None]]] = {
    ChannelType.TELEPHONY: Switch.hangup,
    ChannelType.CHAT: Switch.customer_leaves,
    ChannelType.EMAIL: Switch.customer_withdraws,
    ChannelType.CALLBACK: Switch.customer_withdraws,
}
