"""Agents who are played: when they come and go, in which agent state they are, and what they do with what they get."""

from typing import Any

import attrs
import pytest

from engine.adapters.simulator.day import Day
from engine.adapters.simulator.day_phones import COME_BACK_S, TRY_AGAIN_S
from engine.adapters.simulator.day_plan import (
    Act,
    Arrival,
    Outbound,
    Pause,
    Plan,
    Reaction,
    Response,
    Shift,
    Step,
    Work,
)
from engine.adapters.simulator.desk import Endpoint
from engine.adapters.simulator.routing import NO_ANSWER
from protocol.platform import InteractionReport, StartAgent
from protocol.states import ChannelType, InteractionState, RecordingState
from tests.engine.adapters.simulator.day_floor import SETTINGS, Floor

PHONE, CHAT = "4001", "Default-chat-agent1"

ACCEPT = Response(reaction=Reaction.ACCEPT, after_s=3)
TALK = Work(steps=(Step(after_s=30, act=Act.RELEASE),), wrapup_s=10, disposition="RESOLVED")
SHIFT = Shift(
    agent="agent1",
    extension=PHONE,
    serves=frozenset({ChannelType.TELEPHONY, ChannelType.CHAT}),
    group="Default",
    begins_s=10,
    ends_s=None,
    off_reason="ADMIN",
)


@attrs.frozen(kw_only=True)
class Fixed(Plan):
    """Agents do what the test says, one offer after the other; `asked` is what they were asked."""

    responses: list[Response] = attrs.field(factory=list)
    works: list[Work] = attrs.field(factory=list)
    asked: list[tuple[Any, ...]] = attrs.field(factory=list)

    def response(self, *about: Any) -> Response:
        self.asked.append(("response", *about))
        return self.responses.pop(0) if self.responses else ACCEPT

    def work(self, *about: Any) -> Work:
        self.asked.append(("work", *about))
        return self.works.pop(0) if self.works else TALK


class Office:
    """A floor on which one day is played, for agent1 unless there are other shifts."""

    def __init__(self, *shifts: Shift, begin: bool = True, floor: Floor | None = None, **plan: Any) -> None:
        self.floor = floor or Floor(attrs.evolve(SETTINGS, dispositions=SETTINGS.dispositions))
        self.switch = self.floor.switch
        self.plan = Fixed(
            seed=1,
            closes_s=10_000,
            shifts=shifts or (SHIFT,),
            queues=(),
            outside=(),
            dispositions=(),
            logout_reason="SHIFT_END",
            **{"arrivals": (), **plan},
        )
        self.day = Day(self.switch, self.plan)
        if begin:
            self.day.begin()

    def until(self, at_s: float) -> "Office":
        self.switch.advance(at_s)
        return self

    @property
    def logins(self) -> dict[str, Endpoint]:
        return self.switch.agents.desks["agent1"].logins

    def state(self, endpoint: str = PHONE) -> str:
        """`READY`, `NOTREADY LUNCH`, with `>` before the pending state."""
        report = self.logins[endpoint].seen_by("agent1")
        pending = f" > {report.pendingagentstate}" if report.pendingagentstate else ""
        return f"{report.agentstate} {report.reason or ''}".strip() + pending

    def live(self, endpoint: str = PHONE) -> list[InteractionReport]:
        return [visit.report() for visit in self.logins[endpoint].visits.values()]

    def states(self, endpoint: str = PHONE) -> list[InteractionState]:
        return [report.state for report in self.live(endpoint)]


# Coming and going


def test_an_agent_comes_is_ready_where_it_serves_and_goes_at_closing_time() -> None:
    office = Office()
    assert not office.until(9.9).logins
    office.until(10)
    assert list(office.logins) == [PHONE, CHAT]
    assert (office.state(), office.state(CHAT)) == ("READY", "READY")
    assert office.until(9_999).logins
    office.until(10_030)
    assert office.day.over
    assert not office.logins
    assert office.switch.live_objects() == 0


def test_an_agent_is_not_ready_at_a_phone_that_it_does_not_serve() -> None:
    office = Office(attrs.evolve(SHIFT, serves=frozenset({ChannelType.CHAT})))
    office.until(20)
    assert (office.state(), office.state(CHAT)) == ("NOTREADY ADMIN", "READY")


def test_an_agent_of_no_group_has_the_phone_alone() -> None:
    office = Office(attrs.evolve(SHIFT, group=None, serves=frozenset({ChannelType.TELEPHONY})))
    office.until(20)
    assert list(office.logins) == [PHONE]
    assert office.state() == "READY"


def test_a_shift_ends_when_its_last_contact_is_over() -> None:
    office = Office(attrs.evolve(SHIFT, ends_s=100))
    office.until(90)
    office.switch.call("Sales", "+1")
    office.until(101)
    assert office.states() == [InteractionState.STARTED]
    assert office.state() == "READY > WORK"
    assert office.state(CHAT) == "NOTREADY ADMIN"
    office.until(123.5)
    assert office.state() == "WORK", "the last call is wrapped up"
    office.until(160)
    assert not office.logins


def test_nobody_sits_down_where_somebody_else_sits() -> None:
    office = Office(begin=False)
    office.switch.phone(PHONE, "login", agent="agent2")
    office.day.begin()
    office.until(9_000)
    assert not office.logins
    assert office.switch.agents.desks["agent2"].logins
    office.until(10_030)
    assert office.day.over


def test_what_goes_on_at_the_phone_already_is_taken_over() -> None:
    office = Office(begin=False)
    office.switch.phone(PHONE, "login", agent="agent1")
    office.switch.call(PHONE, "+1")
    office.switch.phone(PHONE, "answer")
    office.day.begin()
    office.until(39)
    assert office.states() == [InteractionState.STARTED]
    office.until(41)
    assert office.live() == []


# Agent states


def test_pauses_have_their_reasons() -> None:
    pauses = (Pause(at_s=100, for_s=50, reason="LUNCH"), Pause(at_s=200, for_s=5, reason="BREAK"))
    office = Office(attrs.evolve(SHIFT, pauses=pauses))
    assert office.until(99).state() == "READY"
    office.until(100)
    assert (office.state(), office.state(CHAT)) == ("NOTREADY LUNCH", "NOTREADY LUNCH")
    office.until(150)
    assert (office.state(), office.state(CHAT)) == ("READY", "READY")
    assert office.until(201).state() == "NOTREADY BREAK"


def test_a_pause_waits_for_the_call_and_its_wrap_up() -> None:
    office = Office(attrs.evolve(SHIFT, pauses=(Pause(at_s=35, for_s=500, reason="LUNCH"),)))
    office.until(20)
    office.switch.call("Sales", "+1")
    assert office.until(25).state() == "READY > WORK"
    assert office.until(36).state() == "READY > WORK"
    assert office.state(CHAT) == "NOTREADY LUNCH"
    assert office.until(54).state() == "WORK"
    assert office.until(64).state() == "NOTREADY LUNCH"


def test_wrap_up_takes_its_time_and_nothing_comes_meanwhile() -> None:
    office = Office()
    office.until(20)
    office.switch.call("Sales", "+1")
    office.until(21)
    office.switch.call("Sales", "+2")
    office.until(62.9)
    assert office.state() == "WORK"
    assert office.live() == []
    office.until(63)
    assert office.states() == [InteractionState.ALERTING]
    assert office.day.totals().dispositions == {"RESOLVED": 1}


def test_an_unanswered_offer_makes_the_agent_come_back_after_a_while() -> None:
    office = Office(responses=[Response(reaction=Reaction.IGNORE, after_s=0)])
    office.until(20)
    office.switch.call("Sales", "+1")
    office.until(20 + SETTINGS.ring_s + 1)
    assert office.state() == f"NOTREADY {NO_ANSWER}"
    office.until(20 + SETTINGS.ring_s + COME_BACK_S + 1)
    assert office.states() == [InteractionState.ALERTING]
    office.until(20 + SETTINGS.ring_s + COME_BACK_S + 4)
    assert office.states() == [InteractionState.STARTED]
    assert office.day.totals().done["ignore"] == 1


# Offers and work


def test_an_offer_is_answered_when_the_plan_says_so() -> None:
    office = Office()
    office.until(20)
    contact = office.switch.call("Sales", "+1")
    assert office.until(22.9).states() == [InteractionState.ALERTING]
    assert office.until(23).states() == [InteractionState.STARTED]
    assert office.until(52.9).states() == [InteractionState.STARTED]
    assert office.until(53).states() == []
    assert office.plan.asked == [
        ("response", "agent1", contact, 0, ChannelType.TELEPHONY),
        ("work", "agent1", contact, 0, ChannelType.TELEPHONY),
    ]


def test_a_planned_contact_goes_by_its_ticket_and_each_offer_is_counted() -> None:
    office = Office(responses=[Response(reaction=Reaction.REJECT, after_s=1)])
    office.until(20)
    office.switch.call("Sales", "+1", {"ticket": "T7"})
    office.until(100)
    asked = [about for about in office.plan.asked if about[0] == "response"]
    assert asked == [
        ("response", "agent1", "T7", 0, ChannelType.TELEPHONY),
        ("response", "agent1", "T7", 1, ChannelType.TELEPHONY),
    ]
    assert office.day.totals().done == {"accept": 1, "reject": 1, "release": 1}


def test_whoever_gets_it_next_is_told_how_many_had_it() -> None:
    second = attrs.evolve(SHIFT, agent="agent2", extension="4002")
    transfer = Work(
        steps=(
            Step(after_s=5, act=Act.CONSULT, what="4002"),
            Step(after_s=10, act=Act.TRANSFER),
            Step(after_s=5, act=Act.RELEASE),
        ),
        wrapup_s=5,
        disposition=None,
    )
    office = Office(SHIFT, second, works=[transfer])
    office.until(20)
    office.switch.call(PHONE, "+1", {"ticket": "T7"})
    office.until(100)
    works = [about for about in office.plan.asked if about[0] == "work"]
    assert works == [
        ("work", "agent1", "T7", 0, ChannelType.TELEPHONY),
        ("work", "agent2", "T7", 1, ChannelType.TELEPHONY),
    ]
    assert office.day.totals().done["transfer"] == 1


def test_a_step_that_is_refused_is_left_out() -> None:
    """Nobody is at 4002, and what is not there can be neither transferred to nor ended."""
    work = Work(
        steps=(
            Step(after_s=5, act=Act.CONSULT, what="nobody"),
            Step(after_s=5, act=Act.TRANSFER),
            Step(after_s=5, act=Act.END_CONSULT),
            Step(after_s=5, act=Act.RETRIEVE),
            Step(after_s=5, act=Act.RECORD),
            Step(after_s=5, act=Act.RELEASE),
        ),
        wrapup_s=5,
        disposition=None,
    )
    office = Office(works=[work])
    office.until(20)
    office.switch.call("Sales", "+1")
    office.until(49)
    assert office.live()[0].recording is RecordingState.RECORDING
    office.until(53)
    assert office.live() == []
    assert office.day.totals().done == {"accept": 1, "record": 1, "release": 1}


def test_a_customer_who_hangs_up_ends_the_work() -> None:
    office = Office()
    office.until(20)
    contact = office.switch.call("Sales", "+1")
    office.until(30)
    office.switch.hangup(contact)
    office.until(100)
    assert office.day.totals().done == {"accept": 1}
    assert office.state() == "READY"


def test_an_offer_that_is_withdrawn_is_not_answered_any_more() -> None:
    office = Office()
    office.until(20)
    contact = office.switch.call("Sales", "+1")
    office.until(22)
    office.switch.hangup(contact)
    office.until(100)
    assert office.day.totals().done == {}


def test_several_chats_are_worked_at_side_by_side() -> None:
    chat = Work(
        steps=(Step(after_s=5, act=Act.SAY, what="Hello"), Step(after_s=20, act=Act.RELEASE)),
        wrapup_s=5,
        disposition="RESOLVED",
    )
    office = Office(works=[chat, chat, chat])
    office.until(20)
    for name in ("Ada", "Bob", "Cyn"):
        office.switch.chat("Sales", name)
    office.until(30)
    assert office.states(CHAT) == [InteractionState.STARTED] * 3
    assert [[message.text for message in report.transcript] for report in office.live(CHAT)] == [["Hello"]] * 3
    office.until(60)
    assert office.live(CHAT) == []
    assert office.day.totals().done == {"accept": 3, "say": 3, "release": 3}


# Calls of the agent's own


def dialling(*at: float, to: str = "+15550100", gives_up_s: float = 20) -> Shift:
    dials = (
        Outbound(at_s=at_s, ticket=f"D{number}", destination=to, gives_up_s=gives_up_s)
        for number, at_s in enumerate(at)
    )
    return attrs.evolve(SHIFT, dials=tuple(dials))


def test_a_call_is_dialled_when_it_is_due() -> None:
    office = Office(dialling(50))
    assert office.until(49).live() == []
    (report,) = office.until(50).live()
    assert (report.state, report.data) == (InteractionState.DIALING, {"ticket": "D0"})
    office.until(50 + SETTINGS.outside_answer_s)
    assert office.states() == [InteractionState.STARTED]
    office.until(200)
    (row,) = office.day.totals().rows
    assert (row.sort, row.offered, row.answered) == ("dialled", 1, 1)


def test_a_call_that_is_due_waits_for_the_phone_for_the_pause_and_for_coming() -> None:
    office = Office(attrs.evolve(dialling(5, 6, 100), pauses=(Pause(at_s=90, for_s=50, reason="LUNCH"),)))
    assert office.until(10).states() == [InteractionState.DIALING]
    assert office.until(12).live()[0].data == {"ticket": "D0"}
    office.until(55)
    assert office.live()[0].data == {"ticket": "D1"}, "when the first is wrapped up"
    assert office.until(139).live() == []
    assert office.until(140).live()[0].data == {"ticket": "D2"}


def test_a_call_that_nobody_answers_is_given_up() -> None:
    office = Office(dialling(50, to="+15550191", gives_up_s=15))
    assert office.until(64.9).states() == [InteractionState.DIALING]
    assert office.until(65).live() == []
    (row,) = office.day.totals().rows
    assert (row.abandoned, row.failed) == (1, 0)


def test_a_call_that_cannot_be_made_is_tried_again() -> None:
    office = Office(dialling(50, to="4002"))
    office.switch.phone("4002", "login", agent="agent2")
    office.until(45)
    office.switch.call("4002", "+1")
    assert office.until(51).live() == []
    office.switch.phone("4002", "reject")
    assert office.until(50 + TRY_AGAIN_S).states() == [InteractionState.DIALING]


def test_tries_do_not_pile_up() -> None:
    office = Office(attrs.evolve(dialling(50, to="4002"), ends_s=60))
    office.switch.phone("4002", "login", agent="agent2")
    office.switch.phone("4002", "dial", destination="+15550101")
    office.until(5000)
    assert len(office.switch.timers) < 10
    office.switch.phone("4002", "hangup")
    office.until(5100)
    assert not office.logins


def test_nobody_goes_home_with_calls_to_make() -> None:
    shift = attrs.evolve(dialling(50, 51, 52), ends_s=55)
    office = Office(shift)
    office.until(150)
    assert office.logins
    office.until(250)
    assert not office.logins
    assert office.day.totals().total.answered == 3


# Sessions


@pytest.mark.parametrize("at", [5, 15, 21, 24, 40, 55])
def test_from_the_moment_that_a_session_is_there_the_agent_is_not_played(at: float) -> None:
    """Before coming, when idle, when it rings, in talk, in wrap-up."""
    office = Office(attrs.evolve(SHIFT, pauses=(Pause(at_s=60, for_s=10, reason="LUNCH"),)))
    office.until(min(at, 20))
    if at > 20:
        office.switch.call("Sales", "+1")
    office.until(at)
    office.switch.perform("agent1", StartAgent())
    before = [*office.logins], [visit.state for visit in office.switch.agents.all_visits()]
    done = office.day.totals().done
    office.until(SETTINGS.ring_s + 19 if at == 21 else 90)
    assert before == ([*office.logins], [visit.state for visit in office.switch.agents.all_visits()])
    assert office.day.totals().done == done


# Stopping


def test_a_conference_ends_when_the_day_is_stopped() -> None:
    """The customer and two agents talk: when one of the three hangs up, the others do not."""
    arrival = Arrival(
        at_s=20,
        ticket="T1",
        kind=ChannelType.TELEPHONY,
        queue="Sales",
        name="Ada",
        address="+1",
        topic="fault",
        patience_s=100,
    )
    conference = Work(
        steps=(
            Step(after_s=5, act=Act.CONSULT, what="4002"),
            Step(after_s=10, act=Act.CONFERENCE),
            Step(after_s=500, act=Act.RELEASE),
        ),
        wrapup_s=5,
        disposition=None,
    )
    listening = attrs.evolve(conference, steps=(Step(after_s=500, act=Act.RELEASE),))
    colleague = attrs.evolve(SHIFT, agent="agent2", extension="4002", serves=frozenset({ChannelType.CHAT}))
    office = Office(SHIFT, colleague, works=[conference, listening], arrivals=(arrival,))
    office.until(100)
    assert office.day.totals().done == {"accept": 2, "consult": 1, "conference": 1}
    office.day.stop()
    assert office.day.totals().total.live == 0
    assert office.day.totals().total.answered == 1
    assert office.switch.live_objects() == 0
