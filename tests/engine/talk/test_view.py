"""What the client knows, fed from the golden messages of specs/examples."""

from typing import Any, Final

import pytest

from engine.specs import EXAMPLES, read_examples
from engine.talk.view import Known, View
from protocol.ids import ObjectKind
from protocol.states import InteractionState
from tests.engine.talk.story import (
    ANNA,
    ANSWERED,
    CALL,
    CHAT,
    CHAT_OFFERED,
    CHAT_STARTED,
    CHATS,
    COLLEAGUE,
    COMPLETED,
    CONSULT,
    CONSULT_OVER,
    CONSULTED,
    CONSULTING,
    DATA,
    HUNG_UP,
    LEG,
    NOW,
    POSTS,
    RINGING,
    event,
    view_after,
)
from tests.engine.talk.story import PHONE as STORY_PHONE

GOLDEN: Final = {stem: message for examples in read_examples(EXAMPLES).values() for stem, message in examples.items()}
SESSION: Final[str] = GOLDEN["session.initialized.event"]["target"]
GROUP: Final = f"{SESSION}.g1"
PHONE: Final = f"{SESSION}.c3"


RETRIEVE: Final = "conversation.retrieve"


def golden(stem: str, **changes: Any) -> dict[str, Any]:
    return {**GOLDEN[stem], **changes}


@pytest.fixture
def view() -> View:
    """A session with one group and one phone."""
    view = View()
    view.begin(SESSION)
    for stem in (
        "bindSession.success",
        "session.start.success",
        "channelgroup.created.event",
        "state.updated.event.CHANNELGROUP",
        "session.initialized.event",
        "channel.created.event",
        "state.updated.event",
        "channel.initialized.event",
    ):
        view.take(golden(stem), NOW)
    return view


def test_a_session_that_is_only_prepared_can_be_started() -> None:
    view = View()
    view.begin(SESSION)
    assert list(view.objects) == [SESSION]
    assert view.objects[SESSION].describe_state() == "PREPARED"
    assert view.is_open("session.start")


def test_what_the_events_tell_is_known(view: View) -> None:
    assert [(known.kind, known.target, known.label) for known in view.objects.values()] == [
        (ObjectKind.SESSION, SESSION, "session"),
        (ObjectKind.CHANNELGROUP, GROUP, "Default"),
        (ObjectKind.CHANNEL, PHONE, "4101"),
    ]
    assert view.objects[SESSION].describe_state() == "INITIALIZED"
    assert view.objects[PHONE].describe_state() == "INACTIVE"
    assert view.objects[PHONE].parent == SESSION
    assert [known.id for known in view.of_kind(ObjectKind.CHANNEL)] == ["c3"]


def test_capabilities_follow_their_changes(view: View) -> None:
    assert view.objects[PHONE].capabilities == {"channel.activate", "channel.externaldispositions"}
    view.take(golden("state.updated.event.ACTIVATED", target=PHONE), NOW)
    assert "channel.activate" not in view.objects[PHONE].capabilities
    assert "channel.ready" in view.objects[PHONE].capabilities
    assert view.is_open("channel.ready")
    assert not view.is_open("channel.activate")
    assert view.is_open("session.logout")
    assert not view.is_open("session.start")


def test_the_state_is_told_in_words(view: View) -> None:
    view.take(golden("channel.infochanged.event", target=PHONE), NOW)
    view.take(golden("state.updated.event.NOTREADY", target=PHONE), NOW)
    assert view.objects[PHONE].describe_state() == "ACTIVE/NOTREADY (LUNCH)"
    pending = {"loginstate": "ACTIVE", "agentstate": "READY", "pendingagentstate": "NOTREADY"}
    view.take(golden("state.updated.event", target=PHONE, state=pending), NOW)
    assert view.objects[PHONE].describe_state() == "ACTIVE/READY, then NOTREADY"


def test_what_is_disposed_is_gone_with_all_below_it_but_keeps_its_name(view: View) -> None:
    view.take(golden("channel.created.event", target=f"{GROUP}.c3"), NOW)
    view.take(golden("channelgroup.disposed.event", target=GROUP), NOW)
    assert list(view.objects) == [SESSION, PHONE]
    assert view.label(GROUP) == "Default"
    assert view.is_called(GROUP, "Default")
    assert not view.is_called(GROUP, "4101")


def test_an_object_lies_below_another_by_its_path_not_by_its_first_letters(view: View) -> None:
    for number in (1, 10):
        info = {"id": f"c{number}", "endpoint": f"41{number:02}"}
        view.take({"name": "channel.created", "target": f"{SESSION}.c{number}", "data": {"channel": info}}, NOW)
    view.take(golden("channel.disposed.event", target=f"{SESSION}.c1"), NOW)
    assert f"{SESSION}.c1" not in view.objects
    assert f"{SESSION}.c10" in view.objects


def test_a_group_has_its_state_from_state_updated_alone(view: View) -> None:
    assert view.objects[GROUP].describe_state() == "INITIALIZED"
    view.take(golden("channelgroup.initialized.event", target=GROUP), NOW)
    assert view.objects[GROUP].describe_state() == "INITIALIZED"


def test_an_object_is_called_by_path_id_and_label(view: View) -> None:
    for name in (PHONE, "c3", "4101"):
        assert view.is_called(PHONE, name)
    assert view.label(f"{SESSION}.c9") == "c9"
    assert view.is_called(f"{SESSION}.c9", "c9")


@pytest.mark.parametrize("stem", ["session.disposed.event", "session.logout.success"])
def test_at_the_end_nothing_is_left(view: View, stem: str) -> None:
    view.take(golden(stem), NOW)
    assert list(view.objects) == [SESSION]
    assert view.objects[SESSION].describe_state() == "DISPOSED"
    assert not view.objects[SESSION].capabilities


def test_the_alias_of_logout_ends_the_session_too(view: View) -> None:
    view.take(golden("session.logout.success", command="session.request.logout"), NOW)
    assert list(view.objects) == [SESSION]


def test_after_a_reset_everything_comes_anew(view: View) -> None:
    view.take(golden("bindSession.success.RESET"), NOW)
    assert list(view.objects) == [SESSION]
    assert view.is_open("session.start")


def test_after_a_resumption_all_is_as_it_was(view: View) -> None:
    before = view.objects
    view.take(golden("bindSession.success.RESUMED"), NOW)
    assert view.objects == before


@pytest.mark.parametrize(
    "message",
    [
        golden("channel.disposed.event", target="another.c3"),
        golden("channel.ready.success"),
        golden("channel.ready.failure"),
        {"name": "channel.disposed", "data": {}},
        {"name": "state.updated", "target": f"{SESSION}.c9", "data": [], "state": {}},
        {"name": "state.updated", "target": PHONE, "data": ["nonsense"], "state": {"loginstate": "INACTIVE"}},
        {"name": "thing.created", "target": f"{SESSION}.t1", "data": {"thing": {"id": "t1"}}},
        {"name": "channel.created", "target": f"{SESSION}.c9", "data": {"channel": "nonsense"}},
        {"name": "interaction.ended", "target": f"{PHONE}.i1", "data": {"interaction": {"id": "i1"}}},
        {"name": "interaction.created", "target": f"{PHONE}.i1", "data": {"interaction": "nonsense"}},
        {"name": "interaction.message.added", "target": f"{PHONE}.i1", "data": {"message": "nonsense"}},
        {"name": "interaction.datachanged", "target": f"{PHONE}.i1", "data": {"interactiondata": []}},
        {"name": "conversation.member.added", "target": PHONE, "data": {"member": "nonsense"}},
        {"name": "conversation.disposed", "target": f"{PHONE}.i1.v1", "data": {}},
        {},
    ],
)
def test_what_is_of_another_session_or_makes_no_sense_changes_nothing(view: View, message: dict[str, Any]) -> None:
    before = view.objects
    view.take(message, NOW)
    assert view.objects == before


def test_before_there_is_a_session_nothing_is_taken() -> None:
    view = View()
    view.take(golden("session.initialized.event"), NOW)
    assert not view.objects


def test_an_object_without_a_name_is_called_by_its_id() -> None:
    assert Known(kind=ObjectKind.INTERACTION, target="s.c1.i1").label == "i1"
    assert Known(kind=ObjectKind.CHANNEL, target="s.c1").label == "c1"


# Interactions and conversations


def test_a_call_and_its_legs_are_objects() -> None:
    view = view_after(RINGING, ANSWERED, CONSULTING)
    assert [(known.kind, known.target, known.label, known.describe_state()) for known in view.objects.values()][3:] == [
        (ObjectKind.INTERACTION, CALL, "i1", "STARTED"),
        (ObjectKind.CONVERSATION, LEG, "v1", "HELD"),
        (ObjectKind.CONVERSATION, CONSULT, "v2", "DIALING"),
    ]
    assert view.objects[CALL].data == DATA
    assert view.objects[LEG].people == {"m1": ANNA}
    assert view.objects[LEG].capabilities == {"conversation.release", "conversation.blindtransfer", RETRIEVE}


def test_an_interaction_is_in_the_state_that_was_told_last_by_whichever_event() -> None:
    """Where no wrap-up is due, nothing but interaction.ended tells that it is over."""
    view = view_after(RINGING, ANSWERED)
    ended = {**view.objects[CALL].info, "state": "ENDED"}
    view.take(event("interaction.ended", CALL, interaction=ended, cause="REMOTE", wrapup=False), NOW)
    assert view.objects[CALL].describe_state() == "ENDED"


def test_who_takes_part_in_a_call_are_those_of_its_legs_and_afterwards_the_last() -> None:
    view = view_after(RINGING, ANSWERED, CONSULTING)
    assert view.objects[CALL].people == {"m1": ANNA, "m2": COLLEAGUE}
    view = view_after(RINGING, ANSWERED, CONSULTING, CONSULT_OVER)
    assert view.objects[CALL].people == {"m1": ANNA}
    view = view_after(RINGING, ANSWERED, HUNG_UP)
    assert list(view.objects)[3:] == [CALL]
    assert view.objects[CALL].people == {"m1": ANNA}


def test_members_come_and_go() -> None:
    view = view_after(RINGING, ANSWERED)
    view.take(event("conversation.member.added", LEG, member=COLLEAGUE), NOW)
    assert view.objects[LEG].people == view.objects[CALL].people == {"m1": ANNA, "m2": COLLEAGUE}
    view.take(event("conversation.member.removed", LEG, member=ANNA), NOW)
    assert view.objects[LEG].people == view.objects[CALL].people == {"m2": COLLEAGUE}


def test_who_takes_part_in_a_chat_is_known_from_what_was_said() -> None:
    view = view_after(CHAT_OFFERED)
    assert [who["name"] for who in view.objects[CHAT].people.values()] == ["Carol"]
    view = view_after(CHAT_OFFERED, CHAT_STARTED, POSTS)
    assert [who["name"] for who in view.objects[CHAT].people.values()] == ["Carol", "Agent 1"]


def test_the_data_are_the_whole_map_of_the_last_change() -> None:
    view = view_after(RINGING)
    view.take(event("interaction.datachanged", CALL, interactiondata={"a": "1"}, changed=["order", "a"]), NOW)
    assert view.objects[CALL].data == {"a": "1"}


def test_an_interaction_goes_by_its_people_its_queue_and_the_contact() -> None:
    view = view_after(RINGING)
    for name in (CALL, "i1", "+15550100", "Anna Moss", "Sales", "contact1"):
        assert view.is_called(CALL, name), name
    for name in (LEG, "v1", "+15550100", "Anna Moss"):
        assert view.is_called(LEG, name), name
    assert not view.is_called(LEG, "Sales")
    assert not view.is_called(CALL, "4001")


def test_what_is_gone_keeps_its_names() -> None:
    view = view_after(RINGING, ANSWERED, HUNG_UP, COMPLETED)
    assert CALL not in view.objects
    assert view.label(CALL) == "i1"
    assert view.is_called(CALL, "Anna Moss")
    assert view.is_called(LEG, "v1")
    assert view_after(RINGING, ANSWERED, CONSULTING, CONSULT_OVER).is_called(CALL, "4002"), "who was asked"


def test_the_focus_is_the_leg_that_the_interaction_names_and_the_interaction_that_talks() -> None:
    view = view_after(RINGING, ANSWERED, CONSULTING, CHAT_OFFERED)
    assert [known.id for known in view.objects.values() if view.in_focus(known)] == ["v2"]
    view = view_after(RINGING, ANSWERED, CONSULTING, CONSULTED, CHAT_OFFERED)
    assert [known.id for known in view.objects.values() if view.in_focus(known)] == ["i1", "v2"]


def test_what_lies_below_is_found_in_the_order_of_its_making() -> None:
    view = view_after(RINGING, ANSWERED, CONSULTING, CHAT_OFFERED)
    assert [known.id for known in view.below(STORY_PHONE, ObjectKind.CONVERSATION)] == ["v1", "v2"]
    assert [known.id for known in view.below(STORY_PHONE, ObjectKind.INTERACTION)] == ["i1"]
    assert [known.id for known in view.below(CHATS, ObjectKind.INTERACTION)] == ["i2"]


def test_how_long_it_was_in_a_state_is_known_when_that_was_witnessed() -> None:
    view = view_after(RINGING, ANSWERED, CONSULTING, CONSULT_OVER, HUNG_UP, step_s=7.0)
    it = view.objects[CALL]
    assert it.took(InteractionState.ALERTING, InteractionState.STARTED) == 7.0
    assert it.took(InteractionState.STARTED, InteractionState.ENDED) == 21.0
    assert it.took(InteractionState.ENDED, InteractionState.COMPLETED) is None


def test_what_was_under_way_before_has_been_so_for_nobody_knows_how_long() -> None:
    view = view_after()
    started = {"id": "i9", "state": "STARTED"}
    view.take(event("interaction.created", f"{CHATS}.i9", interaction=started), NOW)
    view.take(event("interaction.ended", f"{CHATS}.i9", interaction={**started, "state": "ENDED"}), NOW + 9)
    it = view.objects[f"{CHATS}.i9"]
    assert it.took(InteractionState.STARTED, InteractionState.ENDED) is None
    assert it.entered == {"ENDED": NOW + 9}


# Lists


def test_codes_are_known_by_the_event_that_lists_them(view: View) -> None:
    view.take(golden("session.externalnotreadyreasons.updated.event"), NOW)
    view.take(golden("channel.externaldispositions.updated.event", target=PHONE), NOW)
    assert view.codes["session.externalnotreadyreasons.updated"]["LUNCH"] == "Lunch"
    listed = {each["code"] for each in GOLDEN["channel.externaldispositions.updated.event"]["data"]["dispositions"]}
    assert set(view.codes["channel.externaldispositions.updated"]) == listed


def test_the_directory_is_known_from_its_response(view: View) -> None:
    entries = GOLDEN["session.request.getdirectory.success"]["data"]["entries"]
    view.take(golden("session.request.getdirectory.success", command="session.getdirectory"), NOW)
    assert list(view.directory) == entries
