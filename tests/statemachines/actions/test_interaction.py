"""What the commands for calls and all interactions ask of the platform, and what they believe of its answers."""

from typing import Any

import attrs
import pytest

from protocol import platform
from protocol.platform import Disposition, InteractionReport, PlatformCall
from protocol.states import EndCause, RecordingState
from tests.fakes.calls import (
    answered,
    call,
    chat,
    consulting,
    in_state,
    leg,
    over,
)
from tests.fakes.desk import JsonObject, completion, pair, story, su, with_interaction, wrapup
from tests.fakes.platform import channel

IT, V, W = ".c1.i1", ".c1.i1.v1", ".c1.i1.v2"
TALKING = call("STARTED")
RINGING = consulting(TALKING, "4002")
ASKING = answered(RINGING)
WRAPUP = call("ENDED", wrapup_s=10.0)
RECORDED = attrs.evolve(TALKING, recording=RecordingState.RECORDING)
ABOUT: Any = {"endpoint": "4001", "interaction": "1"}
FAR: Any = {"destination": "4002"}

# What is asked

ASKED: list[tuple[InteractionReport, str, JsonObject, PlatformCall[Any]]] = [
    (call(), "interaction.accept", {}, platform.AcceptInteraction(**ABOUT)),
    (call(), "interaction.reject", {}, platform.RejectInteraction(**ABOUT)),
    (call(), "interaction.reject", {"reason": {"code": "BUSY"}}, platform.RejectInteraction(**ABOUT, reason="BUSY")),
    (WRAPUP, "interaction.complete", {}, platform.CompleteInteraction(**ABOUT)),
    (
        WRAPUP,
        "interaction.complete",
        {"disposition": {"code": "SOLD", "note": "two"}},
        platform.CompleteInteraction(**ABOUT, disposition=Disposition(code="SOLD", note="two")),
    ),
    (
        TALKING,
        "interaction.setdata",
        {"interactiondata": {"a": "1", "b": {"c": "2"}, "account": None}},
        platform.ChangeData(**ABOUT, changes={"a": "1", "b": {"c": "2"}, "account": None}),
    ),
    (TALKING, "interaction.consult", FAR, platform.StartConsult(**ABOUT, **FAR)),
    (ASKING, "interaction.alternate", {}, platform.AlternateLegs(**ABOUT)),
    (ASKING, "interaction.consulttransfer", {}, platform.TransferConsult(**ABOUT)),
    (ASKING, "interaction.consultconference", {}, platform.ConferenceConsult(**ABOUT)),
    (TALKING, "interaction.recording.start", {}, platform.SetRecording(**ABOUT, recording=RecordingState.RECORDING)),
    (RECORDED, "interaction.recording.start", {}, platform.SetRecording(**ABOUT, recording=RecordingState.RECORDING)),
    (RECORDED, "interaction.recording.stop", {}, platform.SetRecording(**ABOUT, recording=RecordingState.STOPPED)),
    (RECORDED, "interaction.recording.pause", {}, platform.SetRecording(**ABOUT, recording=RecordingState.PAUSED)),
    (
        attrs.evolve(TALKING, recording=RecordingState.PAUSED),
        "interaction.recording.resume",
        {},
        platform.SetRecording(**ABOUT, recording=RecordingState.RECORDING),
    ),
    (call(), "conversation.answer", {}, platform.AcceptInteraction(**ABOUT)),
    (TALKING, "conversation.hold", {}, platform.HoldLeg(**ABOUT, leg="a")),
    (call("STARTED", leg("HELD")), "conversation.retrieve", {}, platform.RetrieveLeg(**ABOUT, leg="a")),
    (TALKING, "conversation.release", {}, platform.ReleaseLeg(**ABOUT, leg="a")),
    (TALKING, "conversation.blindtransfer", FAR, platform.BlindTransfer(**ABOUT, leg="a", **FAR)),
    (TALKING, "conversation.blindconference", FAR, platform.BlindConference(**ABOUT, leg="a", **FAR)),
    (TALKING, "conversation.senddtmf", {"digits": "1#"}, platform.SendDigits(**ABOUT, leg="a", digits="1#")),
]


@pytest.mark.parametrize(("it", "command", "data", "asked"), ASKED, ids=[row[1] for row in ASKED])
def test_the_platform_is_asked(it: InteractionReport, command: str, data: JsonObject, asked: PlatformCall[Any]) -> None:
    desk = with_interaction(it)
    (response, *_) = desk.ask(command, V if command.startswith("conversation.") else IT, data)
    assert response["result"] == "success"
    assert desk.platform.calls[1:] == [asked]


def test_the_leg_that_is_named_is_the_leg_that_is_asked_for() -> None:
    desk = with_interaction(ASKING)
    desk.ask("conversation.hold", W)
    assert desk.platform.calls[-1] == platform.HoldLeg(**ABOUT, leg="b")


def test_nothing_is_asked_for_data() -> None:
    desk = with_interaction(TALKING)
    desk.ask("interaction.getdata", IT)
    assert len(desk.platform.calls) == 1


# Answers that are not what was asked

GONE = [su(V), ("conversation.disposed", V), ("interaction.ended", IT)]
NOT_YET: list[tuple[str, str]] = []

OTHERWISE: dict[str, tuple[InteractionReport, str, JsonObject, InteractionReport, str, list[tuple[str, str]]]] = {
    "accepted, and it still rings": (call(), "interaction.accept", {}, call(), "PLATFORM_ERROR", NOT_YET),
    "accepted, and it has ended": (
        call(),
        "interaction.accept",
        {},
        over(call(), EndCause.ABANDONED),
        "INVALID_STATE",
        [*GONE, *completion(IT)],
    ),
    "answered, and it has ended": (
        call(),
        "conversation.answer",
        {},
        over(call(), EndCause.ABANDONED),
        "INVALID_STATE",
        [*GONE, *completion(IT)],
    ),
    "rejected, and it has started": (
        call(),
        "interaction.reject",
        {},
        TALKING,
        "PLATFORM_ERROR",
        [su(V), su(IT), ("interaction.started", IT)],
    ),
    "completed, and it is not": (WRAPUP, "interaction.complete", {}, WRAPUP, "PLATFORM_ERROR", NOT_YET),
    "data set, and others are": (
        TALKING,
        "interaction.setdata",
        {"interactiondata": {"account": "9"}},
        attrs.evolve(TALKING, data={"account": "8"}),
        "PLATFORM_ERROR",
        [("interaction.datachanged", IT)],
    ),
    "a key removed that stays": (
        TALKING,
        "interaction.setdata",
        {"interactiondata": {"account": None}},
        TALKING,
        "PLATFORM_ERROR",
        NOT_YET,
    ),
    "recorded, and it is not": (TALKING, "interaction.recording.start", {}, TALKING, "PLATFORM_ERROR", NOT_YET),
    "recording paused, and it is stopped": (
        RECORDED,
        "interaction.recording.pause",
        {},
        TALKING,
        "PLATFORM_ERROR",
        [su(IT)],
    ),
    "recording stopped, and the call is over": (
        RECORDED,
        "interaction.recording.stop",
        {},
        over(TALKING, EndCause.REMOTE),
        "INVALID_STATE",
        [*GONE, *completion(IT)],
    ),
    "recorded, and the call has ended": (
        TALKING,
        "interaction.recording.start",
        {},
        over(RECORDED, EndCause.REMOTE, wrapup_s=10.0),
        "INVALID_STATE",
        [*GONE, *wrapup(IT)],
    ),
    "consulted, and there is none": (
        TALKING,
        "interaction.consult",
        FAR,
        in_state(TALKING, "a", "HELD"),
        "PLATFORM_ERROR",
        [su(V)],
    ),
    "consulted, and the caller has hung up": (
        TALKING,
        "interaction.consult",
        FAR,
        over(TALKING, EndCause.REMOTE, wrapup_s=10.0),
        "INVALID_STATE",
        [*GONE, *wrapup(IT)],
    ),
    "alternated, and all is as it was": (ASKING, "interaction.alternate", {}, ASKING, "PLATFORM_ERROR", NOT_YET),
    "alternated, and both are held": (
        ASKING,
        "interaction.alternate",
        {},
        in_state(ASKING, "b", "HELD"),
        "PLATFORM_ERROR",
        [su(W), su(IT)],
    ),
    "transferred, and it goes on": (ASKING, "interaction.consulttransfer", {}, ASKING, "PLATFORM_ERROR", NOT_YET),
    "joined, and they are not": (ASKING, "interaction.consultconference", {}, ASKING, "PLATFORM_ERROR", NOT_YET),
    "joined, and it is over": (
        ASKING,
        "interaction.consultconference",
        {},
        over(ASKING, EndCause.REMOTE),
        "INVALID_STATE",
        [
            su(V),
            ("conversation.disposed", V),
            ("interaction.focuschanged", IT),
            su(W),
            ("conversation.disposed", W),
            ("interaction.ended", IT),
            *completion(IT),
        ],
    ),
    "held, and it is not": (TALKING, "conversation.hold", {}, TALKING, "PLATFORM_ERROR", NOT_YET),
    "held, and it is over": (
        TALKING,
        "conversation.hold",
        {},
        over(TALKING, EndCause.REMOTE),
        "INVALID_STATE",
        [*GONE, *completion(IT)],
    ),
    "retrieved, and it is not": (
        call("STARTED", leg("HELD")),
        "conversation.retrieve",
        {},
        call("STARTED", leg("HELD")),
        "PLATFORM_ERROR",
        NOT_YET,
    ),
    "released, and it goes on": (TALKING, "conversation.release", {}, TALKING, "PLATFORM_ERROR", NOT_YET),
    "transferred blindly, and it goes on": (
        TALKING,
        "conversation.blindtransfer",
        FAR,
        TALKING,
        "PLATFORM_ERROR",
        NOT_YET,
    ),
    "joined blindly, and another leg is there": (
        TALKING,
        "conversation.blindconference",
        FAR,
        call("STARTED", leg("CONNECTED", "555", "4002", key="z")),
        "PLATFORM_ERROR",
        [
            su(V),
            ("conversation.disposed", V),
            ("conversation.created", W),
            su(W),
            ("conversation.member.added", W),
            ("conversation.member.added", W),
            ("conversation.initialized", W),
            ("interaction.focuschanged", IT),
            su(IT),
        ],
    ),
    "joined blindly, and it is over": (
        TALKING,
        "conversation.blindconference",
        FAR,
        over(TALKING, EndCause.REMOTE),
        "INVALID_STATE",
        [*GONE, *completion(IT)],
    ),
}
"""By name: how it stands, the command and its data, the answer, the code, and what is told after the failure."""


@pytest.mark.parametrize("name", OTHERWISE)
def test_an_answer_that_is_not_what_was_asked_is_told_after_the_failure(name: str) -> None:
    it, command, data, answer, code, told = OTHERWISE[name]
    desk = with_interaction(it)
    desk.platform.instead[type(_call_of(command)).__name__] = answer
    target = V if command.startswith("conversation.") else IT
    messages = desk.ask(command, target, data, requestid="r1")
    assert story(messages) == [(code, target), *told]
    assert all(message["cause"] == "r1" for message in messages[1:])


def _call_of(command: str) -> PlatformCall[Any]:
    return next(asked for _, name, _, asked in ASKED if name == command)


NONSENSE: dict[str, tuple[Any, str]] = {
    "nothing": (None, "NoneType in answer to HoldLeg"),
    "a channel": (channel("4001", "READY"), "ChannelReport in answer to HoldLeg"),
    "another interaction": (call("STARTED", leg("HELD"), key="2"), "asked about 1 at 4001, it told of 2 at 4001"),
    "another endpoint": (call("STARTED", leg("HELD"), at="4002"), "asked about 1 at 4001, it told of 1 at 4002"),
    "another type": (attrs.evolve(chat("STARTED"), endpoint="4001"), "a CHAT at the TELEPHONY endpoint 4001"),
    "the impossible": (attrs.evolve(TALKING, legs=()), "interaction 1: legs none"),
    "what was before": (call(), "interaction 1 cannot go from STARTED to ALERTING"),
}


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_is_not_believed(name: str) -> None:
    answer, why = NONSENSE[name]
    desk = with_interaction(TALKING)
    before = desk.client.world()
    desk.platform.instead["HoldLeg"] = answer
    (failure,) = desk.ask("conversation.hold", V)
    assert failure["failure"]["code"] == "PLATFORM_ERROR"
    assert why in failure["failure"]["message"]
    assert desk.client.world() == before
    del desk.platform.instead["HoldLeg"]
    assert story(desk.ask("conversation.hold", V)) == [("success", V), su(V)]


def test_what_else_an_answer_tells_counts_too() -> None:
    desk = with_interaction(TALKING)
    desk.platform.instead["HoldLeg"] = attrs.evolve(
        in_state(TALKING, "a", "HELD"), data={"account": "8"}, channel=channel("4001", "NOTREADY")
    )
    assert story(desk.ask("conversation.hold", V)) == [
        ("success", V),
        su(V),
        ("interaction.datachanged", IT),
        *pair(".c1"),
    ]


def test_a_release_that_ends_the_other_leg_too() -> None:
    desk = with_interaction(ASKING)
    desk.platform.instead["ReleaseLeg"] = over(ASKING, EndCause.RELEASED)
    assert story(desk.ask("conversation.release", W))[-4:] == completion(IT)


def test_a_blind_conference_whose_new_member_has_not_come_yet() -> None:
    desk = with_interaction(TALKING)
    desk.platform.instead["BlindConference"] = TALKING
    assert story(desk.ask("conversation.blindconference", V, FAR)) == [("success", V), su(V)]


def test_data_that_were_so_already_are_told_all_the_same() -> None:
    messages = with_interaction(TALKING).ask("interaction.setdata", IT, {"interactiondata": {"account": "7"}})
    assert story(messages) == [("success", IT), ("interaction.datachanged", IT)]
    assert messages[1]["data"] == {"interactiondata": {"account": "7"}, "changed": []}
