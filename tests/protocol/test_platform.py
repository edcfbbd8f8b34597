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

ANSWERS: list[tuple[PlatformCall[Any], Any]] = [
    (platform.StartAgent(), Snapshot(agent_name="Ann")),
    (platform.LogoutAgent(), None),
    (platform.AddChannel(endpoint="1", type=ChannelType.CHAT), REPORT),
    (platform.RemoveChannel(endpoint="1"), None),
    (platform.AddGroup(name="Sales", chat=True, email=True, callback=True), GroupReport(name="Sales", channels=())),
    (platform.RemoveGroup(name="Sales"), None),
    (platform.ActivateChannel(endpoint="1"), REPORT),
    (platform.DeactivateChannel(endpoint="1"), REPORT),
    (platform.SetAgentState(endpoint="1", agentstate=AgentState.READY), REPORT),
    (platform.ListDirectory(), (ENTRY, ENTRY)),
    (platform.ListNotReadyReasons(), (REASON,)),
    (platform.ListLogoutReasons(), (REASON,)),
    (platform.ListDispositions(endpoint="1"), (REASON,)),
]
ALL_VALUES = [Snapshot(agent_name="Ann"), None, REPORT, GroupReport(name="Sales", channels=()), (ENTRY,), (REASON,)]
NO_ANSWERS = [7, "x", [], [ENTRY], [REASON], (7,), (ENTRY, REASON), REASON, ENTRY, ChannelReport, object()]


def test_every_call_has_a_row() -> None:
    assert set(CALLS) == set(PlatformCall.__subclasses__())
    assert {type(call) for call, _ in ANSWERS} == set(CALLS)
    assert all(row.call is call for call, row in CALLS.items())


@pytest.mark.parametrize(("call", "answer"), ANSWERS, ids=lambda value: type(value).__name__)
def test_an_answer_is_of_the_type_of_its_row(call: PlatformCall[Any], answer: Any) -> None:
    assert answers(call, answer)
    for other in [*ALL_VALUES, *NO_ANSWERS]:
        same = type(other) is type(answer) and (other == answer or not isinstance(other, tuple))
        assert answers(call, other) == (same or (isinstance(answer, tuple) and {*map(type, other)} == {type(answer[0])}
                                                  if isinstance(other, tuple) else same))


@pytest.mark.parametrize("call", [call for call, answer in ANSWERS if isinstance(answer, tuple)])
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


@pytest.mark.xfail(strict=True, reason="a pending agent state is taken without a login")
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
