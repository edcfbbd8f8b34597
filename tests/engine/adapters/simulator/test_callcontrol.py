"""What agents may ask for at calls, and what is refused; a refused call has changed nothing."""

from typing import Any

import pytest

from engine.adapters.simulator.legs import CallVisit
from engine.adapters.simulator.settings import SimulatedQueue, WrapUpTimes
from protocol.errors import FailureCode
from protocol.platform import (
    AcceptInteraction,
    AlternateLegs,
    BlindConference,
    BlindTransfer,
    ChangeData,
    CompleteInteraction,
    ConferenceConsult,
    DeactivateChannel,
    Dial,
    Feature,
    HoldLeg,
    InteractionReport,
    PlatformCall,
    RejectInteraction,
    ReleaseInteraction,
    ReleaseLeg,
    RetrieveLeg,
    SendDigits,
    SendMessage,
    SetRecording,
    StartAgent,
    StartConsult,
    TransferConsult,
)
from protocol.states import ConversationState, InteractionState, RecordingState
from tests.engine.adapters.simulator.centre import ADA, BOB, CUSTOMER, CYN, EMPTY, PHONES, SALES, WIFE, Centre, of

HELD, CONNECTED, DIALING = ConversationState.HELD, ConversationState.CONNECTED, ConversationState.DIALING


def states(report: InteractionReport) -> list[ConversationState]:
    return [leg.state for leg in report.legs]


def consult(centre: Centre, destination: str = BOB, *, answered: bool = True) -> InteractionReport:
    """Ada talks with a customer, and consults."""
    centre.talk("ada")
    report = centre.ask("ada", of(StartConsult, centre.interaction("ada"), destination=destination))
    if answered:
        centre.switch.phone(destination, "answer")
    centre.told.clear()
    return centre.interaction("ada") if answered else report


# What changes


def test_hold_and_retrieve_and_asking_for_what_holds() -> None:
    centre = Centre()
    centre.talk("ada")
    talking = centre.interaction("ada")
    for call, state in ((HoldLeg, HELD), (HoldLeg, HELD), (RetrieveLeg, CONNECTED), (RetrieveLeg, CONNECTED)):
        assert states(centre.ask("ada", of(call, talking, 0))) == [state]
    assert [states(report) for _, report in centre.take()] == [[HELD], [CONNECTED]]  # type: ignore[arg-type]


def test_alternate_holds_the_one_and_retrieves_the_other() -> None:
    centre = Centre()
    consulting = consult(centre)
    assert states(consulting) == [HELD, CONNECTED]
    for expected in ([CONNECTED, HELD], [HELD, CONNECTED]):
        assert states(centre.ask("ada", of(AlternateLegs, consulting))) == expected
    assert len(centre.take()) == 2


def test_recording_is_started_paused_and_stopped() -> None:
    centre = Centre()
    contact = centre.talk("ada")
    talking = centre.interaction("ada")
    for recording in (RecordingState.RECORDING, RecordingState.PAUSED, RecordingState.PAUSED, RecordingState.STOPPED):
        assert centre.ask("ada", of(SetRecording, talking, recording=recording)).recording is recording
    assert len(centre.take()) == 3
    centre.ask("ada", of(SetRecording, talking, recording=RecordingState.RECORDING))
    centre.take()
    centre.switch.hangup(contact)
    (over,) = centre.heard_by("ada")
    assert isinstance(over, InteractionReport)
    assert over.recording is RecordingState.STOPPED


def test_data_belongs_to_the_contact_and_is_told_to_all_who_have_it() -> None:
    centre = Centre()
    consulting = consult(centre)
    centre.take()
    answer = centre.ask("ada", of(ChangeData, consulting, changes={"order": {"number": "17"}, "never": None}))
    assert answer.data == {"order": {"number": "17"}}
    told = centre.take()
    assert [agent for agent, _ in told] == ["ada", "bob"]
    assert all(isinstance(report, InteractionReport) and report.data == answer.data for _, report in told)
    assert centre.ask("bob", of(ChangeData, centre.interaction("bob"), changes={"order": None})).data == {}
    assert centre.interaction("ada").data == {}
    centre.take()
    centre.ask("ada", of(ChangeData, consulting, changes={"order": None}))
    assert centre.take() == []


def test_digits_reach_the_far_end() -> None:
    centre = Centre()
    centre.talk("ada")
    talking = centre.interaction("ada")
    for digits in ("12", "#"):
        assert centre.ask("ada", of(SendDigits, talking, 0, digits=digits)) is None
    assert centre.take() == []
    (visit,) = centre.switch.agents.all_visits()
    assert isinstance(visit, CallVisit)
    assert [party.digits for party in visit.primary.call.outside] == ["12#"]


# What is refused


@pytest.mark.parametrize(
    ("destination", "code", "message"),
    [
        ("nowhere", FailureCode.INVALID_DESTINATION, "nowhere is no extension, queue or outside number"),
        ("+12", FailureCode.INVALID_DESTINATION, "+12 is no extension, queue or outside number"),
        ("+" + "1" * 21, FailureCode.INVALID_DESTINATION, "is no extension, queue or outside number"),
        (ADA, FailureCode.INVALID_DESTINATION, "4001 is the phone that dials; dial another number"),
        (BOB, FailureCode.DESTINATION_BUSY, "4002 is busy; try again later"),
        (SALES, FailureCode.DESTINATION_BUSY, "4910 is busy; try again later"),
    ],
)
@pytest.mark.parametrize("how", [Dial, StartConsult, BlindTransfer, BlindConference])
def test_a_destination_that_cannot_be_reached(
    how: type[PlatformCall[Any]], destination: str, code: FailureCode, message: str
) -> None:
    centre = Centre(queues=(SimulatedQueue(name="Sales", number=SALES, limit=1),))
    centre.talk("bob")
    centre.switch.call(SALES, WIFE)
    call: PlatformCall[Any] = Dial(endpoint=ADA, destination=destination)
    if how is not Dial:
        centre.talk("ada")
        leg = None if how is StartConsult else 0
        call = of(how, centre.interaction("ada"), leg, destination=destination)
    refused, text = centre.refused("ada", call)
    assert refused is code
    assert message in text


def test_a_phone_dials_one_call_at_a_time() -> None:
    centre = Centre(wrapup_s=WrapUpTimes(telephony=10.0))
    contact = centre.talk("ada")
    code, message = centre.refused("ada", Dial(endpoint=ADA, destination=BOB))
    assert code is FailureCode.INTERACTION_ACTIVE
    assert message == "4001 has interaction interaction1, which is STARTED; end and complete it first"
    centre.switch.hangup(contact)
    assert centre.refused("ada", Dial(endpoint=ADA, destination=BOB))[0] is FailureCode.INTERACTION_ACTIVE


def test_who_dials_is_logged_in_at_a_phone_of_its_own() -> None:
    centre = Centre()
    assert centre.refused("ada", Dial(endpoint=EMPTY, destination=BOB))[0] is FailureCode.CHANNEL_UNAVAILABLE
    centre.ask("ada", DeactivateChannel(endpoint=ADA))
    assert centre.refused("ada", Dial(endpoint=ADA, destination=BOB))[0] is FailureCode.CHANNEL_INACTIVE


def test_an_interaction_that_is_not_there_any_longer() -> None:
    centre = Centre()
    centre.talk("ada")
    talking = centre.interaction("ada")
    centre.switch.phone(ADA, "hangup")
    for agent, call in (
        ("ada", of(HoldLeg, talking, 0)),
        ("ada", of(AcceptInteraction, talking)),
        ("ada", CompleteInteraction(endpoint=ADA, interaction="never")),
        ("ada", CompleteInteraction(endpoint="nowhere", interaction="never")),
    ):
        assert centre.refused(agent, call)[0] is FailureCode.INVALID_TARGET
    centre.talk("ada")
    # It is nobody else's.
    assert centre.refused("bob", of(AcceptInteraction, centre.interaction("ada")))[0] is FailureCode.INVALID_TARGET


def test_a_leg_that_has_ended_meanwhile() -> None:
    centre = Centre()
    consulting = consult(centre)
    centre.switch.phone(BOB, "hangup")
    code, message = centre.refused("ada", of(ReleaseLeg, consulting, 1))
    assert code is FailureCode.INVALID_STATE
    assert message == "leg leg2 of interaction interaction1 has ended; look at the latest events"


ALERTING: dict[type[PlatformCall[Any]], dict[str, Any]] = {
    HoldLeg: {"leg": 0},
    RetrieveLeg: {"leg": 0},
    SendDigits: {"leg": 0, "digits": "1"},
    BlindTransfer: {"leg": 0, "destination": BOB},
    BlindConference: {"leg": 0, "destination": BOB},
    StartConsult: {"destination": BOB},
    AlternateLegs: {},
    TransferConsult: {},
    ConferenceConsult: {},
    SetRecording: {"recording": RecordingState.RECORDING},
    CompleteInteraction: {},
}


@pytest.mark.parametrize("call", ALERTING, ids=lambda call: call.__name__)
def test_what_a_call_that_rings_is_too_early_for(call: type[PlatformCall[Any]]) -> None:
    centre = Centre()
    centre.switch.call(ADA, CUSTOMER)
    assert centre.refused("ada", of(call, centre.interaction("ada"), **ALERTING[call]))[0] is FailureCode.INVALID_STATE


@pytest.mark.parametrize("call", [AcceptInteraction, RejectInteraction, CompleteInteraction])
def test_what_a_call_that_is_dialled_is_not_for(call: type[PlatformCall[Any]]) -> None:
    centre = Centre()
    assert centre.refused("ada", of(call, centre.dial("ada", CUSTOMER)))[0] is FailureCode.INVALID_STATE


@pytest.mark.parametrize(
    "call", [RejectInteraction, StartConsult, SetRecording, HoldLeg, AlternateLegs, BlindTransfer, SendDigits]
)
def test_what_a_call_in_wrap_up_is_too_late_for(call: type[PlatformCall[Any]]) -> None:
    centre = Centre(wrapup_s=WrapUpTimes(telephony=10.0))
    contact = centre.talk("ada")
    talking = centre.interaction("ada")
    centre.switch.hangup(contact)
    assert centre.refused("ada", of(call, talking, **ALERTING.get(call, {})))[0] is FailureCode.INVALID_STATE


def test_what_needs_a_consult_or_none() -> None:
    centre = Centre()
    centre.talk("ada")
    talking = centre.interaction("ada")
    for call in (AlternateLegs, TransferConsult, ConferenceConsult):
        code, message = centre.refused("ada", of(call, talking))
        assert code is FailureCode.INVALID_STATE
        assert "no consult by now; start one first" in message
    dialling = centre.ask("ada", of(StartConsult, talking, destination=BOB))
    for call in (AlternateLegs, TransferConsult, ConferenceConsult):
        assert centre.refused("ada", of(call, dialling))[0] is FailureCode.CONSULT_NOT_CONNECTED
    # Nobody talks to two at once, so the customer stays held while the colleague is rung, too.
    assert centre.refused("ada", of(RetrieveLeg, dialling, 0))[0] is FailureCode.CONSULT_EXISTS
    assert centre.refused("ada", of(HoldLeg, dialling, 1))[0] is FailureCode.INVALID_STATE
    centre.switch.phone(BOB, "answer")
    for again in (
        of(StartConsult, talking, destination=CYN),
        of(BlindTransfer, talking, 0, destination=CYN),
        of(BlindConference, talking, 0, destination=CYN),
        of(RetrieveLeg, talking, 0),
    ):
        assert centre.refused("ada", again)[0] is FailureCode.CONSULT_EXISTS


def test_of_two_held_legs_there_is_nothing_to_alternate() -> None:
    centre = Centre()
    consulting = consult(centre)
    centre.ask("ada", of(HoldLeg, consulting, 1))
    code, message = centre.refused("ada", of(AlternateLegs, consulting))
    assert (code, message) == (FailureCode.INVALID_STATE, "both legs are held; retrieve the one that you want")
    assert states(centre.ask("ada", of(RetrieveLeg, consulting, 0))) == [CONNECTED, HELD]


def test_digits_are_for_a_connected_leg() -> None:
    centre = Centre()
    centre.talk("ada")
    held = centre.ask("ada", of(HoldLeg, centre.interaction("ada"), 0))
    assert centre.refused("ada", of(SendDigits, held, 0, digits="1"))[0] is FailureCode.INVALID_STATE


@pytest.mark.parametrize("call", [ReleaseInteraction, SendMessage])
def test_a_call_is_no_chat(call: type[PlatformCall[Any]]) -> None:
    centre = Centre()
    centre.talk("ada")
    more = {"text": "Hello"} if call is SendMessage else {}
    code, message = centre.refused("ada", of(call, centre.interaction("ada"), **more))
    assert code is FailureCode.UNSUPPORTED
    assert message == f"TELEPHONY interactions have no {call.__name__}; do without"


FEATURED: dict[Feature, PlatformCall[Any]] = {
    Feature.DIAL: Dial(endpoint=ADA, destination=BOB),
    Feature.REJECT: RejectInteraction(endpoint=ADA, interaction="interaction1"),
    Feature.HOLD: HoldLeg(endpoint=ADA, interaction="interaction1", leg="leg1"),
    Feature.CONSULT: StartConsult(endpoint=ADA, interaction="interaction1", destination=BOB),
    Feature.CONFERENCE: ConferenceConsult(endpoint=ADA, interaction="interaction1"),
    Feature.BLIND_TRANSFER: BlindTransfer(endpoint=ADA, interaction="interaction1", leg="leg1", destination=BOB),
    Feature.DTMF: SendDigits(endpoint=ADA, interaction="interaction1", leg="leg1", digits="1"),
    Feature.RECORDING: SetRecording(endpoint=ADA, interaction="interaction1", recording=RecordingState.RECORDING),
    Feature.INTERACTION_DATA: ChangeData(endpoint=ADA, interaction="interaction1", changes={"a": "b"}),
}


@pytest.mark.parametrize("feature", FEATURED)
def test_without_a_feature_its_calls_are_refused(feature: Feature) -> None:
    centre = Centre(features=tuple(each for each in Feature if each is not feature))
    if feature is not Feature.DIAL:
        centre.talk("ada")
    code, message = centre.refused("ada", FEATURED[feature])
    assert code is FailureCode.UNSUPPORTED
    assert message == f"the simulator has no {feature}; add it to simulator.features, or do without"


@pytest.mark.parametrize("text", ["\0", "\ud800"])
def test_what_could_not_be_reported_is_not_taken_in(text: str) -> None:
    centre = Centre()
    for call in (
        Dial(endpoint=ADA, destination=BOB, extensions={"key": text}),
        Dial(endpoint=ADA, destination=BOB, extensions={text: "value"}),
    ):
        code, message = centre.refused("ada", call)
        assert code is FailureCode.PLATFORM_ERROR
        assert message == "extensions: holds NUL or a lone surrogate; leave it out"
    centre.talk("ada")
    talking = centre.interaction("ada")
    for changes in ({"key": text}, {"key": {text: "value"}}, {text: None}):
        code, message = centre.refused("ada", of(ChangeData, talking, changes=changes))
        assert message == "changes: holds NUL or a lone surrogate; leave it out"


# Where something lives


def test_a_start_finds_what_lives() -> None:
    centre = Centre()
    centre.talk("ada")
    (found,) = centre.ask("ada", StartAgent()).interactions
    assert (found.state, found.legs[0].state) == (InteractionState.STARTED, CONNECTED)
    assert centre.take() == []
    assert all(centre.ask(agent, StartAgent()).interactions == () for agent in PHONES if agent != "ada")
