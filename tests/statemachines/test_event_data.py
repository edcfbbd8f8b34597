"""What the events of interactions and conversations say, beyond their order: specs/protocol.md, "Events"."""

import attrs
import pytest

from protocol.platform import InteractionReport, Member
from protocol.states import ChannelType, Direction, EndCause, RecordingState
from statemachines.settings import CoreSettings
from tests.fakes.calls import (
    AGENT,
    TIME,
    answered,
    call,
    chat,
    completed,
    consulting,
    leg,
    message,
    over,
    with_leg,
    without_leg,
)
from tests.fakes.desk import Desk, JsonObject, story, with_channel, with_interaction
from tests.fakes.platform import FakePlatform, channel

TALKING = call("STARTED")
ASKING = answered(consulting(TALKING, "4002"))
HELLO = {
    "id": "x1",
    "party": {"id": "p1", "name": "Carol", "role": "CUSTOMER"},
    "text": "Hello",
    "time": TIME,
}


def named(messages: list[JsonObject], name: str) -> JsonObject:
    """The data of the one event of this name."""
    (found,) = (message["data"] for message in messages if message.get("name") == name)
    assert isinstance(found, dict)
    return found


def told_at_first(it: InteractionReport) -> list[JsonObject]:
    return Desk(FakePlatform().with_channels(channel(it.endpoint, "READY"))).started().report(it)


# Whole objects


def test_a_call_in_full() -> None:
    messages = told_at_first(
        with_leg(
            attrs.evolve(call(contact="c-77", data={"vip": {"since": "1999"}}), direction=Direction.INBOUND),
            "a",
            members=(Member(id="m1", address="+49301234567", name="Carol"),),
        )
    )
    whole = {
        "id": "i1",
        "contact": "c-77",
        "type": "Telephony",
        "modeltype": "TELEPHONY",
        "direction": "INBOUND",
        "state": "ALERTING",
        "focus": "v1",
        "recording": "STOPPED",
    }
    its_leg = {
        "id": "v1",
        "type": "PRIMARY",
        "state": "ALERTING",
        "direction": "INBOUND",
        "members": [{"id": "m1", "address": "+49301234567", "name": "Carol"}],
    }
    for name in ("interaction.created", "interaction.initialized"):
        assert named(messages, name) == {"interaction": whole}
    assert named(messages, "interaction.preview") == {
        "interaction": whole,
        "interactiondata": {"vip": {"since": "1999"}},
    }
    for name in ("conversation.created", "conversation.initialized"):
        assert named(messages, name) == {"conversation": its_leg}
    assert named(messages, "conversation.member.added") == {"member": its_leg["members"][0]}
    assert named(messages, "interaction.datachanged") == {
        "interactiondata": {"vip": {"since": "1999"}},
        "changed": ["vip"],
    }
    assert messages[0]["data"]["channel"]["interactions"] == ["i1"]


@pytest.mark.parametrize(("kind", "word"), [("chat", "Chat"), ("email", "Email"), ("callback", "Callback")])
def test_media_have_neither_focus_nor_recording(kind: str, word: str) -> None:
    it = attrs.evolve(call(at=f"{kind}-1"), type=ChannelType(kind.upper()), legs=())
    (created, updated) = told_at_first(it)[2:4]
    assert created["data"]["interaction"] == {
        "id": "i1",
        "contact": "contact-1",
        "type": word,
        "modeltype": kind.upper(),
        "direction": "INBOUND",
        "state": "ALERTING",
    }
    assert updated["state"] == {"state": "ALERTING"}


def test_a_call_that_is_recorded_already() -> None:
    recorded = attrs.evolve(TALKING, recording=RecordingState.RECORDING)
    assert named(told_at_first(recorded), "interaction.created")["interaction"]["recording"] == "RECORDING"


def test_a_dialled_call_is_outbound() -> None:
    messages = with_channel("READY").ask("channel.dial", ".c1", {"destination": "555"})
    assert named(messages, "interaction.created")["interaction"]["direction"] == "OUTBOUND"
    assert named(messages, "conversation.created")["conversation"]["direction"] == "OUTBOUND"


def test_the_first_update_lists_what_is_open_and_shows_the_state() -> None:
    messages = told_at_first(call())
    (of_interaction, of_leg) = (
        each for each in messages if each["name"] == "state.updated" and each["target"] != "s1.c1"
    )
    assert of_interaction["state"] == {"state": "ALERTING", "recording": "STOPPED"}
    assert {change["name"] for change in of_interaction["data"]} == {
        "interaction.accept",
        "interaction.reject",
        "interaction.getdata",
        "interaction.setdata",
    }
    assert of_leg["state"] == {"state": "ALERTING"}
    assert all(change["type"] == "enable" for change in of_leg["data"])


# Transcripts


def test_what_was_said_before_comes_with_the_preview() -> None:
    it = chat(transcript=(message("Hello"), message("Hello Carol", key="x2", party=AGENT)))
    preview = named(told_at_first(it), "interaction.preview")
    assert preview["transcript"][0] == HELLO
    assert preview["transcript"][1]["party"] == {"id": "p2", "name": "Ann Example", "role": "AGENT"}


def test_what_was_said_comes_with_the_start_of_what_was_under_way_before_the_session() -> None:
    fake = FakePlatform().with_channels(channel("chat-1", "READY"))
    messages = Desk(fake.with_interactions(chat("STARTED", transcript=(message("Hello"),)))).ask("session.start")
    assert named(messages, "interaction.started")["transcript"] == [HELLO]
    messages = told_at_first(chat("STARTED", transcript=(message("Hello"),)))
    assert named(messages, "interaction.started")["transcript"] == [HELLO]


def test_what_was_said_does_not_come_again_with_the_start() -> None:
    desk = with_interaction(chat(transcript=(message("Hello"),)))
    assert "transcript" not in named(desk.ask("interaction.accept", ".c1.i1"), "interaction.started")


def test_without_a_transcript_there_is_none() -> None:
    assert "transcript" not in named(told_at_first(chat()), "interaction.preview")
    assert "transcript" not in named(told_at_first(TALKING), "interaction.started")


# Steps on the way


def test_an_end_that_goes_on_to_the_completion_shows_each_step() -> None:
    messages = with_interaction(TALKING).report(over(TALKING, EndCause.REMOTE))
    ended = named(messages, "interaction.ended")
    assert (ended["interaction"]["state"], ended["cause"], ended["wrapup"]) == ("ENDED", "REMOTE", False)
    assert named(messages, "interaction.completed")["interaction"]["state"] == "COMPLETED"
    assert named(messages, "interaction.disposed") == {"interaction": {"id": "i1"}}
    assert named(messages, "channel.infochanged")["channel"]["interactions"] == []


@pytest.mark.parametrize("state", ["ALERTING", "DIALING", "STARTED"])
@pytest.mark.parametrize("wrapup_s", [None, 10.0])
def test_a_description_that_changes_with_the_end_shows_the_state_before_it(state: str, wrapup_s: float | None) -> None:
    report = attrs.evolve(over(call(state), EndCause.REMOTE, wrapup_s=wrapup_s), contact="contact-9")
    described = named(with_interaction(call(state)).report(report), "interaction.infochanged")["interaction"]
    assert (described["contact"], described["state"]) == ("contact-9", state)


def test_a_description_that_changes_with_the_completion_shows_the_state_before_it() -> None:
    desk = with_interaction(call("ENDED", wrapup_s=10.0))
    report = attrs.evolve(completed(desk.platform.at("4001")), contact="contact-9")
    assert named(desk.report(report), "interaction.infochanged")["interaction"]["state"] == "ENDED"


@pytest.mark.parametrize("state", ["ALERTING", "DIALING"])
def test_another_leg_that_rings_in_place_of_the_first_shows_the_state_as_it_is(state: str) -> None:
    messages = with_interaction(call(state)).report(call(state, leg(state, key="z")))
    focus = named(messages, "interaction.focuschanged")["interaction"]
    assert (focus["focus"], focus["state"]) == ("v2", state)


def test_an_end_with_wrapup() -> None:
    desk = with_interaction(TALKING)
    messages = desk.report(over(TALKING, EndCause.REMOTE, wrapup_s=10.0, channel=channel("4001", "WORK")))
    ended = named(messages, "interaction.ended")
    assert (ended["interaction"]["state"], ended["cause"], ended["wrapup"]) == ("ENDED", "REMOTE", True)
    assert named(messages, "channel.infochanged")["channel"]["interactions"] == ["i1"]
    assert named(messages, "channel.infochanged")["channel"]["agentstate"] == "WORK"


def test_wrapup_found_at_start() -> None:
    fake = FakePlatform().with_channels(channel("4001", "WORK")).with_interactions(call("ENDED", wrapup_s=10.0))
    ended = named(Desk(fake).ask("session.start"), "interaction.ended")
    assert (ended["interaction"]["state"], ended["cause"], ended["wrapup"]) == ("ENDED", "REMOTE", True)


@pytest.mark.parametrize("cause", EndCause)
@pytest.mark.parametrize("wrapup_s", [None, 10.0])
def test_every_end_has_one_cause(cause: EndCause, wrapup_s: float | None) -> None:
    ended = named(with_interaction(TALKING).report(over(TALKING, cause, wrapup_s=wrapup_s)), "interaction.ended")
    assert ended["cause"] == cause


def test_the_focus_in_the_middle_of_a_consult_transfer_is_the_consult() -> None:
    messages = with_interaction(ASKING).ask("interaction.consulttransfer", ".c1.i1")
    focus = named(messages, "interaction.focuschanged")["interaction"]
    assert (focus["focus"], focus["state"]) == ("v2", "STARTED")
    told = story(messages)
    middle = told.index(("interaction.focuschanged", ".c1.i1"))
    assert told[middle - 1] == ("conversation.disposed", ".c1.i1.v1")
    assert ("conversation.disposed", ".c1.i1.v2") in told[middle:]


def test_a_leg_that_ended_shows_so_and_nothing_is_open_to_it() -> None:
    messages = with_interaction(ASKING).report(without_leg(ASKING, "b"))
    assert messages[0]["state"] == {"state": "ENDED"}
    assert {change["type"] for change in messages[0]["data"]} == {"disable"}
    assert messages[1]["data"] == {"conversation": {"id": "v2"}}


def test_the_consult_that_is_the_primary_now() -> None:
    messages = with_interaction(ASKING).report(without_leg(ASKING, "a"))
    promoted = named(messages, "conversation.infochanged")["conversation"]
    assert (promoted["id"], promoted["type"], promoted["state"]) == ("v2", "PRIMARY", "CONNECTED")
    assert promoted["members"] == [{"id": "m4002", "address": "4002"}]


# Dispositions


@pytest.mark.parametrize(
    "said", [{"code": "SOLD"}, {"code": "SOLD", "note": "two of them"}, {"code": "SOLD", "note": ""}]
)
def test_the_disposition_comes_with_the_completion(said: dict[str, str]) -> None:
    desk = with_interaction(call("ENDED", wrapup_s=10.0))
    messages = desk.ask("interaction.complete", ".c1.i1", {"disposition": said})
    assert named(messages, "interaction.completed")["disposition"] == said


def test_a_completion_without_a_disposition() -> None:
    desk = with_interaction(call("ENDED", wrapup_s=10.0))
    assert "disposition" not in named(desk.report(completed(desk.platform.at("4001"))), "interaction.completed")


# Causes


def test_all_that_a_request_brings_about_names_it() -> None:
    messages = with_interaction(ASKING).ask("interaction.consulttransfer", ".c1.i1", requestid="r1")
    assert messages[0]["requestid"] == "r1"
    assert {each["cause"] for each in messages[1:]} == {"r1"}


def test_what_happens_by_itself_names_no_request() -> None:
    desk = with_interaction(TALKING)
    desk.ask("interaction.consult", ".c1.i1", {"destination": "4002"}, requestid="r1")
    assert all("cause" not in each for each in desk.report(answered(desk.platform.at("4001"))))


# Debug mode


def test_the_context_of_interactions_and_conversations() -> None:
    fake = FakePlatform().with_group("Sales", channel("4001", "READY"))
    desk = Desk(fake, settings=CoreSettings(debug=True)).started()
    messages = desk.report(call())
    of_interaction = {
        "interaction": {
            "id": "i1",
            "type": "Telephony",
            "modeltype": "TELEPHONY",
            "channel": {
                "id": "c1",
                "name": "Line 4001",
                "type": "TELEPHONY",
                "modeltype": "TELEPHONY",
                "channelgroup": {"id": "g1", "name": "Sales", "session": {"id": "s1"}},
            },
        }
    }
    by_name = {each["name"]: each["context"] for each in messages}
    assert by_name["interaction.preview"] == of_interaction
    assert by_name["conversation.initialized"] == {"conversation": {"id": "v1", **of_interaction}}
    (response, *_) = desk.ask("conversation.answer", ".g1.c1.i1.v1")
    assert response["context"] == {"conversation": {"id": "v1", **of_interaction}}


# Two legs to the same party


def test_members_are_told_for_their_leg() -> None:
    both = call("STARTED", leg("HELD", "555"), leg("CONNECTED", "555", key="b", consult=True))
    told = [each["target"] for each in told_at_first(both) if each["name"] == "conversation.member.added"]
    assert told == ["s1.c1.i1.v1", "s1.c1.i1.v2"]
