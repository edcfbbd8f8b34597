"""The link's AsyncAPI document is complete and self-contained."""

from jsonschema import Draft7Validator

from engine.adapters.link.asyncapi import document
from engine.adapters.link.schema import ADAPTER_MESSAGES, PROCESSOR_MESSAGES
from protocol.platform import CALLS
from tests.documents import references, resolve

DOCUMENT = document()


def test_all_references_resolve() -> None:
    refs = set(references(DOCUMENT))
    assert refs
    for ref in refs:
        assert resolve(DOCUMENT, ref)


def test_the_channel_has_every_message_and_operations_use_them() -> None:
    messages = DOCUMENT["channels"]["link"]["messages"]
    assert set(messages) == {*ADAPTER_MESSAGES, *PROCESSOR_MESSAGES} == set(DOCUMENT["components"]["messages"])
    sent, received = set(), set()
    for operation in DOCUMENT["operations"].values():
        ours = {ref.rpartition("/")[2] for ref in references(operation["messages"])}
        replies = {ref.rpartition("/")[2] for ref in references(operation.get("reply", {}).get("messages", []))}
        sends = operation["action"] == "send"
        sent |= ours if sends else replies
        received |= replies if sends else ours
    assert sent == set(PROCESSOR_MESSAGES)
    assert received == set(ADAPTER_MESSAGES)


def test_every_call_is_sent_and_replied_to() -> None:
    for call in CALLS:
        operation = DOCUMENT["operations"][call.__name__]
        assert operation["action"] == "send"
        replies = [ref.rpartition("/")[2] for ref in references(operation["reply"]["messages"])]
        assert replies == [f"{call.__name__}.success", "call.failure"]


def test_what_answers_is_told_by_its_id() -> None:
    messages = DOCUMENT["components"]["messages"]
    for name in ("Dial.request", "Dial.success", "call.failure", "hello.request", "hello.success"):
        assert messages[name]["correlationId"] == {"location": "$message.payload#/id"}
    assert "correlationId" not in messages["ChannelReport.report"]


def test_the_token_and_the_subprotocol_are_told() -> None:
    headers = DOCUMENT["channels"]["link"]["bindings"]["ws"]["headers"]
    assert headers["required"] == ["Authorization"]
    assert headers["properties"]["Sec-WebSocket-Protocol"]["enum"] == ["adapter-link.v1"]
    assert DOCUMENT["servers"]["local"]["security"] == [{"$ref": "#/components/securitySchemes/token"}]


def test_schemas_are_those_of_draft_7_that_asyncapi_takes() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft7Validator.check_schema(schema)
