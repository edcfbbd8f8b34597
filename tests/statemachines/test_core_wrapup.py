"""Wrap-up that the processor ends: when it is due, and what puts it off. Source: specs/protocol.md, "States"."""

import math
from typing import Any

import attrs
import pytest

from protocol import platform
from protocol.errors import FailureCode
from protocol.platform import Disposition
from protocol.states import DisposalCause, EndCause
from statemachines.effects import Answered, Call, CallRefused, DeadlineCame, Ended
from tests.fakes.calls import call, chat, completed, over
from tests.fakes.desk import Desk, completion, pair, story, with_channel, with_interaction
from tests.fakes.platform import FakePlatform, channel

IT = ".c1.i1"
TALKING = call("STARTED")
TIMED_OUT = platform.CompleteInteraction(endpoint="4001", interaction="1", timed_out=True)


def in_wrapup(seconds: float | None = 10.0) -> Desk:
    """A call has just ended; a desktop is bound."""
    desk = with_interaction(TALKING)
    desk.bind()
    desk.now = 100.0
    desk.report(attrs.evolve(over(TALKING, EndCause.REMOTE, wrapup_s=1.0), wrapup_s=seconds))
    return desk


# When it is due


def test_the_time_counts_from_the_report_of_the_end() -> None:
    desk = in_wrapup()
    assert desk.core.next_deadline() == 110.0
    assert desk.wait(9.99) == []
    assert story(desk.wait(0.01)) == completion(IT)
    assert desk.platform.calls[-1] == TIMED_OUT
    assert desk.core.next_deadline() == math.inf


def test_a_wrapup_that_the_platform_ends_has_no_timer() -> None:
    desk = in_wrapup(None)
    assert desk.core.next_deadline() == math.inf
    assert desk.wait(1e6) == []


def test_only_interactions_in_wrapup_have_a_timer() -> None:
    desk = with_interaction(TALKING)
    desk.bind()
    assert desk.core.next_deadline() == math.inf


def test_what_the_agent_completes_is_not_completed_again() -> None:
    desk = in_wrapup()
    desk.ask("interaction.complete", IT, {"disposition": {"code": "SOLD"}})
    assert desk.platform.calls[-1] == attrs.evolve(TIMED_OUT, timed_out=False, disposition=Disposition(code="SOLD"))
    assert desk.core.next_deadline() == math.inf
    assert desk.wait(1e6) == []


def test_what_the_platform_completes_is_not_completed_again() -> None:
    desk = in_wrapup()
    desk.report(completed(desk.platform.at("4001")))
    assert desk.core.next_deadline() == math.inf


def test_wrapup_found_at_start_begins_anew() -> None:
    fake = FakePlatform().with_channels(channel("4001", "WORK")).with_interactions(call("ENDED", wrapup_s=10.0))
    desk = Desk(fake)
    desk.bind()
    desk.now = 50.0
    desk.ask("session.start")
    assert desk.core.next_deadline() == 60.0
    assert story(desk.wait(10.0)) == completion(IT)


def test_a_clock_that_is_early_does_nothing() -> None:
    desk = in_wrapup()
    assert desk.core.handle(DeadlineCame(), now=109.9) == ()
    assert desk.core.next_deadline() == 110.0


def test_a_clock_that_is_late_does_it_at_once() -> None:
    desk = in_wrapup()
    desk.now = 500.0
    assert story(desk.feed(DeadlineCame())) == completion(IT)


# What puts it off


def test_notready_begins_it_anew() -> None:
    desk = in_wrapup()
    desk.wait(9.0)
    assert story(desk.ask("channel.notready", ".c1")) == [("success", ".c1"), *pair(".c1")]
    assert desk.core.next_deadline() == 119.0
    assert desk.wait(9.99) == []
    assert story(desk.wait(0.01)) == completion(IT)


def test_notready_that_the_platform_refuses_changes_nothing() -> None:
    desk = in_wrapup()
    desk.wait(9.0)
    desk.platform.refuses["SetAgentState", "4001"] = FailureCode.REASON_REQUIRED
    desk.ask("channel.notready", ".c1")
    assert desk.core.next_deadline() == 110.0


def test_ready_does_not_begin_it_anew() -> None:
    desk = with_interaction(TALKING, state="NOTREADY")
    desk.bind()
    desk.report(over(TALKING, EndCause.REMOTE, wrapup_s=10.0))
    desk.wait(9.0)
    assert story(desk.ask("channel.ready", ".c1"))[0] == ("success", ".c1")
    assert desk.core.next_deadline() == 10.0


def test_another_time_that_the_platform_reports_counts_from_its_report() -> None:
    desk = in_wrapup()
    desk.wait(5.0)
    desk.report(over(TALKING, EndCause.REMOTE, wrapup_s=60.0))
    assert desk.core.next_deadline() == 165.0
    desk.report(over(TALKING, EndCause.REMOTE, wrapup_s=60.0))
    assert desk.core.next_deadline() == 165.0, "the same once more changes nothing"


def test_a_time_that_the_platform_takes_back() -> None:
    desk = in_wrapup()
    desk.report(call("ENDED", cause=EndCause.REMOTE))
    assert desk.core.next_deadline() == math.inf


@pytest.mark.parametrize("code", [FailureCode.REASON_REQUIRED, FailureCode.PLATFORM_ERROR, FailureCode.TIMEOUT])
def test_where_the_platform_refuses_the_timer_is_set_anew(code: FailureCode) -> None:
    desk = in_wrapup()
    desk.platform.refuses["CompleteInteraction", "4001"] = code
    assert desk.wait(10.0) == []
    assert desk.platform.calls[-1] == TIMED_OUT
    assert desk.core.next_deadline() == 120.0
    desk.platform.refuses.clear()
    assert story(desk.wait(10.0)) == completion(IT)


@pytest.mark.parametrize(
    "answer",
    [None, call("ENDED", wrapup_s=10.0), call("COMPLETED", key="2"), TALKING, attrs.evolve(TALKING, legs=())],
    ids=["nothing", "not completed", "another", "what was before", "the impossible"],
)
def test_where_the_platform_does_not_complete_it_the_timer_is_set_anew(answer: Any) -> None:
    """And the platform is not asked without end."""
    desk = in_wrapup()
    desk.platform.instead["CompleteInteraction"] = answer
    assert desk.wait(10.0) == []
    assert desk.core.next_deadline() == 120.0
    assert sum(call == TIMED_OUT for call in desk.platform.calls) == 1


def test_what_an_answer_tells_beside_is_told() -> None:
    desk = in_wrapup()
    desk.platform.instead["CompleteInteraction"] = call("ENDED", wrapup_s=10.0, data={"account": "8"})
    assert story(desk.wait(10.0)) == [("interaction.datachanged", IT)]
    assert desk.core.next_deadline() == 120.0


def test_what_the_platform_has_forgotten_is_over() -> None:
    desk = in_wrapup()
    desk.platform.interactions.clear()
    assert story(desk.wait(12.0)) == completion(IT)
    assert desk.core.next_deadline() == math.inf


# Several at once


def test_several_at_once_are_completed_one_after_another() -> None:
    fake = FakePlatform().with_channels(channel("4001", "WORK"), channel("chat-1", "WORK"))
    fake.with_interactions(
        call("ENDED", wrapup_s=10.0), chat("ENDED", wrapup_s=10.0), chat("ENDED", key="2", wrapup_s=5.0)
    )
    desk = Desk(fake).started()
    desk.bind()
    first, second, third = ".c1.i1", ".c2.i2", ".c2.i3"
    assert story(desk.wait(5.0)) == completion(third)
    *_, asked = desk.core.handle(DeadlineCame(), now=10.0)
    assert isinstance(asked, Call)
    assert asked.call == TIMED_OUT
    assert desk.core.next_deadline() == math.inf, "one at a time"
    assert desk.feed(Answered(desk.platform.answer(asked.call)))[0]["target"] == f"s1{first}"
    assert desk.core.next_deadline() == 10.0, "the next one is due at once"
    desk.now = 10.0
    assert story(desk.feed(DeadlineCame())) == completion(second)
    assert desk.core.next_deadline() == math.inf


def test_the_timers_of_a_channel_are_begun_anew_together() -> None:
    fake = FakePlatform().with_channels(channel("chat-1", "WORK"), channel("4001", "WORK"))
    fake.with_interactions(
        chat("ENDED", wrapup_s=5.0), chat("ENDED", key="2", wrapup_s=7.0), call("ENDED", wrapup_s=6.0)
    )
    desk = Desk(fake).started()
    desk.bind()
    desk.wait(4.0)
    desk.ask("channel.notready", ".c1")
    assert [message["target"] for message in desk.wait(8.0) if message["name"] == "interaction.completed"] == [
        "s1.c2.i3",
        "s1.c1.i1",
        "s1.c1.i2",
    ]
    assert desk.now == 12.0


def test_the_desktops_absence_and_a_wrapup_have_their_own_times() -> None:
    desk = with_interaction(TALKING)
    desk.bind()
    desk.report(over(TALKING, EndCause.REMOTE, wrapup_s=35.0))
    desk.lose_desktop()
    assert desk.core.next_deadline() == 30.0
    assert story(desk.wait(30.0)) == pair(".c1")
    assert story(desk.wait(5.0)) == completion(IT)
    assert desk.core.next_deadline() == 60.0


# In the middle


def asked_to_complete() -> Desk:
    """The platform has been asked, and has not answered."""
    desk = in_wrapup()
    *_, asked = desk.core.handle(DeadlineCame(), now=110.0)
    assert isinstance(asked, Call)
    assert desk.core.busy
    return desk


@pytest.mark.parametrize("cause", DisposalCause)
def test_the_session_ends_meanwhile_and_nobody_is_answered(cause: DisposalCause) -> None:
    desk = asked_to_complete()
    assert story(desk.end(cause)) == [("session.disposed", "")]
    assert desk.effects[-1] == Ended(cause)
    assert desk.core.next_deadline() == math.inf


def test_the_session_ends_during_wrapup() -> None:
    desk = in_wrapup()
    desk.end(DisposalCause.TAKEOVER)
    assert desk.core.next_deadline() == math.inf


def test_no_timer_runs_while_the_platform_is_asked() -> None:
    desk = asked_to_complete()
    assert desk.core.next_deadline() == math.inf
    desk.core.handle(CallRefused(FailureCode.TIMEOUT, "late"), now=140.0)
    assert desk.core.next_deadline() == 150.0


def test_after_a_reset_the_timer_waits_for_the_start() -> None:
    desk = in_wrapup()
    desk.bind(reset=True)
    assert desk.core.next_deadline() == math.inf
    desk.now = 200.0
    desk.ask("session.start")
    assert desk.core.next_deadline() == 210.0


def test_a_channel_without_wrapup_has_none() -> None:
    desk = with_channel("READY")
    desk.bind()
    desk.report(call())
    desk.report(over(call(), EndCause.ABANDONED))
    assert desk.core.next_deadline() == math.inf
