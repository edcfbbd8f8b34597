"""What a platform says of interactions: the whole state of one for one agent, and what comes up in it once.

An interaction report is level, not edge: it says how things stand, and the processor finds out what has changed. So a
report that is repeated does no harm, and one that was lost is made good by the next.
"""

import math
from collections.abc import Iterator
from typing import Final

import attrs

from protocol.platform.checks import (
    data_map,
    one,
    one_or_none,
    optional_count,
    optional_number,
    optional_text,
    own_copy,
    plain_text,
    set_of,
    text_map,
    tuple_of,
)
from protocol.platform.report import ChannelReport
from protocol.states import (
    Ability,
    ChannelType,
    ConversationState,
    ConversationType,
    Direction,
    EndCause,
    InteractionState,
    PartyRole,
    RecordingState,
)

DataMap = dict[str, str | dict[str, str]]
"""Attached data: text, or one level of a map of texts, by key."""

OVER: Final = (InteractionState.ENDED, InteractionState.COMPLETED)

_PRIMARY_IN: Final = {
    InteractionState.ALERTING: (ConversationState.ALERTING,),
    InteractionState.DIALING: (ConversationState.DIALING,),
    # A consult that still rings when the primary ends is the primary from then on.
    InteractionState.STARTED: (ConversationState.CONNECTED, ConversationState.HELD, ConversationState.DIALING),
}
"""The states of the primary leg in each state of a telephony interaction that is not over."""

_CONSULT_IN: Final = (ConversationState.DIALING, ConversationState.CONNECTED, ConversationState.HELD)


@attrs.frozen(kw_only=True)
class Member:
    """Somebody at the far end of a leg; the agent is no member. The `id` is the same in every agent's session."""

    id: str = attrs.field(validator=plain_text)
    address: str = attrs.field(validator=plain_text)
    name: str | None = attrs.field(default=None, validator=optional_text)


@attrs.frozen(kw_only=True)
class LegReport:
    """One leg of a call at the agent's phone. A leg that has ended is left out."""

    id: str = attrs.field(validator=plain_text)
    type: ConversationType = attrs.field(default=ConversationType.PRIMARY, validator=one(ConversationType))
    state: ConversationState = attrs.field(validator=one(ConversationState))
    direction: Direction = attrs.field(validator=one(Direction))
    members: tuple[Member, ...] = attrs.field(validator=tuple_of(Member))


@attrs.frozen(kw_only=True)
class Disposition:
    """How the agent sums the interaction up: a code of the platform's list, and a free note."""

    code: str = attrs.field(validator=plain_text)
    note: str | None = attrs.field(default=None, validator=optional_text)


@attrs.frozen(kw_only=True)
class Party:
    """Somebody who takes part in a media interaction."""

    id: str = attrs.field(validator=plain_text)
    name: str = attrs.field(validator=plain_text)
    role: PartyRole = attrs.field(validator=one(PartyRole))


@attrs.frozen(kw_only=True)
class Message:
    """One message of a transcript. `time` is UTC as RFC 3339 writes it, `2026-11-21T09:30:00.000Z`."""

    id: str = attrs.field(validator=plain_text)
    party: Party = attrs.field(validator=one(Party))
    text: str = attrs.field(validator=plain_text)
    time: str = attrs.field(validator=plain_text)


@attrs.frozen(kw_only=True)
class InteractionReport:
    """The whole state of one interaction at one endpoint, as the agent there has it now.

    `id` is the platform's own, not used twice at an endpoint. `contact` names the contact on the customer's side: it
    is the same in every session that the contact passes through, as are `data` and the ids of members and parties.

    `cause` is set exactly when it is over: ENDED while wrap-up is due, else COMPLETED. `wrapup_s`: the processor
    completes it after so many seconds; None: the platform does by itself. `transcript` is what was said before; it is
    looked at when the interaction is new to the session. `channel` is the channel's state where it changed by the
    same happening: both are told as one.
    """

    endpoint: str = attrs.field(validator=plain_text)
    id: str = attrs.field(validator=plain_text)
    contact: str = attrs.field(validator=plain_text)
    type: ChannelType = attrs.field(validator=one(ChannelType))
    direction: Direction = attrs.field(validator=one(Direction))
    state: InteractionState = attrs.field(validator=one(InteractionState))
    legs: tuple[LegReport, ...] = attrs.field(default=(), validator=tuple_of(LegReport))
    data: DataMap = attrs.field(factory=dict, converter=own_copy, validator=data_map)
    recording: RecordingState = attrs.field(default=RecordingState.STOPPED, validator=one(RecordingState))
    abilities: frozenset[Ability] = attrs.field(default=frozenset(), validator=set_of(Ability))
    transcript: tuple[Message, ...] = attrs.field(default=(), validator=tuple_of(Message))
    cause: EndCause | None = attrs.field(default=None, validator=one_or_none(EndCause))
    wrapup_s: float | None = attrs.field(default=None, validator=optional_number)
    disposition: Disposition | None = attrs.field(default=None, validator=one_or_none(Disposition))
    channel: ChannelReport | None = attrs.field(default=None, validator=one_or_none(ChannelReport))

    def problem(self) -> str | None:
        """What makes this report impossible to take in, or None."""
        return next((f"interaction {self.id}: {problem}" for problem in self._problems()), None)

    def _problems(self) -> Iterator[str]:
        if not self.endpoint or not self.id or not self.contact:
            yield "an interaction without an id, a contact or an endpoint"
        if (self.cause is not None) != (self.state in OVER):
            yield f"cause {self.cause} while {self.state}"
        if self.disposition is not None and self.state not in OVER:
            yield f"a disposition while {self.state}"
        if self.wrapup_s is not None and not (self.state is InteractionState.ENDED and 0 < self.wrapup_s < math.inf):
            yield f"wrapup_s {self.wrapup_s} while {self.state}"
        if self.channel is not None:
            if self.channel.endpoint != self.endpoint:
                yield f"at {self.endpoint}, with the channel at {self.channel.endpoint}"
            if problem := self.channel.problem():
                yield problem
        yield from self._telephony_problems() if self.type is ChannelType.TELEPHONY else self._media_problems()

    def _telephony_problems(self) -> Iterator[str]:
        if self.abilities or self.transcript:
            yield "a call with a transcript, or with abilities of a chat"
        types = [leg.type for leg in self.legs]
        if self.state in OVER:
            if self.legs:
                yield f"legs while {self.state}"
        elif types not in ([ConversationType.PRIMARY], [ConversationType.PRIMARY, ConversationType.CONSULT]):
            yield f"legs {', '.join(types) or 'none'}; a call has a primary first, then at most one consult"
        else:
            yield from self._leg_problems()

    def _leg_problems(self) -> Iterator[str]:
        if self.legs[0].state not in _PRIMARY_IN[self.state]:
            yield f"{self.state} with a primary leg {self.legs[0].state}"
        for consult in self.legs[1:]:
            if self.state is not InteractionState.STARTED or consult.state not in _CONSULT_IN:
                yield f"{self.state} with a consult leg {consult.state}"
            if self.legs[0].state is ConversationState.DIALING:
                yield "a consult beside a primary leg that is DIALING"
        if self.connected > 1:
            yield f"{self.connected} legs are CONNECTED"
        yield from self._id_problems()

    def _id_problems(self) -> Iterator[str]:
        if not all(leg.id for leg in self.legs) or len({leg.id for leg in self.legs}) < len(self.legs):
            yield "a leg without an id, or twice"
        for leg in self.legs:
            if len({member.id for member in leg.members}) < len(leg.members):
                yield f"leg {leg.id} has a member twice"

    def _media_problems(self) -> Iterator[str]:
        if self.legs:
            yield f"a {self.type} with legs"
        if self.state is InteractionState.DIALING:
            yield f"a {self.type} that is DIALING"
        if self.recording is not RecordingState.STOPPED:
            yield f"a {self.type} with a recording"
        if self.abilities and self.type is not ChannelType.CHAT:
            yield f"a {self.type} with abilities of a chat"

    @property
    def connected(self) -> int:
        """How many legs are CONNECTED; one at most in a sound report."""
        return sum(leg.state is ConversationState.CONNECTED for leg in self.legs)


# What comes up once in a media interaction


@attrs.frozen(kw_only=True)
class Post:
    """Base of all that comes up once. `id` is not used twice in the interaction: a repeated one is dropped."""

    endpoint: str = attrs.field(validator=plain_text)
    interaction: str = attrs.field(validator=plain_text)
    id: str = attrs.field(validator=plain_text)
    party: Party = attrs.field(validator=one(Party))


@attrs.frozen(kw_only=True)
class MessagePosted(Post):
    """`time` is UTC as RFC 3339 writes it."""

    text: str = attrs.field(validator=plain_text)
    time: str = attrs.field(validator=plain_text)


@attrs.frozen(kw_only=True)
class TypingChanged(Post):
    typing: bool = attrs.field(validator=one(bool))


@attrs.frozen(kw_only=True)
class FilePosted(Post):
    """A file that a party has put in. `size` in bytes."""

    name: str = attrs.field(validator=plain_text)
    url: str = attrs.field(validator=plain_text)
    type: str | None = attrs.field(default=None, validator=optional_text)
    size: int | None = attrs.field(default=None, validator=optional_count)


@attrs.frozen(kw_only=True)
class FormSubmitted(Post):
    """The customer has filled in the form that was shown as `form`."""

    form: str = attrs.field(validator=plain_text)
    values: dict[str, str] = attrs.field(factory=dict, converter=own_copy, validator=text_map)


@attrs.frozen(kw_only=True)
class ScreenshotAnswered(Post):
    """The customer has let the agent have a picture of the page, at `url`, or has not."""

    accepted: bool = attrs.field(validator=one(bool))
    url: str | None = attrs.field(default=None, validator=optional_text)


@attrs.frozen(kw_only=True)
class SignalReceived(Post):
    """Something between the two applications, such as the set-up of a video call."""

    name: str = attrs.field(validator=plain_text)
    data: dict[str, str] = attrs.field(factory=dict, converter=own_copy, validator=text_map)


@attrs.frozen(kw_only=True)
class PartyChanged(Post):
    """`party` takes part from now on, or does no longer."""

    joined: bool = attrs.field(validator=one(bool))


@attrs.frozen(kw_only=True)
class Replied:
    """An email was answered: the message that went out, and the interaction that is over by it."""

    message: MessagePosted = attrs.field(validator=one(MessagePosted))
    interaction: InteractionReport = attrs.field(validator=one(InteractionReport))


Report = ChannelReport | InteractionReport | Post
"""What an adapter tells by itself."""
