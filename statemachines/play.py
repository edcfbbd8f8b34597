"""The player of the sequences: what their words mean, and the events that a happening makes of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

import attrs

from protocol.events import (
    ChannelChanged,
    ChannelDisposed,
    ChannelGroupChanged,
    ChannelGroupDisposed,
    ConversationChanged,
    ConversationDisposed,
    DataChanged,
    DispositionInfo,
    DispositionsUpdated,
    EventData,
    IdInfo,
    InteractionChanged,
    InteractionCompleted,
    InteractionDisposed,
    InteractionEnded,
    InteractionPreview,
    InteractionStarted,
    MemberChanged,
    ReasonsUpdated,
    SessionInitialized,
)
from protocol.ids import Target
from protocol.messages import Event
from protocol.platform import Member
from protocol.states import InteractionState
from statemachines.capabilities import changes, open_now
from statemachines.changes import Change
from statemachines.contact import Conversation, Interaction, member_info
from statemachines.object import shared
from statemachines.posts import message_info, post_data
from statemachines.sequences import SEQUENCES, Each, Emit, Happening, Step, When
from statemachines.world import AnyObject, Channel, ChannelGroup, Session


@attrs.frozen(eq=False)
class MemberAt:
    """Somebody at the far end of a conversation, which is the target of what is told of them."""

    conversation: Conversation
    member: Member

    @property
    def target(self) -> Target:
        return self.conversation.target


Subject = AnyObject | MemberAt


@attrs.frozen
class _Playing:
    """One happening, with the session that it is about."""

    happening: Happening
    session: Session
    cause: str | None

    @property
    def change(self) -> Change:
        if self.happening.change is None:
            raise TypeError(f"{self.happening.what} comes without a change")
        return self.happening.change

    def unsettled(self, subject: AnyObject) -> bool:
        """Have commands opened or closed to it, and the client does not know?"""
        return not subject.disposed and frozenset(open_now(subject, self.session.features)) != subject.announced


def _members(leg: Conversation, members: Iterable[Member]) -> Iterator[MemberAt]:
    return (MemberAt(leg, member) for member in members)


def _group(playing: _Playing, interaction: Interaction) -> Iterator[ChannelGroup]:
    """The channel's login state may have changed along."""
    group = interaction.channel.group
    if group is not None and playing.unsettled(group):
        yield group


_RELATIONS: Final[Mapping[str, Callable[[_Playing, Any], Iterable[Subject]]]] = MappingProxyType(
    {
        "each group": lambda _, session: session.groups.values(),
        "each channel": lambda _, parent: parent.channels.values(),
        "its group, where it has one": lambda _, channel: () if channel.group is None else (channel.group,),
        "each removed channel": lambda playing, _: playing.happening.channels,
        "each changed channel": lambda playing, group: (
            channel for channel in group.channels.values() if channel in playing.happening.changed
        ),
        "each interaction": lambda _, channel: channel.interactions.values(),
        "each conversation": lambda _, interaction: interaction.conversations.values(),
        "its channel": lambda _, interaction: (interaction.channel,),
        "its interaction": lambda _, leg: (leg.interaction,),
        "each member": lambda _, leg: _members(leg, leg.members.values()),
        "each member that left": lambda playing, leg: _members(leg, playing.change.members_gone.get(leg, ())),
        "each member that joined": lambda playing, leg: _members(leg, playing.change.members_come.get(leg, ())),
        "each conversation that changed": lambda playing, _: playing.change.legs_changed,
        "each conversation that ended": lambda playing, _: playing.change.legs_ended,
        "the conversation that is the primary now": lambda playing, _: playing.change.legs_promoted,
        "each new conversation": lambda playing, _: playing.change.legs_begun,
        "the group of its channel, where commands opened or closed to it": _group,
    }
)

_CLAIMS: Final[Mapping[str, Callable[[_Playing, Any], bool]]] = MappingProxyType(
    {
        "it was active": lambda playing, channel: channel in playing.happening.changed,
        "it is offered or dialled": lambda _, interaction: (
            interaction.state in (InteractionState.ALERTING, InteractionState.DIALING)
        ),
        "it is under way": lambda _, interaction: interaction.state is InteractionState.STARTED,
        "its wrap-up is due": lambda _, interaction: interaction.state is InteractionState.ENDED,
        "it is described anew": lambda playing, _: playing.change.described_anew,
        "it ended before another one of an interaction that is over": lambda playing, leg: (
            playing.change.ended and leg is not playing.change.legs_ended[-1]
        ),
        "a conversation began or ended, or the focus moved": lambda playing, _: playing.change.focus_told,
        "it goes on with another state or other commands": lambda playing, interaction: (
            not (interaction.disposed or playing.change.ended)
            and (playing.change.state_told or playing.unsettled(interaction))
        ),
        "it has started": lambda playing, _: playing.change.started and not playing.change.ended,
        "its data changed or were set": lambda playing, _: playing.change.data_told,
        "it has ended": lambda playing, _: playing.change.ended,
        "it has ended, and its wrap-up is due": lambda playing, interaction: (
            playing.change.ended and interaction.state is InteractionState.ENDED
        ),
        "it is completed": lambda playing, _: playing.change.completed,
        "it goes on, and the channel changed with it": lambda playing, _: (
            playing.change.channel_told and not (playing.change.ended or playing.change.completed)
        ),
    }
)

# The data of events


def _interaction_data(name: str, playing: _Playing, it: Interaction) -> EventData:
    """An event about a step on the way shows the state that the step led to."""
    match name:
        case "interaction.preview":
            transcript = tuple(message_info(message) for message in it.transcript)
            return InteractionPreview(interaction=it.info(), interactiondata=it.data, transcript=transcript)
        case "interaction.started":
            new = playing.happening.change is None or playing.change.is_new
            transcript = tuple(message_info(message) for message in it.transcript) if new else ()
            return InteractionStarted(interaction=it.info(), transcript=transcript)
        case "interaction.datachanged":
            new = playing.happening.change is None or playing.change.is_new
            changed = tuple(it.data) if new else playing.change.data_changed
            return DataChanged(interactiondata=it.data, changed=changed)
        case "interaction.ended" if it.cause is not None:
            wrapup = it.state is InteractionState.ENDED
            return InteractionEnded(interaction=it.info(InteractionState.ENDED), cause=it.cause, wrapup=wrapup)
        case "interaction.completed":
            said = it.disposition
            shown = DispositionInfo(code=said.code, note=said.note) if said else None
            return InteractionCompleted(interaction=it.info(), disposition=shown)
        case "interaction.disposed":
            return InteractionDisposed(interaction=IdInfo(id=it.id))
        case "interaction.focuschanged":
            return InteractionChanged(interaction=it.info(InteractionState.STARTED if it.over else None))
        case "interaction.infochanged":
            return InteractionChanged(interaction=it.info(playing.change.was))
        case "interaction.created" | "interaction.initialized":
            return InteractionChanged(interaction=it.info())
    if playing.happening.post is None:
        raise TypeError(f"{name} comes without a post")
    return post_data(playing.happening.post)


def _data(name: str, playing: _Playing, subject: Subject) -> Any:
    match subject:
        case Session():
            return _session_data(name, playing, subject)
        case ChannelGroup():
            gone = name == "channelgroup.disposed"
            return ChannelGroupDisposed(channelgroup=IdInfo(id=subject.id)) if gone else _whole(subject)
        case Channel() if name == "channel.externaldispositions.updated":
            return DispositionsUpdated(dispositions=playing.happening.codes)
        case Channel():
            return ChannelDisposed(channel=IdInfo(id=subject.id)) if name == "channel.disposed" else _whole(subject)
        case Conversation():
            gone = name == "conversation.disposed"
            return ConversationDisposed(conversation=IdInfo(id=subject.id)) if gone else _whole(subject)
        case Interaction():
            return _interaction_data(name, playing, subject)
        case _:
            return MemberChanged(member=member_info(subject.member))


def _session_data(name: str, playing: _Playing, session: Session) -> Any:
    match name:
        case "session.initialized":
            return SessionInitialized(session=session.info(open_now(session, session.features)))
        case "session.disposed":
            return playing.happening.disposal
        case _:
            return ReasonsUpdated(reasons=playing.happening.codes)


def _whole(subject: ChannelGroup | Channel | Conversation) -> EventData:
    match subject:
        case ChannelGroup():
            return ChannelGroupChanged(channelgroup=subject.info())
        case Channel():
            return ChannelChanged(channel=subject.info())
        case _:
            return ConversationChanged(conversation=subject.info())


def _event(name: str, playing: _Playing, subject: Subject) -> Event:
    target, cause = str(subject.target), playing.cause
    if name == "session.initialized":
        playing.session.announced = shared(frozenset(open_now(playing.session, playing.session.features)))
    if name != "state.updated" or isinstance(subject, MemberAt):
        return Event(name=name, target=target, data=_data(name, playing, subject), cause=cause)
    updates = changes(subject.announced, subject, playing.session.features)
    subject.announced = shared(subject.announced.symmetric_difference([update.name for update in updates]))
    return Event(name=name, target=target, data=updates, state=subject.state_info(), cause=cause)


def play(happening: Happening, session: Session, cause: str | None = None) -> Iterator[Event]:
    """The events of a happening, in order. Each state.updated moves what its object has announced.

    `cause` is the requestid of the request that brought it about, if one did and had one.
    """
    return _run(_Playing(happening, session, cause), SEQUENCES[happening.what], happening.subject)


def _run(playing: _Playing, steps: tuple[Step, ...], subject: Subject) -> Iterator[Event]:
    for step in steps:
        match step:
            case Emit():
                yield _event(step.event, playing, subject)
            case Each():
                for each in tuple(_RELATIONS[step.relation](playing, subject)):
                    yield from _run(playing, step.steps, each)
            case When() if _CLAIMS[step.claim](playing, subject):
                yield from _run(playing, step.steps, subject)
