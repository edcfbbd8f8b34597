"""Each message in a few short words."""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from engine.talk.digest import FANCY, PLAIN, Entry, Moment, Signs, entries
from tests.engine.talk.fake_server import SESSION, STARTED, JsonObject, about, channel
from tests.engine.talk.story import (
    ANSWERED,
    CALL,
    CHAT,
    CHAT_OFFERED,
    CHAT_STARTED,
    COLLEAGUE,
    COMPLETED,
    CONSULT_OVER,
    CONSULTED,
    CONSULTING,
    HUNG_UP,
    LEG,
    POSTS,
    RINGING,
    SAID,
    event,
    interaction,
    leg,
    phone,
    updated,
)


def moments(*blocks: Iterable[JsonObject], who: str = "ada", step_s: float = 5.0) -> Iterator[Moment]:
    """The messages of blocks, each some seconds after the one before."""
    for number, block in enumerate(blocks):
        yield from (Moment(at_s=number * step_s, who=who, message=each) for each in block)


def words(*blocks: Iterable[JsonObject], signs: Signs = FANCY) -> list[str]:
    return [entry.words for entry in entries(moments(*blocks), signs)]


def last(*blocks: Iterable[JsonObject]) -> list[str]:
    """The words for the last block."""
    *before, block = blocks
    return words(*before, block)[len(words(*before)) :]


def done(command: str, **more: Any) -> JsonObject:
    return {"command": command, "target": SESSION, "result": "success", **more}


# Responses


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("conversation.answer", "answer ✓"),
        ("interaction.accept", "answer ✓"),
        ("conversation.release", "hangup ✓"),
        ("interaction.message.send", "say ✓"),
        ("channel.ready", "ready ✓"),
        ("channel.request.ready", "ready ✓"),
        ("session.request.getdirectory", "getdirectory ✓"),
        ("interaction.recording.start", "recording.start ✓"),
        ("unheard.of", "unheard.of ✓"),
    ],
)
def test_a_success_is_its_verb(command: str, told: str) -> None:
    assert words([done(command)]) == [told]


@pytest.mark.parametrize("command", ["prepareSession", "bindSession", "unbindSession"])
def test_what_goes_before_the_work_is_not_told(command: str) -> None:
    assert words([done(command)]) == []


def test_a_failure_is_its_verb_and_its_code() -> None:
    failed = {"result": "failure", "failure": {"code": "INVALID_STATE", "message": "no"}, "original": {}}
    assert words([{**failed, "command": "conversation.hold"}]) == ["hold ✗ INVALID_STATE"]
    assert words([failed]) == ["✗ INVALID_STATE"]
    assert words([{**failed, "command": "conversation.hold"}], signs=PLAIN) == ["hold failed: INVALID_STATE"]
    assert words([done("conversation.hold")], signs=PLAIN) == ["hold ok"]


def test_a_question_and_nonsense_are_not_told() -> None:
    assert words([{"command": "prepareSession", "result": "confirm", "message": "there is one"}, {"x": 1}]) == []


# Calls


def test_the_start_of_a_session_is_not_told_event_by_event() -> None:
    assert words([done("session.start"), *STARTED]) == ["start ✓"]


def test_a_call_from_ringing_to_wrap_up() -> None:
    assert words(STARTED, phone("READY"), RINGING, ANSWERED, HUNG_UP, (), COMPLETED) == [
        "READY",
        '▸ call from +15550100 (Anna Moss), order=4711, queue=Sales, customer.name="Anna Moss", customer.since=2019',
        "CONNECTED",
        "ended: RELEASED, wrap-up",
        "WORK",
        "completed, RESOLVED, is happy now, wrap-up 10 s",
        "READY",
    ]


def test_a_consult() -> None:
    assert last(STARTED, RINGING, ANSWERED, CONSULTING) == ["HELD", "▸ consult 4002"]
    assert last(STARTED, RINGING, ANSWERED, CONSULTING, CONSULTED) == ["consult CONNECTED"]
    assert last(STARTED, RINGING, ANSWERED, CONSULTING, CONSULT_OVER) == ["consult ENDED"]


def test_a_consult_that_is_the_call_from_now_on() -> None:
    ended = (
        updated(LEG, state="ENDED"),
        event("conversation.disposed", LEG, conversation={"id": "v1"}),
        event("conversation.infochanged", f"{CALL}.v2", **leg("DIALING", COLLEAGUE, id="v2", direction="OUTBOUND")),
    )
    assert last(STARTED, RINGING, ANSWERED, CONSULTING, ended) == ["ENDED", "the consult is the call now"]


def test_members_that_come_and_go_are_told_but_not_those_of_the_beginning() -> None:
    joined = event("conversation.member.added", LEG, member=COLLEAGUE)
    left = event("conversation.member.removed", LEG, member=COLLEAGUE)
    assert last(STARTED, RINGING, ANSWERED, (joined, left)) == ["+ 4002", "- 4002"]


def test_recording_is_told_when_it_changes() -> None:
    def recording(state: str) -> JsonObject:
        return updated(CALL, state="STARTED", recording=state)

    steps = [recording(state) for state in ("STOPPED", "RECORDING", "RECORDING", "PAUSED", "STOPPED")]
    assert last(STARTED, RINGING, ANSWERED, steps) == ["RECORDING", "PAUSED", "not recording"]


def test_data_that_change_are_told_but_not_those_of_the_beginning() -> None:
    changed = event("interaction.datachanged", CALL, interactiondata={"a": "1", "b": "2"}, changed=["b", "order"])
    assert last(STARTED, RINGING, (changed,)) == ["b=2, -order"]
    again = event("interaction.datachanged", CALL, interactiondata={"a": "1"}, changed=["a"])
    assert last(STARTED, RINGING, HUNG_UP, COMPLETED, (*RINGING[:8], again)) == []


def test_the_end_of_a_call_that_nobody_answered() -> None:
    ended = event("interaction.ended", CALL, **interaction("ENDED"), cause="ABANDONED", wrapup=False)
    over = event("interaction.completed", CALL, **interaction("COMPLETED"))
    assert last(STARTED, RINGING, (updated(LEG, state="ENDED"), ended, over)) == ["ended: ABANDONED"]


def test_a_call_that_was_under_way_before_is_told_as_such() -> None:
    found = (
        event("interaction.created", CALL, **interaction("STARTED")),
        event("conversation.created", LEG, **leg("CONNECTED")),
        event("interaction.datachanged", CALL, interactiondata={}, changed=[]),
        event("interaction.started", CALL, **interaction("STARTED")),
    )
    assert last(STARTED, found) == ["▸ call from +15550100 (Anna Moss), STARTED"]


# Channels and sessions


def test_a_channel_is_named_where_there_are_several() -> None:
    second = about("channel.created", channel("4002", loginstate="ACTIVE", agentstate="NOTREADY"))
    assert last(STARTED, phone("NOTREADY")) == ["NOTREADY"]
    assert last((*STARTED, second), phone("NOTREADY")) == ["4001 NOTREADY"]
    inactive = about("channel.infochanged", channel("4001"))
    assert last(STARTED, phone("NOTREADY"), (inactive,)) == ["INACTIVE"]


def test_a_channel_that_is_as_before_is_not_told() -> None:
    assert last(STARTED, phone("READY"), phone("READY", "i1")) == []


def test_a_supervisor_is_named_with_the_reason() -> None:
    by = {"supervisor": {"id": "sup", "name": "Eva Stone"}, "why": "many calls wait"}
    told = [{**each, "by": by} for each in phone("READY")]
    assert last(STARTED, told) == ["READY (by Eva Stone: many calls wait)"]


def test_a_session_that_is_taken_away_is_told_with_the_cause() -> None:
    ended = event("session.disposed", SESSION, cause="TAKEOVER", message="the agent has prepared another session")
    assert last(STARTED, (ended,)) == ["session ended: TAKEOVER"]


def test_another_session_of_the_same_agent_begins_anew() -> None:
    other = [{**each, "target": str(each["target"]).replace("s1", "s2")} for each in (*STARTED, *RINGING)]
    assert last(STARTED, RINGING, other) == words(STARTED, RINGING)


# Chats


def test_a_chat() -> None:
    assert words(STARTED, CHAT_OFFERED, CHAT_STARTED, POSTS) == [
        "▸ chat from Carol, topic=Refund\nCarol: Is anybody there?",
        "STARTED",
        "Carol: I want my money back.",
        "Carol is typing",
        "Carol: file bill.png",
        "Carol: form city=Ulm",
        "Carol shows a screenshot",
        "Carol shows no screenshot",
        "Carol: signal cart",
        "Agent 1 joined",
        "Agent 1 left",
    ]


def test_what_others_write_cannot_move_the_cursor() -> None:
    angry = {**SAID, "data": {"message": {**SAID["data"]["message"], "text": "\x1b[2J"}}}
    assert last(STARTED, CHAT_OFFERED, (angry,)) == ["Carol: \\x1b[2J"]


# Several agents


def test_each_agent_has_a_session_of_their_own() -> None:
    both = [
        *moments(STARTED, RINGING, who="ada"),
        *moments(STARTED, RINGING, who="ben"),
        *moments(ANSWERED, who="ben"),
        *moments(ANSWERED, who="ada"),
    ]
    told = [(entry.who, entry.words.split(",")[0]) for entry in entries(both)]
    call = "▸ call from +15550100 (Anna Moss)"
    assert told == [
        ("ada", "READY"),
        ("ada", call),
        ("ben", "READY"),
        ("ben", call),
        ("ben", "CONNECTED"),
        ("ada", "CONNECTED"),
    ]


def test_an_entry_has_the_time_and_the_style_of_its_moment() -> None:
    failed = {"result": "failure", "command": "x", "failure": {"code": "UNKNOWN_COMMAND"}}
    assert [*entries([Moment(at_s=7.5, who="ada", message=failed)])] == [
        Entry(at_s=7.5, who="ada", words="x ✗ UNKNOWN_COMMAND", style="red")
    ]
    assert [entry.style for entry in entries(moments([done("channel.ready")], CHAT_OFFERED, CHAT_STARTED))] == [
        "green",
        "bold",
        "cyan",
    ]


def test_entries_are_told_as_the_moments_come() -> None:
    """A live source can be followed: nothing is read ahead."""
    read = []

    def source() -> Iterator[Moment]:
        for moment in moments([done("channel.ready"), done("channel.notready")]):
            read.append(moment)
            yield moment

    first = next(entries(source()))
    assert first.words == "ready ✓"
    assert len(read) == 1


def test_a_chat_without_data_or_words_is_only_an_offer() -> None:
    bare = event("interaction.preview", CHAT, **interaction("ALERTING", chat=True), interactiondata={})
    created = event("interaction.created", CHAT, **interaction("ALERTING", chat=True))
    assert last(STARTED, (created, bare)) == ["▸ chat"]
