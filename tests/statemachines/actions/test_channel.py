"""What the channel and channel group commands ask of the platform, and what they believe of its answers."""

from typing import Any

import attrs
import pytest

from protocol import platform
from protocol.platform import ChannelReport
from protocol.states import AgentState, LoginState
from tests.fakes.desk import Desk, story, with_channel, with_group
from tests.fakes.platform import FakePlatform, channel


@attrs.define
class Says(FakePlatform):
    """A platform that answers everything but the start with `report`."""

    report: ChannelReport = attrs.field(factory=lambda: channel("4001"))

    def answer(self, call: platform.PlatformCall[Any]) -> Any:
        answer = super().answer(call)
        return answer if isinstance(call, platform.StartAgent) else self.report


@pytest.mark.parametrize(
    ("state", "command", "data", "call"),
    [
        (
            "INACTIVE",
            "channel.activate",
            {"options": {"mode": "auto"}},
            platform.ActivateChannel(endpoint="4001", options={"mode": "auto"}),
        ),
        ("READY", "channel.deactivate", {}, platform.DeactivateChannel(endpoint="4001")),
        ("NOTREADY", "channel.ready", {}, platform.SetAgentState(endpoint="4001", agentstate=AgentState.READY)),
        (
            "NOTREADY",
            "channel.notready",
            {"reason": {"code": "LUNCH"}},
            platform.SetAgentState(endpoint="4001", agentstate=AgentState.NOTREADY, reason="LUNCH"),
        ),
        ("INACTIVE", "channel.externaldispositions", {}, platform.ListDispositions(endpoint="4001")),
    ],
)
def test_the_platform_is_asked(state: str, command: str, data: dict[str, Any], call: Any) -> None:
    desk = with_channel(state)
    desk.ask(command, ".c1", data)
    assert desk.platform.calls[1:] == [call]


def test_nothing_is_asked_for_a_channel_that_is_ready() -> None:
    desk = with_channel("READY")
    assert story(desk.ask("channel.ready", ".c1"))[0] == ("success", ".c1")
    assert len(desk.platform.calls) == 1


OTHER = channel("4009", "READY")
IMPOSSIBLE = attrs.evolve(channel("4001"), agentstate=AgentState.READY)
PENDING_WITHOUT_LOGIN = attrs.evolve(channel("4001"), pendingagentstate=AgentState.READY)


@pytest.mark.parametrize(
    ("state", "command", "report"),
    [
        ("INACTIVE", "channel.activate", channel("4001")),
        ("INACTIVE", "channel.activate", channel("4001", "UNAVAILABLE")),
        ("INACTIVE", "channel.activate", OTHER),
        ("INACTIVE", "channel.activate", IMPOSSIBLE),
        ("NOTREADY", "channel.deactivate", channel("4001", "READY")),
        ("NOTREADY", "channel.deactivate", channel("4001", "UNAVAILABLE")),
        ("NOTREADY", "channel.ready", channel("4001", "NOTREADY")),
        ("NOTREADY", "channel.ready", channel("4001", "WORK")),
        ("NOTREADY", "channel.ready", channel("4001")),
        ("NOTREADY", "channel.ready", OTHER),
        ("READY", "channel.notready", channel("4001", "READY")),
        ("READY", "channel.notready", IMPOSSIBLE),
        ("NOTREADY", "channel.ready", PENDING_WITHOUT_LOGIN),
    ],
)
def test_nonsense_is_not_believed(state: str, command: str, report: ChannelReport) -> None:
    desk = Desk(Says(report=report).with_channels(channel("4001", state))).started()
    before = desk.client.world()
    assert story(desk.ask(command, ".c1")) == [("PLATFORM_ERROR", ".c1")]
    assert desk.client.world() == before
    assert desk.core.session.channel_at("4001").matches(channel("4001", state))  # type: ignore[union-attr]


def test_a_state_to_come_is_as_good_as_the_state() -> None:
    pending = attrs.evolve(channel("4001", "WORK"), pendingagentstate=AgentState.READY)
    desk = Desk(Says(report=pending).with_channels(channel("4001", "WORK"))).started()
    messages = desk.ask("channel.ready", ".c1")
    assert messages[1]["data"]["channel"]["pendingagentstate"] == "READY"
    assert messages[2]["state"] == {"loginstate": "ACTIVE", "agentstate": "WORK", "pendingagentstate": "READY"}


# Groups


@pytest.mark.parametrize("command", ["channelgroup.activate", "channelgroup.deactivate"])
def test_a_member_must_be_one(command: str) -> None:
    desk = with_group("READY", "INACTIVE")
    (failure,) = desk.ask(command, ".g1", {"channel": {"id": "c9"}})
    assert failure["failure"]["code"] == "INVALID_TARGET"
    assert failure["failure"]["message"] == ("data.channel.id: c9 is no channel of group g1; its channels are c1, c2")


def test_a_group_without_channels_says_so() -> None:
    (failure,) = with_group().ask("channelgroup.activate", ".g1", {"channel": {"id": "c1"}})
    assert failure["failure"]["message"].endswith("its channels are none")


def test_options_are_passed_through_for_a_member() -> None:
    desk = with_group("INACTIVE")
    desk.ask("channelgroup.activate", ".g1", {"channel": {"id": "c1"}, "options": {"mode": "auto"}})
    assert desk.platform.calls[-1] == platform.ActivateChannel(endpoint="4001", options={"mode": "auto"})


@pytest.mark.parametrize("command", ["channelgroup.activate", "channelgroup.deactivate"])
def test_a_member_that_another_agent_holds(command: str) -> None:
    desk = with_group("INACTIVE", "READY", "UNAVAILABLE")
    (failure,) = desk.ask(command, ".g1", {"channel": {"id": "c3"}})
    assert failure["failure"]["code"] == "CHANNEL_UNAVAILABLE"
    assert "another agent holds 4003" in failure["failure"]["message"]


@pytest.mark.parametrize(
    ("command", "states", "asked"),
    [
        ("activateall", ("INACTIVE", "READY", "INACTIVE"), ["4001", "4003"]),
        ("deactivateall", ("NOTREADY", "INACTIVE", "UNAVAILABLE", "WORK"), ["4001", "4004"]),
        ("ready", ("NOTREADY", "INACTIVE", "READY", "WORK"), ["4001", "4004"]),
        ("notready", ("NOTREADY", "INACTIVE", "READY", "UNAVAILABLE"), ["4001", "4003"]),
    ],
)
def test_all_channels_are_asked_for_one_after_another(command: str, states: tuple[str, ...], asked: list[str]) -> None:
    desk = with_group(*states)
    desk.ask(f"channelgroup.{command}", ".g1")
    assert [getattr(call, "endpoint", None) for call in desk.platform.calls[1:]] == asked


def test_a_channel_that_the_platform_did_not_change_is_not_told_of() -> None:
    desk = Desk(Says(report=channel("4001", "NOTREADY")).with_group("Sales", channel("4001", "NOTREADY"))).started()
    assert story(desk.ask("channelgroup.notready", ".g1")) == [("success", ".g1"), ("state.updated", ".g1")]


def test_all_channels_after_a_failure_keep_the_state_they_have() -> None:
    desk = Desk(Says(report=channel("4001", "READY")).with_group("Sales", channel("4001"), channel("4002"))).started()
    assert story(desk.ask("channelgroup.activateall", ".g1"))[0] == ("PLATFORM_ERROR", ".g1")
    states = {
        known.info["id"]: known.info["loginstate"] for known in desk.client.objects.values() if known.kind == "channel"
    }
    assert states == {"c1": LoginState.ACTIVE, "c2": LoginState.INACTIVE}
