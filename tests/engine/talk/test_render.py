"""Messages as lines of a terminal of 80 columns."""

import io
from typing import Any, Final

import pytest
from rich.console import Console

from engine.talk.render import is_long, line_of, tree_of
from engine.talk.view import View
from tests.engine.talk.test_view import GOLDEN, GROUP, PHONE, SESSION

WIDTH: Final = 80


@pytest.fixture
def view() -> View:
    view = View()
    view.begin(SESSION)
    for stem in ("session.initialized.event", "channelgroup.created.event", "channel.created.event"):
        view.take(GOLDEN[stem])
    return view


def line(view: View, stem: str, **changes: Any) -> str:
    return line_of({**GOLDEN[stem], **changes}, view).plain


def test_every_golden_answer_and_event_has_its_line(view: View) -> None:
    for stem, message in GOLDEN.items():
        if (not stem.endswith("request") and "result" in message) or "name" in message:
            text = line_of(message, view).plain
            assert text.count("\n") == (1 if message.get("result") == "failure" else 0), stem
            named = message.get("name") or message.get("command") or "failed"
            assert named in text or message["result"] == "confirm", stem


def test_a_success_says_what_was_done_to_whom(view: View) -> None:
    assert (
        line(view, "channel.ready.success", target=PHONE, seq=7, requestid="t5") == "   7 t5     ok channel.ready 4101"
    )
    told = line(view, "session.addchannel.success", seq=8, requestid="t6")
    assert told == '   8 t6     ok session.addchannel {"channel":{"endpoint":"4101","type":"Telephony"}}'


def test_a_failure_says_why_below(view: View) -> None:
    told = line(view, "channel.ready.failure", target=PHONE, seq=7, requestid="t5")
    first, second = told.split("\n")
    assert first == "   7 t5     failed channel.ready 4101"
    assert second.startswith(f"     {GOLDEN['channel.ready.failure']['failure']['code']}: ")
    unread = {"result": "failure", "failure": {"code": "INVALID_REQUEST", "message": "no"}, "original": "x"}
    assert line_of(unread, view).plain == "            failed \n     INVALID_REQUEST: no"


def test_a_confirmation_asks(view: View) -> None:
    assert line(view, "prepareSession.confirm").endswith(f"confirm: {GOLDEN['prepareSession.confirm']['message']}")


@pytest.mark.parametrize(
    ("stem", "target", "told"),
    [
        ("channel.created.event", PHONE, "channel.created 4101 INACTIVE"),
        ("channel.infochanged.event", PHONE, "channel.infochanged 4101 ACTIVE/NOTREADY (LUNCH)"),
        ("state.updated.event", PHONE, "state.updated 4101 INACTIVE +activate +externaldispositions"),
        ("state.updated.event.NOTREADY", PHONE, "state.updated 4101 ACTIVE/NOTREADY (LUNCH) +ready"),
        ("channelgroup.created.event", GROUP, "channelgroup.created Default"),
        ("channel.disposed.event", PHONE, "channel.disposed 4101"),
        ("session.initialized.event", SESSION, "session.initialized agent1 Ada Brandt"),
        ("session.disposed.event", SESSION, "session.disposed TAKEOVER: the agent has prepared another session"),
    ],
)
def test_an_event_says_what_happened_to_whom_and_why(view: View, stem: str, target: str, told: str) -> None:
    assert line(view, stem, target=target, seq=12, cause="t5") == f"  12 <- t5  {told}"


def test_an_event_of_nobodys_making_has_no_arrow(view: View) -> None:
    event = {"name": "session.unbound", "target": SESSION, "data": {"message": "taken"}}
    assert line_of(event, view).plain == "            session.unbound taken"


def test_lists_of_codes_are_told_by_their_codes(view: View) -> None:
    told = line(view, "session.externalnotreadyreasons.updated.event")
    for reason in GOLDEN["session.externalnotreadyreasons.updated.event"]["data"]["reasons"]:
        assert reason["code"] in told


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ({"strange": 1}, '{"strange":1}'),
        ({"name": "thing.happened", "data": {"a": 1}}, 'thing.happened {"a":1}'),
        ({"name": "thing.happened"}, "thing.happened"),
        (
            {"name": "state.updated", "target": PHONE, "data": [1, {"name": "a.b", "type": "x"}]},
            "state.updated 4101 ?b",
        ),
    ],
)
def test_what_the_client_does_not_know_is_shown_nevertheless(view: View, message: dict[str, Any], told: str) -> None:
    assert line_of(message, view).plain.strip() == told


def test_failures_and_ends_are_told_in_full() -> None:
    assert is_long(GOLDEN["channel.ready.failure"])
    assert is_long(GOLDEN["prepareSession.confirm"])
    assert is_long(GOLDEN["session.disposed.event"])
    assert not is_long(GOLDEN["channel.ready.success"])
    assert not is_long(GOLDEN["state.updated.event"])


def drawn(view: View) -> list[str]:
    screen = io.StringIO()
    Console(width=WIDTH, file=screen).print(tree_of(view))
    return [text.rstrip() for text in screen.getvalue().splitlines()]


def test_the_tree_has_each_object_below_its_owner_with_what_is_open(view: View) -> None:
    view.take({**GOLDEN["channel.created.event"], "target": f"{GROUP}.c1"})
    view.take({**GOLDEN["state.updated.event"], "target": f"{GROUP}.c1"})
    lines = drawn(view)
    assert lines[0] == f"session session {SESSION} INITIALIZED"
    assert lines[1].startswith("open: addchannel, addchannelgroup, logout,")
    assert "├── channelgroup Default g1" in lines
    assert "│   └── channel 4101 c1 INACTIVE" in lines
    assert "│       open: activate, externaldispositions" in lines
    assert "└── channel 4101 c3 INACTIVE" in lines
    assert lines[-1] == "    open: nothing"
    assert max(map(len, lines)) <= WIDTH


def test_the_tree_of_nothing() -> None:
    assert drawn(View()) == ["nothing is known yet"]
