"""The books of a day, kept by reports that a test makes: every figure by hand."""

from typing import Any

import attrs
import pytest

from engine.adapters.simulator.contact import Contact, Contacts, Outcome
from engine.adapters.simulator.day_plan import Outbound, Plan, Shift
from engine.adapters.simulator.day_totals import DayTotals, Ledger, Row
from engine.adapters.simulator.timers import Timers
from protocol.platform import ChannelReport, InteractionReport
from protocol.states import AgentState, ChannelType, Direction, EndCause, InteractionState, LoginState

S = InteractionState

DIAL = Outbound(at_s=0, ticket="D1", destination="+1", gives_up_s=10)
SHIFT = Shift(
    agent="ada",
    extension="4001",
    serves=frozenset({ChannelType.TELEPHONY}),
    group=None,
    begins_s=0,
    ends_s=None,
    off_reason=None,
    dials=(DIAL,),
)
PLAN = Plan(
    seed=1,
    closes_s=100,
    shifts=(SHIFT,),
    arrivals=(),
    queues=(),
    outside=(),
    dispositions=(),
    logout_reason=None,
)


class Books:
    """A ledger, and the switch that it hears from."""

    def __init__(self) -> None:
        self.timers, self.contacts = Timers(), Contacts()
        self.ledger = Ledger(PLAN, self.timers, self.contacts)
        self.by_ticket: dict[str, Contact] = {}

    def at(self, now: float) -> "Books":
        self.timers.advance(now)
        return self

    def opens(self, ticket: str, kind: ChannelType = ChannelType.TELEPHONY) -> None:
        self.by_ticket[ticket] = self.contacts.open(kind, "+1", self.timers.now, {"ticket": ticket})

    def comes(self, ticket: str, kind: ChannelType = ChannelType.TELEPHONY) -> None:
        self.opens(ticket, kind)
        self.ledger.came(ticket, kind, self.by_ticket[ticket].id)

    def is_over(self, ticket: str, outcome: Outcome) -> None:
        contact = self.by_ticket[ticket]
        contact.answered, contact.fate = outcome is Outcome.ANSWERED, outcome
        self.contacts.close(contact)

    def tells(self, ticket: str, state: S, agent: str = "ada", channel: AgentState | None = None, **more: Any) -> None:
        contact = self.by_ticket[ticket]
        report = InteractionReport(
            endpoint="4001",
            id=f"i-{ticket}-{agent}",
            contact=contact.id,
            type=contact.kind,
            direction=Direction.INBOUND,
            state=state,
            data={"ticket": ticket},
            cause=EndCause.REMOTE if state in (S.ENDED, S.COMPLETED) else None,
            channel=None if channel is None else self.channel(channel),
            **more,
        )
        self.ledger.changed(agent, report)

    def channel(self, state: AgentState | None, endpoint: str = "4001") -> ChannelReport:
        return ChannelReport(
            endpoint=endpoint,
            type=ChannelType.TELEPHONY,
            name="",
            loginstate=LoginState.INACTIVE if state is None else LoginState.ACTIVE,
            agentstate=state,
        )

    def is_in(self, state: AgentState | None, agent: str = "ada") -> None:
        self.ledger.changed(agent, self.channel(state))

    @property
    def totals(self) -> DayTotals:
        return self.ledger.totals()

    def row(self, sort: str = "calls") -> Row:
        (row,) = [row for row in self.totals.rows if row.sort == sort]
        return row


@pytest.fixture
def books() -> Books:
    return Books()


def test_nothing_has_come(books: Books) -> None:
    nothing = Row(sort="all", offered=0, answered=0, abandoned=0, turned_away=0, overflowed=0, failed=0, live=0)
    assert books.totals == DayTotals(rows=(), total=nothing, done={}, dispositions={}, occupancy=None)


def test_waiting_times_and_the_service_level(books: Books) -> None:
    for ticket in ("T1", "T2", "T3", "T4"):
        books.comes(ticket)
    books.at(20.0).tells("T1", S.STARTED)
    books.at(20.1).tells("T2", S.STARTED)
    for ticket in ("T1", "T2"):
        books.is_over(ticket, Outcome.ANSWERED)
    books.is_over("T3", Outcome.ABANDONED)
    row = books.row()
    assert (row.offered, row.answered, row.abandoned, row.live) == (4, 2, 1, 1)
    assert row.asa_s == pytest.approx(20.05)
    assert row.service_level == pytest.approx(1 / 3), "one in time, of three that are over"


def test_who_is_answered_again_was_answered_when_it_was_first(books: Books) -> None:
    books.comes("T1")
    books.at(5).tells("T1", S.STARTED)
    books.at(50).tells("T1", S.STARTED, agent="bob")
    books.is_over("T1", Outcome.ANSWERED)
    assert books.row().asa_s == 5


def test_every_outcome_has_its_count(books: Books) -> None:
    for outcome in Outcome:
        books.comes(outcome.value)
        books.is_over(outcome.value, outcome)
    row = books.row()
    assert attrs.asdict(row) == {
        "sort": "calls",
        "offered": 5,
        **dict.fromkeys((outcome.value for outcome in Outcome), 1),
        "live": 0,
        "service_level": 0,
        "asa_s": None,
        "aht_s": 0,
    }


def test_who_was_turned_away_at_once_has_left_no_trace_at_the_switch(books: Books) -> None:
    books.ledger.came("T1", ChannelType.CHAT, "contact99")
    assert books.row("chats").turned_away == 1


def test_handling_is_talk_and_wrap_up_of_every_agent(books: Books) -> None:
    books.is_in(AgentState.READY)
    books.comes("T1")
    books.at(10).tells("T1", S.ALERTING)
    books.at(15).tells("T1", S.STARTED)
    books.at(45).tells("T1", S.ENDED, channel=AgentState.WORK, wrapup_s=20)
    books.at(55).tells("T1", S.COMPLETED, channel=AgentState.READY)
    books.is_over("T1", Outcome.ANSWERED)
    books.at(100)
    assert books.row().aht_s == 30 + 10


def test_after_call_work_at_the_phone_counts_the_same(books: Books) -> None:
    books.comes("T1")
    books.at(15).tells("T1", S.STARTED)
    books.at(45).tells("T1", S.COMPLETED, channel=AgentState.WORK)
    books.at(60).is_in(AgentState.READY)
    books.is_over("T1", Outcome.ANSWERED)
    assert books.row().aht_s == 30 + 15


def test_an_unanswered_offer_is_no_handling(books: Books) -> None:
    books.comes("T1")
    books.at(10).tells("T1", S.ALERTING)
    books.at(30).tells("T1", S.COMPLETED)
    books.at(40).tells("T1", S.STARTED, agent="bob")
    books.is_over("T1", Outcome.ANSWERED)
    assert books.row().aht_s == 0, "bob is none of the day's agents"


def test_occupancy_is_the_time_of_work_in_that_of_work_and_readiness(books: Books) -> None:
    books.at(100).is_in(AgentState.NOTREADY)
    books.at(200).is_in(AgentState.READY)
    books.comes("T1")
    books.at(230).tells("T1", S.ALERTING)
    books.at(235).tells("T1", S.STARTED)
    books.at(280).tells("T1", S.COMPLETED, channel=AgentState.WORK)
    books.at(290).is_in(AgentState.READY)
    books.at(300).is_in(AgentState.NOTREADY)
    books.at(400).is_in(None)
    books.at(500)
    assert books.totals.occupancy == pytest.approx((50 + 10) / (30 + 50 + 10 + 10))


def test_several_at_once_are_one_agents_time(books: Books) -> None:
    books.is_in(AgentState.READY)
    for ticket in ("T1", "T2"):
        books.comes(ticket, ChannelType.CHAT)
        books.tells(ticket, S.STARTED)
    books.at(60).tells("T1", S.COMPLETED)
    books.at(100).tells("T2", S.COMPLETED)
    books.at(200)
    assert books.totals.occupancy == pytest.approx(100 / 200)


def test_what_agents_dial_has_its_own_row_and_no_service_level(books: Books) -> None:
    books.opens("D1")
    books.at(5).tells("D1", S.DIALING)
    books.at(10).tells("D1", S.STARTED)
    books.at(40).tells("D1", S.COMPLETED)
    books.is_over("D1", Outcome.ANSWERED)
    row = books.row("dialled")
    assert (row.offered, row.answered, row.aht_s) == (1, 1, 30)
    assert (row.service_level, row.asa_s) == (None, None)
    assert books.totals.total.service_level is None


def test_contacts_of_others_are_not_counted_but_keep_agents_busy(books: Books) -> None:
    books.is_in(AgentState.READY)
    books.opens("foreign")
    books.tells("foreign", S.STARTED)
    books.at(50).tells("foreign", S.COMPLETED)
    books.at(100)
    assert books.totals.rows == ()
    assert books.totals.occupancy == 0.5


def test_what_is_live(books: Books) -> None:
    books.comes("T1")
    books.comes("T2")
    books.is_over("T1", Outcome.FAILED)
    assert books.ledger.live() == [books.by_ticket["T2"]]


def test_the_total_is_of_all_sorts(books: Books) -> None:
    for ticket, kind in (("T1", ChannelType.EMAIL), ("T2", ChannelType.CALLBACK), ("T3", ChannelType.CHAT)):
        books.comes(ticket, kind)
    books.at(8).tells("T1", S.STARTED)
    books.at(12).tells("T2", S.STARTED)
    for ticket in ("T1", "T2"):
        books.is_over(ticket, Outcome.ANSWERED)
    totals = books.totals
    assert [row.sort for row in totals.rows] == ["chats", "emails", "callbacks"]
    assert (totals.total.sort, totals.total.offered, totals.total.answered, totals.total.live) == ("all", 3, 2, 1)
    assert totals.total.asa_s == 10


def test_what_agents_do_is_counted_by_name(books: Books) -> None:
    books.ledger.done.update(["hold", "accept", "hold"])
    books.ledger.dispositions.update(["RESOLVED"])
    assert list(books.totals.done.items()) == [("accept", 1), ("hold", 2)]
    assert books.totals.dispositions == {"RESOLVED": 1}
