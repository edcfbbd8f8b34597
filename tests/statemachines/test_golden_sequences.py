"""The documented sequences, word for word: specs/protocol.md, "Commands" and "Unsolicited sequences".

Every list here is copied from the tables of the specification, never from what the core happens to say.
"""

from collections.abc import Callable

import pytest

from protocol.errors import FailureCode
from protocol.platform import Feature
from statemachines.effects import SendAgain
from tests.fakes.desk import ALL_FEATURES, Desk, pair, story, with_channel, with_group
from tests.fakes.platform import FakePlatform, channel

# session.start


def test_start_with_nothing() -> None:
    assert story(Desk().ask("session.start")) == [("success", ""), ("session.initialized", "")]


def test_start_with_existing_groups_and_channels() -> None:
    platform = FakePlatform().with_group("Sales", channel("4001"), channel("4002", "READY")).with_group("Empty")
    assert story(Desk(platform.with_channels(channel("4003"))).ask("session.start")) == [
        ("success", ""),
        ("channelgroup.created", ".g1"),
        ("state.updated", ".g1"),
        ("channel.created", ".g1.c1"),
        ("state.updated", ".g1.c1"),
        ("channel.initialized", ".g1.c1"),
        ("channel.created", ".g1.c2"),
        ("state.updated", ".g1.c2"),
        ("channel.initialized", ".g1.c2"),
        ("channelgroup.initialized", ".g1"),
        ("channelgroup.created", ".g2"),
        ("state.updated", ".g2"),
        ("channelgroup.initialized", ".g2"),
        ("channel.created", ".c3"),
        ("state.updated", ".c3"),
        ("channel.initialized", ".c3"),
        ("session.initialized", ""),
    ]


def test_start_joins_the_groups_that_were_asked_for_when_preparing() -> None:
    platform = FakePlatform().with_group("Sales", channel("4001")).with_group("Late", channel("4002"), joined=False)
    assert story(Desk(platform, groups=("Sales", "Late")).ask("session.start")) == [
        ("success", ""),
        ("channelgroup.created", ".g1"),
        ("state.updated", ".g1"),
        ("channel.created", ".g1.c1"),
        ("state.updated", ".g1.c1"),
        ("channel.initialized", ".g1.c1"),
        ("channelgroup.initialized", ".g1"),
        ("channelgroup.created", ".g2"),
        ("state.updated", ".g2"),
        ("channel.created", ".g2.c2"),
        ("state.updated", ".g2.c2"),
        ("channel.initialized", ".g2.c2"),
        ("channelgroup.initialized", ".g2"),
        ("session.initialized", ""),
    ]


def test_start_after_a_reset_tells_everything_again_under_new_ids() -> None:
    desk = with_group("READY")
    desk.bind(reset=True)
    assert story(desk.ask("session.start")) == [
        ("success", ""),
        ("channelgroup.created", ".g2"),
        ("state.updated", ".g2"),
        ("channel.created", ".g2.c2"),
        ("state.updated", ".g2.c2"),
        ("channel.initialized", ".g2.c2"),
        ("channelgroup.initialized", ".g2"),
        ("session.initialized", ""),
    ]


@pytest.mark.parametrize("command", ["session.logout", "session.addchannel", "session.request.getdirectory"])
def test_before_the_start_nothing_is_accepted(command: str) -> None:
    data = {"channel": {"endpoint": "1", "type": "Chat"}} if command == "session.addchannel" else {}
    assert story(Desk().ask(command, data=data)) == [("NOT_STARTED", "")]


def test_started_twice() -> None:
    assert story(Desk().started().ask("session.start")) == [("ALREADY_STARTED", "")]


# session.logout


def test_logout_is_answered_and_nothing_comes_after() -> None:
    desk = with_group("READY", "INACTIVE")
    assert story(desk.ask("session.logout", data={"reason": {"code": "HOME"}})) == [("success", "")]
    assert [type(effect).__name__ for effect in desk.effects] == ["Send", "Ended"]


def test_logout_refused_leaves_the_session_as_it_was() -> None:
    desk = with_channel()
    desk.platform.refuses["LogoutAgent", ""] = FailureCode.REASON_REQUIRED
    assert story(desk.ask("session.logout")) == [("REASON_REQUIRED", "")]
    assert story(desk.ask("channel.activate", ".c1"))[0] == ("success", ".c1")


# Channels of the session


def test_addchannel() -> None:
    desk = Desk().started()
    assert story(desk.ask("session.addchannel", data={"channel": {"endpoint": "4001", "type": "Telephony"}})) == [
        ("success", ""),
        ("channel.created", ".c1"),
        ("state.updated", ".c1"),
        ("channel.initialized", ".c1"),
    ]


@pytest.mark.parametrize("state", ["NOTREADY", "READY", "WORK"])
def test_removechannel_that_is_active_tells_one_pair(state: str) -> None:
    assert story(with_channel(state).ask("session.removechannel", data={"channel": {"id": "c1"}})) == [
        ("success", ""),
        ("channel.infochanged", ".c1"),
        ("state.updated", ".c1"),
        ("channel.disposed", ".c1"),
    ]


@pytest.mark.parametrize("state", ["INACTIVE", "UNAVAILABLE"])
def test_removechannel_that_is_not_active(state: str) -> None:
    assert story(with_channel(state).ask("session.removechannel", data={"channel": {"id": "c1"}})) == [
        ("success", ""),
        ("channel.disposed", ".c1"),
    ]


def test_removechannel_refused_changes_nothing() -> None:
    desk = with_channel("READY")
    desk.platform.refuses["RemoveChannel", "4001"] = FailureCode.INTERACTION_ACTIVE
    assert story(desk.ask("session.removechannel", data={"channel": {"id": "c1"}})) == [("INTERACTION_ACTIVE", "")]
    assert story(desk.ask("channel.notready", ".c1")) == [("success", ".c1"), *pair(".c1")]


# Channel groups of the session

SALES = {"channelgroup": {"name": "Sales", "chat": True, "email": False, "callback": True}}


def test_addchannelgroup() -> None:
    platform = FakePlatform().with_group("Sales", channel("4001"), channel("chat-1", "NOTREADY"), joined=False)
    assert story(Desk(platform).started().ask("session.addchannelgroup", data=SALES)) == [
        ("success", ""),
        ("channelgroup.created", ".g1"),
        ("state.updated", ".g1"),
        ("channel.created", ".g1.c1"),
        ("state.updated", ".g1.c1"),
        ("channel.initialized", ".g1.c1"),
        ("channel.created", ".g1.c2"),
        ("state.updated", ".g1.c2"),
        ("channel.initialized", ".g1.c2"),
        ("channelgroup.initialized", ".g1"),
    ]


@pytest.mark.parametrize("word", ["channelgroup", "channel"], ids=["canonical", "as the older documents have it"])
def test_removechannelgroup_tells_a_pair_for_what_was_active(word: str) -> None:
    desk = with_group("READY", "INACTIVE", "UNAVAILABLE", "NOTREADY")
    assert story(desk.ask("session.removechannelgroup", data={word: {"id": "g1"}})) == [
        ("success", ""),
        ("channel.infochanged", ".g1.c1"),
        ("state.updated", ".g1.c1"),
        ("channel.disposed", ".g1.c1"),
        ("channel.disposed", ".g1.c2"),
        ("channel.disposed", ".g1.c3"),
        ("channel.infochanged", ".g1.c4"),
        ("state.updated", ".g1.c4"),
        ("channel.disposed", ".g1.c4"),
        ("state.updated", ".g1"),
        ("channelgroup.disposed", ".g1"),
    ]


def test_removechannelgroup_with_nothing_active() -> None:
    desk = with_group("INACTIVE")
    assert story(desk.ask("session.removechannelgroup", data={"channelgroup": {"id": "g1"}})) == [
        ("success", ""),
        ("channel.disposed", ".g1.c1"),
        ("state.updated", ".g1"),
        ("channelgroup.disposed", ".g1"),
    ]


def test_removechannelgroup_refused_changes_nothing() -> None:
    desk = with_group("READY", "INACTIVE")
    desk.platform.refuses["RemoveGroup", ""] = FailureCode.INTERACTION_ACTIVE
    before = desk.client.world()
    assert story(desk.ask("session.removechannelgroup", data={"channelgroup": {"id": "g1"}})) == [
        ("INTERACTION_ACTIVE", "")
    ]
    assert story(desk.ask("channelgroup.notready", ".g1"))[0] == ("success", ".g1")
    assert desk.client.world().keys() == before.keys()


# session.request.*


def test_getdirectory_tells_no_events() -> None:
    (response,) = Desk().started().ask("session.request.getdirectory", data={})
    assert response["data"] == {"entries": [{"name": "Front desk", "number": "9", "type": "internal"}]}


@pytest.mark.parametrize(
    ("command", "event"),
    [
        ("session.request.externalnotreadyreasons", "session.externalnotreadyreasons.updated"),
        ("session.request.externalnotredyreasons", "session.externalnotreadyreasons.updated"),
        ("session.request.externallogoutreasons", "session.externallogoutreasons.updated"),
    ],
)
def test_reasons_are_told_by_an_event(command: str, event: str) -> None:
    messages = Desk().started().ask(command, data={})
    assert story(messages) == [("success", ""), (event, "")]
    assert messages[0]["command"] == command
    assert messages[0]["data"] == {}
    assert messages[1]["data"] == {"reasons": [{"code": "1", "name": "Lunch"}, {"code": "2", "name": "Meeting"}]}


@pytest.mark.parametrize(
    ("command", "feature"),
    [
        ("session.request.getdirectory", Feature.DIRECTORY),
        ("session.request.externalnotreadyreasons", Feature.NOTREADY_REASONS),
        ("session.request.externallogoutreasons", Feature.LOGOUT_REASONS),
    ],
)
def test_what_the_platform_cannot_do_is_unsupported(command: str, feature: Feature) -> None:
    assert story(Desk(features=ALL_FEATURES - {feature}).started().ask(command)) == [("UNSUPPORTED", "")]


# Log in and out of channels


def test_channel_activate_and_deactivate_of_a_standalone_channel() -> None:
    desk = with_channel()
    assert story(desk.ask("channel.activate", ".c1")) == [("success", ".c1"), *pair(".c1")]
    assert story(desk.ask("channel.deactivate", ".c1")) == [("success", ".c1"), *pair(".c1")]


def test_channel_activate_and_deactivate_within_a_group() -> None:
    desk = with_group("INACTIVE")
    expected = [("success", ".g1.c1"), *pair(".g1.c1"), ("state.updated", ".g1")]
    assert story(desk.ask("channel.activate", ".g1.c1")) == expected
    assert story(desk.ask("channel.deactivate", ".g1.c1")) == expected


def test_a_ready_channel_is_deactivated_with_one_pair_in_all() -> None:
    desk = with_channel("READY")
    messages = desk.ask("channel.deactivate", ".c1")
    assert story(messages) == [("success", ".c1"), *pair(".c1")]
    assert messages[1]["data"]["channel"]["loginstate"] == "INACTIVE"
    assert "agentstate" not in messages[1]["data"]["channel"]


def test_channelgroup_activate_and_deactivate() -> None:
    desk = with_group("INACTIVE", "INACTIVE")
    expected = [("success", ".g1"), *pair(".g1.c2"), ("state.updated", ".g1")]
    assert story(desk.ask("channelgroup.activate", ".g1", {"channel": {"id": "c2"}})) == expected
    assert story(desk.ask("channelgroup.deactivate", ".g1", {"channel": {"id": "c2"}})) == expected


# Ready and not ready


@pytest.mark.parametrize("command", ["channel.ready", "channel.notready"])
@pytest.mark.parametrize(("begin", "target"), [(with_channel, ".c1"), (with_group, ".g1.c1")])
def test_ready_and_notready(command: str, begin: Callable[[str], Desk], target: str) -> None:
    assert story(begin("WORK").ask(command, target)) == [("success", target), *pair(target)]


def test_ready_again_keeps_its_documented_length() -> None:
    messages = with_channel("READY").ask("channel.ready", ".c1")
    assert story(messages) == [("success", ".c1"), *pair(".c1")]
    assert messages[2]["data"] == []


def test_externaldispositions() -> None:
    messages = with_channel().ask("channel.externaldispositions", ".c1", {})
    assert story(messages) == [("success", ".c1"), ("channel.externaldispositions.updated", ".c1")]
    assert messages[0]["data"] == {}
    assert messages[1]["data"] == {"dispositions": [{"code": "1", "name": "Lunch"}, {"code": "2", "name": "Meeting"}]}


# All channels of a group


def test_activateall() -> None:
    messages = with_group("INACTIVE", "READY", "INACTIVE").ask("channelgroup.activateall", ".g1")
    assert story(messages) == [("success", ".g1"), *pair(".g1.c1"), *pair(".g1.c3"), ("state.updated", ".g1")]
    assert messages[0]["data"]["channels"] == [
        {"id": "c1", "loginstate": "ACTIVE", "agentstate": "NOTREADY"},
        {"id": "c2", "loginstate": "ACTIVE", "agentstate": "READY"},
        {"id": "c3", "loginstate": "ACTIVE", "agentstate": "NOTREADY"},
    ]


def test_activateall_with_a_failure_in_the_middle_tells_what_was_changed_before_it() -> None:
    desk = with_group("INACTIVE", "INACTIVE", "INACTIVE")
    desk.platform.refuses["ActivateChannel", "4002"] = FailureCode.PLATFORM_ERROR
    messages = desk.ask("channelgroup.activateall", ".g1")
    assert story(messages) == [("PLATFORM_ERROR", ".g1"), *pair(".g1.c1"), ("state.updated", ".g1")]
    assert messages[0]["failure"]["channel"] == {"id": "c2"}
    assert [getattr(call, "endpoint", "") for call in desk.platform.calls[1:]] == ["4001", "4002"]


def test_activateall_with_a_failure_at_once_tells_nothing() -> None:
    desk = with_group("UNAVAILABLE", "INACTIVE")
    (failure,) = desk.ask("channelgroup.activateall", ".g1")
    assert failure["failure"]["code"] == "CHANNEL_UNAVAILABLE"
    assert failure["failure"]["channel"] == {"id": "c1"}


def test_deactivateall() -> None:
    messages = with_group("READY", "INACTIVE", "WORK").ask("channelgroup.deactivateall", ".g1")
    assert story(messages) == [("success", ".g1"), *pair(".g1.c1"), *pair(".g1.c3"), ("state.updated", ".g1")]
    assert messages[0]["data"] == {"channels": [{"id": f"c{n}", "loginstate": "INACTIVE"} for n in (1, 2, 3)]}


@pytest.mark.parametrize(
    ("command", "states"),
    [("channelgroup.activateall", ("READY", "NOTREADY")), ("channelgroup.deactivateall", ("INACTIVE", "UNAVAILABLE"))],
)
def test_all_channels_that_are_so_already(command: str, states: tuple[str, ...]) -> None:
    desk = with_group(*states)
    assert story(desk.ask(command, ".g1")) == [("success", ".g1"), ("state.updated", ".g1")]
    assert len(desk.platform.calls) == 1


def test_all_ready_and_all_notready_leave_channels_alone_that_are_not_logged_in() -> None:
    desk = with_group("NOTREADY", "INACTIVE", "WORK", "READY")
    assert story(desk.ask("channelgroup.ready", ".g1")) == [
        ("success", ".g1"),
        *pair(".g1.c1"),
        *pair(".g1.c3"),
        ("state.updated", ".g1"),
    ]
    messages = desk.ask("channelgroup.notready", ".g1", {"reason": {"code": "LUNCH"}})
    assert story(messages) == [
        ("success", ".g1"),
        *pair(".g1.c1"),
        *pair(".g1.c3"),
        *pair(".g1.c4"),
        ("state.updated", ".g1"),
    ]
    assert messages[0]["data"]["reason"] == {"code": "LUNCH"}
    assert messages[1]["data"]["channel"]["reason"] == {"code": "LUNCH"}


# A repeated requestid


@pytest.mark.parametrize("again", ["channel.activate", "channel.notready"])
def test_a_repeated_requestid_is_never_executed_twice(again: str) -> None:
    desk = with_channel()
    (response, *_) = desk.ask("channel.activate", ".c1", requestid="r1")
    calls = len(desk.platform.calls)
    assert desk.ask(again, ".c1", requestid="r1") == []
    assert desk.effects == [SendAgain(response["seq"])]
    assert len(desk.platform.calls) == calls


@pytest.mark.parametrize(("command", "state"), [("ready", "NOTREADY"), ("notready", "READY")])
def test_all_ready_or_notready_with_a_failure_in_the_middle_tell_what_was_changed_before_it(
    command: str, state: str
) -> None:
    desk = with_group(state, state, state)
    desk.platform.refuses["SetAgentState", "4002"] = FailureCode.PLATFORM_ERROR
    messages = desk.ask(f"channelgroup.{command}", ".g1")
    assert story(messages) == [("PLATFORM_ERROR", ".g1"), *pair(".g1.c1"), ("state.updated", ".g1")]
    assert messages[0]["failure"]["channel"] == {"id": "c2"}
    assert [getattr(call, "endpoint", "") for call in desk.platform.calls[1:]] == ["4001", "4002"]
