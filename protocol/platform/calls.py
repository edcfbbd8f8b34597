"""What the core asks of the platform about agents, channels, groups and lists."""

from collections.abc import Collection

import attrs

from protocol.platform.call import PlatformCall
from protocol.platform.channels import DirectoryEntry, GroupReport, ReasonCode, Snapshot
from protocol.platform.report import ChannelReport
from protocol.states import AgentState, ChannelType


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

    @classmethod
    def with_kinds(cls, name: str, kinds: Collection[ChannelType]) -> "AddGroup":
        """Join it with media channels of these types; telephony comes in any case."""
        return cls(
            name=name,
            chat=ChannelType.CHAT in kinds,
            email=ChannelType.EMAIL in kinds,
            callback=ChannelType.CALLBACK in kinds,
        )


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
