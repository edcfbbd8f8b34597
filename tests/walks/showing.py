"""The core's world, the model's and the effects, each in the words of a client, to be compared."""

from typing import Any

from protocol.wire import encode
from statemachines.effects import Effect, Send
from statemachines.world import Session
from tests.walks.client_view import CHANNEL_STATE, JsonObject
from tests.walks.words import Thing


def shown_state(info: JsonObject) -> JsonObject:
    return {fact: info.get(fact) for fact in CHANNEL_STATE}


def expected_state(thing: Thing) -> JsonObject:
    """The state of a channel as events show it."""
    facts = {fact: thing[fact] for fact in CHANNEL_STATE}
    return {**facts, "reason": None if facts["reason"] is None else {"code": facts["reason"]}}


def present(**properties: Any) -> JsonObject:
    """A property without a value is not sent."""
    return {name: value for name, value in properties.items() if value is not None}


def world_of(session: Session) -> dict[str, JsonObject]:
    """The core's world in the client's words."""
    found: dict[str, JsonObject] = {}
    for group in session.groups.values():
        found[str(group.target)] = {
            "kind": "channelgroup",
            "id": group.id,
            "name": group.name,
            "channels": list(group.channels),
            "capabilities": group.announced,
        }
    for channel in session.all_channels():
        found[str(channel.target)] = present(
            kind="channel",
            id=channel.id,
            name=channel.name,
            endpoint=channel.endpoint,
            type=channel.type,
            modeltype=channel.type,
            loginstate=channel.loginstate,
            agentstate=channel.agentstate,
            reason=None if channel.reason is None else {"code": channel.reason},
            pendingagentstate=channel.pendingagentstate,
            interactions=list(channel.interactions),
            capabilities=channel.announced,
        )
    return found


def comparable(effects: tuple[Effect, ...]) -> list[object]:
    """Effects without the stack traces of debug mode, which no promise covers."""
    return [
        encode(effect.message, seq=effect.seq).partition(b'"context":')[0] if isinstance(effect, Send) else effect
        for effect in effects
    ]
