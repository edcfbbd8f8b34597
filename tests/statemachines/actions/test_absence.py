"""Nobody is at the desk: specs/protocol.md, "Losing the transport"."""

import math

import attrs

from protocol import platform
from protocol.errors import FailureCode
from protocol.states import AgentState, DisposalCause
from statemachines.effects import Ended
from tests.fakes.desk import Desk, story
from tests.fakes.platform import FakePlatform, channel


def left_alone(*states: str) -> Desk:
    """With channels c1, c2 … and no desktop since the moment 0."""
    reports = [channel(f"400{n}", state) for n, state in enumerate(states, 1)]
    desk = Desk(FakePlatform().with_channels(*reports)).started()
    desk.lose_desktop()
    return desk


def test_ready_channels_and_no_others_are_made_not_ready() -> None:
    desk = left_alone("READY", "NOTREADY", "WORK", "INACTIVE", "UNAVAILABLE", "READY")
    messages = desk.wait(30.0)
    assert [target for name, target in story(messages) if name == "channel.infochanged"] == [".c1", ".c6"]
    assert all("cause" not in message for message in messages)
    assert desk.platform.calls[1:] == [
        platform.SetAgentState(endpoint=endpoint, agentstate=AgentState.NOTREADY, reason="CONNECTION_LOST")
        for endpoint in ("4001", "4006")
    ]


def test_a_channel_that_the_platform_refuses_does_not_hold_the_others_and_is_tried_again() -> None:
    desk = left_alone("READY", "READY")
    desk.platform.refuses["SetAgentState", "4001"] = FailureCode.INTERACTION_ACTIVE
    assert [target for _, target in story(desk.wait(30.0))] == [".c2", ".c2"]
    assert desk.wait(29.0) == []
    desk.platform.refuses.clear()
    assert [target for _, target in story(desk.wait(1.0))] == [".c1", ".c1"]


def test_a_channel_that_did_not_change_is_not_told_of() -> None:
    desk = left_alone("READY")
    pending = attrs.evolve(channel("4001", "READY"), pendingagentstate=AgentState.NOTREADY)
    desk.report(pending)

    def answer(_: object) -> object:
        return pending

    desk.platform = type("Deferring", (), {"answer": staticmethod(answer)})()
    assert desk.wait(30.0) == []


def test_nothing_more_is_to_do_when_no_channel_is_ready() -> None:
    desk = left_alone("NOTREADY")
    assert desk.wait(30.0) == []
    assert desk.core.next_deadline() == 60.0, "a channel may go ready by itself"


def test_a_channel_that_becomes_ready_later_is_made_not_ready_too() -> None:
    desk = left_alone("WORK")
    desk.wait(40.0)
    desk.report(channel("4001", "READY"))
    desk.wait(30.0)
    assert desk.client.world()["s1.c1"]["agentstate"] == "NOTREADY"


def test_the_agent_is_logged_out_whatever_the_platform_says() -> None:
    for code in (None, FailureCode.PLATFORM_UNAVAILABLE):
        desk = left_alone("NOTREADY")
        if code:
            desk.platform.refuses["LogoutAgent", ""] = code
        assert story(desk.wait(300.0)) == [("session.disposed", "")]
        assert desk.platform.calls[-1] == platform.LogoutAgent(reason="CONNECTION_LOST")
        assert desk.effects[-1] == Ended(DisposalCause.EXPIRED)


def test_who_comes_back_stops_the_clocks_and_who_leaves_again_starts_them_anew() -> None:
    desk = left_alone("READY")
    desk.wait(20.0)
    desk.bind()
    assert desk.core.next_deadline() == math.inf
    desk.wait(100.0)
    desk.lose_desktop()
    assert desk.core.next_deadline() == 150.0


def test_a_platform_that_takes_no_reason_of_ours_is_asked_without_one() -> None:
    for code in (FailureCode.INVALID_REASON, FailureCode.REASON_REQUIRED):
        desk = left_alone("NOTREADY")
        desk.platform.refuses["LogoutAgent", ""] = code
        assert story(desk.wait(300.0)) == [("session.disposed", "")]
        assert desk.platform.calls[-2:] == [
            platform.LogoutAgent(reason="CONNECTION_LOST"),
            platform.LogoutAgent(reason=None),
        ]


def test_a_channel_that_is_not_ready_later_is_told_of_then() -> None:
    desk = left_alone("READY")
    pending = attrs.evolve(channel("4001", "READY"), pendingagentstate=AgentState.NOTREADY)
    desk.platform.instead["SetAgentState"] = pending
    assert story(desk.wait(30.0)) == [("channel.infochanged", ".c1"), ("state.updated", ".c1")]
    desk.platform.instead["SetAgentState"] = attrs.evolve(pending)
    assert desk.wait(30.0) == []
