"""What the session commands ask of the platform, and what they believe of its answers."""

from typing import Any

import attrs
import pytest

from protocol import platform
from protocol.errors import FailureCode
from protocol.platform import Feature, GroupReport, InteractionReport, Snapshot
from protocol.states import AgentState, ChannelType, SessionState
from tests.fakes.calls import call, chat, leg
from tests.fakes.desk import ALL_FEATURES, Desk, story
from tests.fakes.platform import FakePlatform, channel

IMPOSSIBLE = attrs.evolve(channel("4009"), agentstate=AgentState.READY)
TWIN = GroupReport(name="Sales", channels=())


def test_start_passes_the_extension_on() -> None:
    desk = Desk()
    desk.ask("session.start", data={"extension": "4001"})
    assert desk.platform.calls == [platform.StartAgent(extension="4001")]


@pytest.mark.parametrize("code", [FailureCode.AUTH_FAILED, FailureCode.PLATFORM_UNAVAILABLE])
def test_a_start_that_is_refused_may_be_sent_again(code: FailureCode) -> None:
    desk = Desk(FakePlatform(refuses={("StartAgent", ""): code}))
    assert story(desk.ask("session.start")) == [(code, "")]
    assert desk.core.session.state is SessionState.PREPARED
    desk.platform.refuses.clear()
    assert story(desk.ask("session.start")) == [("success", ""), ("session.initialized", "")]


def test_a_start_fails_with_the_joining_of_a_wanted_group_and_leaves_nothing() -> None:
    reports = (channel("4001"), channel("4002"))
    fake = FakePlatform(refuses={("AddGroup", ""): FailureCode.INVALID_TARGET}).with_group("Sales", *reports)
    desk = Desk(fake.with_group("Late", channel("4003"), joined=False), groups=("Late",))
    assert story(desk.ask("session.start")) == [("INVALID_TARGET", "")]
    assert not list(desk.core.session.all_channels())
    desk.platform.refuses.clear()
    assert story(desk.ask("session.start"))[-1] == ("session.initialized", "")
    assert desk.platform.calls[-1] == platform.AddGroup(name="Late", chat=True, email=True, callback=True)


def test_a_group_that_is_wanted_twice_is_joined_once() -> None:
    desk = Desk(FakePlatform().with_group("Late", channel("4003"), joined=False), groups=("Late", "Late"))
    assert len(desk.ask("session.start")) == 8


def test_wanted_groups_of_a_platform_that_has_none() -> None:
    (failure,) = Desk(groups=("Late",), features=ALL_FEATURES - {Feature.CHANNELGROUPS}).ask("session.start")
    assert failure["failure"]["code"] == "UNSUPPORTED"
    assert "prepare a session without channelgroups" in failure["failure"]["message"]


def test_wanted_groups_are_joined_at_the_first_start_alone() -> None:
    desk = Desk(FakePlatform().with_group("Late", channel("4003"), joined=False), groups=("Late",)).started()
    desk.bind(reset=True)
    desk.ask("session.start")
    assert [type(call).__name__ for call in desk.platform.calls] == ["StartAgent", "AddGroup", "StartAgent"]


@pytest.mark.parametrize(
    "snapshot",
    [
        Snapshot(agent_name="", channels=(channel("4001"), channel("4001"))),
        Snapshot(agent_name="", groups=(TWIN, TWIN)),
        Snapshot(
            agent_name="", groups=(GroupReport(name="Sales", channels=(channel("1"),)),), channels=(channel("1"),)
        ),
        Snapshot(agent_name="", channels=(IMPOSSIBLE,)),
        Snapshot(agent_name="", channels=(attrs.evolve(channel("1"), endpoint=""),)),
    ],
)
def test_an_impossible_snapshot_is_refused(snapshot: Snapshot) -> None:
    desk = Desk(FakePlatform(instead={"StartAgent": snapshot}))
    assert story(desk.ask("session.start")) == [("PLATFORM_ERROR", "")]
    assert desk.core.session.state is SessionState.PREPARED


PHONE, CHAT = channel("4001", "READY"), channel("chat-1", "READY")
TALKING = call("STARTED")


@pytest.mark.parametrize(
    ("interactions", "why"),
    [
        ((call("STARTED", at="4009"),), "interaction 1 is a TELEPHONY at 4009, which is none"),
        ((attrs.evolve(chat("STARTED"), endpoint="4001"),), "interaction 1 is a CHAT at 4001, which is none"),
        ((TALKING, attrs.evolve(TALKING, data={})), "interaction 1 is over, or comes twice"),
        ((call("COMPLETED"),), "interaction 1 is over, or comes twice"),
        ((attrs.evolve(TALKING, legs=()),), "interaction 1: legs none"),
        ((TALKING, call("STARTED", key="2")), "two CONNECTED legs at 4001"),
    ],
)
def test_impossible_interactions_are_refused(interactions: tuple[InteractionReport, ...], why: str) -> None:
    snapshot = Snapshot(agent_name="", groups=(GroupReport(name="Sales", channels=(PHONE,)),), channels=(CHAT,))
    desk = Desk(FakePlatform(instead={"StartAgent": attrs.evolve(snapshot, interactions=interactions)}))
    (failure,) = desk.ask("session.start")
    assert failure["failure"]["code"] == "PLATFORM_ERROR"
    assert why in failure["failure"]["message"]
    assert desk.core.session.state is SessionState.PREPARED
    assert not list(desk.core.session.all_interactions())


def test_possible_interactions_are_taken_in() -> None:
    """The same id at another endpoint, calls that are held beside one that is not, and one that talks elsewhere."""
    fake = FakePlatform().with_group("Sales", PHONE, channel("4002", "READY")).with_channels(CHAT)
    held = call("STARTED", leg("HELD"), key="2")
    fake.with_interactions(held, TALKING, call("STARTED", at="4002"), chat("STARTED"), chat("ENDED", key="2"))
    desk = Desk(fake).started()
    assert [str(each.target) for each in desk.core.session.all_interactions()] == [
        "s1.g1.c1.i1",
        "s1.g1.c1.i2",
        "s1.g1.c2.i3",
        "s1.c3.i4",
        "s1.c3.i5",
    ]


def test_a_channel_that_comes_with_an_interaction_of_the_snapshot_counts() -> None:
    busy = attrs.evolve(TALKING, channel=channel("4001", "WORK"))
    snapshot = Snapshot(agent_name="", channels=(PHONE,), interactions=(busy,))
    desk = Desk(FakePlatform(instead={"StartAgent": snapshot})).started()
    assert desk.client.world()["s1.c1"]["agentstate"] == "WORK"


def test_joined_groups_must_fit_with_what_exists() -> None:
    overlapping = GroupReport(name="Late", channels=(channel("4001"),))
    fake = (
        FakePlatform(instead={"AddGroup": overlapping}).with_channels(channel("4001")).with_group("Late", joined=False)
    )
    assert story(Desk(fake, groups=("Late",)).ask("session.start")) == [("PLATFORM_ERROR", "")]


def test_a_joined_group_must_be_the_one_that_was_asked_for() -> None:
    fake = FakePlatform(instead={"AddGroup": GroupReport(name="Other", channels=())}).with_group("Late", joined=False)
    assert story(Desk(fake, groups=("Late",)).ask("session.start")) == [("PLATFORM_ERROR", "")]


def test_logout_passes_the_reason_on() -> None:
    desk = Desk().started()
    desk.ask("session.logout", data={"reason": {"code": "HOME"}})
    assert desk.platform.calls[-1] == platform.LogoutAgent(reason="HOME")


def test_addchannel_asks_for_endpoint_and_type() -> None:
    desk = Desk().started()
    desk.ask("session.addchannel", data={"channel": {"endpoint": "4001", "type": "eMail"}})
    assert desk.platform.calls[-1] == platform.AddChannel(endpoint="4001", type=ChannelType.EMAIL)


def test_an_endpoint_is_added_once_wherever_it_is() -> None:
    desk = Desk(FakePlatform().with_group("Sales", channel("4001")).with_channels(channel("4002"))).started()
    for endpoint, target in (("4001", "s1.g1.c1"), ("4002", "s1.c2")):
        (failure,) = desk.ask("session.addchannel", data={"channel": {"endpoint": endpoint, "type": "Chat"}})
        assert failure["failure"]["code"] == "ALREADY_EXISTS"
        assert target in failure["failure"]["message"]


@pytest.mark.parametrize(
    "report",
    [
        channel("4009"),
        attrs.evolve(IMPOSSIBLE, endpoint="4001"),
        attrs.evolve(channel("4001"), type=ChannelType.CHAT),
    ],
)
def test_an_added_channel_must_be_the_one_that_was_asked_for(report: Any) -> None:
    desk = Desk(FakePlatform(instead={"AddChannel": report})).started()
    data = {"channel": {"endpoint": "4001", "type": "Telephony"}}
    assert story(desk.ask("session.addchannel", data=data)) == [("PLATFORM_ERROR", "")]


@pytest.mark.parametrize(
    ("channel_id", "remedy"), [("c1", "it belongs to group g1: remove the group"), ("c9", "use the id of a channel")]
)
def test_only_standalone_channels_are_removed(channel_id: str, remedy: str) -> None:
    desk = Desk(FakePlatform().with_group("Sales", channel("4001"))).started()
    (failure,) = desk.ask("session.removechannel", data={"channel": {"id": channel_id}})
    assert failure["failure"]["code"] == "INVALID_TARGET"
    assert remedy in failure["failure"]["message"]


def test_a_group_is_added_once() -> None:
    desk = Desk(FakePlatform().with_group("Sales")).started()
    data = {"channelgroup": {"name": "Sales", "chat": True, "email": True, "callback": True}}
    (failure,) = desk.ask("session.addchannelgroup", data=data)
    assert failure["failure"]["code"] == "ALREADY_EXISTS"
    assert "s1.g1" in failure["failure"]["message"]


@pytest.mark.parametrize(
    "report",
    [
        GroupReport(name="Other", channels=()),
        GroupReport(name="Sales", channels=(channel("4001"),)),
        GroupReport(name="Sales", channels=(channel("1"), channel("1"))),
        GroupReport(name="Sales", channels=(IMPOSSIBLE,)),
    ],
)
def test_an_added_group_must_be_possible_and_the_one_that_was_asked_for(report: GroupReport) -> None:
    fake = FakePlatform(instead={"AddGroup": report}).with_channels(channel("4001"))
    desk = Desk(fake.with_group("Sales", joined=False)).started()
    data = {"channelgroup": {"name": "Sales", "chat": True, "email": True, "callback": True}}
    assert story(desk.ask("session.addchannelgroup", data=data)) == [("PLATFORM_ERROR", "")]
    assert not desk.core.session.groups


def test_a_group_that_is_not_there_is_not_removed() -> None:
    (failure,) = Desk().started().ask("session.removechannelgroup", data={"channelgroup": {"id": "g1"}})
    assert failure["failure"]["code"] == "INVALID_TARGET"
    assert "g1 is no group of this session" in failure["failure"]["message"]
