"""Interactions and conversations as objects of a session: what a channel is engaged in, and the legs of a call."""

from typing import TYPE_CHECKING, Final

import attrs

from protocol.events import ConversationInfo, InteractionInfo, MemberInfo, StateInfo
from protocol.ids import ConversationId, ObjectKind
from protocol.platform import DataMap, Disposition, Member, Message
from protocol.states import (
    Ability,
    ChannelType,
    ConversationState,
    ConversationType,
    Direction,
    EndCause,
    InteractionState,
    RecordingState,
)
from statemachines.object import Object

if TYPE_CHECKING:
    from statemachines.world import Channel


SEEN_KEPT: Final = 1_000
"""How many ids of what came up in it, and of legs that have ended, an interaction remembers."""
TYPING_AT_ONCE: Final = 100
"""How many parties type in an interaction at the same time: beyond, the platform's word makes no sense."""


def remember(keys: dict[str, None], key: str, most: int = SEEN_KEPT) -> None:
    """Add the key to those that are remembered, in the order of coming, and forget the oldest beyond `most`."""
    keys[key] = None
    while len(keys) > most:
        del keys[next(iter(keys))]


@attrs.define(kw_only=True, eq=False)
class Conversation(Object):
    """One leg of a call. `key` is the platform's id of it; `members` are those at the far end, by id."""

    kind: ObjectKind = attrs.field(init=False, default=ObjectKind.CONVERSATION)
    interaction: "Interaction"
    key: str
    type: ConversationType
    direction: Direction
    state: ConversationState
    members: dict[str, Member] = attrs.field(factory=dict)

    @property
    def disposed(self) -> bool:
        return self.state is ConversationState.ENDED

    @property
    def answered(self) -> bool:
        return self.state in (ConversationState.CONNECTED, ConversationState.HELD)

    def info(self) -> ConversationInfo:
        return ConversationInfo(
            id=self.id,
            type=self.type,
            state=self.state,
            direction=self.direction,
            members=tuple(member_info(member) for member in self.members.values()),
        )

    def state_info(self) -> StateInfo:
        return StateInfo(state=self.state)

    def describe_state(self) -> str:
        return self.state.value


def member_info(member: Member) -> MemberInfo:
    return MemberInfo(id=member.id, address=member.address, name=member.name)


@attrs.define(kw_only=True, eq=False)
class Interaction(Object):
    """What a channel is engaged in. `key` is the platform's id of it.

    `conversations` are the legs that have not ended; `focus` is the one that the agent talks in, or would.
    """

    kind: ObjectKind = attrs.field(init=False, default=ObjectKind.INTERACTION)
    channel: "Channel"
    key: str
    contact: str
    type: ChannelType
    direction: Direction
    state: InteractionState
    conversations: dict[ConversationId, Conversation] = attrs.field(factory=dict)
    focus: ConversationId | None = None
    data: DataMap = attrs.field(factory=dict)
    recording: RecordingState = RecordingState.STOPPED
    abilities: frozenset[Ability] = frozenset()
    transcript: tuple[Message, ...] = ()
    """What was said before it came to the session."""
    cause: EndCause | None = None
    disposition: Disposition | None = None
    wrapup_s: float | None = None
    complete_at: float | None = None
    """When the wrap-up is over, by the core's clock; None until the core has set its timer."""
    doubted: bool = False
    """The platform has said that it does not know it, and has told of it no more since."""
    forget_at: float | None = None
    """When it is ended unless the platform tells of it again; None until the core has set its timer."""
    seen: dict[str, None] = attrs.field(factory=dict)
    """The platform's ids of the latest that came up in it: nothing is told twice."""
    typing: set[str] = attrs.field(factory=set)
    """Ids of the parties that are typing now."""
    ended_keys: dict[str, None] = attrs.field(factory=dict)
    """The platform's ids of the latest legs that have ended: a late report brings none back."""

    @property
    def disposed(self) -> bool:
        return self.state is InteractionState.COMPLETED

    @property
    def is_call(self) -> bool:
        return self.type is ChannelType.TELEPHONY

    @property
    def over(self) -> bool:
        return self.state in (InteractionState.ENDED, InteractionState.COMPLETED)

    @property
    def consult(self) -> Conversation | None:
        return next((leg for leg in self.conversations.values() if leg.type is ConversationType.CONSULT), None)

    def leg(self, key: str) -> Conversation | None:
        """The leg by the platform's id."""
        return next((leg for leg in self.conversations.values() if leg.key == key), None)

    def info(self, state: InteractionState | None = None) -> InteractionInfo:
        """As events show it; in `state`, where an event tells of a step on the way to the present one."""
        shown = state or self.state
        over = shown in (InteractionState.ENDED, InteractionState.COMPLETED)
        return InteractionInfo(
            id=self.id,
            contact=self.contact,
            type=self.type.capitalize(),
            modeltype=self.type,
            direction=self.direction,
            state=shown,
            focus=None if over else self.focus,
            recording=self.recording if self.is_call else None,
        )

    def state_info(self) -> StateInfo:
        return StateInfo(state=self.state, recording=self.recording if self.is_call else None)

    def describe_state(self) -> str:
        return self.state.value
