"""The link as an AsyncAPI 3.0 document: one channel; an operation per call, others for hello, reports and notices.

Operations are told from the processor's side: it sends calls, and receives hello, answers and reports.
"""

from collections.abc import Iterable
from typing import Final

from engine.adapters.link.schema import ADAPTER_MESSAGES, PROCESSOR_MESSAGES, definitions
from engine.adapters.link.words import ACK, CALL_NAMES, CANCEL, HELLO, KINDS, REPORT, SUBPROTOCOL
from protocol.asyncapi import message_of, on_channel
from protocol.schema import Schema

_CHANNEL: Final = "link"

_ABOUT: Final = """\
A program in any language connects a CTI platform: it carries out the processor's calls, and reports what happens.

What each call must do stands in adapter-interface.md; what a link is, how it is mended after a cut and how it ends, \
in adapter-link.md."""

_ABOUT_CHANNEL: Final = f"""\
A WebSocket of the subprotocol `{SUBPROTOCOL}`; each text frame is one JSON-RPC 2.0 object. The program connects to \
the processor, or the processor to the program, as the settings say; who connects shows the token of the link."""


def document() -> Schema:
    """The document."""
    schemas = definitions("#/components/schemas/{name}")
    messages = (*ADAPTER_MESSAGES, *PROCESSOR_MESSAGES)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Adapter link",
            "version": SUBPROTOCOL.rpartition(".v")[2],
            "description": _ABOUT,
            "license": {"name": "Apache 2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "local": {
                "host": "127.0.0.1:8790",
                "protocol": "ws",
                "description": "An example: host and port are settings.",
                "security": [{"$ref": "#/components/securitySchemes/token"}],
            }
        },
        "channels": {
            _CHANNEL: {
                "address": "/adapter",
                "title": "The link",
                "description": _ABOUT_CHANNEL,
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
                "bindings": {
                    "ws": {
                        "method": "GET",
                        "headers": {
                            "type": "object",
                            "properties": {
                                "Authorization": {"type": "string", "pattern": "^Bearer "},
                                "Sec-WebSocket-Protocol": {"type": "string", "enum": [SUBPROTOCOL]},
                            },
                            "required": ["Authorization"],
                        },
                        "bindingVersion": "0.1.0",
                    }
                },
            }
        },
        "operations": {
            HELLO: {
                "action": "receive",
                "summary": "The program says what it is, and what its platform can do.",
                **_on((f"{HELLO}.request",)),
                "reply": _on((f"{HELLO}.success", f"{HELLO}.failure")),
            },
            **{name: _call(name) for name in CALL_NAMES},
            REPORT: {
                "action": "receive",
                "summary": "What happens at the platform, numbered.",
                **_on(f"{kind}.{REPORT}" for kind in KINDS),
            },
            "notices": {
                "action": "send",
                "summary": "What has been taken, what is waited for no longer, and what could not be taken.",
                **_on((f"{ACK}.notification", f"{CANCEL}.notification", "error")),
            },
        },
        "components": {
            "schemas": schemas,
            "messages": {name: _message(name, schemas[name]) for name in (*ADAPTER_MESSAGES, *PROCESSOR_MESSAGES)},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "Shown by the side that connects."}
            },
        },
    }


def _call(name: str) -> Schema:
    return {
        "action": "send",
        "summary": f"{name}, for an agent.",
        **_on((f"{name}.request",)),
        "reply": _on((f"{name}.success", "call.failure")),
    }


def _message(name: str, schema: Schema) -> Schema:
    message = message_of(name, schema, {})
    if "id" in schema["properties"]:
        message["correlationId"] = {"location": "$message.payload#/id"}
    return message


def _on(messages: Iterable[str]) -> Schema:
    return on_channel(messages, _CHANNEL)
