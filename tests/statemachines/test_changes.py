"""From reports to the world: what changed is told in its order, and what was skipped is made good.

Source: specs/protocol.md, "States", and specs/adapter-interface.md, "Reports".
"""

import attrs
import pytest

from protocol.platform import InteractionReport, Member
from protocol.states import Ability, ChannelType, Direction, EndCause, InteractionState, RecordingState
from statemachines import changes
from tests.fakes.calls import (
    alternated,
    answered,
    call,
    chat,
    completed,
    conferenced,
    consulting,
    in_state,
    joined,
    left,
    leg,
    message,
    over,
    with_leg,
    without_leg,
)
from tests.fakes.desk import Desk, completion, pair, story, su, with_channel, with_interaction, wrapup
from tests.fakes.platform import FakePlatform, channel

IT, V, W = ".c1.i1", ".c1.i1.v1", ".c1.i1.v2"
TALKING = call("STARTED")
RINGING = consulting(TALKING, "4002")
ASKING = answered(RINGING)
WRAPUP = call("ENDED", wrapup_s=10.0)


# What stays as it is


@pytest.mark.parametrize("it", [call(), call("DIALING"), TALKING, RINGING, ASKING, WRAPUP, chat(), chat("STARTED")])
def test_the_same_once_more_tells_nothing_and_is_not_dropped(it: InteractionReport) -> None:
    desk = with_interaction(it)
    assert desk.report(it) == []
    assert desk.effects == []


def test_an_end_that_is_told_twice_is_told_once() -> None:
    desk = with_interaction(TALKING)
    ended = over(TALKING, EndCause.REMOTE, wrapup_s=10.0)
    assert ("interaction.ended", IT) in story(desk.report(ended))
    assert desk.report(ended) == []
    assert desk.report(attrs.evolve(ended, cause=EndCause.FAILED)) == []
    messages = desk.report(over(TALKING, EndCause.RELEASED))
    assert story(messages) == completion(IT)


def test_the_transcript_is_looked_at_once() -> None:
    desk = with_interaction(chat("STARTED", transcript=(message("Hello"),)))
    assert desk.report(chat("STARTED", transcript=(message("Hello"), message("Again", key="x2")))) == []


# What was skipped is made good

ENDED_AT_ONCE = [su(V), ("conversation.disposed", V), ("interaction.ended", IT)]

SKIPPED: dict[str, tuple[InteractionReport, InteractionReport, list[tuple[str, str]]]] = {
    "answered and held": (
        call(),
        call("STARTED", leg("HELD")),
        [su(V), su(IT), ("interaction.started", IT)],
    ),
    "dialled, answered and held": (
        call("DIALING"),
        call("STARTED", leg("HELD"), direction=Direction.OUTBOUND),
        [su(V), su(IT), ("interaction.started", IT)],
    ),
    "answered, and somebody is asked": (
        call(),
        RINGING,
        [
            su(V),
            ("conversation.created", W),
            su(W),
            ("conversation.member.added", W),
            ("conversation.initialized", W),
            ("interaction.focuschanged", IT),
            su(IT),
            ("interaction.started", IT),
        ],
    ),
    "answered, and over": (call(), over(TALKING, EndCause.REMOTE), [*ENDED_AT_ONCE, *completion(IT)]),
    "answered, over, and wrap-up is due": (
        call(),
        over(TALKING, EndCause.REMOTE, wrapup_s=10.0),
        [*ENDED_AT_ONCE, *wrapup(IT)],
    ),
    "over with wrap-up done": (TALKING, call("COMPLETED"), [*ENDED_AT_ONCE, *completion(IT)]),
    "the consult ended, and another one is held": (
        RINGING,
        attrs.evolve(RINGING, legs=(RINGING.legs[0], leg("HELD", "4003", key="c", consult=True))),
        [
            su(W),
            ("conversation.disposed", W),
            ("conversation.created", ".c1.i1.v3"),
            su(".c1.i1.v3"),
            ("conversation.member.added", ".c1.i1.v3"),
            ("conversation.initialized", ".c1.i1.v3"),
            ("interaction.focuschanged", IT),
            su(IT),
        ],
    ),
    "both legs are others": (
        ASKING,
        call("STARTED", leg("CONNECTED", key="c")),
        [
            su(V),
            ("conversation.disposed", V),
            su(W),
            ("conversation.disposed", W),
            ("conversation.created", ".c1.i1.v3"),
            su(".c1.i1.v3"),
            ("conversation.member.added", ".c1.i1.v3"),
            ("conversation.initialized", ".c1.i1.v3"),
            ("interaction.focuschanged", IT),
            su(IT),
        ],
    ),
    "a consult's call that is over": (
        ASKING,
        over(ASKING, EndCause.REMOTE),
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
    "a chat that was taken and left": (
        chat(),
        over(chat("STARTED"), EndCause.REMOTE),
        [("interaction.ended", IT), *completion(IT)],
    ),
}


@pytest.mark.parametrize("name", SKIPPED)
def test_a_platform_may_skip_steps(name: str) -> None:
    begin, report, told = SKIPPED[name]
    assert story(with_interaction(begin).report(report)) == told


def test_one_that_is_new_may_be_anywhere() -> None:
    desk = with_channel("READY")
    messages = desk.report(alternated(ASKING))
    assert [event for event in story(messages) if event[0] in ("interaction.started", "interaction.preview")] == [
        ("interaction.started", IT)
    ]
    assert desk.client.world()[f"s1{V}"]["state"] == "CONNECTED"
    assert desk.client.world()[f"s1{W}"]["state"] == "HELD"


# What is otherwise than before


def test_contact_and_direction_are_told_as_they_change() -> None:
    desk = with_interaction(TALKING)
    messages = desk.report(attrs.evolve(TALKING, contact="contact-9"))
    assert story(messages) == [("interaction.infochanged", IT)]
    assert messages[0]["data"]["interaction"]["contact"] == "contact-9"
    messages = desk.report(attrs.evolve(TALKING, contact="contact-9", direction=Direction.OUTBOUND))
    assert story(messages) == [("interaction.infochanged", IT)]
    assert messages[0]["data"]["interaction"]["direction"] == "OUTBOUND"


def test_the_whole_data_are_told_and_which_keys_changed() -> None:
    desk = with_interaction(call("STARTED", data={"a": "1", "b": {"x": "1"}, "c": "3"}))
    (event,) = desk.report(call("STARTED", data={"d": "4", "b": {"x": "2"}, "a": "1"}))
    assert event["data"]["interactiondata"] == {"d": "4", "b": {"x": "2"}, "a": "1"}
    assert event["data"]["changed"] == ["b", "c", "d"]


def test_a_member_who_is_described_otherwise_goes_and_comes() -> None:
    desk = with_interaction(call("STARTED", leg("CONNECTED", "555", "4002")))
    renamed = (Member(id="m555", address="555", name="Carol"), *leg("HELD", "4002").members)
    messages = desk.report(with_leg(TALKING, "a", members=renamed))
    assert story(messages) == [("conversation.member.removed", V), su(V), ("conversation.member.added", V)]
    assert messages[0]["data"] == {"member": {"id": "m555", "address": "555"}}
    assert messages[2]["data"] == {"member": {"id": "m555", "address": "555", "name": "Carol"}}


def test_members_in_another_order_are_the_same() -> None:
    desk = with_interaction(call("STARTED", leg("CONNECTED", "555", "4002")))
    assert desk.report(call("STARTED", leg("CONNECTED", "4002", "555"))) == []
    (interaction,) = desk.core.session.all_interactions()
    (its_leg,) = interaction.conversations.values()
    assert [member.id for member in its_leg.info().members] == ["m555", "m4002"], "as they were told"


def test_several_leave_and_several_join() -> None:
    desk = with_interaction(call("STARTED", leg("CONNECTED", "1", "2", "3")))
    messages = desk.report(call("STARTED", leg("HELD", "3", "4", "5")))
    assert story(messages) == [
        ("conversation.member.removed", V),
        ("conversation.member.removed", V),
        su(V),
        ("conversation.member.added", V),
        ("conversation.member.added", V),
    ]
    assert [message["data"]["member"]["address"] for message in messages if "member" in message["data"]] == [
        "1",
        "2",
        "4",
        "5",
    ]


def test_several_things_by_the_same_happening_are_told_in_one_order() -> None:
    desk = with_interaction(TALKING)
    report = attrs.evolve(
        joined(left(TALKING, "a", "555"), "a", "556"),
        contact="contact-9",
        data={"account": "8"},
        recording=RecordingState.RECORDING,
        channel=channel("4001", "NOTREADY"),
    )
    assert story(desk.report(report)) == [
        ("interaction.infochanged", IT),
        ("conversation.member.removed", V),
        su(V),
        ("conversation.member.added", V),
        su(IT),
        ("interaction.datachanged", IT),
        *pair(".c1"),
    ]


def test_what_the_customers_side_can_do_changes() -> None:
    desk = with_interaction(chat("STARTED", abilities=frozenset({Ability.FILE})))
    messages = desk.report(chat("STARTED", abilities=frozenset({Ability.URL})))
    assert story(messages) == [su(IT)]
    assert messages[0]["data"] == [
        {"name": "interaction.file.send", "type": "disable"},
        {"name": "interaction.url.push", "type": "enable"},
    ]


def test_commands_that_close_by_it_are_told_with_the_interaction() -> None:
    """Both legs wait, so there is nothing to alternate; the data come after it."""
    desk = with_interaction(ASKING)
    assert desk.client.may(f"s1{IT}", "interaction.alternate")
    messages = desk.report(attrs.evolve(in_state(ASKING, "b", "HELD"), data={}))
    assert story(messages) == [su(W), su(IT), ("interaction.datachanged", IT)]
    assert messages[1]["data"] == [{"name": "interaction.alternate", "type": "disable"}]


def test_the_channel_that_comes_with_a_new_call_is_told_once() -> None:
    desk = with_channel("READY")
    messages = desk.report(attrs.evolve(call(), channel=channel("4001", "NOTREADY")))
    assert [event for event in story(messages) if event[1] == ".c1"] == pair(".c1")
    assert messages[1]["state"]["agentstate"] == "NOTREADY"


def test_a_channel_that_comes_as_it_is_tells_nothing() -> None:
    desk = with_interaction(TALKING)
    assert desk.report(attrs.evolve(TALKING, channel=channel("4001", "READY"))) == []


def test_a_channel_that_logs_out_by_the_same_happening_tells_its_group_too() -> None:
    fake = FakePlatform().with_group("Sales", channel("4001", "READY"))
    desk = Desk(fake).started()
    desk.report(TALKING)
    messages = desk.report(over(TALKING, EndCause.REMOTE, channel=channel("4001")))
    assert story(messages)[-3:] == [*pair(".g1.c1"), su(".g1")]


def test_a_recording_in_wrapup_is_told_or_not_taken_in() -> None:
    """What the client knows and what the session knows never differ."""
    desk = with_interaction(TALKING)
    desk.report(attrs.evolve(over(TALKING, EndCause.REMOTE, wrapup_s=10.0), recording=RecordingState.RECORDING))
    desk.report(over(TALKING, EndCause.REMOTE, wrapup_s=10.0))
    (interaction,) = desk.core.session.all_interactions()
    assert desk.client.world()[f"s1{IT}"]["recording"] == interaction.recording


# The focus


@pytest.mark.parametrize(
    ("begin", "report", "focus"),
    [
        (TALKING, RINGING, "v2"),
        (TALKING, in_state(RINGING, "a", "CONNECTED"), "v1"),
        (RINGING, without_leg(RINGING, "b"), "v1"),
        (ASKING, alternated(ASKING), "v1"),
        (ASKING, in_state(ASKING, "b", "HELD"), "v2"),
        (alternated(ASKING), in_state(alternated(ASKING), "a", "HELD"), "v1"),
        (ASKING, conferenced(ASKING), "v1"),
        (ASKING, without_leg(ASKING, "a"), "v2"),
        (in_state(ASKING, "b", "HELD"), without_leg(in_state(ASKING, "b", "HELD"), "a"), "v2"),
    ],
)
def test_the_focus_is_on_the_leg_where_the_agent_talks_or_would(
    begin: InteractionReport, report: InteractionReport, focus: str
) -> None:
    desk = with_interaction(begin)
    desk.report(report)
    assert desk.client.world()[f"s1{IT}"]["focus"] == focus


def test_both_held_the_focus_stays_where_it_was_and_is_not_told() -> None:
    desk = with_interaction(ASKING)
    messages = desk.report(in_state(ASKING, "b", "HELD"))
    assert "interaction.focuschanged" not in [name for name, _ in story(messages)]
    assert desk.client.world()[f"s1{IT}"]["focus"] == "v2"


def test_media_have_no_focus() -> None:
    assert "focus" not in with_interaction(chat("STARTED")).client.world()[f"s1{IT}"]


# How it ends


@pytest.mark.parametrize("cause", EndCause)
def test_the_cause_is_that_of_the_first_report_of_the_end(cause: EndCause) -> None:
    desk = with_interaction(TALKING)
    (ended,) = (
        each for each in desk.report(over(TALKING, cause, wrapup_s=10.0)) if each["name"] == "interaction.ended"
    )
    assert ended["data"]["cause"] == cause


def test_an_end_that_was_never_reported_is_told_with_the_completion() -> None:
    desk = with_interaction(chat("STARTED"))
    messages = desk.report(completed(chat("ENDED", cause=EndCause.REMOTE)))
    assert story(messages) == [("interaction.ended", IT), *completion(IT)]
    assert messages[0]["data"]["wrapup"] is False
    assert messages[0]["data"]["interaction"]["state"] == "ENDED"
    assert messages[1]["data"]["interaction"]["state"] == "COMPLETED"


def test_the_last_word_of_an_interaction_is_sound_and_says_that_it_is_over() -> None:
    desk = with_interaction(attrs.evolve(ASKING, recording=RecordingState.RECORDING))
    (interaction,) = desk.core.session.all_interactions()
    word = changes.last_word(interaction, EndCause.FAILED)
    assert word.problem() is None
    assert word.state is InteractionState.COMPLETED
    assert (word.cause, word.contact, word.data) == (EndCause.FAILED, "contact-1", {"account": "7"})


def test_the_last_word_keeps_the_cause_that_was_told() -> None:
    (interaction,) = with_interaction(WRAPUP).core.session.all_interactions()
    assert changes.last_word(interaction, EndCause.FAILED).cause is EndCause.REMOTE


@pytest.mark.parametrize("kind", [kind for kind in ChannelType if kind is not ChannelType.TELEPHONY])
def test_the_last_word_of_media(kind: ChannelType) -> None:
    it = attrs.evolve(call("STARTED", at=f"{kind.lower()}-1"), type=kind, legs=())
    (interaction,) = with_interaction(it).core.session.all_interactions()
    assert changes.last_word(interaction, EndCause.FAILED).problem() is None
