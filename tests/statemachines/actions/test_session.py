"""What the session commands ask of the platform, and what they believe of its answers."""

from typing import Any

import attrs
import pytest

from protocol import platform
from protocol.errors import FailureCode
from protocol.platform import GroupReport, Snapshot
from protocol.states import AgentState, ChannelType, SessionState
from tests.fakes.desk import Desk, story
from tests.fakes.platform import FakePlatform, channel


@attrs.define
class Says(FakePlatform):
    """A platform that answers some calls as it is told, whatever they are."""

    instead: dict[str, Any] = attrs.field(factory=dict)

    def answer(self, call: platform.PlatformCall[Any]) -> Any:
        answer = super().answer(call)
        return self.instead.get(type(call).__name__, answer)


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
    desk = Desk(Says(instead={"StartAgent": snapshot}))
    assert story(desk.ask("session.start")) == [("PLATFORM_ERROR", "")]
    assert desk.core.session.state is SessionState.PREPARED


def test_joined_groups_must_fit_with_what_exists() -> None:
    overlapping = GroupReport(name="Late", channels=(channel("4001"),))
    fake = Says(instead={"AddGroup": overlapping}).with_channels(channel("4001")).with_group("Late", joined=False)
    assert story(Desk(fake, groups=("Late",)).ask("session.start")) == [("PLATFORM_ERROR", "")]


def test_a_joined_group_must_be_the_one_that_was_asked_for() -> None:
    fake = Says(instead={"AddGroup": GroupReport(name="Other", channels=())}).with_group("Late", joined=False)
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


@pytest.mark.parametrize("report", [channel("4009"), attrs.evolve(IMPOSSIBLE, endpoint="4001")])
def test_an_added_channel_must_be_the_one_that_was_asked_for(report: Any) -> None:
    desk = Desk(Says(instead={"AddChannel": report})).started()
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
    fake = Says(instead={"AddGroup": report}).with_channels(channel("4001"))
    desk = Desk(fake.with_group("Sales", joined=False)).started()
    data = {"channelgroup": {"name": "Sales", "chat": True, "email": True, "callback": True}}
    assert story(desk.ask("session.addchannelgroup", data=data)) == [("PLATFORM_ERROR", "")]
    assert not desk.core.session.groups


def test_a_group_that_is_not_there_is_not_removed() -> None:
    (failure,) = Desk().started().ask("session.removechannelgroup", data={"channelgroup": {"id": "g1"}})
    assert failure["failure"]["code"] == "INVALID_TARGET"
    assert "g1 is no group of this session" in failure["failure"]["message"]
