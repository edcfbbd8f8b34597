"""The data of the events of interactions and conversations. Objects travel whole."""

import attrs

from protocol.events.parts import EventData, IdInfo
from protocol.states import (
    ChannelType,
    ConversationState,
    ConversationType,
    Direction,
    EndCause,
    InteractionState,
    PartyRole,
    RecordingState,
)
from protocol.texts import Count, DataMap

# The objects as events show them


@attrs.frozen(kw_only=True)
class InteractionInfo:
    """An interaction, always whole.

    `contact` names the contact on the customer's side: it is the same in every session that the contact passes
    through. `type` is as people write it, `Telephony`, and `modeltype` has it in upper case. `focus` is the id of the
    conversation that the agent talks in.
    """

    id: str
    contact: str
    type: str
    modeltype: ChannelType
    direction: Direction
    state: InteractionState
    focus: str | None = None
    recording: RecordingState | None = None


@attrs.frozen(kw_only=True)
class MemberInfo:
    """Somebody at the far end; the agent is no member. The id is the same in every session."""

    id: str
    address: str
    name: str | None = None


@attrs.frozen(kw_only=True)
class ConversationInfo:
    """One leg of a call, always whole."""

    id: str
    type: ConversationType
    state: ConversationState
    direction: Direction
    members: tuple[MemberInfo, ...]


@attrs.frozen(kw_only=True)
class PartyInfo:
    """Somebody who takes part in a media interaction."""

    id: str
    name: str
    role: PartyRole


@attrs.frozen(kw_only=True)
class MessageInfo:
    """`time` is UTC as RFC 3339 writes it, by the platform's clock."""

    id: str
    party: PartyInfo
    text: str
    time: str


@attrs.frozen(kw_only=True)
class DispositionInfo:
    """How the agent summed it up."""

    code: str
    note: str | None = None


@attrs.frozen(kw_only=True)
class FileInfo:
    """Where the file can be fetched. `size` in bytes."""

    id: str
    name: str
    url: str
    type: str | None = None
    size: Count | None = None


@attrs.frozen(kw_only=True)
class FormInfo:
    """A form as it was filled in: what was entered, by the name of the field."""

    id: str
    values: dict[str, str]


@attrs.frozen(kw_only=True)
class ScreenshotInfo:
    """A picture of the customer's page."""

    id: str
    url: str | None = None


@attrs.frozen(kw_only=True)
class SignalInfo:
    """What the two applications make of `data` is their own affair."""

    id: str
    name: str
    data: dict[str, str]


# Interaction


@attrs.frozen(kw_only=True)
class InteractionChanged(EventData):
    interaction: InteractionInfo


@attrs.frozen(kw_only=True)
class InteractionPreview(EventData):
    """What is offered. `transcript` is what was said before the agent came, where there is any."""

    interaction: InteractionInfo
    interactiondata: DataMap
    transcript: tuple[MessageInfo, ...] = ()


@attrs.frozen(kw_only=True)
class InteractionStarted(EventData):
    """It is under way. `transcript`, on one that was under way before the session, is what has been said."""

    interaction: InteractionInfo
    transcript: tuple[MessageInfo, ...] = ()


@attrs.frozen(kw_only=True)
class InteractionEnded(EventData):
    """`wrapup`: is after-call work due? Then the interaction waits for interaction.complete, or for the timer."""

    interaction: InteractionInfo
    cause: EndCause
    wrapup: bool


@attrs.frozen(kw_only=True)
class InteractionCompleted(EventData):
    interaction: InteractionInfo
    disposition: DispositionInfo | None = None


@attrs.frozen(kw_only=True)
class InteractionDisposed(EventData):
    """The last event about this interaction."""

    interaction: IdInfo


@attrs.frozen(kw_only=True)
class DataChanged(EventData):
    """The whole attached data, and which keys are new, other or gone."""

    interactiondata: DataMap
    changed: tuple[str, ...]


# What comes up in a media interaction


@attrs.frozen(kw_only=True)
class MessageAdded(EventData):
    message: MessageInfo


@attrs.frozen(kw_only=True)
class PartyEvent(EventData):
    """A party began or stopped typing, joined or left: the event's name says which."""

    party: PartyInfo


@attrs.frozen(kw_only=True)
class FileAdded(EventData):
    party: PartyInfo
    file: FileInfo


@attrs.frozen(kw_only=True)
class FormFilled(EventData):
    party: PartyInfo
    form: FormInfo


@attrs.frozen(kw_only=True)
class Screenshot(EventData):
    """The answer to a request for a screenshot; accepted, it lies at `url`."""

    party: PartyInfo
    screenshot: ScreenshotInfo


@attrs.frozen(kw_only=True)
class Signal(EventData):
    party: PartyInfo
    signal: SignalInfo


# Conversation


@attrs.frozen(kw_only=True)
class ConversationChanged(EventData):
    conversation: ConversationInfo


@attrs.frozen(kw_only=True)
class ConversationDisposed(EventData):
    """The last event about this conversation."""

    conversation: IdInfo


@attrs.frozen(kw_only=True)
class MemberChanged(EventData):
    """A member was added or removed: the event's name says which."""

    member: MemberInfo
