"""What happened → the secondary events that tell of it, in their promised order. Data; `play` plays them.

Children end before parents, `channel.infochanged` stands directly before the channel's `state.updated`, and a
composite change yields one pair a channel, with the final state. Source: specs/protocol.md, "Ordering".
"""

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import attrs

from protocol.events import CodeInfo, SessionDisposed
from protocol.platform import Post
from statemachines.changes import Change
from statemachines.world import AnyObject, Channel


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
    COMMANDS_CHANGED = "the platform can do other things than before"
    NOTREADY_REASONS_LISTED = "not-ready reasons listed"
    LOGOUT_REASONS_LISTED = "logout reasons listed"
    DISPOSITIONS_LISTED = "dispositions listed"
    INTERACTION_ADDED = "interaction added"
    INTERACTION_CHANGED = "interaction changed"
    EMAIL_ANSWERED = "email answered"
    MESSAGE_ADDED = "message added"
    TYPING_STARTED = "typing started"
    TYPING_STOPPED = "typing stopped"
    FILE_ADDED = "file added"
    FORM_SUBMITTED = "form submitted"
    SCREENSHOT_ACCEPTED = "screenshot accepted"
    SCREENSHOT_REJECTED = "screenshot rejected"
    SIGNAL_RECEIVED = "signal received"
    PARTY_JOINED = "party joined"
    PARTY_LEFT = "party left"


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
    change: Change | None = None
    """What is new at the interaction."""
    post: Post | None = None
    """What came up in the interaction."""


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

_FOCUS_MOVES: Final = Each("its interaction", (Emit("interaction.focuschanged"),))
PAIR: Final = (Emit("channel.infochanged"), Emit("state.updated"))
CONVERSATION_BRACKET: Final = (
    Emit("conversation.created"),
    Emit("state.updated"),
    Each("each member", (Emit("conversation.member.added"),)),
    Emit("conversation.initialized"),
)
INTERACTION_BRACKET: Final = (
    Emit("interaction.created"),
    Emit("state.updated"),
    Each("each conversation", CONVERSATION_BRACKET),
    Emit("interaction.datachanged"),
    When("it is offered or dialled", (Emit("interaction.preview"),)),
    When("it is under way", (Emit("interaction.started"),)),
    When("its wrap-up is due", (Emit("interaction.ended"),)),
    Emit("interaction.initialized"),
)
CHANNEL_BRACKET: Final = (
    Emit("channel.created"),
    Emit("state.updated"),
    Each("each interaction", INTERACTION_BRACKET),
    Emit("channel.initialized"),
)
GROUP_BRACKET: Final = (
    Emit("channelgroup.created"),
    Emit("state.updated"),
    Each("each channel", CHANNEL_BRACKET),
    Emit("channelgroup.initialized"),
)
_CHANNEL_PAIR: Final = Each("its channel", PAIR)
_SETTLING: Final = Each("the group of its channel, where commands opened or closed to it", (Emit("state.updated"),))
_COMPLETION: Final = (Emit("interaction.completed"), Emit("interaction.disposed"), _CHANNEL_PAIR)
_LEGS: Final = (
    Each(
        "each conversation that changed",
        (
            Each("each member that left", (Emit("conversation.member.removed"),)),
            Emit("state.updated"),
            Each("each member that joined", (Emit("conversation.member.added"),)),
        ),
    ),
    Each(
        "each conversation that ended",
        (
            Emit("state.updated"),
            Emit("conversation.disposed"),
            When("it ended before another one of an interaction that is over", (_FOCUS_MOVES,)),
        ),
    ),
    Each("the conversation that is the primary now", (Emit("conversation.infochanged"),)),
    Each("each new conversation", CONVERSATION_BRACKET),
)
_INTERACTION_CHANGED: Final = (
    When("it is described anew", (Emit("interaction.infochanged"),)),
    *_LEGS,
    When("a conversation began or ended, or the focus moved", (Emit("interaction.focuschanged"),)),
    When("it goes on with another state or other commands", (Emit("state.updated"),)),
    When("it has started", (Emit("interaction.started"),)),
    When("its data changed or were set", (Emit("interaction.datachanged"),)),
    When("it has ended", (Emit("interaction.ended"),)),
    When("it has ended, and its wrap-up is due", (Emit("state.updated"), _CHANNEL_PAIR)),
    When("it is completed", _COMPLETION),
    When("it goes on, and the channel changed with it", (_CHANNEL_PAIR,)),
    _SETTLING,
)
_CHANNEL_END: Final = (When("it was active", PAIR), Emit("channel.disposed"))

SEQUENCES: Final[Mapping[What, tuple[Step, ...]]] = MappingProxyType(
    {
        What.SESSION_INITIALIZED: (
            Each("each group", GROUP_BRACKET),
            Each("each channel", CHANNEL_BRACKET),
            Emit("session.initialized"),
        ),
        What.SESSION_DISPOSED: (Emit("session.disposed"),),
        What.CHANNEL_ADDED: CHANNEL_BRACKET,
        What.CHANNEL_REMOVED: _CHANNEL_END,
        What.GROUP_ADDED: GROUP_BRACKET,
        What.GROUP_REMOVED: (
            Each("each removed channel", _CHANNEL_END),
            Emit("state.updated"),
            Emit("channelgroup.disposed"),
        ),
        What.CHANNEL_LOGIN_CHANGED: (*PAIR, Each("its group, where it has one", (Emit("state.updated"),))),
        What.CHANNEL_AGENT_CHANGED: PAIR,
        What.GROUP_CHANNELS_CHANGED: (Each("each changed channel", PAIR), Emit("state.updated")),
        What.COMMANDS_CHANGED: (Emit("state.updated"),),
        What.NOTREADY_REASONS_LISTED: (Emit("session.externalnotreadyreasons.updated"),),
        What.LOGOUT_REASONS_LISTED: (Emit("session.externallogoutreasons.updated"),),
        What.DISPOSITIONS_LISTED: (Emit("channel.externaldispositions.updated"),),
        What.INTERACTION_ADDED: (_CHANNEL_PAIR, *INTERACTION_BRACKET, _SETTLING),
        What.INTERACTION_CHANGED: _INTERACTION_CHANGED,
        What.EMAIL_ANSWERED: (Emit("interaction.message.added"), *_INTERACTION_CHANGED),
        What.MESSAGE_ADDED: (Emit("interaction.message.added"),),
        What.TYPING_STARTED: (Emit("interaction.typing.started"),),
        What.TYPING_STOPPED: (Emit("interaction.typing.stopped"),),
        What.FILE_ADDED: (Emit("interaction.file.added"),),
        What.FORM_SUBMITTED: (Emit("interaction.form.submitted"),),
        What.SCREENSHOT_ACCEPTED: (Emit("interaction.screenshot.accepted"),),
        What.SCREENSHOT_REJECTED: (Emit("interaction.screenshot.rejected"),),
        What.SIGNAL_RECEIVED: (Emit("interaction.signal.received"),),
        What.PARTY_JOINED: (Emit("interaction.party.joined"),),
        What.PARTY_LEFT: (Emit("interaction.party.left"),),
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
        "channel.dial": What.INTERACTION_ADDED,
        "interaction.accept": What.INTERACTION_CHANGED,
        "interaction.reject": What.INTERACTION_CHANGED,
        "interaction.release": What.INTERACTION_CHANGED,
        "interaction.complete": What.INTERACTION_CHANGED,
        "interaction.getdata": None,
        "interaction.setdata": What.INTERACTION_CHANGED,
        "interaction.consult": What.INTERACTION_CHANGED,
        "interaction.alternate": What.INTERACTION_CHANGED,
        "interaction.consulttransfer": What.INTERACTION_CHANGED,
        "interaction.consultconference": What.INTERACTION_CHANGED,
        "interaction.recording.start": What.INTERACTION_CHANGED,
        "interaction.recording.stop": What.INTERACTION_CHANGED,
        "interaction.recording.pause": What.INTERACTION_CHANGED,
        "interaction.recording.resume": What.INTERACTION_CHANGED,
        "interaction.transfer": What.INTERACTION_CHANGED,
        "interaction.message.send": What.MESSAGE_ADDED,
        "interaction.typing.start": None,
        "interaction.typing.stop": None,
        "interaction.file.send": None,
        "interaction.url.push": None,
        "interaction.form.show": None,
        "interaction.screenshot.request": None,
        "interaction.signal.send": None,
        "interaction.reply": What.EMAIL_ANSWERED,
        "conversation.answer": What.INTERACTION_CHANGED,
        "conversation.hold": What.INTERACTION_CHANGED,
        "conversation.retrieve": What.INTERACTION_CHANGED,
        "conversation.release": What.INTERACTION_CHANGED,
        "conversation.blindtransfer": What.INTERACTION_CHANGED,
        "conversation.blindconference": What.INTERACTION_CHANGED,
        "conversation.senddtmf": None,
    }
)
"""What the success of each command makes happen; None: nothing beyond the response."""
