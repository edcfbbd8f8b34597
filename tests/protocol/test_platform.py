"""The words between core and adapters: specs/adapter-interface.md."""

from typing import Any

import pytest

from protocol import platform
from protocol.platform import (
    CALLS,
    CHANNEL_FEATURES,
    ChannelReport,
    DirectoryEntry,
    Feature,
    GroupReport,
    PlatformCall,
    ReasonCode,
    Snapshot,
    answers,
)
from protocol.states import AgentState, ChannelType, LoginState

REPORT = ChannelReport(endpoint="1", type=ChannelType.CHAT, name="Chat", loginstate=LoginState.INACTIVE)
ENTRY = DirectoryEntry(name="Front desk", number="9", type="internal")
REASON = ReasonCode(code="1", name="Lunch")

VALUES: dict[str, Any] = {
    "snapshot": Snapshot(agent_name="Ann"),
    "nothing": None,
    "channel": REPORT,
    "group": GroupReport(name="Sales", channels=()),
    "entries": (ENTRY, ENTRY),
    "reasons": (REASON,),
    "no answer at all": 7,
    "text": "x",
    "a list": [ENTRY],
    "another list": [REASON],
    "mixed": (ENTRY, REASON),
    "an item": REASON,
    "another item": ENTRY,
    "a class": ChannelReport,
}

ANSWERS: list[tuple[PlatformCall[Any], str]] = [
    (platform.StartAgent(), "snapshot"),
    (platform.LogoutAgent(), "nothing"),
    (platform.AddChannel(endpoint="1", type=ChannelType.CHAT), "channel"),
    (platform.RemoveChannel(endpoint="1"), "nothing"),
    (platform.AddGroup(name="Sales", chat=True, email=True, callback=True), "group"),
    (platform.RemoveGroup(name="Sales"), "nothing"),
    (platform.ActivateChannel(endpoint="1"), "channel"),
    (platform.DeactivateChannel(endpoint="1"), "channel"),
    (platform.SetAgentState(endpoint="1", agentstate=AgentState.READY), "channel"),
    (platform.ListDirectory(), "entries"),
    (platform.ListNotReadyReasons(), "reasons"),
    (platform.ListLogoutReasons(), "reasons"),
    (platform.ListDispositions(endpoint="1"), "reasons"),
]


def test_every_call_has_a_row() -> None:
    assert set(CALLS) == set(PlatformCall.__subclasses__())
    assert {type(call) for call, _ in ANSWERS} == set(CALLS)
    assert all(row.call is call for call, row in CALLS.items())


@pytest.mark.parametrize(("call", "right"), ANSWERS, ids=lambda value: type(value).__name__)
def test_only_an_answer_of_the_type_of_its_row_is_believed(call: PlatformCall[Any], right: str) -> None:
    assert [name for name, value in VALUES.items() if answers(call, value)] == [right]


@pytest.mark.parametrize("call", [call for call, right in ANSWERS if right in ("entries", "reasons")])
def test_a_list_may_be_empty(call: PlatformCall[Any]) -> None:
    assert answers(call, ())


@pytest.mark.parametrize("loginstate", LoginState)
@pytest.mark.parametrize("agentstate", [None, *AgentState])
def test_agentstate_is_there_exactly_while_active(loginstate: LoginState, agentstate: AgentState | None) -> None:
    report = ChannelReport(
        endpoint="1", type=ChannelType.CHAT, name="Chat", loginstate=loginstate, agentstate=agentstate
    )
    possible = (loginstate is LoginState.ACTIVE) == (agentstate is not None)
    assert (report.problem() is None) == possible


@pytest.mark.parametrize("loginstate", [LoginState.INACTIVE, LoginState.UNAVAILABLE])
def test_no_agentstate_is_pending_where_nobody_is_logged_in(loginstate: LoginState) -> None:
    report = ChannelReport(
        endpoint="1",
        type=ChannelType.CHAT,
        name="Chat",
        loginstate=loginstate,
        pendingagentstate=AgentState.READY,
    )
    assert report.problem() is not None


def test_a_channel_has_an_endpoint() -> None:
    report = ChannelReport(endpoint="", type=ChannelType.CHAT, name="Chat", loginstate=LoginState.INACTIVE)
    assert report.problem() == "a channel without an endpoint"


def test_every_channel_type_has_its_feature() -> None:
    assert {kind.lower(): feature.value for kind, feature in CHANNEL_FEATURES.items()} == {
        "telephony": "telephony",
        "chat": "chat",
        "email": "email",
        "callback": "callback",
    }
    assert set(CHANNEL_FEATURES.values()) < set(Feature)
