"""The words between the session core and a CTI platform's adapter: calls, their results, reports.

All are frozen values, so that a journal can keep them and an adapter in any language can speak them. What an
adapter owes for each call stands in specs/adapter-interface.md.
"""

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Generic, TypeVar

import attrs

from protocol.states import AgentState, ChannelType, LoginState

R = TypeVar("R")


class Feature(enum.StrEnum):
    """What a platform can do beyond sessions; an adapter declares its own set."""

    TELEPHONY = "telephony"
    CHAT = "chat"
    EMAIL = "email"
    CALLBACK = "callback"
    CHANNELGROUPS = "channelgroups"
    DIRECTORY = "directory"
    NOTREADY_REASONS = "notreadyreasons"
    LOGOUT_REASONS = "logoutreasons"
    DISPOSITIONS = "dispositions"
    DIAL = "dial"


CHANNEL_FEATURES: Final = {
    ChannelType.TELEPHONY: Feature.TELEPHONY,
    ChannelType.CHAT: Feature.CHAT,
    ChannelType.EMAIL: Feature.EMAIL,
    ChannelType.CALLBACK: Feature.CALLBACK,
}


# What the platform says of its objects. An adapter that says something else gets the error, not the session.


def _text(_: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
    """Text that can be sent: JSON and UTF-8 have no lone surrogates, and NUL is refused on the wire."""
    if not isinstance(value, str):
        raise TypeError(f"{attribute.name} must be text, not {value!r}")
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError(f"{attribute.name} holds NUL or a lone surrogate: {value!r}")


def _tuple_of(kind: type) -> Any:
    return attrs.validators.deep_iterable(attrs.validators.instance_of(kind), attrs.validators.instance_of(tuple))


_AGENT_STATE: Final = attrs.validators.optional(attrs.validators.instance_of(AgentState))


@attrs.frozen(kw_only=True)
class ChannelReport:
    """The whole state of one channel, as the platform has it now.

    `agentstate` is set exactly while `loginstate` is ACTIVE; `reason` is the code of the present not-ready
    reason; `pendingagentstate` is what the platform will set when the present interaction ends.
    """

    endpoint: str = attrs.field(validator=_text)
    type: ChannelType = attrs.field(validator=attrs.validators.instance_of(ChannelType))
    name: str = attrs.field(validator=_text)
    loginstate: LoginState = attrs.field(validator=attrs.validators.instance_of(LoginState))
    agentstate: AgentState | None = attrs.field(default=None, validator=_AGENT_STATE)
    reason: str | None = attrs.field(default=None, validator=attrs.validators.optional(_text))
    pendingagentstate: AgentState | None = attrs.field(default=None, validator=_AGENT_STATE)

    def problem(self) -> str | None:
        """What makes this report impossible to take in, or None."""
        if not self.endpoint:
            return "a channel without an endpoint"
        if (self.agentstate is None) != (self.loginstate is not LoginState.ACTIVE):
            return f"channel {self.endpoint}: agentstate {self.agentstate} while {self.loginstate}"
        if self.pendingagentstate is not None and self.agentstate is None:
            return f"channel {self.endpoint}: pendingagentstate {self.pendingagentstate} while {self.loginstate}"
        return None


@attrs.frozen(kw_only=True)
class GroupReport:
    """A channel group with its channels, in the platform's order."""

    name: str = attrs.field(validator=_text)
    channels: tuple[ChannelReport, ...] = attrs.field(validator=_tuple_of(ChannelReport))


@attrs.frozen(kw_only=True)
class Snapshot:
    """All that exists for an agent: the answer to StartAgent."""

    agent_name: str = attrs.field(validator=_text)
    groups: tuple[GroupReport, ...] = attrs.field(default=(), validator=_tuple_of(GroupReport))
    channels: tuple[ChannelReport, ...] = attrs.field(default=(), validator=_tuple_of(ChannelReport))


@attrs.frozen(kw_only=True)
class ReasonCode:
    """A reason or disposition as the platform lists it."""

    code: str = attrs.field(validator=_text)
    name: str = attrs.field(validator=_text)


@attrs.frozen(kw_only=True)
class DirectoryEntry:
    """A quick-dial entry of the switch."""

    name: str = attrs.field(validator=_text)
    number: str = attrs.field(validator=_text)
    type: str = attrs.field(validator=_text)


# What the core asks of the platform. R is the type of the answer.


@attrs.frozen(kw_only=True)
class PlatformCall(Generic[R]):
    """Base of all calls. Every call is idempotent: asked again for what already holds, it succeeds."""


@attrs.frozen(kw_only=True)
class StartAgent(PlatformCall[Snapshot]):
    """Watch this agent from now on, at `extension` if given, and tell what exists."""

    extension: str | None = None


@attrs.frozen(kw_only=True)
class LogoutAgent(PlatformCall[None]):
    """Log the agent out everywhere and forget its channels and groups."""

    reason: str | None = None


@attrs.frozen(kw_only=True)
class AddChannel(PlatformCall[ChannelReport]):
    endpoint: str
    type: ChannelType


@attrs.frozen(kw_only=True)
class RemoveChannel(PlatformCall[None]):
    """Deactivate the channel if need be and let it go; refused, nothing has changed."""

    endpoint: str


@attrs.frozen(kw_only=True)
class AddGroup(PlatformCall[GroupReport]):
    """Join a group with its telephony channels, and its media channels of the kinds asked for."""

    name: str
    chat: bool
    email: bool
    callback: bool


@attrs.frozen(kw_only=True)
class RemoveGroup(PlatformCall[None]):
    """Let go of all the group's channels or, refused, of none."""

    name: str


@attrs.frozen(kw_only=True)
class ActivateChannel(PlatformCall[ChannelReport]):
    """Log the agent in at the endpoint. `options` are the platform's own, passed through."""

    endpoint: str
    options: dict[str, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class DeactivateChannel(PlatformCall[ChannelReport]):
    """Log the agent out at the endpoint, going not ready first where the platform wants it."""

    endpoint: str
    options: dict[str, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class SetAgentState(PlatformCall[ChannelReport]):
    """Make the channel READY or NOTREADY; the answer may have it pending instead."""

    endpoint: str
    agentstate: AgentState
    reason: str | None = None


@attrs.frozen(kw_only=True)
class ListDirectory(PlatformCall[tuple[DirectoryEntry, ...]]):
    pass


@attrs.frozen(kw_only=True)
class ListNotReadyReasons(PlatformCall[tuple[ReasonCode, ...]]):
    pass


@attrs.frozen(kw_only=True)
class ListLogoutReasons(PlatformCall[tuple[ReasonCode, ...]]):
    pass


@attrs.frozen(kw_only=True)
class ListDispositions(PlatformCall[tuple[ReasonCode, ...]]):
    endpoint: str


@attrs.frozen
class CallRow:
    """What one call answers, in a form that can be checked: the item type, and whether it is a list of it."""

    call: type[PlatformCall[Any]]
    answer: type[object]
    listed: bool = False


CALLS: Final[Mapping[type[PlatformCall[Any]], CallRow]] = MappingProxyType(
    {
        row.call: row
        for row in (
            CallRow(StartAgent, Snapshot),
            CallRow(LogoutAgent, type(None)),
            CallRow(AddChannel, ChannelReport),
            CallRow(RemoveChannel, type(None)),
            CallRow(AddGroup, GroupReport),
            CallRow(RemoveGroup, type(None)),
            CallRow(ActivateChannel, ChannelReport),
            CallRow(DeactivateChannel, ChannelReport),
            CallRow(SetAgentState, ChannelReport),
            CallRow(ListDirectory, DirectoryEntry, listed=True),
            CallRow(ListNotReadyReasons, ReasonCode, listed=True),
            CallRow(ListLogoutReasons, ReasonCode, listed=True),
            CallRow(ListDispositions, ReasonCode, listed=True),
        )
    }
)
"""Every call with its answer. The core checks each answer against its row before it believes it."""


def answers(call: PlatformCall[R], answer: object) -> bool:
    """Is `answer` of the type that the row of `call` promises?"""
    row = CALLS[type(call)]
    if row.listed:
        return isinstance(answer, tuple) and all(isinstance(item, row.answer) for item in answer)
    return isinstance(answer, row.answer)
