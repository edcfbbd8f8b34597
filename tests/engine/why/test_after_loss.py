"""What is said of changes that came to light when the platform was asked after a restart, a loss, or in vain before."""

from collections.abc import Callable

import pytest

from engine.why import CauseKind, Change, why
from engine.why.steps import Step
from protocol.errors import FailureCode
from protocol.platform import PartialSnapshot
from protocol.states import ChannelType, EndCause
from statemachines.core import RECONCILE_AGAIN_S
from statemachines.effects import PlatformReturned, Restarted
from statemachines.sequences import What
from tests.engine.why.recording import Recorder
from tests.fakes import calls
from tests.fakes.desk import ALL_FEATURES, SESSION, Desk, with_channel, with_group, with_interaction
from tests.fakes.platform import channel

AGAIN_AFTER_LOSS = "the platform was asked again what had changed after it was out of reach"
AGAIN_AFTER_RESTART = "the platform was asked again what had changed after a restart"

START = ("StartAgent", "")


def back(desk: Desk) -> None:
    """The platform was away, and is there again."""
    desk.feed(PlatformReturned(ALL_FEATURES))


def restart(desk: Desk) -> None:
    desk.feed(Restarted())
    desk.bind()
    back(desk)


def in_vain(desk: Desk, after: Callable[[Desk], None] = back) -> None:
    """The platform does not answer at first, and can be asked again."""
    desk.platform.refuses[START] = FailureCode.TIMEOUT
    after(desk)
    del desk.platform.refuses[START]


def latest(recorder: Recorder, target: str = ".c1") -> Change:
    (change,) = why(recorder.steps[SESSION], SESSION + target, last=1).changes
    return change


def bound(desk: Desk) -> Desk:
    desk.bind()
    return desk


def away(desk: Desk) -> None:
    desk.platform.channels["4001"] = channel("4001", "NOTREADY")


# Why the platform was asked


def test_a_loss_of_the_platform_is_no_restart(recorder: Recorder) -> None:
    desk = bound(with_channel("READY"))
    away(desk)
    back(desk)
    cause = latest(recorder).cause
    assert (cause.kind, cause.text) == (
        CauseKind.PLATFORM,
        "the platform was asked what had changed after it was out of reach",
    )
    assert isinstance(recorder.steps[SESSION][cause.step - 1].given, PlatformReturned)


def test_the_first_question_after_a_restart_is_told_so_and_later_ones_are_not(recorder: Recorder) -> None:
    desk = bound(with_channel("READY"))
    away(desk)
    restart(desk)
    cause = latest(recorder).cause
    assert (cause.kind, cause.text) == (CauseKind.RESTART, "the platform was asked what had changed after a restart")
    desk.platform.channels["4001"] = channel("4001", "READY")
    back(desk)
    assert latest(recorder).cause.kind is CauseKind.PLATFORM


@pytest.mark.parametrize(
    ("after", "kind", "text"),
    [(back, CauseKind.PLATFORM, AGAIN_AFTER_LOSS), (restart, CauseKind.RESTART, AGAIN_AFTER_RESTART)],
)
def test_a_platform_that_had_to_be_asked_again(
    recorder: Recorder, after: Callable[[Desk], None], kind: CauseKind, text: str
) -> None:
    desk = bound(with_channel("READY"))
    away(desk)
    in_vain(desk, after)
    desk.wait(RECONCILE_AGAIN_S)
    change = latest(recorder)
    assert (change.happening, change.cause.kind, change.cause.text) == (What.CHANNEL_AGENT_CHANGED, kind, text)


def test_a_session_that_the_platform_has_lost_when_it_is_asked_again(recorder: Recorder) -> None:
    desk = bound(with_channel("READY"))
    in_vain(desk)
    desk.platform.refuses[START] = FailureCode.PLATFORM_ERROR
    desk.wait(RECONCILE_AGAIN_S)
    change = latest(recorder, "")
    assert (change.after, change.happening) == ({"state": "DISPOSED"}, What.SESSION_DISPOSED)
    assert (change.cause.kind, change.cause.text) == (CauseKind.PLATFORM, AGAIN_AFTER_LOSS)


def test_a_wrap_up_that_the_platform_knows_no_longer_when_it_is_asked_again(recorder: Recorder) -> None:
    desk = bound(with_interaction(calls.answered(calls.call("ALERTING", calls.leg("ALERTING"))), wrapup_s=10.0))
    desk.report(desk.platform.ending(desk.platform.at("4001"), EndCause.REMOTE))
    in_vain(desk)
    desk.platform.interactions.clear()
    desk.wait(RECONCILE_AGAIN_S)
    change = latest(recorder, ".c1.i1")
    assert change.before is not None
    assert (change.before["state"], change.after["state"]) == ("ENDED", "COMPLETED")
    assert (change.cause.kind, change.cause.text) == (CauseKind.PLATFORM, AGAIN_AFTER_LOSS)


def test_where_the_steps_before_are_kept_no_longer_the_reason_is_not_made_up(recorder: Recorder) -> None:
    desk = bound(with_channel("READY"))
    desk.ask("channel.notready", ".c1")
    desk.platform.channels["4001"] = channel("4001", "READY")
    restart(desk)
    steps = recorder.steps[SESSION]
    returned = next(n for n, step in enumerate(steps) if isinstance(step.given, PlatformReturned))
    assert cut(steps, returned) == (CauseKind.PLATFORM, "the platform was asked what had changed")
    assert cut(steps, returned - 1) == cut(steps, returned), "a desktop was bound"
    for kept in (returned - 2, 0):
        assert cut(steps, kept)[0] is CauseKind.RESTART
    desk.report(channel("4001", "NOTREADY"))
    desk.platform.channels["4001"] = channel("4001", "READY")
    back(desk)
    reported = len(steps) - 3
    assert cut(steps, reported)[1].endswith(" after it was out of reach"), "the report tells that it had been heard"


def cut(steps: list[Step], kept: int) -> tuple[CauseKind, str]:
    (change,) = why(steps[kept:], f"{SESSION}.c1", last=1).changes
    return change.cause.kind, change.cause.text


# What happened


def test_a_channel_that_can_be_used_again_has_another_login_state(recorder: Recorder) -> None:
    """One of several platforms was away, and with it a channel, which was UNAVAILABLE meanwhile."""
    desk = bound(with_channel("READY"))
    desk.platform.instead["StartAgent"] = PartialSnapshot(agent_name="", unheard=(ChannelType.TELEPHONY,))
    back(desk)
    gone = latest(recorder)
    assert (gone.after["loginstate"], gone.happening) == ("UNAVAILABLE", What.CHANNEL_LOGIN_CHANGED)
    del desk.platform.instead["StartAgent"]
    back(desk)
    there = latest(recorder)
    assert (there.after["loginstate"], there.happening) == ("ACTIVE", What.CHANNEL_LOGIN_CHANGED)


@pytest.mark.parametrize("state", ["READY", "INACTIVE"])
def test_a_channel_that_the_platform_has_no_longer_is_removed(recorder: Recorder, state: str) -> None:
    desk = bound(with_channel(state))
    del desk.platform.channels["4001"]
    desk.platform.refuses["AddChannel", "4001"] = FailureCode.CHANNEL_UNAVAILABLE
    back(desk)
    assert latest(recorder).after == {}
    removing = [change for change in why(recorder.steps[SESSION], f"{SESSION}.c1").changes if change.before is not None]
    assert {change.happening for change in removing} == {What.CHANNEL_REMOVED}


def test_a_call_that_is_over_is_not_added_because_another_one_comes_with_it(recorder: Recorder) -> None:
    ringing = calls.call("ALERTING", calls.leg("ALERTING"))
    desk = bound(with_interaction(calls.answered(ringing)))
    desk.platform.interactions.clear()
    desk.platform.note(calls.call("ALERTING", calls.leg("ALERTING"), key="2"))
    back(desk)
    for target, what in (
        (".c1.i1", What.INTERACTION_CHANGED),
        (".c1.i1.v1", What.INTERACTION_CHANGED),
        (".c1.i2", What.INTERACTION_ADDED),
        (".c1.i2.v2", What.INTERACTION_ADDED),
    ):
        change = latest(recorder, target)
        assert (change.happening, change.cause.kind) == (what, CauseKind.PLATFORM)


def at_a_phone(desk: Desk) -> None:
    """The call ends, another one comes, and the agent is not ready by now."""
    desk.platform.interactions.clear()
    desk.platform.channels["4001"] = channel("4001", "NOTREADY")
    desk.platform.note(calls.call("ALERTING", calls.leg("ALERTING"), key="2"))


def lacks_the_channel(desk: Desk) -> None:
    desk.platform.interactions.clear()
    del desk.platform.channels["4001"]
    desk.platform.refuses["AddChannel", "4001"] = FailureCode.CHANNEL_UNAVAILABLE


def lacks_the_group(desk: Desk) -> None:
    desk.platform.interactions.clear()
    desk.platform.joined.clear()
    desk.platform.refuses["AddGroup", ""] = FailureCode.INVALID_TARGET


def has_other_channels(desk: Desk) -> None:
    desk.platform.memberships["Sales"] = ("4002", "4003")
    desk.platform.channels["4002"] = channel("4002")
    desk.platform.channels["4003"] = channel("4003", "READY")
    del desk.platform.channels["4001"]
    desk.platform.interactions.clear()


def has_more(desk: Desk) -> None:
    desk.platform.with_group("Service", channel("4004", "READY")).with_channels(channel("4005", "READY"))
    for at, key in (("4004", "4"), ("4005", "5"), ("4002", "6")):
        desk.platform.note(calls.call("ALERTING", calls.leg("ALERTING"), at=at, key=key))


def at_wrap_up(desk: Desk) -> None:
    for endpoint, key in tuple(desk.platform.interactions):
        desk.platform.note(desk.platform.ending(desk.platform.at(endpoint, key), EndCause.REMOTE))


def goes_on_otherwise(desk: Desk) -> None:
    at_wrap_up(desk)
    has_more(desk)
    desk.platform.channels["4002"] = channel("4002")


def one_phone() -> Desk:
    return with_interaction(calls.answered(calls.call("ALERTING", calls.leg("ALERTING"))), wrapup_s=10.0)


def a_group() -> Desk:
    desk = with_group("READY", "READY")
    desk.platform.wrapup_s = 10.0
    desk.report(calls.answered(calls.call("ALERTING", calls.leg("ALERTING"))))
    return desk


@pytest.mark.parametrize("after", [back, restart, in_vain])
@pytest.mark.parametrize(
    ("made", "meanwhile"),
    [
        (one_phone, at_a_phone),
        (one_phone, lacks_the_channel),
        (one_phone, at_wrap_up),
        (one_phone, has_more),
        (a_group, at_a_phone),
        (a_group, lacks_the_group),
        (a_group, has_other_channels),
        (a_group, has_more),
        (a_group, at_wrap_up),
        (a_group, goes_on_otherwise),
    ],
)
def test_each_of_many_changes_has_the_heading_of_its_own_events(
    recorder: Recorder, made: Callable[[], Desk], meanwhile: Callable[[Desk], None], after: Callable[[Desk], None]
) -> None:
    desk = bound(made())
    meanwhile(desk)
    before = len(recorder.steps[SESSION])
    after(desk)
    desk.wait(RECONCILE_AGAIN_S)
    told = [change for change in recorder.changes(SESSION) if change.step > before]
    assert told
    assert [change.happening for change in told] == [recorder.told_by(SESSION, change) for change in told]
    assert {change.cause.kind for change in told} == {CauseKind.RESTART if after is restart else CauseKind.PLATFORM}


# Which timer it was


def test_what_the_end_of_a_wrap_up_does_to_the_channel(recorder: Recorder) -> None:
    desk = bound(one_phone())
    at_wrap_up(desk)
    back(desk)
    desk.wait(10.0)
    for target in (".c1", ".c1.i1"):
        change = latest(recorder, target)
        assert (change.happening, change.cause.kind) == (What.INTERACTION_CHANGED, CauseKind.TIMER)
        assert change.cause.text == "the time for wrap-up was over"


def test_a_call_that_the_platform_has_forgotten(recorder: Recorder) -> None:
    desk = bound(one_phone())
    desk.platform.interactions.clear()
    desk.platform.refuses["ReleaseLeg", "4001"] = FailureCode.INVALID_TARGET
    desk.ask("conversation.release", ".c1.i1.v1")
    desk.wait(1.0)
    change = latest(recorder, ".c1.i1")
    assert (change.after["state"], change.happening) == ("COMPLETED", What.INTERACTION_CHANGED)
    assert (change.cause.kind, change.cause.text) == (CauseKind.TIMER, "the platform has forgotten the interaction")


# What a restart interrupted


def test_a_desktop_that_does_not_come_back_after_a_restart(recorder: Recorder) -> None:
    desk = bound(with_channel("READY"))
    desk.feed(Restarted())
    restarted = len(recorder.steps[SESSION])
    back(desk)
    desk.wait(30.0)
    change = latest(recorder)
    assert change.cause.kind is CauseKind.DESKTOP
    assert change.cause.text == f"no desktop has bound the session since step {restarted}, 30 s before"


def test_of_a_desktop_that_was_away_before_the_restart_it_is_told_since_when(recorder: Recorder) -> None:
    desk = bound(with_channel("READY"))
    desk.lose_desktop()
    lost = len(recorder.steps[SESSION])
    desk.feed(Restarted())
    desk.wait(30.0)
    assert latest(recorder).cause.text == f"no desktop has bound the session since step {lost}, 30 s before"
