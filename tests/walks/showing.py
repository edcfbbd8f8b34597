"""The core's world, the model's and the effects, each in the words of a client, to be compared."""

from typing import Any

import attrs

from engine.conformance.view import CHANNEL_STATE, JsonObject
from protocol.wire import encode
from statemachines.contact import Conversation, Interaction
from statemachines.effects import Effect, Send
from statemachines.world import Session
from tests.walks.telling import member_info, present
from tests.walks.words import Thing


def shown_state(info: JsonObject) -> JsonObject:
    return {fact: info.get(fact) for fact in CHANNEL_STATE}


def expected_state(thing: Thing) -> JsonObject:
    """The state of a channel as events show it."""
    facts = {fact: thing[fact] for fact in CHANNEL_STATE}
    return {**facts, "reason": None if facts["reason"] is None else {"code": facts["reason"]}}


def as_shown(value: Any) -> Any:
    """What the model says, as it travels: of a thing its id."""
    match value:
        case Thing():
            return value.id
        case dict():
            return {key: as_shown(inner) for key, inner in value.items()}
        case list():
            return [as_shown(inner) for inner in value]
        case _:
            return value


def in_no_order(value: Any) -> Any:
    """The same for two sayings that differ in the order of members or of changed keys, which nobody promises."""
    if not isinstance(value, dict):
        return value
    if "conversation" in value:
        return {**value, "conversation": in_no_order(value["conversation"])}
    return {**value, **{key: sorted(value[key], key=repr) for key in ("members", "changed") if key in value}}


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
        for interaction in channel.interactions.values():
            found |= _contact_of(interaction)
    return found


def _contact_of(interaction: Interaction) -> dict[str, JsonObject]:
    """An interaction with its conversations."""
    found = {
        str(interaction.target): present(
            kind="interaction",
            **attrs.asdict(interaction.info(), recurse=False),
            interactiondata=interaction.data,
            capabilities=interaction.announced,
        )
    }
    return found | {str(leg.target): _leg(leg) for leg in interaction.conversations.values()}


def _leg(leg: Conversation) -> JsonObject:
    return {
        "kind": "conversation",
        "id": leg.id,
        "type": leg.type,
        "state": leg.state,
        "direction": leg.direction,
        "members": [member_info(member) for member in leg.members.values()],
        "capabilities": leg.announced,
    }


def comparable(effects: tuple[Effect, ...]) -> list[object]:
    """Effects without the stack traces of debug mode, which no promise covers."""
    return [
        encode(effect.message, seq=effect.seq).partition(b'"context":')[0] if isinstance(effect, Send) else effect
        for effect in effects
    ]
