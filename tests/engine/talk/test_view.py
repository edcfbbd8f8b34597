"""What the client knows, fed from the golden messages of specs/examples."""

from typing import Any, Final

import pytest

from engine.specs import EXAMPLES, read_examples
from engine.talk.view import Known, View
from protocol.ids import ObjectKind

GOLDEN: Final = {stem: message for examples in read_examples(EXAMPLES).values() for stem, message in examples.items()}
SESSION: Final[str] = GOLDEN["session.initialized.event"]["target"]
GROUP: Final = f"{SESSION}.g1"
PHONE: Final = f"{SESSION}.c3"


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
        view.take(golden(stem))
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
    view.take(golden("state.updated.event.ACTIVATED", target=PHONE))
    assert "channel.activate" not in view.objects[PHONE].capabilities
    assert "channel.ready" in view.objects[PHONE].capabilities
    assert view.is_open("channel.ready")
    assert not view.is_open("channel.activate")
    assert view.is_open("session.logout")
    assert not view.is_open("session.start")


def test_the_state_is_told_in_words(view: View) -> None:
    view.take(golden("channel.infochanged.event", target=PHONE))
    view.take(golden("state.updated.event.NOTREADY", target=PHONE))
    assert view.objects[PHONE].describe_state() == "ACTIVE/NOTREADY (LUNCH)"
    pending = {"loginstate": "ACTIVE", "agentstate": "READY", "pendingagentstate": "NOTREADY"}
    view.take(golden("state.updated.event", target=PHONE, state=pending))
    assert view.objects[PHONE].describe_state() == "ACTIVE/READY, then NOTREADY"


def test_what_is_disposed_is_gone_with_all_below_it_but_keeps_its_name(view: View) -> None:
    view.take(golden("channel.created.event", target=f"{GROUP}.c3"))
    view.take(golden("channelgroup.disposed.event", target=GROUP))
    assert list(view.objects) == [SESSION, PHONE]
    assert view.label(GROUP) == "Default"
    assert view.is_called(GROUP, "Default")
    assert not view.is_called(GROUP, "4101")


def test_an_object_is_called_by_path_id_and_label(view: View) -> None:
    for name in (PHONE, "c3", "4101"):
        assert view.is_called(PHONE, name)
    assert view.label(f"{SESSION}.c9") == "c9"
    assert view.is_called(f"{SESSION}.c9", "c9")


@pytest.mark.parametrize("stem", ["session.disposed.event", "session.logout.success"])
def test_at_the_end_nothing_is_left(view: View, stem: str) -> None:
    view.take(golden(stem))
    assert list(view.objects) == [SESSION]
    assert view.objects[SESSION].describe_state() == "DISPOSED"
    assert not view.objects[SESSION].capabilities


def test_the_alias_of_logout_ends_the_session_too(view: View) -> None:
    view.take(golden("session.logout.success", command="session.request.logout"))
    assert list(view.objects) == [SESSION]


def test_after_a_reset_everything_comes_anew(view: View) -> None:
    view.take(golden("bindSession.success.RESET"))
    assert list(view.objects) == [SESSION]
    assert view.is_open("session.start")


def test_after_a_resumption_all_is_as_it_was(view: View) -> None:
    before = view.objects
    view.take(golden("bindSession.success.RESUMED"))
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
        {},
    ],
)
def test_what_is_of_another_session_or_makes_no_sense_changes_nothing(view: View, message: dict[str, Any]) -> None:
    before = view.objects
    view.take(message)
    assert view.objects == before


def test_before_there_is_a_session_nothing_is_taken() -> None:
    view = View()
    view.take(golden("session.initialized.event"))
    assert not view.objects


def test_an_object_without_a_name_is_called_by_its_id() -> None:
    assert Known(kind=ObjectKind.INTERACTION, target="s.c1.i1").label == "i1"
    assert Known(kind=ObjectKind.CHANNEL, target="s.c1").label == "c1"


def test_objects_of_later_releases_are_known_as_well(view: View) -> None:
    info = {"id": "i1", "state": "ALERTING"}
    view.take({"name": "interaction.created", "target": f"{PHONE}.i1", "data": {"interaction": info}})
    (known,) = view.of_kind(ObjectKind.INTERACTION)
    assert (known.label, known.describe_state()) == ("i1", "ALERTING")
