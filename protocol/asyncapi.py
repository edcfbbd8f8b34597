"""The agent WebSocket as an AsyncAPI 3.0 document: one channel, an operation per command, and one for the events.

Operations are told from the processor's side: it receives requests, and sends replies and events.
Source: specs/protocol.md, "Envelope".
"""

from collections.abc import Iterable, Mapping
from typing import Final

from protocol.about import COMMANDS_ABOUT
from protocol.commands import COMMANDS, Command
from protocol.endpoint import BATCHED, PATH, PLAIN
from protocol.events import EVENTS
from protocol.schema import (
    CLIENT_MESSAGES,
    SERVER_MESSAGES,
    UNREAD,
    Schema,
    definitions,
    event_name,
    reply_names,
    request_name,
)
from protocol.strictjson import Json

Examples = Mapping[str, Mapping[str, Json]]
"""By message name: examples of the message, by their own names."""

_CHANNEL: Final = "agent"

_ABOUT: Final = """\
An agent desktop drives an agent's session at a CTI platform: it sends requests, and is told of everything that \
happens by events, in a promised order.

The rules behind the messages stand in protocol.md: what is checked in which order, what follows what, what survives \
the loss of a connection."""

_ABOUT_CHANNEL: Final = f"""\
A WebSocket that carries JSON in text frames. Its form is chosen by the subprotocol that the client offers:

* `{PLAIN}`, or none: a frame is one message, of the schema ClientMessage or ServerMessage.
* `{BATCHED}`: a frame is an array of one or more messages, of the schema ClientBatch or ServerBatch. The processor \
puts what waits into one frame and never waits for more."""


def document(examples: Examples) -> Schema:
    """The document, with the `examples` of its messages."""
    schemas = definitions("#/components/schemas/{name}")
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Agent session protocol",
            "version": PLAIN.rpartition(".v")[2],
            "description": _ABOUT,
            "license": {"name": "Apache 2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "local": {
                "host": "127.0.0.1:8765",
                "protocol": "ws",
                "description": "Where `ixp serve` listens when nothing else is configured.",
            }
        },
        "channels": {
            _CHANNEL: {
                "address": PATH,
                "title": "Agent sessions",
                "description": _ABOUT_CHANNEL,
                "messages": {
                    name: {"$ref": f"#/components/messages/{name}"} for name in (*CLIENT_MESSAGES, *SERVER_MESSAGES)
                },
                "bindings": {
                    "ws": {
                        "method": "GET",
                        "headers": {
                            "type": "object",
                            "properties": {"Sec-WebSocket-Protocol": {"type": "string", "enum": [PLAIN, BATCHED]}},
                        },
                        "bindingVersion": "0.1.0",
                    }
                },
            }
        },
        "operations": {
            **{command.name: _request(command) for command in COMMANDS.values()},
            "events": {
                "action": "send",
                "summary": "What happens in a session that the connection has bound.",
                **on_channel(event_name(row) for row in EVENTS.values()),
            },
            "refusals": {
                "action": "send",
                "summary": "The answer to what is no request, or names no command there is.",
                **on_channel((UNREAD,)),
            },
        },
        "components": {
            "schemas": schemas,
            "messages": {
                name: message_of(name, schemas[name], examples.get(name, {}))
                for name in (*CLIENT_MESSAGES, *SERVER_MESSAGES)
            },
        },
    }


def _request(command: Command) -> Schema:
    return {
        "action": "receive",
        "summary": COMMANDS_ABOUT[command.name],
        **on_channel((request_name(command),)),
        "reply": on_channel(reply_names(command)),
    }


def on_channel(messages: Iterable[str], name: str = _CHANNEL) -> Schema:
    channel = f"#/channels/{name}"
    return {
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{each}"} for each in messages],
    }


def message_of(name: str, schema: Schema, examples: Mapping[str, Json]) -> Schema:
    message: Schema = {
        "name": name,
        "summary": schema["description"],
        "payload": {"$ref": f"#/components/schemas/{name}"},
    }
    if "requestid" in schema["properties"]:
        message["correlationId"] = {"location": "$message.payload#/requestid"}
    if examples:
        message["examples"] = [{"name": each, "payload": payload} for each, payload in examples.items()]
    return message
