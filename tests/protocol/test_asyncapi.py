"""The AsyncAPI document is complete and self-contained."""

import pytest
from jsonschema import Draft7Validator

from protocol.asyncapi import document
from protocol.commands import COMMANDS
from protocol.events import EVENTS
from protocol.schema import CLIENT_MESSAGES, SERVER_MESSAGES
from tests.documents import references, resolve

EXAMPLE = {"command": "channel.ready", "target": "s.c", "data": {}}
DOCUMENT = document({"channel.ready.request": {"first": EXAMPLE, "second": {}}})


def test_required_fields_of_asyncapi_3() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert DOCUMENT["info"]["title"]
    assert DOCUMENT["info"]["version"] == "1"
    assert {"host", "protocol"} <= DOCUMENT["servers"]["local"].keys()
    assert DOCUMENT["channels"]["agent"]["address"] == "/agent"
    for operation in DOCUMENT["operations"].values():
        assert operation["action"] in ("send", "receive")
        assert operation["channel"] == {"$ref": "#/channels/agent"}


def test_all_references_resolve() -> None:
    refs = set(references(DOCUMENT))
    assert refs
    for ref in refs:
        assert resolve(DOCUMENT, ref) is not None


def test_channel_has_every_message_and_operations_use_them() -> None:
    messages = DOCUMENT["channels"]["agent"]["messages"]
    assert set(messages) == {*CLIENT_MESSAGES, *SERVER_MESSAGES} == set(DOCUMENT["components"]["messages"])
    used: set[str] = set()
    for operation in DOCUMENT["operations"].values():
        for part in (operation, operation.get("reply", {"messages": []})):
            used |= {ref.removeprefix("#/channels/agent/messages/") for ref in references(part["messages"])}
    assert used == set(messages)


def test_every_command_is_received_and_replied_to() -> None:
    for name in COMMANDS:
        operation = DOCUMENT["operations"][name]
        assert operation["action"] == "receive"
        assert operation["messages"] == [{"$ref": f"#/channels/agent/messages/{name}.request"}]
        replies = [ref.rpartition(".")[2] for ref in references(operation["reply"]["messages"])]
        assert replies == ["success", "failure", *(["confirm"] if name == "prepareSession" else [])]


def test_every_event_is_sent() -> None:
    sent = list(references(DOCUMENT["operations"]["events"]["messages"]))
    assert sent == [f"#/channels/agent/messages/{name}.event" for name in EVENTS]
    assert DOCUMENT["operations"]["events"]["action"] == "send"


def test_both_subprotocols_are_told() -> None:
    channel = DOCUMENT["channels"]["agent"]
    headers = channel["bindings"]["ws"]["headers"]["properties"]["Sec-WebSocket-Protocol"]
    assert headers["enum"] == ["agent-session.v1", "agent-session-batch.v1"]
    assert all(name in channel["description"] for name in headers["enum"])


def test_examples_are_shown_with_their_message_and_nowhere_else() -> None:
    messages = DOCUMENT["components"]["messages"]
    assert messages["channel.ready.request"]["examples"] == [
        {"name": "first", "payload": EXAMPLE},
        {"name": "second", "payload": {}},
    ]
    assert [name for name, message in messages.items() if "examples" in message] == ["channel.ready.request"]


def test_requestid_correlates_request_and_reply() -> None:
    messages = DOCUMENT["components"]["messages"]
    for name in ("channel.ready.request", "channel.ready.success", "channel.ready.failure"):
        assert messages[name]["correlationId"] == {"location": "$message.payload#/requestid"}
    assert "correlationId" not in messages["channel.created.event"]


@pytest.mark.parametrize("name", ["channel.ready.request", "ServerMessage"])
def test_schemas_are_those_of_draft_7_that_asyncapi_takes(name: str) -> None:
    schemas = DOCUMENT["components"]["schemas"]
    Draft7Validator.check_schema(schemas[name])
    validator = Draft7Validator({"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]})
    assert validator.is_valid(EXAMPLE) == (name == "channel.ready.request")
