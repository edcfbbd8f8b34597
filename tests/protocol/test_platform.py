"""The words between core and adapters: specs/adapter-interface.md."""

from typing import Any

import attrs
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


# What an adapter says is checked where it says it


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "x\udfff"])
def test_texts_that_cannot_be_sent_are_refused(name: str) -> None:
    for make in (
        lambda: attrs.evolve(REPORT, endpoint=name),
        lambda: attrs.evolve(REPORT, name=name),
        lambda: attrs.evolve(REPORT, reason=name),
        lambda: GroupReport(name=name, channels=()),
        lambda: Snapshot(agent_name=name),
        lambda: ReasonCode(code=name, name="Lunch"),
        lambda: attrs.evolve(ENTRY, number=name),
    ):
        with pytest.raises(ValueError, match="holds NUL or a lone surrogate"):
            make()


def test_texts_of_all_languages_can_be_sent() -> None:
    assert attrs.evolve(REPORT, name="Zoë 😀").name == "Zoë 😀"


@pytest.mark.parametrize(
    ("value", "changes"),
    [
        (REPORT, {"endpoint": 4001}),
        (REPORT, {"name": None}),
        (REPORT, {"type": "CHAT"}),
        (REPORT, {"loginstate": "INACTIVE"}),
        (REPORT, {"agentstate": "READY"}),
        (REPORT, {"pendingagentstate": "READY"}),
        (REPORT, {"reason": 5}),
        (VALUES["group"], {"name": None}),
        (VALUES["group"], {"channels": [REPORT]}),
        (VALUES["group"], {"channels": (REPORT, None)}),
        (VALUES["snapshot"], {"agent_name": None}),
        (VALUES["snapshot"], {"groups": (REPORT,)}),
        (VALUES["snapshot"], {"channels": [REPORT]}),
        (REASON, {"code": 1}),
        (ENTRY, {"type": None}),
    ],
)
def test_values_of_other_types_are_refused(value: Any, changes: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        attrs.evolve(value, **changes)
