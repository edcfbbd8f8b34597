"""The calls of the core and their answers: specs/adapter-interface.md, "Calls"."""

from typing import Any, get_args, get_origin

import attrs
import pytest

from protocol import platform
from protocol.platform import (
    CALLS,
    CallRow,
    ChannelReport,
    DirectoryEntry,
    GroupReport,
    InteractionCall,
    InteractionReport,
    LegCall,
    MessagePosted,
    Party,
    PlatformCall,
    ReasonCode,
    Replied,
    Snapshot,
    TypingChanged,
    answers,
    contact_calls,
)
from protocol.platform import calls as channel_calls
from protocol.states import (
    AgentState,
    ChannelType,
    Direction,
    EndCause,
    InteractionState,
    LoginState,
    PartyRole,
    RecordingState,
)

BASES = {PlatformCall, InteractionCall, LegCall}

ENTRY = DirectoryEntry(name="Front desk", number="9", type="internal")
REASON = ReasonCode(code="1", name="Lunch")
ADA = Party(id="ada", name="Ada Brandt", role=PartyRole.AGENT)
MESSAGE = MessagePosted(endpoint="1", interaction="7", id="m1", party=ADA, text="Hello", time="2026-11-21T09:30:00Z")
OVER = InteractionReport(
    endpoint="1",
    id="7",
    contact="chat-7",
    type=ChannelType.CHAT,
    direction=Direction.INBOUND,
    state=InteractionState.COMPLETED,
    cause=EndCause.RELEASED,
)

VALUES: dict[str, Any] = {
    "snapshot": Snapshot(agent_name="Ann"),
    "nothing": None,
    "channel": ChannelReport(endpoint="1", type=ChannelType.CHAT, name="Chat", loginstate=LoginState.INACTIVE),
    "group": GroupReport(name="Sales", channels=()),
    "entries": (ENTRY, ENTRY),
    "reasons": (REASON,),
    "interaction": OVER,
    "message": MESSAGE,
    "replied": Replied(message=MESSAGE, interaction=OVER),
    "another post": TypingChanged(endpoint="1", interaction="7", id="t1", party=ADA, typing=True),
    "no answer at all": 7,
    "text": "x",
    "a list": [ENTRY],
    "another list": [REASON],
    "mixed": (ENTRY, REASON),
    "an item": REASON,
    "another item": ENTRY,
    "a class": ChannelReport,
}

CHANNEL: dict[str, Any] = {"endpoint": "1"}
IT: dict[str, Any] = {"endpoint": "1", "interaction": "7"}
LEG: dict[str, Any] = {**IT, "leg": "7a"}

ANSWERS: list[tuple[PlatformCall[Any], str]] = [
    (platform.StartAgent(), "snapshot"),
    (platform.LogoutAgent(), "nothing"),
    (platform.AddChannel(**CHANNEL, type=ChannelType.CHAT), "channel"),
    (platform.RemoveChannel(**CHANNEL), "nothing"),
    (platform.AddGroup(name="Sales", chat=True, email=True, callback=True), "group"),
    (platform.RemoveGroup(name="Sales"), "nothing"),
    (platform.ActivateChannel(**CHANNEL), "channel"),
    (platform.DeactivateChannel(**CHANNEL), "channel"),
    (platform.SetAgentState(**CHANNEL, agentstate=AgentState.READY), "channel"),
    (platform.ListDirectory(), "entries"),
    (platform.ListNotReadyReasons(), "reasons"),
    (platform.ListLogoutReasons(), "reasons"),
    (platform.ListDispositions(**CHANNEL), "reasons"),
    (platform.Dial(**CHANNEL, destination="+15550100"), "interaction"),
    (platform.AcceptInteraction(**IT), "interaction"),
    (platform.RejectInteraction(**IT), "interaction"),
    (platform.ReleaseInteraction(**IT), "interaction"),
    (platform.CompleteInteraction(**IT), "interaction"),
    (platform.ChangeData(**IT, changes={}), "interaction"),
    (platform.SetRecording(**IT, recording=RecordingState.PAUSED), "interaction"),
    (platform.StartConsult(**IT, destination="4002"), "interaction"),
    (platform.AlternateLegs(**IT), "interaction"),
    (platform.TransferConsult(**IT), "interaction"),
    (platform.ConferenceConsult(**IT), "interaction"),
    (platform.HoldLeg(**LEG), "interaction"),
    (platform.RetrieveLeg(**LEG), "interaction"),
    (platform.ReleaseLeg(**LEG), "interaction"),
    (platform.BlindTransfer(**LEG, destination="4002"), "interaction"),
    (platform.BlindConference(**LEG, destination="4002"), "interaction"),
    (platform.SendDigits(**LEG, digits="1#"), "nothing"),
    (platform.TransferInteraction(**IT, queue="Billing"), "interaction"),
    (platform.SendMessage(**IT, text="Hello"), "message"),
    (platform.SetTyping(**IT, typing=True), "nothing"),
    (platform.SendFile(**IT, name="a", url="https://example.com/a"), "nothing"),
    (platform.PushUrl(**IT, url="https://example.com"), "nothing"),
    (platform.ShowForm(**IT, form="address"), "nothing"),
    (platform.RequestScreenshot(**IT), "nothing"),
    (platform.SendSignal(**IT, name="video"), "nothing"),
    (platform.ReplyEmail(**IT, text="Hello"), "replied"),
]


def defined_calls() -> set[type[PlatformCall[Any]]]:
    """All classes of calls in the modules that hold them, but for the bases."""
    found = {
        value
        for module in (channel_calls, contact_calls)
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, PlatformCall)
    }
    return found - BASES


def test_every_call_has_a_row() -> None:
    assert set(CALLS) == defined_calls()
    assert {type(call) for call, _ in ANSWERS} == set(CALLS)
    assert all(row.call is call for call, row in CALLS.items())


def test_every_call_can_be_imported_from_the_package() -> None:
    for call in {*CALLS, *BASES}:
        assert getattr(platform, call.__name__) is call
        assert call.__name__ in platform.__all__


@pytest.mark.parametrize("row", CALLS.values(), ids=lambda row: row.call.__name__)
def test_the_row_promises_what_the_type_of_the_call_does(row: CallRow) -> None:
    (base,) = vars(row.call)["__orig_bases__"]
    assert get_origin(base) in BASES
    (promised,) = get_args(base)
    assert promised == (tuple[row.answer, ...] if row.listed else row.answer)


@pytest.mark.parametrize(("call", "right"), ANSWERS, ids=lambda value: type(value).__name__)
def test_only_an_answer_of_the_type_of_its_row_is_believed(call: PlatformCall[Any], right: str) -> None:
    assert [name for name, value in VALUES.items() if answers(call, value)] == [right]


@pytest.mark.parametrize("call", [call for call, right in ANSWERS if right in ("entries", "reasons")])
def test_a_list_may_be_empty(call: PlatformCall[Any]) -> None:
    assert answers(call, ())


@pytest.mark.parametrize("call", [call for call, _ in ANSWERS], ids=lambda call: type(call).__name__)
def test_calls_are_values_that_do_not_change(call: PlatformCall[Any]) -> None:
    assert call == attrs.evolve(call)
    for field in attrs.fields(type(call)):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(call, field.name, None)


def test_calls_about_an_interaction_name_it_and_those_about_a_leg_name_that_too() -> None:
    for call in CALLS:
        names = [field.name for field in attrs.fields(call)]
        if issubclass(call, InteractionCall):
            assert names[:2] == ["endpoint", "interaction"]
        if issubclass(call, LegCall):
            assert names[2] == "leg"
        assert issubclass(call, InteractionCall) == ("interaction" in names)
        assert issubclass(call, LegCall) == ("leg" in names)


def test_maps_of_two_calls_are_not_the_same_one() -> None:
    for make in (
        lambda: platform.ActivateChannel(**CHANNEL).options,
        lambda: platform.DeactivateChannel(**CHANNEL).options,
        lambda: platform.Dial(**CHANNEL, destination="9").extensions,
        lambda: platform.ShowForm(**IT, form="f").fields,
        lambda: platform.SendSignal(**IT, name="s").data,
    ):
        assert make() == {}
        assert make() is not make()
