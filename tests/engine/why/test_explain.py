"""How objects got where they are, explained from steps that cores really took."""

import re
from collections.abc import Iterable
from typing import Any

import attrs
import pytest

from engine.specs import documents
from engine.why import CauseKind, Change, Explanation, Step, UnknownTarget, why
from protocol.commands import ObjectRef, OrderAgentState, OrderLogout
from protocol.errors import FailureCode
from protocol.events import SupervisorInfo
from protocol.platform import ChannelReport
from protocol.states import AgentState, ChannelType, DisposalCause, LoginState
from statemachines.core import RECONCILE_AGAIN_S
from statemachines.effects import CallRefused, DesktopBound, DesktopLost, End, Ordered, PlatformReturned, Reported
from statemachines.sequences import What
from tests.engine.why.recording import Recorder
from tests.floor import stories
from tests.floor.floor import Floor, Seat
from tests.floor.words import AGENTS

GRACE = SupervisorInfo(id="grace", name="Grace")


def short(change: Change) -> tuple[Any, ...]:
    return (
        change.after.get("state") or "/".join(str(change.after.get(key)) for key in ("loginstate", "agentstate")),
        change.happening,
        [rule.trigger for rule in change.rules],
        change.cause.kind,
        change.cause.command,
    )


def shorts(explanation: Explanation) -> list[tuple[Any, ...]]:
    return [short(change) for change in explanation.changes]


def feed(at: Floor, seat: Seat, given: Any) -> None:
    seat._feed(given)
    at.wakes(seat)
    at.settle()


# The happy path: a call


def test_a_call_from_its_ringing_to_its_end(recorder: Recorder) -> None:
    at = stories.floor("ann")
    stories.talking(at)
    stories.do(at, "ann", "conversation.hold")
    stories.do(at, "ann", "conversation.retrieve")
    stories.do(at, "ann", "conversation.release")
    at.pass_time(400)
    seat = at.seats["ann"]
    steps = recorder.steps[seat.id]
    interaction = why(steps, f"{seat.id}.c1.i1")
    changed, kinds = What.INTERACTION_CHANGED, CauseKind
    assert shorts(interaction) == [
        ("ALERTING", What.INTERACTION_ADDED, [], kinds.REPORT, None),
        ("STARTED", changed, ["started"], kinds.REQUEST, "interaction.accept"),
        ("ENDED", changed, ["ended"], kinds.REQUEST, "conversation.release"),
        ("COMPLETED", changed, ["completed"], kinds.TIMER, None),
    ]
    assert interaction.changes[-1].cause.text == "the time for wrap-up was over"
    leg = why(steps, f"{seat.id}.c1.i1.v1")
    assert shorts(leg) == [
        ("ALERTING", What.INTERACTION_ADDED, [], kinds.REPORT, None),
        ("CONNECTED", changed, ["answered"], kinds.REQUEST, "interaction.accept"),
        ("HELD", changed, ["held"], kinds.REQUEST, "conversation.hold"),
        ("CONNECTED", changed, ["retrieved"], kinds.REQUEST, "conversation.retrieve"),
        ("ENDED", changed, ["ended"], kinds.REQUEST, "conversation.release"),
    ]
    channel = why(steps, f"{seat.id}.c1")
    assert [(short(change)[0], short(change)[2], short(change)[4]) for change in channel.changes[:4]] == [
        ("INACTIVE/None", [], "session.addchannel"),
        ("ACTIVE/NOTREADY", ["activate"], "channel.activate"),
        ("ACTIVE/READY", ["ready"], "channel.ready"),
        ("ACTIVE/WORK", ["work"], "conversation.release"),
    ]
    assert channel.changes[1].happening is What.CHANNEL_LOGIN_CHANGED
    assert channel.changes[2].happening is What.CHANNEL_AGENT_CHANGED
    assert channel.changes[3].happening is What.INTERACTION_CHANGED


def test_the_message_and_the_step_are_named(recorder: Recorder) -> None:
    at = stories.floor("ann")
    seat = at.seats["ann"]
    steps = recorder.steps[seat.id]
    change = why(steps, f"{seat.id}.c1").changes[-1]
    (step,) = (step for step in steps if step.number == change.step)
    (message,) = (message for message in step.messages if message["seq"] == change.seq)
    assert (message["name"], message["target"]) == (change.event, f"{seat.id}.c1")
    assert message["data"]["channel"]["agentstate"] == change.after["agentstate"] == "READY"
    assert change.cause.requestid == message["cause"]
    # The platform was asked in between: the request came a step earlier than its answer.
    assert change.cause.step == change.step - 1


def test_only_the_last_are_shown_and_the_others_counted(recorder: Recorder) -> None:
    at = stories.floor("ann")
    stories.talking(at)
    seat = at.seats["ann"]
    everything = why(recorder.steps[seat.id], f"{seat.id}.c1", last=100)
    last = why(recorder.steps[seat.id], f"{seat.id}.c1", last=1)
    assert (last.changes, last.earlier) == (everything.changes[-1:], len(everything.changes) - 1)
    assert last.now == everything.now
    with pytest.raises(ValueError, match="at least 1"):
        why(recorder.steps[seat.id], f"{seat.id}.c1", last=0)


# Who else changes things


def test_a_supervisor_and_a_report_of_the_platform(recorder: Recorder) -> None:
    at = stories.floor("ann")
    seat = at.seats["ann"]
    feed(at, seat, Ordered(OrderAgentState(channel=ObjectRef(id="c1"), agentstate="NOTREADY", why="a talk"), GRACE))
    at.switch.phone(AGENTS["ann"], "logout")
    at.settle()
    ordered, reported = why(recorder.steps[seat.id], f"{seat.id}.c1", last=2).changes
    assert short(ordered)[1:] == (What.CHANNEL_AGENT_CHANGED, ["notready"], CauseKind.SUPERVISOR, None)
    assert (ordered.cause.supervisor, ordered.cause.text) == ("grace", "supervisor Grace (grace): a talk")
    assert short(reported)[1:] == (What.CHANNEL_LOGIN_CHANGED, ["deactivate"], CauseKind.REPORT, None)
    assert reported.cause.text == f"the platform reported endpoint {AGENTS['ann']}: INACTIVE"


def test_a_desktop_that_stays_away(recorder: Recorder) -> None:
    at = stories.floor("ann")
    seat = at.seats["ann"]
    at.pass_time(5)
    feed(at, seat, DesktopLost())
    lost = len(recorder.steps[seat.id])
    at.pass_time(31)
    (parked,) = why(recorder.steps[seat.id], f"{seat.id}.c1", last=1).changes
    assert short(parked)[1:] == (What.CHANNEL_AGENT_CHANGED, ["notready"], CauseKind.DESKTOP, None)
    assert parked.after["reason"] == "CONNECTION_LOST"
    assert parked.cause.text == f"no desktop has bound the session since step {lost}, 30 s before"
    at.pass_time(300)
    (ended,) = why(recorder.steps[seat.id], seat.id, last=1).changes
    assert short(ended) == ("DISPOSED", What.SESSION_DISPOSED, ["dispose"], CauseKind.DESKTOP, None)
    assert ended.cause.text == f"no desktop has bound the session since step {lost}, 300 s before"


# Sessions


def test_a_session_is_started_started_anew_and_logged_out(recorder: Recorder) -> None:
    at = stories.floor("ann")
    seat = at.seats["ann"]
    feed(at, seat, DesktopBound(reset=True))
    seat.client.start_anew(seat.core.seq)
    seat.ask("session.start")
    at.settle()
    seat.ask("session.logout")
    at.settle()
    session = why(recorder.steps[seat.id], seat.id)
    assert shorts(session) == [
        ("INITIALIZED", What.SESSION_INITIALIZED, ["start", "initialized"], CauseKind.REQUEST, "session.start"),
        ("PREPARED", None, ["reset"], CauseKind.DESKTOP, None),
        ("INITIALIZED", What.SESSION_INITIALIZED, ["start", "initialized"], CauseKind.REQUEST, "session.start"),
        ("DISPOSED", None, ["logout", "logged_out"], CauseKind.REQUEST, "session.logout"),
    ]
    assert session.changes[1].seq is None
    assert session.changes[3].event == "session.logout"


@pytest.mark.parametrize(
    ("command", "way"), [(None, ["dispose"]), ("session.logout", ["logout", "dispose"]), ("channel.ready", ["dispose"])]
)
def test_an_end_from_elsewhere(recorder: Recorder, command: str | None, way: list[str]) -> None:
    """Also while the platform is being asked."""
    at = stories.floor("ann")
    seat = at.seats["ann"]
    if command == "channel.ready":
        seat.ask("channel.notready", ".c1")
        at.settle()
    if command is not None:
        seat.ask(command, "" if command.startswith("session") else ".c1")
        assert seat.waits
    seat._feed(End(DisposalCause.TAKEOVER, "another session"))
    (change,) = why(recorder.steps[seat.id], seat.id, last=1).changes
    assert short(change) == ("DISPOSED", What.SESSION_DISPOSED, way, CauseKind.END, None)
    assert change.cause.text == "TAKEOVER: another session"


def test_a_supervisor_logs_the_agent_out(recorder: Recorder) -> None:
    at = stories.floor("ann")
    seat = at.seats["ann"]
    feed(at, seat, Ordered(OrderLogout(why="shift over"), GRACE))
    (change,) = why(recorder.steps[seat.id], seat.id, last=1).changes
    assert short(change) == ("DISPOSED", What.SESSION_DISPOSED, ["logout", "logged_out"], CauseKind.SUPERVISOR, None)


# Groups


def test_groups_and_their_channels(recorder: Recorder) -> None:
    at = stories.floor("ann", media=True)
    seat = at.seats["ann"]
    seat.ask("channelgroup.notready", ".g1")
    at.settle()
    seat.ask("channelgroup.deactivateall", ".g1")
    at.settle()
    seat.ask("session.removechannelgroup", "", {"channelgroup": {"id": "g1"}})
    at.settle()
    steps = recorder.steps[seat.id]
    assert shorts(why(steps, f"{seat.id}.g1")) == [
        ("INITIALIZED", What.GROUP_ADDED, ["initialized"], CauseKind.REQUEST, "session.addchannelgroup"),
        ("DISPOSED", What.GROUP_REMOVED, ["dispose"], CauseKind.REQUEST, "session.removechannelgroup"),
    ]
    channel = next(str(c) for c in _targets(steps) if re.fullmatch(rf"{seat.id}\.g1\.c\d+", c))
    *_, notready, inactive, removed = why(steps, channel).changes
    assert short(notready)[1:3] == (What.GROUP_CHANNELS_CHANGED, ["notready"])
    assert short(inactive)[1:3] == (What.GROUP_CHANNELS_CHANGED, ["deactivate"])
    assert (removed.after, removed.happening, removed.rules) == ({}, What.GROUP_REMOVED, ())


# What is not there


def test_an_unknown_target_is_refused_with_those_that_there_are(recorder: Recorder) -> None:
    at = stories.floor("ann")
    seat = at.seats["ann"]
    with pytest.raises(UnknownTarget, match=rf"no message tells of {seat.id}\.c9; there is {seat.id}"):
        why(recorder.steps[seat.id], f"{seat.id}.c9")
    for elsewhere in ("c1", "nobody.c1", "", "a b"):
        with pytest.raises(UnknownTarget, match="begins with the session's id"):
            why(recorder.steps[seat.id], elsewhere)
    with pytest.raises(UnknownTarget, match="there is nothing"):
        why([], seat.id)


def test_steps_that_begin_in_the_middle_explain_what_they_can(recorder: Recorder) -> None:
    at = stories.floor("ann")
    stories.talking(at)
    stories.do(at, "ann", "conversation.release")
    seat = at.seats["ann"]
    steps = recorder.steps[seat.id]
    whole = why(steps, f"{seat.id}.c1.i1")
    started = whole.changes[1]
    # The request that was answered here is kept no longer.
    (first, *others) = why(steps[started.step - 1 :], f"{seat.id}.c1.i1").changes
    assert (first.before, first.rules, first.after) == (None, (), started.after)
    assert first.cause.text == "the platform answered a call"
    assert tuple(others) == whole.changes[2:]


def test_wherever_the_steps_begin_nothing_is_told_that_the_whole_does_not_tell(recorder: Recorder) -> None:
    at = stories.floor("ann")
    stories.talking(at)
    stories.do(at, "ann", "conversation.release")
    seat = at.seats["ann"]
    steps = recorder.steps[seat.id]
    for target in (seat.id, f"{seat.id}.c1", f"{seat.id}.c1.i1"):
        whole = why(steps, target, last=100).changes
        for kept in range(1, len(steps)):
            try:
                changes = why(steps[kept:], target, last=100).changes
            except UnknownTarget:
                continue
            first, *others = [with_what_asked(change, whole) for change in changes] or [None]
            if first is not None and first not in whole:
                assert (first.before, first.begins, first.rules) == (None, False, ())
            assert all(each in whole for each in others)


def with_what_asked(change: Change, whole: tuple[Change, ...]) -> Change:
    """Where that is kept no longer, the cause is the platform's answer, and no happening is told."""
    same = [each for each in whole if (each.step, each.seq) == (change.step, change.seq)]
    if change.cause.text != "the platform answered a call" or not same:
        return change
    return attrs.evolve(change, cause=same[0].cause, happening=same[0].happening)


def test_a_report_with_nothing_before_it_does_not_say_what_has_changed() -> None:
    def reported(number: int, state: AgentState) -> Step:
        report = ChannelReport(
            endpoint="1", type=ChannelType.CHAT, name="1", loginstate=LoginState.ACTIVE, agentstate=state
        )
        shown = {"loginstate": "ACTIVE", "agentstate": state.value}
        message = {"name": "state.updated", "target": "s1.c1", "state": shown, "seq": number}
        of_channel = {"name": "channel.agentstateupdated", "target": "s1.c1", "seq": number}
        return Step(number=number, at_ms=0, given=Reported(report), messages=(message, of_channel))

    steps = [reported(8, AgentState.NOTREADY), reported(9, AgentState.READY)]
    first, second = why(steps, "s1.c1").changes
    assert (first.before, first.happening) == (None, None), "it may have logged in, or not"
    assert second.happening is What.CHANNEL_AGENT_CHANGED


# All that happens on a floor, against the pages


def test_every_change_on_a_busy_floor_is_told_as_the_pages_say(recorder: Recorder) -> None:
    """The rules stand in transitions.md, and the happening is the one whose events in sequences.md were told."""
    at = stories.floor("ann", "bob", media=True)
    stories.consulting(at)
    stories.do(at, "ann", "interaction.alternate")
    stories.do(at, "ann", "interaction.consulttransfer")
    at.pass_time(60)
    stories.end_all(at)
    stories.talking(at, "bob")
    stories.do(at, "bob", "interaction.recording.start")
    stories.do(at, "bob", "interaction.setdata", {"interactiondata": {"a": "b"}})
    at.seats["ann"].ask("channel.dial", ".c1", {"destination": AGENTS["bob"]})
    at.settle()
    stories.end_all(at)
    for unheard in (_restarts, _is_out_of_reach, _has_to_be_asked_again):
        stories.talking(at)
        unheard(at, at.seats["ann"])
        stories.end_all(at)
    at.switch.lose()
    transitions = documents()["transitions.md"]
    happenings: set[What | None] = set()
    causes: set[tuple[CauseKind, str]] = set()
    for session in recorder.steps:
        for change in recorder.changes(session):
            happenings.add(change.happening)
            causes.add((change.cause.kind, change.cause.text))
            _check(change)
            assert change.happening is recorder.told_by(session, change)
            for rule in change.rules:
                (_, _, section) = transitions.partition(f"\n## {rule.table}\n")
                section = section.partition("\n## ")[0]
                assert f"| `{rule.trigger}` | `{rule.source}` | `{rule.dest}` |" in section
    asked, out_of_reach = "the platform was asked", "what had changed after it was out of reach"
    assert causes >= {
        (CauseKind.RESTART, f"{asked} what had changed after a restart"),
        (CauseKind.PLATFORM, f"{asked} {out_of_reach}"),
        (CauseKind.PLATFORM, f"{asked} again {out_of_reach}"),
        (CauseKind.TIMER, "the time for wrap-up was over"),
        (CauseKind.END, "PLATFORM_LOST: the CTI platform is lost"),
    }
    assert happenings >= {
        What.SESSION_INITIALIZED,
        What.CHANNEL_ADDED,
        What.GROUP_ADDED,
        What.CHANNEL_LOGIN_CHANGED,
        What.CHANNEL_AGENT_CHANGED,
        What.INTERACTION_ADDED,
        What.INTERACTION_CHANGED,
        What.SESSION_DISPOSED,
    }


def _restarts(at: Floor, seat: Seat) -> None:
    """And hears nothing while the caller hangs up and another one calls."""
    seat.watched = False
    _goes_on(at, seat)
    seat.restart()
    at.settle()


def _is_out_of_reach(at: Floor, seat: Seat, *, answers: bool = True) -> None:
    seat.watched = False
    _goes_on(at, seat)
    at.switch.forsake([seat.agent])
    seat._feed(PlatformReturned(at.switch.features))
    if not answers:
        seat._asked = None
        seat._feed(CallRefused(FailureCode.TIMEOUT, "late"))
    at.wakes(seat)
    at.settle()


def _has_to_be_asked_again(at: Floor, seat: Seat) -> None:
    _is_out_of_reach(at, seat, answers=False)
    at.pass_time(RECONCILE_AGAIN_S)


def _goes_on(at: Floor, seat: Seat) -> None:
    at.switch.phone(AGENTS[seat.agent], "hangup")
    at.switch.advance(at.now)
    at.pass_time(15)
    at.switch.call(AGENTS[seat.agent], stories.CALLER)
    at.settle()


def _check(change: Change) -> None:
    assert change.before != change.after
    assert change.cause.step <= change.step
    assert change.happening is not None
    if change.rules:
        keys = ("state", "loginstate", "agentstate")
        assert change.rules[-1].dest in [change.after.get(key) for key in keys]


def _targets(steps: Iterable[Step]) -> list[str]:
    return list(dict.fromkeys(m["target"] for step in steps for m in step.messages if "name" in m))
