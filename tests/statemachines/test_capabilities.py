"""When each command is open: specs/protocol.md, "Capabilities", and the column "legal" of its commands."""

from typing import Any

import pytest

from protocol.commands import COMMANDS
from protocol.events import CapabilityChange, Switch
from protocol.ids import ObjectKind, SessionId
from protocol.platform import ChannelReport, Feature, GroupReport, InteractionReport
from protocol.states import AgentState, ChannelType, SessionState
from statemachines.capabilities import BY_NAME, CAPABILITIES, changes, open_now
from statemachines.sequences import COMMAND_YIELDS
from statemachines.world import Channel, ChannelGroup, Session
from tests.fakes.calls import call, chat
from tests.fakes.desk import Desk, with_interaction
from tests.fakes.platform import FakePlatform, channel

ALL = frozenset(Feature)


def session(state: SessionState = SessionState.INITIALIZED) -> Session:
    made = Session.prepare(SessionId("s1"), "agent1", ALL)
    made.state = state
    return made


def a_channel(report: ChannelReport) -> Channel:
    return session().add_channel(report)


def a_group(*states: str) -> ChannelGroup:
    reports = tuple(channel(f"400{n}", state) for n, state in enumerate(states))
    return session().add_group(GroupReport(name="Sales", channels=reports))


def short(subject: Any) -> set[str]:
    """The open verbs."""
    return {name.split(".")[-1] for name in open_now(subject, ALL)}


def test_every_command_of_these_objects_has_a_row_of_its_kind() -> None:
    assert set(BY_NAME) == {row.name for row in COMMANDS.values() if row.kind is not None}
    assert set(BY_NAME) == set(COMMAND_YIELDS)
    for kind, rows in CAPABILITIES.items():
        assert all(row.name.startswith(f"{kind}.") for row in rows)
    assert set(CAPABILITIES) == set(ObjectKind)


def test_just_the_idempotent_commands_may_hold_already() -> None:
    assert {row.name for row in BY_NAME.values() if row.holds} == {
        row.name for row in COMMANDS.values() if row.idempotent
    }


@pytest.mark.parametrize("state", SessionState)
def test_a_session(state: SessionState) -> None:
    everything = {name for name in BY_NAME if name.startswith("session.")}
    expected = {
        SessionState.PREPARED: {"session.start"},
        SessionState.INITIALIZED: everything - {"session.start"},
    }
    assert set(open_now(session(state), ALL)) == expected.get(state, set())


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("INACTIVE", {"activate", "externaldispositions"}),
        ("UNAVAILABLE", {"externaldispositions"}),
        ("NOTREADY", {"deactivate", "ready", "notready", "dial", "externaldispositions"}),
        ("WORK", {"deactivate", "ready", "notready", "dial", "externaldispositions"}),
        ("READY", {"deactivate", "notready", "dial", "externaldispositions"}),
    ],
)
def test_a_channel(state: str, expected: set[str]) -> None:
    made = a_channel(channel("4001", state))
    assert short(made) == expected
    made.disposed = True
    assert short(made) == set()


@pytest.mark.parametrize(
    ("now", "pending", "ready_is_open"),
    [
        (AgentState.READY, AgentState.NOTREADY, True),
        (AgentState.READY, AgentState.READY, False),
        (AgentState.WORK, AgentState.READY, True),
    ],
)
def test_a_channel_with_a_state_to_come(now: AgentState, pending: AgentState, ready_is_open: bool) -> None:
    made = a_channel(channel("4001", now))
    made.pendingagentstate = pending
    assert ("ready" in short(made)) == ready_is_open


@pytest.mark.parametrize("it", [call("ALERTING"), call("STARTED"), call("ENDED", wrapup_s=10.0), chat("STARTED")])
def test_an_uncompleted_interaction_holds_the_login_and_the_line(it: InteractionReport) -> None:
    busy = with_interaction(it, state="NOTREADY").client.objects["s1.c1"].capabilities
    assert busy == {"channel.ready", "channel.notready", "channel.externaldispositions"}
    dial = {"channel.dial"} if it.type is ChannelType.TELEPHONY else set()
    idle = Desk(FakePlatform().with_channels(channel(it.endpoint, "NOTREADY"))).started()
    assert idle.client.objects["s1.c1"].capabilities == busy | dial | {"channel.deactivate"}


@pytest.mark.parametrize("kind", [kind for kind in ChannelType if kind is not ChannelType.TELEPHONY])
def test_dial_is_open_to_no_other_channel(kind: ChannelType) -> None:
    assert "dial" not in short(a_channel(channel(f"{kind.lower()}-1", "NOTREADY")))


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ((), set()),
        (("UNAVAILABLE",), set()),
        (("INACTIVE", "UNAVAILABLE"), {"activate", "activateall"}),
        (("NOTREADY", "UNAVAILABLE"), {"deactivate", "deactivateall", "ready", "notready"}),
        (
            ("INACTIVE", "READY"),
            {"activate", "activateall", "deactivate", "deactivateall", "ready", "notready"},
        ),
    ],
)
def test_a_group_looks_at_the_login_states_of_its_channels(states: tuple[str, ...], expected: set[str]) -> None:
    assert short(a_group(*states)) == expected


@pytest.mark.parametrize(
    ("command", "states", "holds"),
    [
        ("activateall", ("READY", "NOTREADY"), True),
        ("activateall", ("READY", "UNAVAILABLE"), False),
        ("activateall", (), False),
        ("deactivateall", ("INACTIVE", "UNAVAILABLE"), True),
        ("deactivateall", (), False),
        ("ready", ("INACTIVE",), False),
        ("notready", ("UNAVAILABLE",), False),
    ],
)
def test_a_closed_group_command_succeeds_just_where_its_wish_is_fulfilled(
    command: str, states: tuple[str, ...], holds: bool
) -> None:
    reports = [channel(f"400{n}", state) for n, state in enumerate(states)]
    desk = Desk(FakePlatform().with_group("Sales", *reports)).started()
    assert not desk.client.may("s1.g1", f"channelgroup.{command}")
    (response, *_) = desk.ask(f"channelgroup.{command}", ".g1")
    assert response["result"] == ("success" if holds else "failure")
    assert holds or response["failure"]["code"] == "INVALID_STATE"


@pytest.mark.parametrize(("command", "state"), [("activate", "READY"), ("deactivate", "INACTIVE")])
def test_a_closed_command_for_a_member_succeeds_where_it_is_so_already(command: str, state: str) -> None:
    desk = Desk(FakePlatform().with_group("Sales", channel("4001", state))).started()
    assert not desk.client.may("s1.g1", f"channelgroup.{command}")
    assert desk.ask(f"channelgroup.{command}", ".g1", {"channel": {"id": "c1"}})[0]["result"] == "success"


@pytest.mark.parametrize("command", ["activate", "deactivate"])
def test_a_closed_command_for_a_member_that_another_agent_holds_is_not_open(command: str) -> None:
    desk = Desk(FakePlatform().with_group("Sales", channel("4001", "UNAVAILABLE"))).started()
    assert not desk.client.may("s1.g1", f"channelgroup.{command}")
    (failure,) = desk.ask(f"channelgroup.{command}", ".g1", {"channel": {"id": "c1"}})
    assert failure["failure"]["code"] == "INVALID_STATE"


@pytest.mark.parametrize(
    "row",
    [row for row in BY_NAME.values() if row.feature and row.name.split(".")[0] in ("session", "channel")],
    ids=lambda row: row.name,
)
def test_what_the_platform_lacks_is_never_open(row: Any) -> None:
    subject: Any = session() if row.name.startswith("session.") else a_channel(channel("4001", "NOTREADY"))
    assert row.name in open_now(subject, ALL)
    assert row.name not in open_now(subject, ALL - {row.feature})


def test_the_difference_to_what_was_announced() -> None:
    made = a_channel(channel("4001", "READY"))
    before = frozenset({"channel.activate", "channel.dial", "channel.notready", "channel.externaldispositions"})
    assert set(changes(before, made, ALL)) == {
        CapabilityChange(name="channel.activate", type=Switch.DISABLE),
        CapabilityChange(name="channel.deactivate", type=Switch.ENABLE),
    }
    assert changes(frozenset(open_now(made, ALL)), made, ALL) == ()
