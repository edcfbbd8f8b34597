"""The documented sequences of calls with one leg, word for word: specs/protocol.md, "Commands" and "Events".

Every list here is copied from the tables of the specification, never from what the core happens to say.
"""

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from protocol.errors import FailureCode
from protocol.platform import InteractionReport
from protocol.states import ChannelType, EndCause, RecordingState
from tests.fakes.calls import answered, call, completed, in_state, joined, left, leg, over
from tests.fakes.desk import Desk, completion, pair, story, su, with_channel, with_group, with_interaction
from tests.fakes.platform import FakePlatform, channel

CH, IT, V = ".c1", ".c1.i1", ".c1.i1.v1"
TALKING = call("STARTED")


def eleven(channel: str, interaction: str = "i1", leg: str = "v1") -> list[tuple[str, str]]:
    """The events of a new call with one member at the far end."""
    it, conversation = f"{channel}.{interaction}", f"{channel}.{interaction}.{leg}"
    return [
        ("channel.infochanged", channel),
        ("state.updated", channel),
        ("interaction.created", it),
        ("state.updated", it),
        ("conversation.created", conversation),
        ("state.updated", conversation),
        ("conversation.member.added", conversation),
        ("conversation.initialized", conversation),
        ("interaction.datachanged", it),
        ("interaction.preview", it),
        ("interaction.initialized", it),
    ]


# A call begins


@pytest.mark.parametrize("state", ["NOTREADY", "READY", "WORK"])
def test_dial(state: str) -> None:
    messages = with_channel(state).ask("channel.dial", CH, {"destination": "555"})
    assert story(messages) == [("success", CH), *eleven(CH)]
    assert "data" not in messages[0]
    assert messages[3]["data"]["interaction"]["state"] == "DIALING"


def test_dial_within_a_group() -> None:
    messages = with_group("INACTIVE", "READY").ask("channel.dial", ".g1.c2", {"destination": "555"})
    assert story(messages) == [("success", ".g1.c2"), *eleven(".g1.c2")]


def test_dial_refused_tells_nothing() -> None:
    desk = with_channel("READY")
    desk.platform.refuses["Dial", "4001"] = FailureCode.DESTINATION_BUSY
    assert story(desk.ask("channel.dial", CH, {"destination": "555"})) == [("DESTINATION_BUSY", CH)]


def test_inbound_call() -> None:
    messages = with_channel("READY").report(call("ALERTING"))
    assert len(messages) == 11
    assert story(messages) == eleven(CH)
    assert messages[2]["data"]["interaction"]["state"] == "ALERTING"
    assert messages[4]["data"]["conversation"]["state"] == "ALERTING"


def test_inbound_call_within_a_group() -> None:
    assert story(with_group("READY").report(call("ALERTING"))) == eleven(".g1.c1")


def test_a_call_that_the_agent_dials_at_the_phone() -> None:
    assert story(with_channel("READY").report(call("DIALING"))) == eleven(CH)


def test_a_second_call_where_the_platform_allows_it() -> None:
    desk = with_interaction(call("STARTED", leg("HELD")))
    assert story(desk.report(call("ALERTING", key="2"))) == eleven(CH, "i2", "v2")


# It is answered

ANSWERED = [su(V), su(IT), ("interaction.started", IT)]


def test_answer() -> None:
    assert story(with_interaction(call()).ask("conversation.answer", V)) == [("success", V), *ANSWERED]


def test_accept() -> None:
    assert story(with_interaction(call()).ask("interaction.accept", IT)) == [("success", IT), *ANSWERED]


def test_answer_at_the_phone() -> None:
    assert story(with_interaction(call()).report(TALKING)) == ANSWERED


def test_the_dialled_party_answers() -> None:
    desk = with_channel("READY")
    desk.ask("channel.dial", CH, {"destination": "555"})
    assert story(desk.report(answered(desk.platform.at("4001", "dialled-1")))) == ANSWERED


# It is not answered


def test_reject() -> None:
    assert story(with_interaction(call()).ask("interaction.reject", IT, {"reason": {"code": "BUSY"}})) == [
        ("success", IT),
        su(V),
        ("conversation.disposed", V),
        ("interaction.ended", IT),
        *completion(IT),
    ]


OVER = [su(V), ("conversation.disposed", V), ("interaction.ended", IT), *completion(IT)]


@pytest.mark.parametrize("begin", ["ALERTING", "DIALING", "STARTED"])
def test_release_of_the_only_leg(begin: str) -> None:
    assert story(with_interaction(call(begin)).ask("conversation.release", V)) == [("success", V), *OVER]


def test_release_of_the_only_leg_that_is_held() -> None:
    desk = with_interaction(call("STARTED", leg("HELD")))
    assert story(desk.ask("conversation.release", V)) == [("success", V), *OVER]


@pytest.mark.parametrize(
    ("state", "cause"),
    [
        ("ALERTING", EndCause.ABANDONED),
        ("ALERTING", EndCause.NOANSWER),
        ("ALERTING", EndCause.REJECTED),
        ("DIALING", EndCause.BUSY),
        ("DIALING", EndCause.NOANSWER),
        ("DIALING", EndCause.RELEASED),
        ("STARTED", EndCause.REMOTE),
        ("STARTED", EndCause.RELEASED),
        ("STARTED", EndCause.TRANSFERRED),
        ("STARTED", EndCause.FAILED),
    ],
)
def test_it_ends_by_itself_or_at_the_phone(state: str, cause: EndCause) -> None:
    messages = with_interaction(call(state)).report(over(call(state), cause))
    assert story(messages) == OVER
    assert messages[2]["data"]["cause"] == cause
    assert messages[2]["data"]["wrapup"] is False


def test_it_ends_within_a_group() -> None:
    desk = with_group("READY")
    desk.report(call())
    assert story(desk.report(over(call(), EndCause.ABANDONED))) == [
        su(".g1.c1.i1.v1"),
        ("conversation.disposed", ".g1.c1.i1.v1"),
        ("interaction.ended", ".g1.c1.i1"),
        ("interaction.completed", ".g1.c1.i1"),
        ("interaction.disposed", ".g1.c1.i1"),
        ("channel.infochanged", ".g1.c1"),
        su(".g1.c1"),
    ]


def test_it_ends_and_the_channel_changes_by_the_same_happening() -> None:
    desk = with_interaction(TALKING)
    messages = desk.report(over(TALKING, EndCause.REMOTE, channel=channel("4001", "NOTREADY")))
    assert story(messages) == OVER
    assert messages[-1]["state"]["agentstate"] == "NOTREADY"


# Hold, retrieve and more


def test_hold_and_retrieve() -> None:
    desk = with_interaction(TALKING)
    assert story(desk.ask("conversation.hold", V)) == [("success", V), su(V)]
    assert story(desk.ask("conversation.retrieve", V)) == [("success", V), su(V)]


def test_hold_and_retrieve_at_the_phone() -> None:
    desk = with_interaction(TALKING)
    assert story(desk.report(in_state(TALKING, "a", "HELD"))) == [su(V)]
    assert story(desk.report(TALKING)) == [su(V)]


@pytest.mark.parametrize("state", ["CONNECTED", "HELD"])
def test_blindtransfer(state: str) -> None:
    desk = with_interaction(call("STARTED", leg(state)))
    messages = desk.ask("conversation.blindtransfer", V, {"destination": "4002"})
    assert story(messages) == [("success", V), *OVER]
    assert messages[3]["data"]["cause"] == "TRANSFERRED"


def test_blindconference() -> None:
    messages = with_interaction(TALKING).ask("conversation.blindconference", V, {"destination": "4002"})
    assert story(messages) == [("success", V), su(V), ("conversation.member.added", V)]
    assert messages[2]["data"] == {"member": {"id": "m4002", "address": "4002"}}


def test_a_conference_member_leaves_and_others_stay() -> None:
    both = call("STARTED", leg("CONNECTED", "555", "4002"))
    messages = with_interaction(both).report(left(both, "a", "555"))
    assert story(messages) == [("conversation.member.removed", V), su(V)]
    assert messages[0]["data"] == {"member": {"id": "m555", "address": "555"}}


def test_a_member_joins_by_itself() -> None:
    """As blindconference would give."""
    desk = with_interaction(TALKING)
    assert story(desk.report(joined(TALKING, "a", "4002"))) == [su(V), ("conversation.member.added", V)]


def test_senddtmf_tells_nothing() -> None:
    assert story(with_interaction(TALKING).ask("conversation.senddtmf", V, {"digits": "0*#A"})) == [("success", V)]


@pytest.mark.parametrize("state", ["ALERTING", "DIALING", "STARTED"])
def test_attached_data(state: str) -> None:
    desk = with_interaction(call(state))
    (response,) = desk.ask("interaction.getdata", IT)
    assert (response["result"], response["data"]) == ("success", {"interactiondata": {"account": "7"}})
    assert story(
        desk.ask("interaction.setdata", IT, {"interactiondata": {"account": None, "vip": {"since": "1"}}})
    ) == [
        ("success", IT),
        ("interaction.datachanged", IT),
    ]
    (response,) = desk.ask("interaction.getdata", IT, {"keys": ["vip", "account"]})
    assert response["data"] == {"interactiondata": {"vip": {"since": "1"}}}


def test_attached_data_that_somebody_else_changes() -> None:
    desk = with_interaction(TALKING)
    assert story(desk.report(attrs.evolve(TALKING, data={"account": "8"}))) == [("interaction.datachanged", IT)]


def test_recording() -> None:
    desk = with_interaction(TALKING)
    for verb, state in (
        ("start", "RECORDING"),
        ("start", "RECORDING"),
        ("pause", "PAUSED"),
        ("resume", "RECORDING"),
        ("stop", "STOPPED"),
        ("stop", "STOPPED"),
    ):
        messages = desk.ask(f"interaction.recording.{verb}", IT)
        assert story(messages) == [("success", IT), su(IT)], verb
        assert messages[1]["state"] == {"state": "STARTED", "recording": state}


def test_recording_that_the_platform_does_by_itself() -> None:
    desk = with_interaction(TALKING)
    assert story(desk.report(attrs.evolve(TALKING, recording=RecordingState.RECORDING))) == [su(IT)]


# What is refused emits nothing

ABOUT_LEG: dict[str, tuple[str, dict[str, Any], str]] = {
    "conversation.answer": ("AcceptInteraction", {}, "ALERTING"),
    "conversation.hold": ("HoldLeg", {}, "STARTED"),
    "conversation.retrieve": ("RetrieveLeg", {}, "HELD"),
    "conversation.release": ("ReleaseLeg", {}, "STARTED"),
    "conversation.blindtransfer": ("BlindTransfer", {"destination": "9"}, "STARTED"),
    "conversation.blindconference": ("BlindConference", {"destination": "9"}, "STARTED"),
    "conversation.senddtmf": ("SendDigits", {"digits": "1"}, "STARTED"),
}
ABOUT_CALL: dict[str, tuple[str, dict[str, Any], str]] = {
    "interaction.accept": ("AcceptInteraction", {}, "ALERTING"),
    "interaction.reject": ("RejectInteraction", {}, "ALERTING"),
    "interaction.setdata": ("ChangeData", {"interactiondata": {}}, "STARTED"),
    "interaction.consult": ("StartConsult", {"destination": "9"}, "STARTED"),
    "interaction.recording.start": ("SetRecording", {}, "STARTED"),
}


@pytest.mark.parametrize("command", [*ABOUT_LEG, *ABOUT_CALL])
def test_what_the_platform_refuses_emits_nothing(command: str) -> None:
    call_name, data, state = {**ABOUT_LEG, **ABOUT_CALL}[command]
    it = call("STARTED", leg("HELD")) if state == "HELD" else call(state)
    desk = with_interaction(it)
    desk.platform.refuses[call_name, "4001"] = FailureCode.PLATFORM_ERROR
    before = desk.client.world()
    target = V if command in ABOUT_LEG else IT
    assert story(desk.ask(command, target, data)) == [("PLATFORM_ERROR", target)]
    assert desk.client.world() == before


# In the way


@pytest.mark.parametrize("it", [call(), TALKING, call("DIALING")], ids=lambda it: it.state)
def test_a_channel_with_a_call_cannot_be_left(it: InteractionReport) -> None:
    desk = with_interaction(it)
    assert story(desk.ask("session.logout")) == [("INTERACTION_ACTIVE", "")]
    assert story(desk.ask("session.removechannel", data={"channel": {"id": "c1"}})) == [("INTERACTION_ACTIVE", "")]
    assert story(desk.ask("channel.deactivate", CH)) == [("INVALID_STATE", CH)]
    assert story(desk.ask("channel.dial", CH, {"destination": "9"})) == [("INVALID_STATE", CH)]


def test_a_group_with_a_call_cannot_be_removed() -> None:
    desk = with_group("READY", "READY")
    desk.report(call(at="4002"))
    data: dict[str, Any] = {"channelgroup": {"id": "g1"}}
    assert story(desk.ask("session.removechannelgroup", data=data)) == [("INTERACTION_ACTIVE", "")]
    assert story(desk.ask("channelgroup.deactivate", ".g1", {"channel": {"id": "c2"}})) == [
        ("INTERACTION_ACTIVE", ".g1")
    ]
    assert story(desk.ask("channelgroup.deactivateall", ".g1")) == [
        ("INTERACTION_ACTIVE", ".g1"),
        *pair(".g1.c1"),
        su(".g1"),
    ]


# Callbacks are no calls


@pytest.mark.parametrize("kind", ["callback"])
def test_a_callback_is_offered_as_media(kind: str) -> None:
    offer = attrs.evolve(call("ALERTING", at=f"{kind}-1"), type=ChannelType.CALLBACK, legs=())
    desk = Desk(FakePlatform().with_channels(channel(f"{kind}-1", "READY"))).started()
    assert story(desk.report(offer)) == [
        *pair(CH),
        ("interaction.created", IT),
        su(IT),
        ("interaction.datachanged", IT),
        ("interaction.preview", IT),
        ("interaction.initialized", IT),
    ]


REPEATED: dict[str, Callable[[], InteractionReport]] = {
    "ringing": call,
    "talking": lambda: TALKING,
    "in wrap-up": lambda: call("ENDED", wrapup_s=10.0),
}


@pytest.mark.parametrize("again", REPEATED.values(), ids=REPEATED)
def test_a_report_that_changes_nothing_tells_nothing(again: Callable[[], InteractionReport]) -> None:
    desk = with_interaction(again())
    assert desk.report(again()) == []


def test_a_call_that_was_completed_does_not_come_again() -> None:
    desk = with_interaction(TALKING)
    desk.report(over(TALKING, EndCause.REMOTE))
    for late in (call(), TALKING, over(TALKING, EndCause.REMOTE), completed(TALKING)):
        assert desk.report(late) == []
