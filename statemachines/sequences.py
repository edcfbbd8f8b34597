"""What happened → the secondary events that tell of it, in their promised order. Data, and the player of the data.

Children end before parents, `channel.infochanged` stands directly before the channel's `state.updated`, and a
composite change yields one pair a channel, with the final state. Source: specs/protocol.md, "Ordering".
"""

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, cast

import attrs

from protocol.events import (
    ChannelChanged,
    ChannelDisposed,
    ChannelGroupChanged,
    ChannelGroupDisposed,
    CodeInfo,
    DispositionsUpdated,
    IdInfo,
    ReasonsUpdated,
    SessionDisposed,
    SessionInitialized,
)
from protocol.messages import Event
from statemachines.capabilities import changes, open_now
from statemachines.world import AnyObject, Channel, ChannelGroup, Session


class What(enum.StrEnum):
    """What can happen in a session. The values are the words of the documentation."""

    SESSION_INITIALIZED = "session initialized"
    SESSION_DISPOSED = "session disposed"
    CHANNEL_ADDED = "channel added"
    CHANNEL_REMOVED = "channel removed"
    GROUP_ADDED = "channel group added"
    GROUP_REMOVED = "channel group removed"
    CHANNEL_LOGIN_CHANGED = "login state of a channel changed"
    CHANNEL_AGENT_CHANGED = "agent state of a channel changed"
    GROUP_CHANNELS_CHANGED = "channels of a group changed"
    NOTREADY_REASONS_LISTED = "not-ready reasons listed"
    LOGOUT_REASONS_LISTED = "logout reasons listed"
    DISPOSITIONS_LISTED = "dispositions listed"


@attrs.frozen(kw_only=True)
class Happening:
    """`changed`: the channels that get a pair, because they changed (or, removed, were active before)."""

    what: What
    subject: AnyObject
    channels: tuple[Channel, ...] = ()
    """The channels of a removed group: the group itself has none left."""
    changed: frozenset[Channel] = frozenset()
    codes: tuple[CodeInfo, ...] = ()
    disposal: SessionDisposed | None = None


# The steps of a sequence


@attrs.frozen
class Emit:
    """One event about the object at hand."""

    event: str


@attrs.frozen
class Each:
    """The steps once for each object of a relation, in its order."""

    relation: str
    steps: tuple["Step", ...]


@attrs.frozen
class When:
    """The steps only where the claim holds."""

    claim: str
    steps: tuple["Step", ...]


Step = Emit | Each | When

PAIR: Final = (Emit("channel.infochanged"), Emit("state.updated"))
CHANNEL_BRACKET: Final = (Emit("channel.created"), Emit("state.updated"), Emit("channel.initialized"))
GROUP_BRACKET: Final = (
    Emit("channelgroup.created"),
    Emit("state.updated"),
    Each("channels", CHANNEL_BRACKET),
    Emit("channelgroup.initialized"),
)
_CHANNEL_END: Final = (When("was active", PAIR), Emit("channel.disposed"))

SEQUENCES: Final[Mapping[What, tuple[Step, ...]]] = MappingProxyType(
    {
        What.SESSION_INITIALIZED: (
            Each("groups", GROUP_BRACKET),
            Each("channels", CHANNEL_BRACKET),
            Emit("session.initialized"),
        ),
        What.SESSION_DISPOSED: (Emit("session.disposed"),),
        What.CHANNEL_ADDED: CHANNEL_BRACKET,
        What.CHANNEL_REMOVED: _CHANNEL_END,
        What.GROUP_ADDED: GROUP_BRACKET,
        What.GROUP_REMOVED: (
            Each("removed channels", _CHANNEL_END),
            Emit("state.updated"),
            Emit("channelgroup.disposed"),
        ),
        What.CHANNEL_LOGIN_CHANGED: (*PAIR, Each("group", (Emit("state.updated"),))),
        What.CHANNEL_AGENT_CHANGED: PAIR,
        What.GROUP_CHANNELS_CHANGED: (Each("changed channels", PAIR), Emit("state.updated")),
        What.NOTREADY_REASONS_LISTED: (Emit("session.externalnotreadyreasons.updated"),),
        What.LOGOUT_REASONS_LISTED: (Emit("session.externallogoutreasons.updated"),),
        What.DISPOSITIONS_LISTED: (Emit("channel.externaldispositions.updated"),),
    }
)

COMMAND_YIELDS: Final[Mapping[str, What | None]] = MappingProxyType(
    {
        "session.start": What.SESSION_INITIALIZED,
        "session.logout": None,
        "session.addchannel": What.CHANNEL_ADDED,
        "session.removechannel": What.CHANNEL_REMOVED,
        "session.addchannelgroup": What.GROUP_ADDED,
        "session.removechannelgroup": What.GROUP_REMOVED,
        "session.request.getdirectory": None,
        "session.request.externalnotreadyreasons": What.NOTREADY_REASONS_LISTED,
        "session.request.externallogoutreasons": What.LOGOUT_REASONS_LISTED,
        "channelgroup.activate": What.CHANNEL_LOGIN_CHANGED,
        "channelgroup.deactivate": What.CHANNEL_LOGIN_CHANGED,
        "channelgroup.activateall": What.GROUP_CHANNELS_CHANGED,
        "channelgroup.deactivateall": What.GROUP_CHANNELS_CHANGED,
        "channelgroup.ready": What.GROUP_CHANNELS_CHANGED,
        "channelgroup.notready": What.GROUP_CHANNELS_CHANGED,
        "channel.activate": What.CHANNEL_LOGIN_CHANGED,
        "channel.deactivate": What.CHANNEL_LOGIN_CHANGED,
        "channel.ready": What.CHANNEL_AGENT_CHANGED,
        "channel.notready": What.CHANNEL_AGENT_CHANGED,
        "channel.externaldispositions": What.DISPOSITIONS_LISTED,
    }
)
"""What the success of each command makes happen; None: nothing beyond the response."""

# The words that the steps use

_RELATIONS: Final[Mapping[str, Callable[[Happening, Any], Iterable[AnyObject]]]] = MappingProxyType(
    {
        "groups": lambda _, session: session.groups.values(),
        "channels": lambda _, parent: parent.channels.values(),
        "group": lambda _, channel: () if channel.group is None else (channel.group,),
        "removed channels": lambda happening, _: happening.channels,
        "changed channels": lambda happening, group: (
            channel for channel in group.channels.values() if channel in happening.changed
        ),
    }
)

_CLAIMS: Final[Mapping[str, Callable[[Happening, Any], bool]]] = MappingProxyType(
    {"was active": lambda happening, channel: channel in happening.changed}
)


def _data(name: str, happening: Happening, subject: AnyObject, session: Session) -> Any:
    match name, subject:
        case "session.initialized", Session():
            return SessionInitialized(session=subject.info(open_now(subject, session.features)))
        case "session.disposed", _:
            return happening.disposal
        case (("session.externalnotreadyreasons.updated" | "session.externallogoutreasons.updated"), _):
            return ReasonsUpdated(reasons=happening.codes)
        case "channel.externaldispositions.updated", _:
            return DispositionsUpdated(dispositions=happening.codes)
        case "channelgroup.disposed", _:
            return ChannelGroupDisposed(channelgroup=IdInfo(id=subject.id))
        case "channel.disposed", _:
            return ChannelDisposed(channel=IdInfo(id=subject.id))
        case _, ChannelGroup():
            return ChannelGroupChanged(channelgroup=subject.info())
        case _:
            return ChannelChanged(channel=cast(Channel, subject).info())


def _event(name: str, happening: Happening, subject: AnyObject, session: Session, cause: str | None) -> Event:
    if name != "state.updated":
        data = _data(name, happening, subject, session)
        return Event(name=name, target=str(subject.target), data=data, cause=cause)
    updates = changes(subject.announced, subject, session.features)
    subject.announced = frozenset(open_now(subject, session.features))
    return Event(name=name, target=str(subject.target), data=updates, state=subject.state_info(), cause=cause)


def play(happening: Happening, session: Session, cause: str | None = None) -> Iterator[Event]:
    """The events of a happening, in order. Each state.updated moves what its object has announced.

    `cause` is the requestid of the request that brought it about, if one did and had one.
    """

    def run(steps: tuple[Step, ...], subject: AnyObject) -> Iterator[Event]:
        for step in steps:
            match step:
                case Emit():
                    yield _event(step.event, happening, subject, session, cause)
                case Each():
                    for each in tuple(_RELATIONS[step.relation](happening, subject)):
                        yield from run(step.steps, each)
                case When() if _CLAIMS[step.claim](happening, subject):
                    yield from run(step.steps, subject)

    return run(SEQUENCES[happening.what], happening.subject)
