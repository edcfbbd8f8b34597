"""A session's world as plain values and back, so that a journal need not replay a session from its beginning.

Every object is a dict of its own fields; the objects below it are dicts by id. What follows from its place is left out:
its target, its kind, and what it belongs to. What comes back behaves as what went in.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, TypeVar, get_type_hints

import attrs

from protocol.convert import make_strict_converter
from protocol.ids import ChannelGroupId, ChannelId, ConversationId, InteractionId, SessionId, Target
from protocol.platform import Feature
from protocol.states import Ability
from statemachines.contact import Conversation, Interaction
from statemachines.object import Object, shared
from statemachines.world import Channel, ChannelGroup, Session

Plain = dict[str, Any]
T = TypeVar("T", bound=Object)

_KINDS: Final = (Session, ChannelGroup, Channel, Interaction, Conversation)
_PLACED: Final = frozenset({"target", "kind", "group", "channel", "interaction"})
_BELOW: Final = frozenset({"groups", "channels", "interactions", "conversations"})

_NAMES: Final = {kind.__name__: kind for kind in _KINDS}
_OWN: Final[Mapping[type[Object], Mapping[str, tuple[str, Any]]]] = MappingProxyType(
    {
        kind: {
            field.name: (field.alias, get_type_hints(kind, localns=_NAMES)[field.name])
            for field in attrs.fields(kind)
            if field.name not in _PLACED | _BELOW
        }
        for kind in _KINDS
    }
)
"""Of each class the fields that are its own: by name, the argument that sets it, and its type."""

_SETS: Final = (set[str], frozenset[str], frozenset[Feature], frozenset[Ability])
"""Kinds of fields that have no order; they get one, so that equal worlds have equal pictures."""

_CONVERTER: Final = make_strict_converter()
_CONVERTER.register_unstructure_hook_func(lambda kind: kind in _SETS, lambda texts: sorted(map(str, texts)))


def picture(session: Session) -> Plain:
    """The session with all that is in it."""
    return {
        **_own(session),
        "id": session.id,
        "groups": {
            key: {**_own(group), "channels": {each: _channel(channel) for each, channel in group.channels.items()}}
            for key, group in session.groups.items()
        },
        "channels": {key: _channel(channel) for key, channel in session.channels.items()},
    }


def _channel(channel: Channel) -> Plain:
    interactions = {
        key: {**_own(it), "conversations": {each: _own(leg) for each, leg in it.conversations.items()}}
        for key, it in channel.interactions.items()
    }
    return {**_own(channel), "interactions": interactions}


def _own(subject: Object) -> Plain:
    """What is None is left out, as on the wire: each such field is None by default."""
    return {
        name: _CONVERTER.unstructure(value, kind)
        for name, (_, kind) in _OWN[type(subject)].items()
        if (value := getattr(subject, name)) is not None
    }


def restore(plain: Plain) -> Session:
    """The session of which this is the picture. Raises ValueError when it is none."""
    try:
        session = _make(Session, plain, Target((SessionId(plain["id"]),)))
        for key, value in plain["groups"].items():
            group = _make(ChannelGroup, value, session.target.child(key))
            session.groups[ChannelGroupId(key)] = group
            for each, channel in value["channels"].items():
                group.channels[ChannelId(each)] = _restore_channel(channel, group.target.child(each), group)
        for key, value in plain["channels"].items():
            session.channels[ChannelId(key)] = _restore_channel(value, session.target.child(key), None)
    except Exception as error:  # whatever a broken picture may lead to
        raise ValueError(f"no picture of a session: {type(error).__name__}: {error}") from error
    return session


def _restore_channel(plain: Plain, target: Target, group: ChannelGroup | None) -> Channel:
    channel = _make(Channel, plain, target, group=group)
    for key, value in plain["interactions"].items():
        interaction = _make(Interaction, value, target.child(key), channel=channel)
        channel.interactions[InteractionId(key)] = interaction
        for each, leg in value["conversations"].items():
            interaction.conversations[ConversationId(each)] = _make(
                Conversation, leg, interaction.target.child(each), interaction=interaction
            )
    return channel


def _make(kind: type[T], plain: Plain, target: Target, **belongs_to: Any) -> T:
    own = {alias: _field(plain[name], hint) for name, (alias, hint) in _OWN[kind].items() if name in plain}
    return kind(target=target, **own, **belongs_to)


def _field(plain: Any, hint: Any) -> Any:
    value = _CONVERTER.structure(plain, hint)
    return shared(value) if isinstance(value, frozenset) else value
