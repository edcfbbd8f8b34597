"""The documented sequences of what nobody asked for, word for word: specs/protocol.md, "Events".

Every list here is copied from the tables of the specification, never from what the core happens to say.
"""

from collections.abc import Callable

import pytest

from protocol.states import DisposalCause
from tests.fakes.desk import Desk, pair, story, with_channel, with_group
from tests.fakes.platform import FakePlatform, channel


def test_agent_state_changed_at_the_phone() -> None:
    assert story(with_group("NOTREADY").report(channel("4001", "READY"))) == pair(".g1.c1")


def test_login_state_changed_at_the_phone() -> None:
    assert story(with_channel("NOTREADY").report(channel("4001"))) == pair(".c1")
    assert story(with_group("NOTREADY").report(channel("4001"))) == [*pair(".g1.c1"), ("state.updated", ".g1")]


@pytest.mark.parametrize("state", ["INACTIVE", "READY"])
def test_another_agent_takes_the_endpoint_and_leaves_it(state: str) -> None:
    desk = with_group(state)
    expected = [*pair(".g1.c1"), ("state.updated", ".g1")]
    assert story(desk.report(channel("4001", "UNAVAILABLE"))) == expected
    assert story(desk.report(channel("4001"))) == expected


def test_duplicates_and_strangers_tell_nothing() -> None:
    desk = with_channel("READY")
    assert desk.report(channel("4001", "READY")) == []
    assert desk.report(channel("4002", "READY")) == []


@pytest.mark.parametrize("cause", DisposalCause)
@pytest.mark.parametrize("begin", [Desk, lambda: with_group("READY")], ids=["before the start", "at work"])
def test_the_session_ends_without_being_asked(cause: DisposalCause, begin: Callable[[], Desk]) -> None:
    desk = begin()
    (event,) = desk.end(cause)
    assert (event["name"], event["target"]) == ("session.disposed", "s1")
    assert event["data"] == {"cause": cause, "message": "the end"}
    assert desk.client.over


def test_a_desktop_that_stays_away() -> None:
    desk = Desk(
        FakePlatform()
        .with_group("Sales", channel("4001", "READY"), channel("4002", "WORK"))
        .with_channels(channel("4003", "READY"), channel("4004"))
    ).started()
    desk.bind()
    desk.lose_desktop()
    assert desk.wait(29.0) == []
    messages = desk.wait(1.0)
    assert story(messages) == [*pair(".g1.c1"), *pair(".c3")]
    assert messages[0]["data"]["channel"]["reason"] == {"code": "CONNECTION_LOST"}
    assert desk.wait(269.0) == []
    (expired,) = desk.wait(1.0)
    assert (expired["name"], expired["data"]["cause"]) == ("session.disposed", "EXPIRED")
    assert type(desk.platform.calls[-1]).__name__ == "LogoutAgent"


def test_a_desktop_that_comes_back_in_time() -> None:
    desk = with_channel("READY")
    desk.lose_desktop()
    desk.wait(29.0)
    desk.bind()
    assert desk.wait(1e6) == []
