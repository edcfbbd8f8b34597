"""Case 20: a value of the wrong type in any field of any command is refused, and changes nothing.

The cases are made from the registry of commands. Source: specs/protocol.md, "What is refused".
"""

from collections.abc import Iterator
from typing import Any, Final

from engine.conformance.view import JsonObject
from tests.blackbox.client import AgentSession, Desktop, code_of
from tests.blackbox.configs import config
from tests.blackbox.conftest import Serve
from tests.blackbox.server import ServerProcess
from tests.faults.conftest import Break
from tests.faults.judge import Judge
from tests.faults.mutants.launch import caught
from tests.protocol.shapes import ALL_FIELDS, JSON_KINDS, holder_of, request

AT_ONCE: Final = 100
"""So many are sent before the answers are read: fewer than may wait."""

VALUES: Final[tuple[tuple[str, Any], ...]] = (
    *JSON_KINDS.items(),
    ("text", "5"),
    ("text", "false"),
    ("text", "null"),
    ("fraction", 5.7),
    ("boolean", False),
    ("number", 0),
    ("array", ["x1"]),
    ("object", {"x1": "x1"}),
)
"""The kind of JSON value, and a value of it."""


def wrong_requests(session: str) -> Iterator[JsonObject]:
    for command, field in ALL_FIELDS:
        for kind, value in VALUES:
            if kind not in field.kinds:
                message = request(command)
                holder_of(message, field)[field.path[-1]] = value
                yield {**message, "target": session}


def all_refused(server: ServerProcess) -> int:
    """Each gets one failure that says so; nothing else is said, and the session's number moves by its failures alone.

    Returns how many there were.
    """
    with Judge(server) as judge, Desktop(server.agent_url) as desktop:
        session = desktop.session_of("agent2")
        session.do("session.start")
        messages = list(wrong_requests(session.id))
        for at in range(0, len(messages), AT_ONCE):
            _refused(session, messages[at : at + AT_ONCE])
            judge.work()
        assert session.settle() == []
        assert session.view.initialized
        assert not session.view.objects
    return len(messages)


def _refused(session: AgentSession, messages: list[JsonObject]) -> None:
    seq = session.view.seq
    for number, message in enumerate(messages):
        session.desktop.send({**message, "requestid": f"wrong-{number}"})
    answers = [session.desktop.read() for _ in messages]
    session.take_news()
    by_id = {answer["requestid"]: answer for answer in answers}
    for number, message in enumerate(messages):
        answer = by_id[f"wrong-{number}"]
        assert code_of(answer) == "INVALID_REQUEST", message
        assert answer["failure"]["message"].startswith("data"), answer
        of_session = message["command"].partition(".")[0] not in ("supervisor",) and "." in message["command"]
        assert ("seq" in answer) == of_session, answer
    assert session.view.seq == seq + sum("seq" in answer for answer in answers)


def test_a_value_of_the_wrong_type_changes_nothing(serve: Serve) -> None:
    assert all_refused(serve(config())) > 500


def test_a_lenient_converter_is_caught(break_server: Break) -> None:
    server = break_server("lenient_types", config())
    with caught():
        all_refused(server)


def test_a_server_that_loses_events_is_caught(break_server: Break) -> None:
    server = break_server("loses_events", config())
    with caught():
        all_refused(server)
