"""Whatever a client gets wrong: the documented failure, nothing changed, and the connection goes on.

Source: specs/protocol.md, "What is refused" and "Failure codes".
"""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.blackbox.client import AgentSession, Desktop, code_of, message_of, told
from tests.blackbox.conftest import Agent, fresh_agent
from tests.blackbox.server import ServerProcess
from tests.walks.client_view import JsonObject

GROUP: Final = {"channelgroup": {"name": "Default", "chat": True, "email": True, "callback": True}}
ORIGINAL_CHARACTERS: Final = 1024
UNREADABLE_IN_A_ROW: Final = 10
LIMIT_BYTES: Final = 64 * 1024


def unchanged_after(
    session: AgentSession, command: str, path: str = "", data: object = None, **more: Any
) -> JsonObject:
    """Send something that must fail; return the failure."""
    world = session.view.world()
    (failure,) = session.do(command, path, data, **more)
    assert failure["result"] == "failure"
    assert failure["original"] == message_of(command, session.target(path), data, **more)
    assert session.view.world() == world
    return failure


# Texts that are no messages

NO_JSON: Final = {
    "empty": "",
    "cut off": "{",
    "words": "hello",
    "python": "{'command': 'session.start'}",
    "trailing": '{"command":"session.start"} x',
    "comment": '{"command":"session.start"} // go',
    "nan": '{"a":NaN}',
    "infinity": '{"a":-Infinity}',
    "beyond double": '{"a":1e400}',
    "byte-order mark": '\ufeff{"command":"session.start"}',
    "lone surrogate": r'{"a":"\ud800"}',
    "escaped NUL": r'{"a":"\u0000"}',
    "NUL in a key": r'{"a\u0000":1}',
    "plain NUL": '{"a":"\0"}',
    "2^53": '{"a":9007199254740992}',
    "2^64": '{"a":18446744073709551616}',
    "-2^63": '{"a":-9223372036854775808}',
    "4,000 digits": '{"a":%s}' % ("9" * 4000),
    "5,000 digits": '{"a":%s}' % ("9" * 5000),
    "key twice": '{"command":"session.start","command":"session.logout"}',
    "key twice, deeper": '{"command":"session.start","data":{"x":[{"y":1,"z":2,"y":3}]}}',
    "17 deep": "[" * 17 + "]" * 17,
    "17 objects deep": '{"a":' * 17 + "1" + "}" * 17,
    "30,000 deep": "[" * 30000 + "]" * 30000,
}
NO_OBJECT: Final[dict[str, object]] = {
    "number": 5,
    "text": "session.start",
    "true": True,
    "array": [],
    "array of one": [{"command": "session.start"}],
    "16 deep": json.loads("[" * 16 + "]" * 16),
}


@pytest.mark.parametrize("text", NO_JSON.values(), ids=NO_JSON)
def test_text_that_is_no_json_of_ours(session: AgentSession, text: str) -> None:
    """Answered on the connection; the session does not see it."""
    session.desktop.send_text(text)
    failure = session.desktop.read()
    assert set(failure) == {"result", "failure", "original"}
    assert code_of(failure) == "INVALID_REQUEST"
    assert failure["failure"]["message"]
    assert failure["original"] == text[:ORIGINAL_CHARACTERS]
    assert session.settle() == []


@pytest.mark.parametrize("value", NO_OBJECT.values(), ids=NO_OBJECT)
def test_json_that_is_no_object(session: AgentSession, value: object) -> None:
    session.desktop.send_text(json.dumps(value))
    failure = session.desktop.read()
    assert code_of(failure) == "INVALID_REQUEST"
    assert failure["original"] == value
    assert session.settle() == []


def test_null_is_given_back_too(session: AgentSession) -> None:
    session.desktop.send_text("null")
    failure = session.desktop.read()
    assert "original" in failure
    assert failure["original"] is None


@pytest.mark.parametrize("text", ["hello", "[]", '{"a":NaN}'])
def test_ten_in_a_row_close_the_connection(session: AgentSession, text: str) -> None:
    for _ in range(UNREADABLE_IN_A_ROW):
        session.desktop.send_text(text)
    code, reason = session.desktop.closed_with()
    assert code == 1008
    assert reason
    assert [code_of(notice) for notice in session.desktop.notices[-10:]] == ["INVALID_REQUEST"] * 10


def test_nine_in_a_row_do_not(session: AgentSession) -> None:
    for _ in range(3):
        for _ in range(UNREADABLE_IN_A_ROW - 1):
            session.desktop.send_text("hello")
        session.desktop.send({"no": "request, but an object"})
    assert session.settle() == []


def test_a_session_survives_the_closing_of_its_connection(session: AgentSession, demo: ServerProcess) -> None:
    for _ in range(UNREADABLE_IN_A_ROW):
        session.desktop.send_text("hello")
    session.desktop.closed_with()
    with Desktop(demo.agent_url) as desktop:
        session.resume(desktop)
        assert told(session.do("session.request.getdirectory")) == ["session.request.getdirectory: success"]


# Frames


def test_a_binary_frame_closes_the_connection(session: AgentSession) -> None:
    session.desktop.send_binary(json.dumps({"command": "session.logout", "target": session.id}).encode())
    code, reason = session.desktop.closed_with()
    assert code == 1003
    assert reason


@pytest.mark.parametrize("letter", ["x", "é", "€", "😀"], ids=["1 byte", "2 bytes", "3 bytes", "4 bytes"])
@pytest.mark.parametrize("excess", [0, 1], ids=["at the limit", "over the limit"])
def test_the_limit_of_a_frame_counts_bytes(session: AgentSession, letter: str, excess: int) -> None:
    message = {"command": "session.fly", "target": session.id, "requestid": "big", "data": {"x": "", "y": ""}}
    room = LIMIT_BYTES - len(json.dumps(message).encode()) + excess
    letters, rest = divmod(room, len(letter.encode()))
    message["data"] = {"x": letter * letters, "y": "." * rest}
    text = json.dumps(message, ensure_ascii=False)
    assert len(text.encode()) == LIMIT_BYTES + excess
    session.desktop.send_text(text)
    if excess:
        assert session.desktop.closed_with()[0] == 1009
    else:
        (failure,) = session.settle()
        assert code_of(failure) == "UNKNOWN_COMMAND"
        assert failure["original"] == message


# Batches


@pytest.fixture
def batched(demo: ServerProcess, agent: Agent) -> Iterator[AgentSession]:
    """A started session at a batched connection."""
    with Desktop(demo.agent_url, batched=True) as desktop:
        session = desktop.session_of(agent.id)
        session.do("session.start")
        yield session


@pytest.mark.parametrize("text", ["{}", "[]", '{"command":"session.logout"}', "5", "[", ""])
def test_a_batched_frame_must_be_an_array_of_messages(batched: AgentSession, text: str) -> None:
    batched.desktop.send_text(text)
    assert code_of(batched.desktop.read()) == "INVALID_REQUEST"
    assert batched.settle() == []


def test_a_bad_member_of_a_batch_does_not_spoil_the_others(batched: AgentSession) -> None:
    def good(requestid: str) -> JsonObject:
        return message_of("session.request.getdirectory", batched.id, requestid=requestid)

    members: list[Any] = [good("1"), 5, [good("x")], None, good("2"), {"command": 7}, {}, good("3")]
    batched.desktop.send_text(json.dumps(members))
    assert [message["requestid"] for message in batched.settle()] == ["1", "2", "3"]
    refused = batched.desktop.notices[-5:]
    assert [code_of(notice) for notice in refused] == ["INVALID_REQUEST"] * 5
    assert [notice["original"] for notice in refused] == [5, [good("x")], None, {"command": 7}, {}]


def test_ten_bad_members_of_batches_close_the_connection(batched: AgentSession) -> None:
    batched.desktop.send_text(json.dumps([1] * 5))
    batched.desktop.send_text(json.dumps(["two"] * 5))
    assert batched.desktop.closed_with()[0] == 1008


# The envelope


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"command": None}, "command"),
        ({"command": 5}, "command"),
        ({"command": ["session.start"]}, "command"),
        ({"requestid": ""}, "requestid"),
        ({"requestid": "x" * 129}, "requestid"),
        ({"requestid": 5}, "requestid"),
        ({"requestid": None}, "requestid"),
        ({"data": None}, "data"),
        ({"data": []}, "data"),
        ({"data": "{}"}, "data"),
        ({"target": None}, "target"),
        ({"target": 5}, "target"),
        ({"target": ""}, "target"),
        ({"target": "a..b"}, "target"),
        ({"target": "a.b.c.d.e.f"}, "target"),
        ({"target": "a b"}, "target"),
        ({"target": "ä"}, "target"),
        ({"target": "x" * 600}, "target"),
    ],
    ids=lambda value: json.dumps(value)[:40] if isinstance(value, dict) else "",
)
def test_an_envelope_with_a_wrong_field(session: AgentSession, change: JsonObject, where: str) -> None:
    message = {"command": "session.addchannel", "target": session.id, "data": {}, **change}
    before = len(session.desktop.notices)
    session.desktop.send(message)
    (failure,) = session.settle() + session.desktop.notices[before:]
    assert code_of(failure) == "INVALID_REQUEST"
    assert failure["failure"]["message"].startswith(f"{where}:")
    assert failure["original"] == message


@pytest.mark.parametrize("field", ["command", "target"])
def test_an_envelope_without_a_field(session: AgentSession, field: str) -> None:
    message = {"command": "session.start", "target": session.id}
    del message[field]
    before = len(session.desktop.notices)
    session.desktop.send(message)
    (failure,) = session.settle() + session.desktop.notices[before:]
    assert code_of(failure) == "INVALID_REQUEST"
    assert failure["failure"]["message"].startswith(f"{field}: is required")


@pytest.mark.parametrize(
    "name", ["session.fly", "", "session", "Session.start", "session.request.start.now", "x" * 500]
)
def test_an_unknown_command(session: AgentSession, name: str) -> None:
    assert code_of(unchanged_after(session, name)) == "UNKNOWN_COMMAND"


def test_unknown_properties_are_ignored(session: AgentSession, agent: Agent) -> None:
    data = {"channel": {"endpoint": agent.phone, "type": "Telephony", "colour": None}, "more": [1]}
    response, *_ = session.do("session.addchannel", data=data, version=7)
    assert response["result"] == "success"
    assert response["data"] == data


# The data of each command

FIELDS: Final[dict[str, tuple[JsonObject, dict[str, list[object]]]]] = {
    "session.start": ({"extension": "4001"}, {"extension": [None, 5, True, "", "x" * 129, [], {}]}),
    "session.logout": (
        {"reason": {"code": "SICK"}},
        {"reason": [None, "SICK", 5, []], "reason.code": [None, 5, "", True, {}]},
    ),
    "session.addchannel": (
        {"channel": {"endpoint": "4001", "type": "Telephony"}},
        {
            "channel": [None, "4001", 5, []],
            "channel.endpoint": [None, 4001, True, "", "x" * 129, []],
            "channel.type": [None, 5, "Fax", "", ["Chat"]],
        },
    ),
    "session.removechannel": (
        {"channel": {"id": "c1"}},
        {"channel": [None, "c1", []], "channel.id": [None, 1, "", "c 1", "c1.c2", []]},
    ),
    "session.addchannelgroup": (
        GROUP,
        {
            "channelgroup": [None, "Default", []],
            "channelgroup.name": [None, 5, "", []],
            "channelgroup.chat": [None, "true", "false", 0, 1, []],
            "channelgroup.email": [None, "true", 1],
            "channelgroup.callback": [None, "true", 0.0],
        },
    ),
    "session.removechannelgroup": (
        {"channelgroup": {"id": "g1"}},
        {"channelgroup": [None, "g1", []], "channelgroup.id": [None, 1, "", []]},
    ),
    "channelgroup.activate": (
        {"channel": {"id": "c1"}, "options": {"site": "x"}},
        {"channel": [None, "c1"], "channel.id": [None, 5], "options": [None, [], "x"], "options.site": [None, 5, True]},
    ),
    "channelgroup.deactivate": ({"channel": {"id": "c1"}}, {"channel": [None], "channel.id": [5]}),
    "channelgroup.notready": ({"reason": {"code": "BREAK"}}, {"reason": [None, "BREAK"], "reason.code": [None, 5]}),
    "channel.activate": ({"options": {"site": "x"}}, {"options": [None, "x"], "options.site": [5]}),
    "channel.deactivate": ({"options": {"site": "x"}}, {"options": [None, "x"], "options.site": [5]}),
    "channel.notready": ({"reason": {"code": "BREAK"}}, {"reason": [None, []], "reason.code": [None, 5, ""]}),
    "channel.dial": ({"destination": "9"}, {"destination": [None, 9, ""], "extensions": [None, []]}),
}
"""Valid data of each command, and by field the values that it must not have."""

OPTIONAL: Final = {"extension", "reason", "options", "extensions", "options.site"}


def with_field(data: JsonObject, path: str, value: object) -> JsonObject:
    changed: JsonObject = json.loads(json.dumps(data))
    *parents, name = path.split(".")
    place = changed
    for parent in parents:
        place = place[parent]
    place[name] = value
    return changed


def without_field(data: JsonObject, path: str) -> JsonObject:
    changed = with_field(data, path, None)
    *parents, name = path.split(".")
    place = changed
    for parent in parents:
        place = place[parent]
    del place[name]
    return changed


@pytest.mark.parametrize("command", FIELDS)
def test_data_of_the_wrong_form(session: AgentSession, command: str) -> None:
    """Nothing is coerced: "5" is no number, "true" no boolean, null no way to leave a property out."""
    data, fields = FIELDS[command]
    for field, values in fields.items():
        for value in values:
            failure = unchanged_after(session, command, "", with_field(data, field, value))
            assert code_of(failure) == "INVALID_REQUEST", value
            assert failure["failure"]["message"].startswith(f"data.{field.replace('options.site', 'options')}"), value
        if field not in OPTIONAL:
            failure = unchanged_after(session, command, "", without_field(data, field))
            assert code_of(failure) == "INVALID_REQUEST"
            assert failure["failure"]["message"] == f"data.{field}: is required"


# The order of the checks: the first hit wins


def test_nothing_is_accepted_before_the_start(desktop: Desktop, agent: Agent) -> None:
    session = desktop.session_of(agent.id)
    for command, path in (
        ("session.logout", ""),
        ("session.request.getdirectory", ""),
        ("channel.ready", "c1"),
        ("channelgroup.ready", "g1"),
    ):
        assert code_of(unchanged_after(session, command, path)) == "NOT_STARTED"
    assert code_of(unchanged_after(session, "session.fly")) == "UNKNOWN_COMMAND"
    assert code_of(unchanged_after(session, "session.addchannel", data={})) == "INVALID_REQUEST"


def test_a_second_start_is_refused(session: AgentSession) -> None:
    assert code_of(unchanged_after(session, "session.start")) == "ALREADY_STARTED"
    assert code_of(unchanged_after(session, "session.start", "c1")) == "ALREADY_STARTED"


@pytest.mark.parametrize(
    ("command", "path"),
    [
        ("channel.ready", "c9"),
        ("channel.ready", "g1"),
        ("channel.ready", ""),
        ("channel.ready", "c1"),  # an object answers to one path only: it is g1.c1
        ("channel.ready", "g1.c9"),
        ("channel.ready", "g1.c1.x"),
        ("channel.ready", "g1.c1.x.y"),
        ("channelgroup.ready", "g1.c1"),
        ("channelgroup.ready", ""),
        ("session.logout", "g1"),
        ("session.request.getdirectory", "g1.c1"),
    ],
)
def test_a_target_that_names_nothing_or_something_else(session: AgentSession, command: str, path: str) -> None:
    session.do("session.addchannelgroup", data=GROUP)
    assert code_of(unchanged_after(session, command, path)) == "INVALID_TARGET"


@pytest.mark.parametrize(
    ("command", "path", "data", "code"),
    [
        ("session.removechannel", "", {"channel": {"id": "c1"}}, "INVALID_TARGET"),  # belongs to a group
        ("session.removechannel", "", {"channel": {"id": "c9"}}, "INVALID_TARGET"),
        ("session.removechannelgroup", "", {"channelgroup": {"id": "g9"}}, "INVALID_TARGET"),
        ("session.removechannelgroup", "", {"channelgroup": {"id": "c1"}}, "INVALID_TARGET"),
        ("channelgroup.activate", "g1", {"channel": {"id": "c9"}}, "INVALID_TARGET"),
        ("session.addchannelgroup", "", GROUP, "ALREADY_EXISTS"),
        (
            "session.addchannelgroup",
            "",
            {"channelgroup": {**GROUP["channelgroup"], "name": "Nobody"}},
            "INVALID_TARGET",
        ),
        ("session.addchannel", "", {"channel": {"endpoint": "nowhere", "type": "Telephony"}}, "CHANNEL_UNAVAILABLE"),
        ("channel.dial", "g1.c1", {"destination": "9"}, "UNSUPPORTED"),
        ("channel.ready", "g1.c1", {}, "INVALID_STATE"),
        ("channel.notready", "g1.c1", {}, "INVALID_STATE"),
        ("channel.deactivate", "g1.c1", {}, "INVALID_STATE"),
        ("channel.activate", "g1.c2", {}, "INVALID_STATE"),
        ("channel.notready", "g1.c2", {"reason": {"code": "NAP"}}, "INVALID_REASON"),
        ("channelgroup.notready", "g1", {"reason": {"code": "NAP"}}, "INVALID_REASON"),
        ("session.logout", "", {"reason": {"code": "NAP"}}, "INVALID_REASON"),
    ],
)
def test_what_does_not_fit_the_session(session: AgentSession, command: str, path: str, data: object, code: str) -> None:
    session.do("session.addchannelgroup", data=GROUP)
    session.do("channel.activate", "g1.c2")
    failure = unchanged_after(session, command, path, data)
    assert code_of(failure) == code
    if code == "INVALID_STATE":
        state, capability = ("INACTIVE", "channel.activate") if path == "g1.c1" else ("ACTIVE", "channel.deactivate")
        assert state in failure["failure"]["message"]
        assert capability in failure["failure"]["message"]


def test_an_endpoint_twice(session: AgentSession, agent: Agent) -> None:
    session.do("session.addchannelgroup", data=GROUP)
    data = {"channel": {"endpoint": agent.phone, "type": "Telephony"}}
    assert code_of(unchanged_after(session, "session.addchannel", data=data)) == "ALREADY_EXISTS"


def test_a_session_of_somebody_else(session: AgentSession, demo: ServerProcess) -> None:
    """Neither read nor touched, whether it is bound at this connection's neighbour or at all."""
    with Desktop(demo.agent_url) as other:
        theirs = other.session_of(fresh_agent(demo).id)
        for target in (theirs.id, theirs.target("c1"), "nobody"):
            assert code_of(session.desktop.ask("session.start", target)) == "NOT_BOUND"
        assert code_of(session.desktop.ask("unbindSession", theirs.id)) == "NOT_BOUND"
        assert theirs.settle() == []


# Who is there


def test_a_wrong_password_and_an_unknown_agent_sound_alike(desktop: Desktop) -> None:
    wrong = desktop.prepare("agent1", password="guess")
    unknown = desktop.prepare("nobody", password="demo")
    assert code_of(wrong) == code_of(unknown) == "AUTH_FAILED"
    assert wrong["failure"] == unknown["failure"]
    strange = desktop.prepare("agent1", password="dem\u00f6")
    assert strange["failure"] == wrong["failure"]
    desktop.answers_still()


def test_a_missing_password(desktop: Desktop) -> None:
    for agent in ("agent1", "nobody"):
        failure = desktop.ask("prepareSession", data={"override": False, "agent": {"id": agent}})
        assert code_of(failure) == "NOT_AUTHENTICATED"
    desktop.answers_still()


@pytest.mark.parametrize(
    ("data", "where"),
    [
        ({}, "data.override"),
        ({"override": "false", "agent": {"id": "agent1", "password": "demo"}}, "data.override"),
        ({"override": True, "agent": {"id": "agent1", "password": 7}}, "data.agent.password"),
        ({"override": True, "agent": {"password": "demo"}}, "data.agent.id"),
        ({"override": True, "agent": "agent1"}, "data.agent"),
        (
            {"override": True, "agent": {"id": "agent1", "password": "demo"}, "channelgroups": "Default"},
            "data.channelgroups",
        ),
        (
            {"override": True, "agent": {"id": "agent1", "password": "demo"}, "channelgroups": [5]},
            "data.channelgroups[0]",
        ),
    ],
)
def test_a_preparation_of_the_wrong_form(desktop: Desktop, data: object, where: str) -> None:
    failure = desktop.ask("prepareSession", data=data)
    assert code_of(failure) == "INVALID_REQUEST"
    assert failure["failure"]["message"].startswith(where)
    desktop.answers_still()


def test_no_secret_comes_back_in_the_log(demo: ServerProcess, desktop: Desktop) -> None:
    desktop.prepare("agent1", password="tell-nobody")
    desktop.ask("bindSession", "nobody", {"resume": {"token": "tell-nobody", "epoch": 1, "seq": 1}})
    assert "tell-nobody" not in demo.log
