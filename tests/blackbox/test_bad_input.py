"""Whatever a client gets wrong: the documented failure, nothing changed, and the connection goes on.

Texts that are no JSON: tests/faults, case 19. Source: specs/protocol.md, "What is refused" and "Failure codes".
"""

import json
from typing import Any, Final

import pytest

from engine.conformance.view import JsonObject
from tests.blackbox.client import AgentSession, Desktop, code_of, message_of, told
from tests.blackbox.conftest import Agent
from tests.blackbox.server import ServerProcess

ORIGINAL_CHARACTERS: Final = 1024
UNREADABLE_IN_A_ROW: Final = 10
LIMIT_BYTES: Final = 64 * 1024


# Texts that are no messages

NO_OBJECT: Final[dict[str, object]] = {
    "number": 5,
    "text": "session.start",
    "true": True,
    "array": [],
    "array of one": [{"command": "session.start"}],
    "16 deep": json.loads("[" * 16 + "]" * 16),
}


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


BATCHED = pytest.mark.parametrize("batched", [True], ids=["batched"])


@BATCHED
@pytest.mark.parametrize("text", ["{}", "[]", '{"command":"session.logout"}', "5", "[", ""])
def test_a_batched_frame_must_be_an_array_of_messages(session: AgentSession, text: str) -> None:
    session.desktop.send_text(text)
    assert code_of(session.desktop.read()) == "INVALID_REQUEST"
    assert session.settle() == []


@BATCHED
def test_a_bad_member_of_a_batch_does_not_spoil_the_others(session: AgentSession) -> None:
    def good(requestid: str) -> JsonObject:
        return message_of("session.request.getdirectory", session.id, requestid=requestid)

    members: list[Any] = [good("1"), 5, [good("x")], None, good("2"), {"command": 7}, {}, good("3")]
    session.desktop.send_text(json.dumps(members))
    assert [message["requestid"] for message in session.settle()] == ["1", "2", "3"]
    refused = session.desktop.notices[-5:]
    assert [code_of(notice) for notice in refused] == ["INVALID_REQUEST"] * 5
    assert [notice["original"] for notice in refused] == [5, [good("x")], None, {"command": 7}, {}]


@BATCHED
def test_ten_bad_members_of_batches_close_the_connection(session: AgentSession) -> None:
    session.desktop.send_text(json.dumps([1] * 5))
    session.desktop.send_text(json.dumps(["two"] * 5))
    assert session.desktop.closed_with()[0] == 1008


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
    assert told(session.do(name)) == [f"{name}: UNKNOWN_COMMAND"]


def test_unknown_properties_are_ignored(session: AgentSession, agent: Agent) -> None:
    data = {"channel": {"endpoint": agent.phone, "type": "Telephony", "colour": None}, "more": [1]}
    response, *_ = session.do("session.addchannel", data=data, version=7)
    assert response["result"] == "success"
    assert response["data"] == data
