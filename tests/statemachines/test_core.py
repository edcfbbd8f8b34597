"""The session core at its edges: checks in their order, broken inputs, the end, deadlines, debug mode."""

from typing import Any

import pytest

from protocol.errors import FailureCode, Refused
from protocol.platform import ChannelReport, Feature, PlatformCall
from protocol.states import DisposalCause, SessionState
from protocol.wire import read_request
from statemachines.core import SessionCore
from statemachines.effects import (
    Answered,
    Call,
    CallRefused,
    DeadlineCame,
    DesktopBound,
    Ended,
    Ignored,
    Reported,
    RequestCame,
    Send,
)
from statemachines.settings import CoreSettings
from statemachines.world import ChannelGroup
from tests.fakes.calls import call
from tests.fakes.desk import ALL_FEATURES, Desk, story
from tests.fakes.platform import FakePlatform, channel


def failure(messages: list[dict[str, Any]]) -> tuple[str, str]:
    (message,) = messages
    return message["failure"]["code"], message["failure"]["message"]


def a_desk(*states: str, **options: Any) -> Desk:
    """With the group g1 of such channels, and the standalone channel after them."""
    reports = [channel(f"400{n}", state) for n, state in enumerate(states, 1)]
    platform = FakePlatform().with_group("Sales", *reports).with_channels(channel("5001", "NOTREADY"))
    return Desk(platform, **options).started()


def asking(
    desk: Desk, command: str, target: str = "s1", data: dict[str, Any] | None = None, **more: Any
) -> SessionCore:
    """The core in the middle of a request: the platform has been asked and has not answered."""
    message = {"command": command, "target": target, "data": data or {}, **more}
    *_, last = desk.core.handle(RequestCame(read_request(message)), now=0.0)
    assert isinstance(last, Call)
    assert desk.core.busy
    return desk.core


# The order of the checks


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (".g9", "target s1.g9 names nothing in this session; use the targets of the created events"),
        (".c1", "names nothing"),
        (".g1.c1.i1", "names nothing"),
        (".g1", "target s1.g1 is a channelgroup; channel.ready wants a channel"),
        ("s1", "target s1 is a session; channel.ready wants a channel"),
    ],
)
def test_a_target_names_an_object_of_the_commands_kind(target: str, words: str) -> None:
    code, message = failure(a_desk("READY").ask("channel.ready", target))
    assert code == "INVALID_TARGET"
    assert words in message


def test_ids_in_data_are_looked_at_before_what_the_platform_can_do() -> None:
    desk = a_desk("READY", features=ALL_FEATURES - {Feature.CHANNELGROUPS})
    wrong, right = {"channelgroup": {"id": "g9"}}, {"channelgroup": {"id": "g1"}}
    assert failure(desk.ask("session.removechannelgroup", data=wrong))[0] == "INVALID_TARGET"
    assert failure(desk.ask("session.removechannelgroup", data=right))[0] == "UNSUPPORTED"


@pytest.mark.parametrize("word", ["Telephony", "Chat", "Email", "Callback"])
def test_a_channel_of_a_type_that_the_platform_lacks(word: str) -> None:
    desk = Desk(features=ALL_FEATURES - {Feature(word.lower())}).started()
    code, message = failure(desk.ask("session.addchannel", data={"channel": {"endpoint": "1", "type": word}}))
    assert code == "UNSUPPORTED"
    assert word.lower() in message


def test_support_is_looked_at_before_the_state() -> None:
    desk = a_desk("INACTIVE", features=ALL_FEATURES - {Feature.DIAL})
    assert failure(desk.ask("channel.dial", ".g1.c1", {"destination": "9"}))[0] == "UNSUPPORTED"


def test_a_closed_command_is_told_what_is_open() -> None:
    code, message = failure(a_desk("UNAVAILABLE", features=frozenset()).ask("channel.ready", ".g1.c1"))
    assert code == "INVALID_STATE"
    assert message == "channel.ready is not open to s1.g1.c1 in UNAVAILABLE; open now: none"


def test_a_bad_request_is_answered_with_what_could_be_read_of_it() -> None:
    (message,) = Desk().ask("session.fly", requestid="r1")
    assert message["failure"]["code"] == "UNKNOWN_COMMAND"
    assert (message["command"], message["target"], message["requestid"], message["seq"]) == (
        "session.fly",
        "s1",
        "r1",
        1,
    )


# requestids


def test_what_was_never_executed_may_be_sent_again() -> None:
    desk = a_desk("NOTREADY")
    (bad,) = desk.feed(RequestCame(read_request({"command": "channel.ready", "target": 5, "requestid": "r1"})))
    assert bad["failure"]["code"] == "INVALID_REQUEST"
    assert failure(desk.ask("channel.fly", ".g1.c1", requestid="r1"))[0] == "UNKNOWN_COMMAND"
    assert story(desk.ask("channel.ready", ".g1.c1", requestid="r1"))[0] == ("success", ".g1.c1")


def test_what_was_answered_is_remembered() -> None:
    desk = a_desk("NOTREADY")
    assert not desk.core.remembers("r1")
    desk.ask("channel.ready", ".g1.c1", requestid="r1")
    assert desk.core.remembers("r1")


@pytest.mark.parametrize("command", ["channel.activate", "channel.ready"])
def test_a_failure_is_remembered_too(command: str) -> None:
    desk = a_desk("READY")
    assert failure(desk.ask("channel.activate", ".g1.c1", requestid="r1"))[0] == "INVALID_STATE"
    assert desk.ask(command, ".g1.c1", requestid="r1") == []


# While the platform is asked


@pytest.mark.parametrize("answer", [None, 7, "ready", (), ChannelReport])
def test_an_answer_of_another_type_is_an_error_of_the_platform(answer: Any) -> None:
    core = asking(a_desk("NOTREADY"), "channel.ready", "s1.g1.c1")
    (sent,) = core.handle(Answered(answer), now=0.0)
    assert isinstance(sent, Send)
    assert sent.message.failure.code is FailureCode.PLATFORM_ERROR  # type: ignore[union-attr]
    assert not core.busy


def test_an_outcome_without_a_call_is_a_defect_of_the_caller() -> None:
    core = a_desk().core
    for given in (Answered(None), CallRefused(FailureCode.TIMEOUT, "late")):
        with pytest.raises(RuntimeError, match="no call is under way"):
            core.handle(given, now=0.0)


def test_no_deadline_comes_while_the_platform_is_asked() -> None:
    desk = a_desk("NOTREADY")
    desk.lose_desktop()
    before = desk.core.next_deadline()
    core = asking(desk, "channel.ready", "s1.g1.c1")
    assert core.next_deadline() == float("inf")
    core.handle(CallRefused(FailureCode.TIMEOUT, "late"), now=0.0)
    assert core.next_deadline() == before


def test_a_desktop_that_comes_back_in_the_middle_of_a_request_stops_the_clocks() -> None:
    desk = a_desk("NOTREADY")
    desk.lose_desktop()
    core = asking(desk, "channel.ready", "s1.g1.c1")
    assert core.handle(DesktopBound(), now=0.0) == ()
    core.handle(CallRefused(FailureCode.TIMEOUT, "late"), now=0.0)
    assert core.next_deadline() == float("inf")


@pytest.mark.parametrize(
    ("cause", "code"),
    [
        (DisposalCause.PLATFORM_LOST, "PLATFORM_UNAVAILABLE"),
        (DisposalCause.INTERNAL_ERROR, "INTERNAL_ERROR"),
        (DisposalCause.TAKEOVER, "INVALID_STATE"),
        (DisposalCause.SUPERVISOR, "INVALID_STATE"),
    ],
)
@pytest.mark.parametrize("command", ["session.logout", "session.request.getdirectory"])
def test_a_request_under_way_is_answered_when_the_session_ends_under_it(
    cause: DisposalCause, code: str, command: str
) -> None:
    desk = a_desk("NOTREADY")
    asking(desk, command, requestid="r1")
    assert story(desk.end(cause)) == [(code, ""), ("session.disposed", "")]
    assert desk.effects[-1] == Ended(cause)
    assert desk.core.session.state is SessionState.DISPOSED


def test_nobody_is_answered_when_the_session_ends_while_it_parks() -> None:
    desk = a_desk("READY")
    desk.lose_desktop()
    *_, last = desk.core.handle(DeadlineCame(), now=30.0)
    assert isinstance(last, Call)
    assert story(desk.end(DisposalCause.TAKEOVER)) == [("session.disposed", "")]


# Defects of our own


def test_a_step_that_could_not_be_kept_gives_its_numbers_back(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = a_desk("NOTREADY")
    before = desk.core.seq
    monkeypatch.setattr(ChannelGroup, "state_info", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        desk.report(channel("4001"))
    desk.core.rewind(before)
    assert story(desk.end(DisposalCause.INTERNAL_ERROR)) == [("session.disposed", "")]
    assert desk.core.seq == before + 1


def test_of_what_could_not_be_kept_nothing_is_remembered() -> None:
    desk = a_desk("NOTREADY")
    desk.ask("channel.ready", ".g1.c1", requestid="r1")
    before = desk.core.seq
    desk.ask("channel.notready", ".g1.c1", requestid="r2")
    desk.core.rewind(before)
    assert (desk.core.remembers("r1"), desk.core.remembers("r2")) == (True, False)


def test_a_defect_in_the_middle_of_a_request_leaves_it_to_be_answered_by_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = a_desk("NOTREADY")
    monkeypatch.setattr("statemachines.actions.channel.check_channel", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        desk.ask("channel.ready", ".g1.c1")
    assert story(desk.end(DisposalCause.INTERNAL_ERROR)) == [
        ("INTERNAL_ERROR", ".g1.c1"),
        ("session.disposed", ""),
    ]


def test_an_operation_of_our_own_must_not_end_with_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    def leaks(_: Any) -> Any:
        yield PlatformCall()
        raise Refused(FailureCode.TIMEOUT, "late")

    monkeypatch.setattr("statemachines.core.park", leaks)
    desk = a_desk("READY")
    desk.lose_desktop()
    desk.core.handle(DeadlineCame(), now=30.0)
    with pytest.raises(RuntimeError, match="let a refusal out"):
        desk.core.handle(CallRefused(FailureCode.TIMEOUT, "late"), now=30.0)


# Reports and deadlines


@pytest.mark.parametrize("begin", [Desk, lambda: a_desk("READY")], ids=["before the start", "at work"])
def test_reports_of_unknown_channels_are_dropped_with_a_word_for_the_log(begin: Any) -> None:
    desk = begin()
    (ignored,) = desk.core.handle(Reported(channel("9999")), now=0.0)
    assert ignored == Ignored(channel("9999"), "no such channel in the session")


def test_impossible_reports_are_dropped_with_a_word_for_the_log() -> None:
    desk = a_desk("READY")
    report = channel("4001")
    impossible = ChannelReport(
        endpoint="4001",
        type=report.type,
        name="",
        loginstate=report.loginstate,
        agentstate=channel("1", "READY").agentstate,
    )
    (ignored,) = desk.core.handle(Reported(impossible), now=0.0)
    assert ignored == Ignored(impossible, "channel 4001: agentstate READY while INACTIVE")


def test_a_report_after_a_reset_waits_for_the_start() -> None:
    desk = a_desk("READY")
    desk.bind(reset=True)
    (ignored,) = desk.core.handle(Reported(channel("4001")), now=0.0)
    assert isinstance(ignored, Ignored)


def test_a_channel_that_is_parked_after_a_reset_is_told_by_the_start() -> None:
    desk = a_desk("READY")
    desk.bind(reset=True)
    desk.lose_desktop()
    assert desk.wait(30.0) == []
    assert type(desk.platform.calls[-1]).__name__ == "SetAgentState"
    desk.bind()
    desk.ask("session.start")
    assert desk.client.world()["s1.g2.c3"]["agentstate"] == "NOTREADY"


def test_a_clock_that_is_early_does_nothing() -> None:
    desk = a_desk("READY")
    desk.lose_desktop()
    assert desk.core.handle(DeadlineCame(), now=29.9) == ()
    assert desk.core.next_deadline() == 30.0


def test_a_session_that_no_desktop_ever_binds_expires() -> None:
    desk = Desk()
    assert desk.core.next_deadline() == 300.0
    (event,) = desk.wait(300.0)
    assert event["data"]["cause"] == "EXPIRED"
    assert desk.platform.calls == []


# Debug mode


def test_messages_carry_their_context_in_debug_mode() -> None:
    desk = a_desk("NOTREADY", settings=CoreSettings(debug=True))
    response, changed, *_ = desk.ask("channel.ready", ".g1.c1")
    assert (
        changed["context"]
        == response["context"]
        == {
            "channel": {
                "id": "c1",
                "name": "Line 4001",
                "type": "TELEPHONY",
                "modeltype": "TELEPHONY",
                "channelgroup": {"id": "g1", "name": "Sales", "session": {"id": "s1"}},
            }
        }
    )
    (response, *_) = desk.ask("channel.ready", ".c2")
    assert response["context"]["channel"]["session"] == {"id": "s1"}
    (response, *_) = desk.ask("channelgroup.ready", ".g1")
    assert response["context"] == {"channelgroup": {"id": "g1", "name": "Sales", "session": {"id": "s1"}}}
    (response, *_) = desk.ask("session.request.getdirectory")
    assert response["context"] == {"session": {"id": "s1"}}


def test_failures_carry_a_stack_trace_in_debug_mode_alone() -> None:
    (response,) = a_desk(settings=CoreSettings(debug=True)).ask("channel.ready", ".c9")
    assert "Refused" in response["failure"]["context"]
    assert response["context"] == {"session": {"id": "s1"}}
    (response,) = a_desk().ask("channel.ready", ".c9")
    assert "context" not in response
    assert "context" not in response["failure"]


def test_a_message_whose_target_cannot_be_read_has_no_context() -> None:
    (response,) = Desk(settings=CoreSettings(debug=True)).ask("session.start", "no target")
    assert "context" not in response


# Interactions hold what they are on


@pytest.mark.parametrize(
    ("command", "target", "data"),
    [
        ("session.logout", "s1", {}),
        ("session.removechannel", "s1", {"channel": {"id": "c2"}}),
        ("session.removechannelgroup", "s1", {"channelgroup": {"id": "g1"}}),
        ("channelgroup.deactivate", ".g1", {"channel": {"id": "c1"}}),
        ("channelgroup.deactivateall", ".g1", {}),
    ],
)
def test_an_uncompleted_interaction_is_in_the_way(command: str, target: str, data: dict[str, Any]) -> None:
    desk = a_desk("NOTREADY")
    for at in ("4001", "5001"):
        desk.report(call("ENDED", at=at, wrapup_s=10.0))
    code, message = failure(desk.ask(command, target, data))
    assert code == "INTERACTION_ACTIVE"
    assert "has the interaction i" in message
    assert message.endswith("and complete it first")
    assert len(desk.platform.calls) == 1


def test_a_channel_with_an_uncompleted_interaction_cannot_be_deactivated() -> None:
    desk = a_desk("NOTREADY")
    desk.report(call(at="5001"))
    assert failure(desk.ask("channel.deactivate", ".c2"))[0] == "INVALID_STATE"
