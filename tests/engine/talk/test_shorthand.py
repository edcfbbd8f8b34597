"""Lines into requests, and errors that say what to write instead."""

import contextlib
import json
from collections import Counter
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.talk.fields import fields_of
from engine.talk.shorthand import Ask, Raw, ShorthandError, command_of, parse, verb_of
from engine.talk.view import View
from protocol.commands import COMMANDS, MISSPELT
from protocol.ids import ObjectKind
from protocol.messages import Request
from protocol.wire import read_request

SESSION: Final = "s1"
SAMPLES: Final = {str: "x", bool: "true", int: "1"}
"""A value for a field of each type, as it is typed."""


def view_of(*objects: tuple[str, str, str]) -> View:
    """A view with objects given as kind, path below the session, and name."""
    view = View()
    view.begin(SESSION)
    for kind, path, name in objects:
        named = {"channel": "endpoint", "channelgroup": "name"}.get(kind, "id")
        info = {"id": path.split(".")[-1], named: name}
        view.take({"name": f"{kind}.created", "target": f"{SESSION}.{path}", "data": {kind: info}})
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
    _, command = command_of(name)
    data = " ".join(f"{field.key}={SAMPLES[field.kind]}" for field in fields_of(command).values() if field.required)
    asked = parse(f"{name} {data.replace('channel.type=x', 'channel.type=Chat')}")
    assert isinstance(asked, Ask)
    assert (asked.name, asked.command) == (name, command)


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("start", "session.start"),
        ("logout", "session.logout"),
        ("getdirectory", "session.request.getdirectory"),
        ("activateall", "channelgroup.activateall"),
        ("externaldispositions", "channel.externaldispositions"),
    ],
)
def test_the_verb_alone_is_enough_where_one_command_has_it(word: str, name: str) -> None:
    asked = parse(word)
    assert isinstance(asked, Ask)
    assert asked.name == name


@pytest.mark.parametrize("verb", ["ready", "notready", "activate", "deactivate"])
def test_a_verb_that_several_commands_have_is_refused_with_all_of_them(verb: str) -> None:
    assert problem(f"  {verb} @4001", PHONE) == (
        f"column 3: {verb} is short for several; write channelgroup.{verb} or channel.{verb}"
    )


def test_every_verb_is_taken_for_one_command_or_refused() -> None:
    for verb, count in Counter(map(verb_of, COMMANDS.values())).items():
        if count == 1:
            assert verb_of(command_of(verb)[1]) == verb
        else:
            with pytest.raises(ShorthandError, match=f"{verb} is short for several"):
                command_of(verb)


def test_an_unknown_command_brings_those_that_look_like_it() -> None:
    assert problem("chanel.ready") == (
        "column 1: there is no command chanel.ready; "
        "did you mean channel.ready or channel.notready or channelgroup.ready?"
    )
    assert problem("xyzzy") == "column 1: there is no command xyzzy; `help` in `ixp talk` lists all"


# Targets


def test_session_commands_go_to_the_session() -> None:
    assert request("session.start") == {"command": "session.start", "target": SESSION, "data": {}}
    assert request("unbindSession")["target"] == SESSION


def test_prepare_session_has_no_target() -> None:
    line = "prepareSession override=true agent.id=agent1 agent.password=demo"
    assert request(line) == {
        "command": "prepareSession",
        "data": {"override": True, "agent": {"id": "agent1", "password": "demo"}},
    }
    assert problem("prepareSession @s1 override=true agent.id=a") == (
        "column 16: prepareSession has no target; leave @s1 out"
    )


@pytest.mark.parametrize("name", ["s1.c1", "c1", "4001"])
def test_a_target_is_named_by_path_id_or_endpoint(name: str) -> None:
    assert request(f"channel.ready @{name}", PHONE, SECOND)["target"] == "s1.c1"


@pytest.mark.parametrize("name", ["s1.g1", "g1", "Default"])
def test_a_group_is_named_by_path_id_or_name(name: str) -> None:
    assert request(f"channelgroup.ready @{name}", PHONE, GROUP)["target"] == "s1.g1"


@pytest.mark.parametrize("name", ["s1", "session"])
def test_the_session_can_be_named_too(name: str) -> None:
    assert request(f"session.start @{name}")["target"] == SESSION


def test_a_name_with_spaces_is_quoted() -> None:
    assert request('channel.ready @"Second line"', GROUP, CHAT)["target"] == "s1.g1.c3"


def test_a_target_left_out_is_the_only_one_there_is() -> None:
    assert request("channel.ready", PHONE, GROUP)["target"] == "s1.c1"
    assert request("channelgroup.ready", PHONE, GROUP)["target"] == "s1.g1"


def test_a_target_left_out_where_there_are_several_is_asked_for() -> None:
    assert problem("channel.ready", PHONE, SECOND) == ("channel.ready could mean several; write one of @4001, @4002")


def test_a_target_left_out_where_there_is_none_says_so() -> None:
    assert problem("channel.ready", GROUP) == "channel.ready wants a channel, and there is none; make one first"


def test_an_unknown_name_brings_those_there_are() -> None:
    assert problem("channel.ready @4003", PHONE, SECOND) == ("nothing here is called '4003'; write one of @4001, @4002")
    assert problem("channel.ready @4003") == "nothing here is called '4003'; there is no channel yet"


def test_a_name_of_another_kind_is_refused() -> None:
    assert problem("channel.ready @Default", PHONE, GROUP) == (
        "Default is a channelgroup, not a channel; write one of @4001"
    )


def test_of_objects_with_the_same_name_the_one_that_fits_is_meant() -> None:
    same = ("channelgroup", "g9", "4001")
    assert request("channel.ready @4001", PHONE, same)["target"] == "s1.c1"
    assert request("channelgroup.ready @4001", PHONE, same)["target"] == "s1.g9"


def test_a_name_that_fits_several_is_asked_for_by_path() -> None:
    assert problem("channel.ready @4001", PHONE, ("channel", "g1.c7", "4001")) == (
        "4001 names several objects; write one of the paths s1.c1, s1.g1.c7"
    )


def test_an_id_goes_before_a_name() -> None:
    assert request("channel.ready @c1", ("channel", "c2", "c1"), PHONE)["target"] == "s1.c1"


def test_a_path_below_the_session_may_lead_to_nothing() -> None:
    """The server may be asked about objects that are gone."""
    assert request("channel.ready @s1.c9", PHONE)["target"] == "s1.c9"
    assert "nothing here" in problem("channel.ready @s2.c9", PHONE)
    assert "nothing here" in problem("channel.ready @s1..c9", PHONE)


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
        "nothing here is called '4009'; write one of @session, @4001, @Default"
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


@given(st.text(max_size=40) | st.from_regex(r"\A(channel\.(ready|notready|activate)|start)[ @$=\"{}a-z.]{0,30}\Z"))
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
    ],
)
def test_what_is_made_is_a_request_to_the_server(line: str) -> None:
    made = read_request(request(line, PHONE, GROUP))
    assert isinstance(made, Request), made
    assert made.command.kind in (None, *ObjectKind)
