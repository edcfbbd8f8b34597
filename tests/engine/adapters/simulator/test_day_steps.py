"""What each act is as calls, given how the interaction stands."""

from typing import Any

import attrs
import pytest

from engine.adapters.simulator.day_plan import Act
from engine.adapters.simulator.day_steps import calls_for
from protocol.platform import (
    AlternateLegs,
    BlindConference,
    BlindTransfer,
    ChangeData,
    ConferenceConsult,
    HoldLeg,
    InteractionReport,
    LegReport,
    ReleaseInteraction,
    ReleaseLeg,
    ReplyEmail,
    RetrieveLeg,
    SendDigits,
    SendMessage,
    SetRecording,
    SetTyping,
    StartConsult,
    TransferConsult,
    TransferInteraction,
)
from protocol.states import (
    ChannelType,
    ConversationState,
    ConversationType,
    Direction,
    InteractionState,
    RecordingState,
)

ABOUT: dict[str, Any] = {"endpoint": "4001", "interaction": "i1"}


def leg(id_: str, state: ConversationState, kind: ConversationType = ConversationType.PRIMARY) -> LegReport:
    return LegReport(id=id_, type=kind, state=state, direction=Direction.INBOUND, members=())


def call(*legs: LegReport) -> InteractionReport:
    return InteractionReport(
        endpoint="4001",
        id="i1",
        contact="contact1",
        type=ChannelType.TELEPHONY,
        direction=Direction.INBOUND,
        state=InteractionState.STARTED,
        legs=legs,
    )


TALKING = call(leg("l1", ConversationState.CONNECTED))
HELD = call(leg("l1", ConversationState.HELD))
CONSULTING = call(leg("l1", ConversationState.HELD), leg("l2", ConversationState.CONNECTED, ConversationType.CONSULT))
CHAT = attrs.evolve(call(), type=ChannelType.CHAT)


@pytest.mark.parametrize(
    ("act", "report", "calls"),
    [
        (Act.HOLD, TALKING, [HoldLeg(**ABOUT, leg="l1")]),
        (Act.HOLD, HELD, []),
        (Act.RETRIEVE, HELD, [RetrieveLeg(**ABOUT, leg="l1")]),
        (Act.RETRIEVE, TALKING, []),
        (Act.RETRIEVE, CONSULTING, []),
        (Act.RECORD, TALKING, [SetRecording(**ABOUT, recording=RecordingState.RECORDING)]),
        (Act.PAUSE_RECORDING, TALKING, [SetRecording(**ABOUT, recording=RecordingState.PAUSED)]),
        (Act.STOP_RECORDING, TALKING, [SetRecording(**ABOUT, recording=RecordingState.STOPPED)]),
        (Act.DIGITS, TALKING, [SendDigits(**ABOUT, leg="l1", digits="X")]),
        (Act.DIGITS, CONSULTING, [SendDigits(**ABOUT, leg="l2", digits="X")]),
        (Act.DIGITS, HELD, []),
        (Act.NOTE, TALKING, [ChangeData(**ABOUT, changes={"note": "X"})]),
        (Act.CONSULT, TALKING, [StartConsult(**ABOUT, destination="X")]),
        (Act.ALTERNATE, CONSULTING, [AlternateLegs(**ABOUT)]),
        (Act.TRANSFER, CONSULTING, [TransferConsult(**ABOUT)]),
        (Act.CONFERENCE, CONSULTING, [ConferenceConsult(**ABOUT)]),
        (Act.END_CONSULT, CONSULTING, [ReleaseLeg(**ABOUT, leg="l2")]),
        (Act.END_CONSULT, TALKING, []),
        (Act.BLIND_TRANSFER, TALKING, [BlindTransfer(**ABOUT, leg="l1", destination="X")]),
        (Act.BLIND_TRANSFER, HELD, [BlindTransfer(**ABOUT, leg="l1", destination="X")]),
        (Act.BLIND_CONFERENCE, TALKING, [BlindConference(**ABOUT, leg="l1", destination="X")]),
        (Act.BLIND_CONFERENCE, HELD, []),
        (Act.TYPE, CHAT, [SetTyping(**ABOUT, typing=True)]),
        (Act.SAY, CHAT, [SendMessage(**ABOUT, text="X")]),
        (Act.REPLY, CHAT, [ReplyEmail(**ABOUT, text="X")]),
        (Act.HAND_ON, CHAT, [TransferInteraction(**ABOUT, queue="X")]),
        (Act.RELEASE, CHAT, [ReleaseInteraction(**ABOUT)]),
        (Act.RELEASE, TALKING, [ReleaseLeg(**ABOUT, leg="l1")]),
        (Act.RELEASE, CONSULTING, [ReleaseLeg(**ABOUT, leg="l2"), ReleaseLeg(**ABOUT, leg="l1")]),
    ],
    ids=lambda value: value if isinstance(value, Act) else "",
)
def test_an_act_is_these_calls(act: Act, report: InteractionReport, calls: list[object]) -> None:
    assert list(calls_for(act, "X", report)) == calls


@pytest.mark.parametrize("act", Act)
def test_every_act_can_be_tried_on_anything(act: Act) -> None:
    for report in (TALKING, HELD, CONSULTING, CHAT, call()):
        assert isinstance(calls_for(act, "X", report), tuple)
