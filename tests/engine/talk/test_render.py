"""Messages as lines of a terminal of 80 columns, of which none is longer, and nothing is lost."""

import io
from collections.abc import Iterable
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator
from rich.console import Console, RenderableType

from engine.talk.render import line_of, tree_of
from engine.talk.view import View
from protocol.events import EVENTS
from protocol.schema import definitions
from tests.engine.talk.fake_server import JsonObject
from tests.engine.talk.story import (
    ALL,
    ANSWERED,
    CALL,
    CAROL,
    CHAT,
    CHAT_OFFERED,
    CHAT_STARTED,
    COMPLETED,
    CONSULT_OVER,
    CONSULTED,
    CONSULTING,
    DATA,
    HUNG_UP,
    NOW,
    POSTS,
    RINGING,
    SAID,
    event,
    interaction,
    message,
    updated,
    view_after,
)
from tests.engine.talk.test_view import GOLDEN, GROUP, PHONE, SESSION

WIDTH: Final = 80


@pytest.fixture
def view() -> View:
    view = View()
    view.begin(SESSION)
    for stem in ("session.initialized.event", "channelgroup.created.event", "channel.created.event"):
        view.take(GOLDEN[stem], NOW)
    return view


def printed(what: RenderableType, width: int = WIDTH) -> list[str]:
    """What a terminal of so many columns shows, without the spaces at the ends."""
    screen = io.StringIO()
    Console(width=width, file=screen).print(what)
    return [text.rstrip() for text in screen.getvalue().splitlines()]


def shown(view: View, *events: JsonObject) -> list[str]:
    """The lines of events, each printed when the view has taken it."""
    found = []
    for each in events:
        view.take(each, NOW)
        found += printed(line_of(each, view))
    return found


def line(view: View, stem: str, **changes: Any) -> str:
    """A message's one line."""
    (only,) = printed(line_of({**GOLDEN[stem], **changes}, view))
    return only


def test_the_story_is_told_in_the_words_of_the_protocol() -> None:
    """What the tests of this folder take for the server's words."""
    schemas = definitions()
    for number, each in enumerate(ALL, 1):
        schema = {"$ref": f"#/$defs/{each['name']}.event", "$defs": schemas}
        Draft202012Validator(schema).validate({**each, "seq": number})


# Nothing is longer, nothing is lost

LONG: Final = (
    "It began on Monday, when the parcel that I had been waiting for came without its lid, and "
    "https://www.example.org/a/very/long/address/that/no/terminal/of/eighty/columns/can/hold/on/one/line was no help."
)
MANY: Final = {f"key-{number}": f"value of {number}" for number in range(40)}


PAIRS: Final = tuple(f'{key}="{value}"' for key, value in MANY.items())


@pytest.mark.parametrize("width", [WIDTH, 60])
@pytest.mark.parametrize(
    ("told", "parts"),
    [
        (event("interaction.message.added", CHAT, message=message("x9", CAROL, LONG)), (f"09:30 Carol: {LONG}",)),
        (event("interaction.datachanged", CHAT, interactiondata=MANY, changed=[*MANY]), PAIRS),
        (
            event(
                "interaction.preview",
                CHAT,
                **interaction("ALERTING", chat=True),
                interactiondata=MANY,
                transcript=[message("x8", CAROL, LONG), message("x9", CAROL, "And so on.")],
            ),
            (*PAIRS, f"09:30 Carol: {LONG}", "09:30 Carol: And so on."),
        ),
        (
            event(
                "channel.externaldispositions.updated",
                PHONE,
                dispositions=[{"code": f"CODE_{number}", "name": f"Meaning of {number}"} for number in range(40)],
            ),
            tuple(f"CODE_{number} (Meaning of {number})" for number in range(40)),
        ),
        (
            updated(CHAT, *(f"+interaction.thing{number}" for number in range(40)), state="STARTED"),
            tuple(f"+thing{number}" for number in range(40)),
        ),
        (
            {"result": "failure", "command": "channel.ready", "failure": {"code": "INVALID_STATE", "message": LONG}},
            ("failed channel.ready", f"INVALID_STATE: {LONG}"),
        ),
        ({"result": "success", "command": "x", "data": {"text": LONG}}, ("ok x", LONG)),
        ({"name": "unheard.of", "data": {"text": LONG}}, ("unheard.of", LONG)),
    ],
    ids=lambda told: told.get("name") or told["result"] if isinstance(told, dict) else "",
)
def test_what_is_too_long_is_wrapped(told: JsonObject, parts: tuple[str, ...], width: int) -> None:
    view = view_after(CHAT_OFFERED)
    view.take(told, NOW)
    line = line_of({**told, "seq": 12345, "requestid": "t12345"}, view)
    wide, narrow = printed(line, 10_000), printed(line, width)
    for part in parts:
        assert part in "\n".join(wide)
    assert max(map(len, narrow)) <= width < max(map(len, wide))
    column = wide[0].index("t12345") + len("t12345 ")
    assert not "".join(text[:column] for text in narrow[1:]).strip(), "it goes on below itself, not below the number"
    assert _squeezed(narrow) == _squeezed(wide), "nothing is lost"


def _squeezed(lines: list[str]) -> str:
    return "".join("".join(lines).split())


@pytest.mark.parametrize("stem", GOLDEN)
def test_no_line_of_a_golden_message_is_longer(view: View, stem: str) -> None:
    if not stem.endswith("request") and ("result" in GOLDEN[stem] or "name" in GOLDEN[stem]):
        view.take(GOLDEN[stem], NOW)
        assert max(map(len, printed(line_of(GOLDEN[stem], view)))) <= WIDTH


@pytest.mark.parametrize("stem", GOLDEN)
def test_a_golden_message_is_named(view: View, stem: str) -> None:
    told = GOLDEN[stem]
    if stem.endswith("request") or not ("result" in told or "name" in told):
        return
    view.take(told, NOW)
    text = " ".join(printed(line_of(told, view)))
    named = told.get("name") or told.get("command") or "failed"
    if told.get("result") == "confirm":
        named = "confirm"
    if named == "interaction.message.added":
        named = told["data"]["message"]["text"].split()[0]
    assert named in text


def test_every_event_is_told_in_words_of_its_own() -> None:
    """None is shown as JSON, which is how those are shown that nobody knows."""
    view = View()
    view.begin(SESSION)
    seen = set()
    for each in [*ALL, *(told for told in GOLDEN.values() if "name" in told and "target" in told)]:
        view.take(each, NOW)
        assert "{" not in "".join(printed(line_of(each, view))) or each["name"].startswith("supervisor."), each
        seen.add(each["name"])
    assert {name for name in EVENTS if not name.startswith("supervisor.")} <= seen


# Responses


def test_a_success_says_what_was_done_to_whom(view: View) -> None:
    assert (
        line(view, "channel.ready.success", target=PHONE, seq=7, requestid="t5") == "   7 t5     ok channel.ready 4101"
    )
    echo = {"channel": {"endpoint": "4101", "type": "Chat"}}
    told = line(view, "session.addchannel.success", seq=8, requestid="t6", data=echo)
    assert told == "   8 t6     ok session.addchannel channel.endpoint=4101, channel.type=Chat"


def test_a_failure_says_why_below(view: View) -> None:
    failed = {**GOLDEN["channel.ready.failure"], "target": PHONE, "seq": 7, "requestid": "t5"}
    first, second, *_ = printed(line_of(failed, view))
    assert first == "   7 t5     failed channel.ready 4101"
    assert second.startswith(f"            {failed['failure']['code']}: ")
    unread = {"result": "failure", "failure": {"code": "INVALID_REQUEST", "message": "no"}, "original": "x"}
    assert printed(line_of(unread, view)) == ["            failed", "            INVALID_REQUEST: no"]


def test_a_failure_at_one_of_several_channels_names_it(view: View) -> None:
    failure = {"code": "CHANNEL_UNAVAILABLE", "message": "taken", "channel": {"id": "c7"}}
    failed = {"result": "failure", "command": "channelgroup.ready", "target": GROUP, "failure": failure}
    assert printed(line_of(failed, view)) == [
        "            failed channelgroup.ready Default",
        "            CHANNEL_UNAVAILABLE (channel c7): taken",
    ]


def test_a_confirmation_asks(view: View) -> None:
    text = " ".join(each.strip() for each in printed(line_of(GOLDEN["prepareSession.confirm"], view)))
    assert text.endswith(f"confirm: {GOLDEN['prepareSession.confirm']['message']}")


def test_what_a_success_brings_is_told_in_words() -> None:
    view = view_after(RINGING)
    directory = {"entries": [{"name": "Front desk", "number": "4900", "type": "internal"}]}
    channels = {"channels": [{"id": "c1", "loginstate": "ACTIVE", "agentstate": "READY"}, {"id": "c2"}]}
    told = [
        {"result": "success", "command": "session.request.getdirectory", "data": directory},
        {"result": "success", "command": "interaction.getdata", "target": CALL, "data": {"interactiondata": DATA}},
        {"result": "success", "command": "interaction.getdata", "target": CALL, "data": {"interactiondata": {}}},
        {"result": "success", "command": "channelgroup.ready", "data": channels},
    ]
    assert [text.strip() for each in told for text in printed(line_of(each, view))] == [
        "ok session.request.getdirectory",
        "4900 Front desk (internal)",
        "ok interaction.getdata i1 order=4711, queue=Sales,",
        'customer.name="Anna Moss", customer.since=2019',
        "ok interaction.getdata i1 no data",
        "ok channelgroup.ready c1 ACTIVE/READY, c2",
    ]


# Events of sessions, groups and channels


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
    text = printed(line_of({**GOLDEN[stem], "target": target, "seq": 12, "cause": "t5"}, view))
    assert " ".join(each.strip() for each in text) == f"12 <- t5  {told}"
    assert text[0].startswith("  12 <- t5  ")


def test_an_event_of_nobodys_making_has_no_arrow(view: View) -> None:
    notice = {"name": "session.unbound", "target": SESSION, "data": {"message": "taken"}}
    assert printed(line_of(notice, view)) == ["            session.unbound taken"]


def test_lists_of_codes_are_told_with_their_names(view: View) -> None:
    event = GOLDEN["session.externalnotreadyreasons.updated.event"]
    told = " ".join(each.strip() for each in printed(line_of(event, view)))
    for reason in event["data"]["reasons"]:
        assert f"{reason['code']} ({reason['name']})" in told
    none = {"name": "channel.externaldispositions.updated", "target": PHONE, "data": {"dispositions": []}}
    assert shown(view, none) == ["            channel.externaldispositions.updated 4101 none"]


def test_a_supervisor_is_named_with_the_reason(view: View) -> None:
    by = {"supervisor": {"id": "sup", "name": "Eva Stone"}, "why": "many calls wait"}
    told = line(view, "channel.created.event", target=PHONE, seq=3, cause="t5", by=by)
    assert told == "   3 <- t5  channel.created 4101 INACTIVE (by Eva Stone: many calls wait)"


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
        ({"name": "interaction.ended", "target": PHONE, "data": {"x": 1}}, 'interaction.ended 4101 {"x":1}'),
        ({"name": "conversation.created", "data": {"conversation": 1}}, 'conversation.created {"conversation":1}'),
        ({"name": "interaction.message.added", "data": {"message": "m"}}, '{"message":"m"}'),
    ],
)
def test_what_the_client_does_not_know_is_shown_nevertheless(view: View, message: dict[str, Any], told: str) -> None:
    assert [each.strip() for each in printed(line_of(message, view))] == [told]


def test_what_others_write_cannot_move_the_cursor() -> None:
    view = view_after(CHAT_OFFERED, CHAT_STARTED)
    said = event("interaction.message.added", CHAT, message=message("x9", {**CAROL, "name": "C\x1b]"}, "\x1b[2Jb\nc"))
    assert shown(view, said) == ["            i2 09:30 C\\x1b]: \\x1b[2Jb", "            c"]


# Events of interactions and conversations


def told_of(block: Iterable[JsonObject], *before: Iterable[JsonObject]) -> list[str]:
    """The lines of one block after others; with their first twelve columns, which are empty, left out."""
    return [text[12:] for text in shown(view_after(*before), *block)]


def test_a_call_that_rings() -> None:
    assert told_of(RINGING) == [
        "channel.infochanged 4001 ACTIVE/READY, engaged in i1",
        "state.updated 4001 ACTIVE/READY",
        "interaction.created i1 call ALERTING",
        "state.updated i1 ALERTING +accept +reject +setdata",
        "conversation.created v1 PRIMARY INBOUND ALERTING +15550100 (Anna",
        "Moss)",
        "state.updated v1 ALERTING +answer +release",
        "conversation.member.added v1 +15550100 (Anna Moss)",
        "conversation.initialized v1 PRIMARY INBOUND ALERTING +15550100 (Anna",
        "Moss)",
        "interaction.datachanged i1 order=4711, queue=Sales,",
        'customer.name="Anna Moss", customer.since=2019',
        "interaction.preview i1 call from +15550100 (Anna Moss) ALERTING,",
        'order=4711, queue=Sales, customer.name="Anna Moss",',
        "customer.since=2019",
        "interaction.initialized i1 call from +15550100 (Anna Moss) ALERTING",
    ]


def test_a_consult() -> None:
    assert told_of((*CONSULTING, *CONSULTED, *CONSULT_OVER), RINGING, ANSWERED) == [
        "state.updated v1 HELD -hold +retrieve",
        "conversation.created v2 CONSULT OUTBOUND DIALING 4002",
        "state.updated v2 DIALING +release",
        "conversation.member.added v2 4002",
        "conversation.initialized v2 CONSULT OUTBOUND DIALING 4002",
        "interaction.focuschanged i1 v2 4002",
        "state.updated i1 STARTED -consult",
        "state.updated v2 CONNECTED +hold +blindtransfer",
        "state.updated i1 STARTED +consulttransfer +alternate",
        "+consultconference",
        "state.updated v2 ENDED -release -hold -blindtransfer",
        "conversation.disposed v2",
        "interaction.focuschanged i1 v1 +15550100 (Anna Moss)",
        "state.updated i1 STARTED -consulttransfer -alternate",
        "-consultconference +consult",
    ]


def test_the_end_of_a_call_with_cause_and_times() -> None:
    view = view_after(RINGING, ANSWERED, step_s=65.0)
    lines = []
    for now, block in ((NOW + 240, HUNG_UP), (NOW + 252, COMPLETED)):
        for each in block:
            view.take(each, now)
            lines += [text[12:] for text in printed(line_of(each, view))]
    assert lines == [
        "state.updated v1 ENDED -release -hold -retrieve",
        "conversation.disposed v1",
        "interaction.ended i1 RELEASED after 1:50, wrap-up",
        "state.updated i1 ENDED -consult +complete",
        "channel.infochanged 4001 ACTIVE/WORK, engaged in i1",
        "state.updated 4001 ACTIVE/WORK",
        "interaction.completed i1 RESOLVED is happy now, wrap-up took 12 s",
        "interaction.disposed i1",
        "channel.infochanged 4001 ACTIVE/READY",
        "state.updated 4001 ACTIVE/READY",
    ]


def test_a_call_that_nobody_answered_has_a_cause_and_no_time() -> None:
    ended = event("interaction.ended", CALL, **interaction("ENDED"), cause="ABANDONED", wrapup=False)
    completed = event("interaction.completed", CALL, **interaction("COMPLETED"))
    assert told_of((ended, completed), RINGING) == ["interaction.ended i1 ABANDONED", "interaction.completed i1"]


def test_data_that_change_are_told_with_those_that_are_gone() -> None:
    changed = event("interaction.datachanged", CALL, interactiondata={"a": "1", "b": "2"}, changed=["order", "b"])
    emptied = event("interaction.datachanged", CALL, interactiondata={}, changed=[])
    assert told_of((changed, emptied), RINGING) == [
        "interaction.datachanged i1 b=2, -order",
        "interaction.datachanged i1 no data",
    ]


def test_a_chat_is_a_transcript() -> None:
    assert told_of((*CHAT_OFFERED, *CHAT_STARTED, *POSTS)) == [
        "interaction.created i2 chat ALERTING",
        "state.updated i2 ALERTING +accept +reject +setdata",
        "interaction.datachanged i2 topic=Refund",
        "interaction.preview i2 chat from Carol ALERTING, topic=Refund",
        "09:30 Carol: Is anybody there?",
        "interaction.initialized i2 chat from Carol ALERTING",
        "state.updated i2 STARTED -accept -reject +message.send +release",
        "+transfer",
        "interaction.started i2 STARTED",
        "i2 09:30 Carol: I want my money back.",
        "interaction.typing.started i2 Carol",
        "interaction.typing.stopped i2 Carol",
        "interaction.file.added i2 Carol: bill.png (image/png 14 kB)",
        "https://x.example/f1",
        "interaction.form.submitted i2 Carol: address city=Ulm",
        "interaction.screenshot.accepted i2 Carol: https://x.example/s",
        "interaction.screenshot.rejected i2 Carol",
        "interaction.signal.received i2 Carol: cart total=9",
        "interaction.party.joined i2 Agent 1",
        "interaction.party.left i2 Agent 1",
    ]


def test_a_call_that_was_under_way_brings_what_was_said() -> None:
    started = event(
        "interaction.started", CHAT, **interaction("STARTED", chat=True), transcript=[SAID["data"]["message"]]
    )
    assert told_of((started,), CHAT_OFFERED) == ["interaction.started i2 STARTED", "09:30 Carol: I want my money back."]


def test_events_about_what_is_gone_still_have_their_line() -> None:
    """The view may be further on than what is shown."""
    view = view_after(RINGING, ANSWERED, CONSULTING, CONSULT_OVER, HUNG_UP, COMPLETED)
    for each in (*RINGING, *ANSWERED, *CONSULTING, *CONSULT_OVER, *HUNG_UP, *COMPLETED):
        assert printed(line_of(each, view))[0].strip().startswith(each["name"])
    assert printed(line_of(ANSWERED[0], view))[0].strip().startswith("state.updated v1 CONNECTED")


# The tree


def drawn(view: View, now: float = NOW) -> list[str]:
    return printed(tree_of(view, now))


def test_the_tree_has_each_object_below_its_owner_with_what_is_open(view: View) -> None:
    view.take({**GOLDEN["channel.created.event"], "target": f"{GROUP}.c1"}, NOW)
    view.take({**GOLDEN["state.updated.event"], "target": f"{GROUP}.c1"}, NOW)
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


def test_the_tree_has_calls_with_their_legs_below_their_channels() -> None:
    view = view_after(RINGING, ANSWERED, CONSULTING, CHAT_OFFERED, step_s=30.0)
    assert drawn(view, NOW + 125) == [
        "session session s1 INITIALIZED",
        "open: addchannel, logout",
        "├── channel 4001 c1 ACTIVE/READY",
        "│   open: activate",
        "│   └── interaction i1 call from +15550100 (Anna Moss) STARTED for 1:05",
        '│       order=4711, queue=Sales, customer.name="Anna Moss", customer.since=2019',
        "│       open: setdata",
        "│       ├── conversation v1 PRIMARY +15550100 (Anna Moss) HELD for 35 s",
        "│       │   open: blindtransfer, release, retrieve",
        "│       └── conversation v2 CONSULT 4002 DIALING for 35 s in focus",
        "│           open: release",
        "└── channel chat-2 c2 ACTIVE/READY",
        "    open: nothing",
        "    └── interaction i2 chat from Carol ALERTING for 5 s",
        "        topic=Refund",
        "        open: accept, reject, setdata",
    ]


def test_the_tree_is_wrapped_not_cut() -> None:
    view = view_after(CHAT_OFFERED)
    view.take(event("interaction.datachanged", CHAT, interactiondata=MANY, changed=[*MANY]), NOW)
    lines = drawn(view)
    assert max(map(len, lines)) <= WIDTH
    text = " ".join(each.strip("│├└─ ") for each in lines)
    assert all(f'{key}="{value}"' in text for key, value in MANY.items())
