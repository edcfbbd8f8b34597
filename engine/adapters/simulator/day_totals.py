"""What came of a day: how each of its contacts ended, how fast it was answered, and how busy the agents were.

It is read off the reports of the switch, so it holds for agents with a session as for those who are played.
"""

import enum
from collections import Counter
from collections.abc import Iterable
from typing import Final

import attrs

from engine.adapters.simulator.contact import Contact, Contacts, Outcome
from engine.adapters.simulator.day_plan import TICKET, Plan
from engine.adapters.simulator.timers import Timers
from protocol.platform import OVER, ChannelReport, InteractionReport, Report
from protocol.states import AgentState, ChannelType, InteractionState

ANSWERED_WITHIN_S: Final = 20.0
"""The service level is the share of those that came in who were answered within this time."""


class Sort(enum.StrEnum):
    """The rows of the totals. DIALLED are the calls that agents made."""

    CALLS = "calls"
    DIALLED = "dialled"
    CHATS = "chats"
    EMAILS = "emails"
    CALLBACKS = "callbacks"


_SORTS: Final = {
    ChannelType.TELEPHONY: Sort.CALLS,
    ChannelType.CHAT: Sort.CHATS,
    ChannelType.EMAIL: Sort.EMAILS,
    ChannelType.CALLBACK: Sort.CALLBACKS,
}


@attrs.frozen(kw_only=True)
class Row:
    """The contacts of one sort: `offered` is the sum of the next five and of `live`, which are not over yet.

    `service_level` is the share, from 0 to 1, answered within ANSWERED_WITHIN_S, of those that are over; `asa_s` the
    average speed of answer; `aht_s` the average handling time of an answered contact, wrap-up included. None: there
    was nothing to take the average of.
    """

    sort: str
    offered: int
    answered: int
    abandoned: int
    turned_away: int
    overflowed: int
    failed: int
    live: int
    service_level: float | None = None
    asa_s: float | None = None
    aht_s: float | None = None


@attrs.frozen(kw_only=True)
class DayTotals:
    """What came of the day so far. `total` is the sum of `rows`.

    `occupancy` is the share, from 0 to 1, of the time that agents were busy in the time that they were busy or ready.
    `done` counts what agents did, by the names of `Act` and `Reaction`; `dispositions`, how they summed it up.
    """

    rows: tuple[Row, ...]
    total: Row
    done: dict[str, int]
    dispositions: dict[str, int]
    occupancy: float | None = None


@attrs.define(eq=False)
class _Case:
    """One contact of the plan that has come. `contact` is None where it was turned away at once."""

    sort: Sort
    came_at: float
    contact: Contact | None
    answered_at: float | None = None
    handled_s: float = 0.0

    @property
    def outcome(self) -> Outcome | None:
        return Outcome.TURNED_AWAY if self.contact is None else self.contact.outcome


@attrs.define(eq=False)
class _Meter:
    """How busy one agent is. `visits` are the interactions there, by id, with the time when each was answered."""

    now: float
    visits: dict[str, float | None] = attrs.field(factory=dict)
    states: dict[str, AgentState] = attrs.field(factory=dict)
    last: dict[str, _Case | None] = attrs.field(factory=dict)
    """The latest contact at each endpoint: wrap-up there belongs to it."""
    busy_s: float = 0.0
    idle_s: float = 0.0

    def pass_time(self, now: float) -> None:
        passed_s, self.now = now - self.now, now
        working = [endpoint for endpoint, state in self.states.items() if state is AgentState.WORK]
        if self.visits or working:
            self.busy_s += passed_s
        elif AgentState.READY in self.states.values():
            self.idle_s += passed_s
        for endpoint in working:
            if (case := self.last.get(endpoint)) is not None:
                case.handled_s += passed_s


class Ledger:
    """Keeps the books of a day. It is told of everything that happens at the switch."""

    def __init__(self, plan: Plan, timers: Timers, contacts: Contacts) -> None:
        self._timers = timers
        self._contacts = contacts
        self._dials = {dial.ticket for shift in plan.shifts for dial in shift.dials}
        self._cases: dict[str, _Case] = {}
        """By ticket."""
        self._meters = {shift.agent: _Meter(timers.now) for shift in plan.shifts}
        self.done: Counter[str] = Counter()
        self.dispositions: Counter[str] = Counter()

    def came(self, ticket: str, kind: ChannelType, contact: str) -> None:
        """A contact of the plan has come to the switch, and is this one there."""
        self._cases[ticket] = _Case(_SORTS[kind], self._timers.now, self._contacts.get(contact))

    def live(self) -> list[Contact]:
        """The contacts of the plan that are not over."""
        return [case.contact for case in self._cases.values() if case.contact is not None and case.outcome is None]

    # What happens

    def changed(self, agent: str, report: Report) -> None:
        """As `Line` has it."""
        meter = self._meters.get(agent)
        match report:
            case ChannelReport() if meter is not None:
                meter.pass_time(self._timers.now)
                self._channel(meter, report)
            case InteractionReport():
                self._interaction(meter, report)

    @staticmethod
    def _channel(meter: _Meter, report: ChannelReport) -> None:
        if report.agentstate is None:
            meter.states.pop(report.endpoint, None)
        else:
            meter.states[report.endpoint] = report.agentstate

    def _interaction(self, meter: _Meter | None, report: InteractionReport) -> None:
        now, case = self._timers.now, self._case(report)
        if report.state is InteractionState.STARTED and case is not None and case.answered_at is None:
            case.answered_at = now
        if meter is None:
            return
        meter.pass_time(now)
        meter.last[report.endpoint] = case
        if report.state is InteractionState.STARTED and meter.visits.get(report.id) is None:
            meter.visits[report.id] = now
        elif report.state in OVER:
            answered_at = meter.visits.pop(report.id, None)
            if answered_at is not None and case is not None:
                case.handled_s += now - answered_at
        else:
            meter.visits.setdefault(report.id, None)
        if report.channel is not None:
            self._channel(meter, report.channel)

    def _case(self, report: InteractionReport) -> _Case | None:
        """The contact of the plan that it is about. One that is dialled comes to be with its first report."""
        ticket = report.data.get(TICKET)
        if not isinstance(ticket, str):
            return None
        if ticket in self._dials and ticket not in self._cases:
            self._cases[ticket] = _Case(Sort.DIALLED, self._timers.now, self._contacts.get(report.contact))
        return self._cases.get(ticket)

    # What came of it

    def totals(self) -> DayTotals:
        rows = tuple(
            _row(sort, [case for case in self._cases.values() if case.sort is sort])
            for sort in Sort
            if any(case.sort is sort for case in self._cases.values())
        )
        for meter in self._meters.values():
            meter.pass_time(self._timers.now)
        busy_s = sum(meter.busy_s for meter in self._meters.values())
        idle_s = sum(meter.idle_s for meter in self._meters.values())
        return DayTotals(
            rows=rows,
            total=_row("all", self._cases.values()),
            occupancy=_share(busy_s, busy_s + idle_s),
            done={str(what): times for what, times in sorted(self.done.items())},
            dispositions=dict(sorted(self.dispositions.items())),
        )


def _row(sort: str, cases: Iterable[_Case]) -> Row:
    cases = list(cases)
    outcomes = Counter(case.outcome for case in cases)
    answered = outcomes[Outcome.ANSWERED]
    came_in = [case for case in cases if case.sort is not Sort.DIALLED and case.outcome is not None]
    waits = [case.answered_at - case.came_at for case in came_in if case.answered_at is not None]
    return Row(
        sort=sort,
        offered=len(cases),
        answered=answered,
        abandoned=outcomes[Outcome.ABANDONED],
        turned_away=outcomes[Outcome.TURNED_AWAY],
        overflowed=outcomes[Outcome.OVERFLOWED],
        failed=outcomes[Outcome.FAILED],
        live=outcomes[None],
        service_level=_share(sum(wait <= ANSWERED_WITHIN_S for wait in waits), len(came_in)),
        asa_s=_share(sum(waits), len(waits)),
        aht_s=_share(sum(case.handled_s for case in cases if case.outcome is Outcome.ANSWERED), answered),
    )


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
