"""Lines into requests, and errors that say what to write instead. Which object is meant: see test_targets."""

import contextlib
import json
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.talk.fields import fields_of
from engine.talk.lines import ShorthandError
from engine.talk.shorthand import Ask, Raw, parse
from engine.talk.view import View
from protocol.commands import COMMANDS, MISSPELT, find_command
from protocol.messages import Request
from protocol.wire import read_request
from tests.engine.talk.story import NOW

SESSION: Final = "s1"
SAMPLES: Final = {str: "x", bool: "true", int: "1", dict: "{}"}
"""A value for a field of each type, as it is typed."""
SPECIAL: Final = {
    "channel.type": "Chat",
    "file.url": "http://x.example",
    "url": "https://x.example",
    "digits": "1#",
    "agentstate": "READY",
}
"""Those that are not any text."""


def view_of(*objects: tuple[str, str, str]) -> View:
    """A view with objects given as kind, path below the session, and name."""
    view = View()
    view.begin(SESSION)
    for kind, path, name in objects:
        named = {"channel": "endpoint", "channelgroup": "name"}.get(kind, "id")
        info = {"id": path.split(".")[-1], named: name}
        view.take({"name": f"{kind}.created", "target": f"{SESSION}.{path}", "data": {kind: info}}, NOW)
    return view


PHONE = ("channel", "c1", "4001")
SECOND = ("channel", "c2", "4002")
GROUP = ("channelgroup", "g1", "Default")
CHAT = ("channel", "g1.c3", "Second line")


def request(line: str, *objects: tuple[str, str, str]) -> dict[str, Any]:
    asked = parse(line)
    assert isinstance(asked, Ask)
    return asked.resolve(view_of(*objects))


def problem(line: str, *objects: tuple[str, str, str]) -> str:
    with pytest.raises(ShorthandError) as raised:
        request(line, *objects)
    return str(raised.value)


# Lines that are no requests


@pytest.mark.parametrize("line", ["", "   ", "\t\n", "# session.start", "  # a comment"])
def test_empty_lines_and_comments_do_nothing(line: str) -> None:
    assert parse(line) is None


def test_a_raw_line_is_sent_as_it_stands_whatever_it_is() -> None:
    text = '{"command": 5,  "nonsense": [}'
    raw = parse(f"  {text}  ")
    assert raw == Raw(text)
    assert isinstance(raw, Raw)
    assert raw.resolve(view_of()) == text


def test_a_raw_line_can_name_the_session_whose_id_nobody_knows_beforehand() -> None:
    raw = parse('{"command": "channel.ready", "target": "$session.c1"}')
    assert isinstance(raw, Raw)
    assert json.loads(raw.resolve(view_of()))["target"] == "s1.c1"


# Commands


@pytest.mark.parametrize("name", [*COMMANDS, *MISSPELT, "session.getdirectory", "channel.request.ready"])
def test_every_name_and_alias_is_a_command_and_is_sent_as_it_is_spelt(name: str) -> None:
    command = find_command(name)
    assert command is not None
    fields = [field for field in fields_of(command).values() if field.required]
    data = " ".join(f"{field.key}={SPECIAL.get(field.key, SAMPLES[field.kind])}" for field in fields)
    if name == "interaction.transfer":
        data = "queue=Sales"
    asked = parse(f"{name} {data}")
    assert isinstance(asked, Ask)
    (reading,) = asked.readings
    assert (reading.name, reading.command) == (name, command)


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("start", "session.start"),
        ("getdirectory", "session.request.getdirectory"),
        ("activateall", "channelgroup.activateall"),
        ("externaldispositions", "channel.externaldispositions"),
        ("recording.start", "interaction.recording.start"),
        ("typing.start", "interaction.typing.start"),
    ],
)
def test_the_verb_alone_is_enough(word: str, name: str) -> None:
    asked = parse(word)
    assert isinstance(asked, Ask)
    assert [reading.name for reading in asked.readings] == [name]


def test_an_unknown_command_brings_those_that_look_like_it() -> None:
    assert problem("chanel.ready") == (
        "column 1: there is no command chanel.ready; "
        "did you mean channel.ready or channel.notready or channelgroup.ready?"
    )
    assert problem("xyzzy") == "column 1: there is no command xyzzy; `help` in `ixp talk` lists all"


# Data without keys, after a short word


@pytest.mark.parametrize(
    ("line", "name", "data"),
    [
        ("dial +15550100", "channel.dial", {"destination": "+15550100"}),
        (
            "dial destination=4002 extensions.trunk=2",
            "channel.dial",
            {"destination": "4002", "extensions": {"trunk": "2"}},
        ),
        ("consult 4002", "interaction.consult", {"destination": "4002"}),
        ("consult destination=4002", "interaction.consult", {"destination": "4002"}),
        ("digits 12#", "conversation.senddtmf", {"digits": "12#"}),
        ("reject BUSY", "interaction.reject", {"reason": {"code": "BUSY"}}),
        ("reject", "interaction.reject", {}),
        ("complete", "interaction.complete", {}),
        ("complete RESOLVED", "interaction.complete", {"disposition": {"code": "RESOLVED"}}),
        (
            "complete RESOLVED is happy = now",
            "interaction.complete",
            {"disposition": {"code": "RESOLVED", "note": "is happy = now"}},
        ),
        (
            'complete disposition.code=RESOLVED disposition.note="a b"',
            "interaction.complete",
            {"disposition": {"code": "RESOLVED", "note": "a b"}},
        ),
        ('complete {"disposition": {"code": "X"}}', "interaction.complete", {"disposition": {"code": "X"}}),
        ("set order=4711 city=Ulm", "interaction.setdata", {"interactiondata": {"order": "4711", "city": "Ulm"}}),
        ('set name="Anna Moss"', "interaction.setdata", {"interactiondata": {"name": "Anna Moss"}}),
        (
            'set {"interactiondata": {"order": null}}',
            "interaction.setdata",
            {"interactiondata": {"order": None}},
        ),
        ("set interactiondata.order=1", "interaction.setdata", {"interactiondata": {"order": "1"}}),
        ("reply We are sorry.", "interaction.reply", {"text": "We are sorry."}),
        ('reply subject="Re: x" We are sorry.', "interaction.reply", {"subject": "Re: x", "text": "We are sorry."}),
        ("logout SHIFT_END", "session.logout", {"reason": {"code": "SHIFT_END"}}),
    ],
)
def test_what_stands_without_a_key_is_what_the_word_takes(line: str, name: str, data: dict[str, Any]) -> None:
    asked = parse(line)
    assert isinstance(asked, Ask)
    assert [(reading.name, reading.data) for reading in asked.readings] == [(name, data)]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ('say "Hello"', "Hello"),
        ("say Hello", "Hello"),
        ("say  Hello, how can I help?  ", "Hello, how can I help?"),
        ('say Hello "you" there', 'Hello "you" there'),
        ('say "Hello" he said', '"Hello" he said'),
        ('say It is 5" wide', 'It is 5" wide'),
        ("say It's 2 = 2", "It's 2 = 2"),
        ('say {"text": "x"}', '{"text": "x"}'),
        ("say $5 off", "$5 off"),
        ("say $$", "$$"),
        ('say "a\\nb"', "a\nb"),
        ("say # is no comment", "# is no comment"),
        ('say text="Hello"', "Hello"),
        ("say textbooks=2", "textbooks=2"),
        ('say "@you"', "@you"),
        ("say @i1 Hello @all", "Hello @all"),
    ],
)
def test_what_is_said_is_what_is_typed(line: str, text: str) -> None:
    assert request(line, PHONE, ("interaction", "c1.i1", "i1"))["data"] == {"text": text}


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("transfer", ["interaction.consulttransfer"]),
        ("transfer 4002", ["conversation.blindtransfer", "interaction.transfer"]),
        ("transfer Sales wants a refund", ["interaction.transfer"]),
        ("transfer queue=Sales", ["interaction.transfer"]),
        ("transfer agent=agent2", ["interaction.transfer"]),
        ("transfer destination=4002", ["conversation.blindtransfer"]),
        ("conference", ["interaction.consultconference"]),
        ("conference 4002", ["conversation.blindconference"]),
        ("answer", ["conversation.answer", "interaction.accept"]),
        ("release", ["conversation.release", "interaction.release"]),
        ("ready", ["channel.ready", "channelgroup.ready"]),
        ("activate channel.id=c1", ["channelgroup.activate"]),
    ],
)
def test_a_word_can_mean_those_commands_that_the_rest_of_the_line_fits(line: str, names: list[str]) -> None:
    asked = parse(line)
    assert isinstance(asked, Ask)
    assert [reading.name for reading in asked.readings] == names


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("say", "data.text: is required; the keys of interaction.message.send are text"),
        ('say "Hello', 'column 11: a quote is not closed; put a " at the end of the text'),
        ("dial sip:a=b", "column 6: there is no key sip:a; the keys of channel.dial are destination, extensions"),
        ("consult", "data.destination: is required; the keys of interaction.consult are destination"),
        ("consult 4002 4003", "column 14: 4003 is no key=value; the keys of interaction.consult are destination"),
        ("consult 4002 destination=4003", "column 14: destination comes twice; write it once"),
        (
            "digits 12x",
            "data.digits: expected 1 to 32 of the digits 0-9 * # A-D; the keys of conversation.senddtmf are digits",
        ),
        ("answer now", "column 8: now is no key=value; interaction.accept takes no data"),
        ("set order", "column 5: order is no key=value; write order=VALUE"),
        (
            "transfer queue=Sales agent=agent2",
            "data: wants queue or agent, exactly one of the two; "
            "the keys of interaction.transfer are queue, agent, note",
        ),
    ],
)
def test_errors_about_short_words_say_what_to_write(line: str, said: str) -> None:
    assert problem(line, PHONE) == said


# Data


def test_data_as_pairs() -> None:
    assert request("session.addchannel channel.endpoint=4001 channel.type=Telephony")["data"] == {
        "channel": {"endpoint": "4001", "type": "Telephony"}
    }


def test_data_as_json() -> None:
    assert request('session.addchannel {"channel": {"endpoint": "4 1", "type": "Chat"}}')["data"] == {
        "channel": {"endpoint": "4 1", "type": "Chat"}
    }
    assert request('channel.notready @4001   {"reason":{"code":"A B"}} ', PHONE)["data"] == {"reason": {"code": "A B"}}


def test_values_are_texts_unless_the_command_has_them_otherwise() -> None:
    group = {"name": "true", "chat": True, "email": False, "callback": True}
    pairs = " ".join(f"channelgroup.{key}={str(value).lower()}" for key, value in group.items())
    assert request(f"addchannelgroup {pairs}")["data"] == {"channelgroup": group}


def test_values_with_spaces_are_quoted_as_in_json() -> None:
    assert request(r'channel.notready reason.code="a \"b\" = c"', PHONE)["data"] == {"reason": {"code": 'a "b" = c'}}


def test_a_value_may_hold_the_signs_of_the_line() -> None:
    assert request("channel.notready reason.code=a=b#@c", PHONE)["data"] == {"reason": {"code": "a=b#@c"}}


def test_keys_of_the_platforms_own() -> None:
    assert request("channel.activate options.pin=1 options.a.b=2", PHONE)["data"] == {
        "options": {"pin": "1", "a.b": "2"}
    }


def test_the_older_spelling_of_a_key_is_sent_as_it_is() -> None:
    assert request("removechannelgroup channel.id=$Default", GROUP)["data"] == {"channel": {"id": "g1"}}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("session.removechannel channel.id=$4001", "c1"),
        ("session.removechannel channel.id=$c1", "c1"),
        ("session.removechannel channel.id=$s1.c1", "c1"),
        ('session.removechannel {"channel": {"id": "$4001"}}', "c1"),
        ('session.removechannel channel.id="$Second line"', "c3"),
        ("session.removechannel channel.id=$session", "s1"),
    ],
)
def test_a_dollar_stands_for_the_id_of_what_it_names(line: str, expected: str) -> None:
    assert request(line, PHONE, GROUP, CHAT)["data"] == {"channel": {"id": expected}}


def test_a_dollar_sign_itself_is_doubled() -> None:
    assert request("channel.notready reason.code=$$5", PHONE)["data"] == {"reason": {"code": "$5"}}
    assert request("channel.notready reason.code=5$", PHONE)["data"] == {"reason": {"code": "5$"}}


def test_names_are_found_in_lists_too() -> None:
    line = 'prepareSession override=true agent.id=a channelgroups=["$session","b"]'
    assert request(line)["data"]["channelgroups"] == ["s1", "b"]


def test_an_unknown_name_in_data_brings_all_there_are() -> None:
    assert problem("session.removechannel channel.id=$4009", PHONE, GROUP) == (
        "nothing here is called '4009'; write one of $session, $4001, $Default, or $$ for a dollar sign"
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "session.addchannel channel.endpont=4001",
            "column 20: there is no key channel.endpont; "
            "the keys of session.addchannel are channel.endpoint, channel.type",
        ),
        ("channel.ready x=1", "column 15: there is no key x; channel.ready takes no data"),
        ("channel.ready 4001", "column 15: 4001 is no key=value; channel.ready takes no data"),
        (
            "addchannelgroup channelgroup.name=x channelgroup.chat=yes",
            "column 37: channelgroup.chat: expected true or false, as JSON has it, not 'yes'",
        ),
        ("channel.notready reason.code=A reason.code=B", "column 32: reason.code comes twice; write it once"),
        (
            'channel.notready reason.code="A B',
            'column 30: a quote is not closed; put a " at the end of the text',
        ),
        ('channel.ready @"A B', 'column 16: a quote is not closed; put a " at the end of the text'),
        (r'channel.notready reason.code="\q"', "column 31: this is no JSON: Invalid \\escape"),
        ('session.addchannel {"channel": }', "column 32: this is no JSON: Expecting value"),
        ('session.addchannel {"channel": {}} x', "column 36: this is no JSON: Extra data"),
        (
            "session.addchannel channel.endpoint=4001",
            "data.channel.type: is required; the keys of session.addchannel are channel.endpoint, channel.type",
        ),
        (
            "session.addchannel channel.endpoint=4001 channel.type=Fax",
            "data.channel.type: expected one of Telephony, Chat, Email, Callback (in any case); "
            "the keys of session.addchannel are channel.endpoint, channel.type",
        ),
        (
            'session.addchannel {"channel": 5}',
            "data.channel: expected an object, got a number; "
            "the keys of session.addchannel are channel.endpoint, channel.type",
        ),
    ],
)
def test_errors_say_where_and_what_to_write(line: str, said: str) -> None:
    assert problem(line, PHONE) == said


# What a script needs to know


@pytest.mark.parametrize(
    ("line", "may"),
    [
        ("session.start", False),
        ("unbindSession", False),
        ("session.start @session", True),
        ("channel.ready", True),
        ("session.removechannel channel.id=$4001", True),
        ("session.addchannel channel.endpoint=4001 channel.type=Chat", False),
    ],
)
def test_a_line_knows_whether_it_depends_on_the_objects_there_are(line: str, may: bool) -> None:
    asked = parse(line)
    assert isinstance(asked, Ask)
    assert asked.may_name_objects is may


# Whatever is typed


@given(
    st.text(max_size=40)
    | st.from_regex(r"\A(channel\.(ready|notready|activate)|start|say|set|complete|transfer)[ @$=\"{}a-z.]{0,30}\Z")
)
def test_any_line_is_understood_or_refused_in_words(line: str) -> None:
    with contextlib.suppress(ShorthandError):
        asked = parse(line)
        if isinstance(asked, Ask):
            asked.resolve(view_of(PHONE, GROUP))


@pytest.mark.parametrize(
    "line",
    [
        "session.start",
        "session.request.externalnotredyreasons",
        "session.addchannel channel.endpoint=4001 channel.type=telephony",
        "channel.notready @4001 reason.code=LUNCH",
        "channel.activate options.pin=1",
        "removechannelgroup channel.id=$Default",
        "bindSession resume.token=x resume.epoch=1 resume.seq=0",
        'prepareSession override=false agent.id=a channelgroups=["Default"]',
        "dial 4002",
    ],
)
def test_what_is_made_is_a_request_to_the_server(line: str) -> None:
    made = read_request(request(line, PHONE, GROUP))
    assert isinstance(made, Request), made
