"""Which reports of interactions are possible in themselves: specs/adapter-interface.md, "Interactions"."""

import math
from typing import Any

import attrs
import pytest

from protocol.platform import ChannelReport, Disposition, InteractionReport, LegReport, Member, Message, Party
from protocol.states import (
    Ability,
    AgentState,
    ChannelType,
    ConversationState,
    ConversationType,
    Direction,
    EndCause,
    InteractionState,
    LoginState,
    PartyRole,
    RecordingState,
)

CUSTOMER = Member(id="m1", address="+15550100", name="Zoë Customer")
COLLEAGUE = Member(id="m2", address="4002")
PARTY = Party(id="p1", name="Zoë", role=PartyRole.CUSTOMER)
SAID = Message(id="said-1", party=PARTY, text="Hello", time="2026-11-21T09:30:00.000Z")
CHANNEL = ChannelReport(
    endpoint="4001",
    type=ChannelType.TELEPHONY,
    name="Phone 4001",
    loginstate=LoginState.ACTIVE,
    agentstate=AgentState.WORK,
)


def leg(state: str = "CONNECTED", kind: str = "PRIMARY", key: str = "", **more: Any) -> LegReport:
    return LegReport(
        id=key or f"leg-{kind}",
        type=ConversationType(kind),
        state=ConversationState(state),
        direction=Direction.INBOUND,
        **{"members": (CUSTOMER,), **more},
    )


def call(state: str = "STARTED", *legs: LegReport, **more: Any) -> InteractionReport:
    return InteractionReport(
        endpoint="4001",
        id="7",
        contact="call-7",
        type=ChannelType.TELEPHONY,
        direction=Direction.INBOUND,
        state=InteractionState(state),
        legs=legs,
        **more,
    )


def media(kind: str = "CHAT", state: str = "STARTED", **more: Any) -> InteractionReport:
    return InteractionReport(
        endpoint="4001-chat",
        id="8",
        contact="chat-8",
        type=ChannelType(kind),
        direction=Direction.INBOUND,
        state=InteractionState(state),
        **more,
    )


OVER = ("ENDED", "COMPLETED")
ALIVE = ("ALERTING", "DIALING", "STARTED")
MEDIA = ("CHAT", "EMAIL", "CALLBACK")


# Calls

POSSIBLE = [
    call("ALERTING", leg("ALERTING")),
    call("DIALING", leg("DIALING")),
    call("STARTED", leg("CONNECTED")),
    call("STARTED", leg("HELD")),
    *(
        call("STARTED", leg(first), leg(second, "CONSULT"))
        for first in ("CONNECTED", "HELD")
        for second in ("DIALING", "CONNECTED", "HELD")
        if (first, second) != ("CONNECTED", "CONNECTED")
    ),
    call("ENDED", cause=EndCause.REMOTE, wrapup_s=30),
    call("ENDED", cause=EndCause.RELEASED, disposition=Disposition(code="SOLD")),
    *(call("COMPLETED", cause=cause) for cause in EndCause),
    *(call("STARTED", leg(), recording=recording) for recording in RecordingState),
    call("STARTED", leg(), channel=CHANNEL),
    call("STARTED", leg(members=())),
    call("STARTED", leg(members=(CUSTOMER, COLLEAGUE))),
]


@pytest.mark.parametrize("report", POSSIBLE)
def test_possible_calls(report: InteractionReport) -> None:
    assert report.problem() is None


@pytest.mark.parametrize("state", ALIVE)
@pytest.mark.parametrize("primary", ConversationState)
def test_the_primary_leg_is_in_the_state_of_its_call(state: str, primary: ConversationState) -> None:
    started = ["CONNECTED", "HELD", "DIALING"]
    fits = {"ALERTING": ["ALERTING"], "DIALING": ["DIALING"], "STARTED": started}[state]
    expected = None if primary in fits else f"interaction 7: {state} with a primary leg {primary}"
    assert call(state, leg(primary)).problem() == expected


@pytest.mark.parametrize("consult", ConversationState)
def test_a_consult_is_dialled_or_answered(consult: ConversationState) -> None:
    possible = consult in ("DIALING", "CONNECTED", "HELD")
    expected = None if possible else f"interaction 7: STARTED with a consult leg {consult}"
    assert call("STARTED", leg("HELD"), leg(consult, "CONSULT")).problem() == expected


def test_a_consult_that_rings_on_as_the_primary_has_none_beside_it() -> None:
    assert call("STARTED", leg("DIALING", key="was the consult")).problem() is None
    report = call("STARTED", leg("DIALING"), leg("DIALING", "CONSULT"))
    assert report.problem() == "interaction 7: a consult beside a primary leg that is DIALING"


@pytest.mark.parametrize("state", ["ALERTING", "DIALING"])
def test_no_consult_before_the_call_has_started(state: str) -> None:
    report = call(state, leg(state), leg("DIALING", "CONSULT"))
    assert report.problem() == f"interaction 7: {state} with a consult leg DIALING"


def test_one_leg_talks_at_a_time() -> None:
    report = call("STARTED", leg("CONNECTED"), leg("CONNECTED", "CONSULT"))
    assert report.connected == 2
    assert report.problem() == "interaction 7: 2 legs are CONNECTED"
    assert call("STARTED", leg("CONNECTED"), leg("HELD", "CONSULT")).connected == 1
    assert call("STARTED", leg("HELD"), leg("HELD", "CONSULT")).connected == 0


@pytest.mark.parametrize("state", ALIVE)
@pytest.mark.parametrize(
    ("types", "shown"),
    [
        ([], "none"),
        (["CONSULT"], "CONSULT"),
        (["CONSULT", "PRIMARY"], "CONSULT, PRIMARY"),
        (["PRIMARY", "PRIMARY"], "PRIMARY, PRIMARY"),
        (["PRIMARY", "CONSULT", "CONSULT"], "PRIMARY, CONSULT, CONSULT"),
    ],
)
def test_a_call_has_a_primary_leg_first_and_at_most_one_consult(state: str, types: list[str], shown: str) -> None:
    legs = [leg("HELD", kind, key=str(number)) for number, kind in enumerate(types)]
    assert call(state, *legs).problem() == (
        f"interaction 7: legs {shown}; a call has a primary first, then at most one consult"
    )


@pytest.mark.parametrize("state", OVER)
def test_a_call_that_is_over_has_no_legs(state: str) -> None:
    assert call(state, leg(), cause=EndCause.REMOTE).problem() == f"interaction 7: legs while {state}"


@pytest.mark.parametrize("keys", [("", "b"), ("a", ""), ("a", "a")])
def test_legs_are_told_apart_by_their_ids(keys: tuple[str, str]) -> None:
    first, second = leg("HELD"), leg("CONNECTED", "CONSULT")
    report = call("STARTED", attrs.evolve(first, id=keys[0]), attrs.evolve(second, id=keys[1]))
    assert report.problem() == "interaction 7: a leg without an id, or twice"


def test_a_member_comes_once_in_a_leg() -> None:
    twin = attrs.evolve(COLLEAGUE, id=CUSTOMER.id)
    assert (
        call("STARTED", leg(members=(CUSTOMER, twin))).problem() == "interaction 7: leg leg-PRIMARY has a member twice"
    )
    both = call("STARTED", leg("HELD", members=(CUSTOMER,)), leg("CONNECTED", "CONSULT", members=(CUSTOMER,)))
    assert both.problem() is None


@pytest.mark.parametrize("more", [{"abilities": frozenset({Ability.URL})}, {"transcript": (SAID,)}])
def test_a_call_has_nothing_of_a_chat(more: dict[str, Any]) -> None:
    expected = "interaction 7: a call with a transcript, or with abilities of a chat"
    assert call("STARTED", leg(), **more).problem() == expected
    assert call("ENDED", cause=EndCause.REMOTE, **more).problem() == expected


# Chats, emails and callbacks


@pytest.mark.parametrize("kind", MEDIA)
@pytest.mark.parametrize("state", ["ALERTING", "STARTED", *OVER])
def test_possible_media(kind: str, state: str) -> None:
    cause = EndCause.REMOTE if state in OVER else None
    assert media(kind, state, cause=cause, transcript=(SAID,), data={"order": "A-1007"}).problem() is None


@pytest.mark.parametrize("kind", MEDIA)
def test_only_calls_are_dialled_have_legs_or_are_recorded(kind: str) -> None:
    assert media(kind, "DIALING").problem() == f"interaction 8: a {kind} that is DIALING"
    assert media(kind, legs=(leg(),)).problem() == f"interaction 8: a {kind} with legs"
    for recording in (RecordingState.RECORDING, RecordingState.PAUSED):
        assert media(kind, recording=recording).problem() == f"interaction 8: a {kind} with a recording"


@pytest.mark.parametrize("kind", MEDIA)
def test_only_a_chat_has_abilities(kind: str) -> None:
    expected = None if kind == "CHAT" else f"interaction 8: a {kind} with abilities of a chat"
    for abilities in (frozenset(Ability), frozenset({Ability.FORM})):
        assert media(kind, abilities=abilities).problem() == expected


# All of them


@pytest.mark.parametrize("name", ["id", "contact", "endpoint"])
@pytest.mark.parametrize("report", [call("STARTED", leg()), media()], ids=["call", "chat"])
def test_an_interaction_has_names(report: InteractionReport, name: str) -> None:
    nameless = attrs.evolve(report, **{name: ""})
    assert nameless.problem() == f"interaction {nameless.id}: an interaction without an id, a contact or an endpoint"


@pytest.mark.parametrize("state", InteractionState)
@pytest.mark.parametrize("cause", [None, *EndCause])
def test_a_cause_is_there_exactly_when_it_is_over(state: InteractionState, cause: EndCause | None) -> None:
    legs = () if state in OVER else (leg("CONNECTED" if state is InteractionState.STARTED else state.value),)
    possible = (cause is not None) == (state in OVER)
    expected = None if possible else f"interaction 7: cause {cause} while {state}"
    assert call(state, *legs, cause=cause).problem() == expected


@pytest.mark.parametrize("state", InteractionState)
def test_a_disposition_is_there_only_when_it_is_over(state: InteractionState) -> None:
    legs = () if state in OVER else (leg("CONNECTED" if state is InteractionState.STARTED else state.value),)
    cause = EndCause.REMOTE if state in OVER else None
    report = call(state, *legs, cause=cause, disposition=Disposition(code="SOLD", note="twice"))
    assert report.problem() == (None if state in OVER else f"interaction 7: a disposition while {state}")


@pytest.mark.parametrize("state", InteractionState)
@pytest.mark.parametrize("seconds", [0.1, 30, 30.5])
def test_wrapup_takes_time_only_while_it_is_due(state: InteractionState, seconds: float) -> None:
    legs = () if state in OVER else (leg("CONNECTED" if state is InteractionState.STARTED else state.value),)
    cause = EndCause.REMOTE if state in OVER else None
    expected = None if state is InteractionState.ENDED else f"interaction 7: wrapup_s {seconds} while {state}"
    assert call(state, *legs, cause=cause, wrapup_s=seconds).problem() == expected


@pytest.mark.parametrize("seconds", [0, 0.0, -1, math.inf, -math.inf, math.nan])
def test_wrapup_takes_a_time_that_can_be_waited_for(seconds: float) -> None:
    report = media(state="ENDED", cause=EndCause.REMOTE, wrapup_s=seconds)
    assert report.problem() == f"interaction 8: wrapup_s {seconds} while ENDED"


def test_a_channel_that_changed_with_it_is_the_one_where_it_is() -> None:
    elsewhere = attrs.evolve(CHANNEL, endpoint="4002")
    assert call("STARTED", leg(), channel=elsewhere).problem() == ("interaction 7: at 4001, with the channel at 4002")


def test_a_channel_that_changed_with_it_is_possible_itself() -> None:
    impossible = attrs.evolve(CHANNEL, agentstate=None)
    assert call("STARTED", leg(), channel=impossible).problem() == (
        "interaction 7: channel 4001: agentstate None while ACTIVE"
    )


def test_of_several_problems_the_first_is_told() -> None:
    assert call("STARTED", cause=EndCause.REMOTE, wrapup_s=0).problem() == "interaction 7: cause REMOTE while STARTED"
