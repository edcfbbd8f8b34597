"""What a platform says of channels, groups and lists: frozen values that check themselves."""

import attrs

from protocol.platform.checks import plain_text, tuple_of
from protocol.platform.contacts import InteractionReport
from protocol.platform.report import ChannelReport
from protocol.states import ChannelType


@attrs.frozen(kw_only=True)
class GroupReport:
    """A channel group with its channels, in the platform's order."""

    name: str = attrs.field(validator=plain_text)
    channels: tuple[ChannelReport, ...] = attrs.field(validator=tuple_of(ChannelReport))


@attrs.frozen(kw_only=True)
class Snapshot:
    """All that exists for an agent: the answer to StartAgent. `interactions` are those that are not completed."""

    agent_name: str = attrs.field(validator=plain_text)
    groups: tuple[GroupReport, ...] = attrs.field(default=(), validator=tuple_of(GroupReport))
    channels: tuple[ChannelReport, ...] = attrs.field(default=(), validator=tuple_of(ChannelReport))
    interactions: tuple[InteractionReport, ...] = attrs.field(default=(), validator=tuple_of(InteractionReport))


@attrs.frozen(kw_only=True)
class PartialSnapshot(Snapshot):
    """Of several platforms, as one. Adapters have no use for it.

    `unheard`: channels of these types may be missing here because a platform is away of which nothing is known.
    """

    unheard: tuple[ChannelType, ...] = attrs.field(validator=tuple_of(ChannelType))


@attrs.frozen(kw_only=True)
class ReasonCode:
    """A reason or disposition as the platform lists it."""

    code: str = attrs.field(validator=plain_text)
    name: str = attrs.field(validator=plain_text)


@attrs.frozen(kw_only=True)
class DirectoryEntry:
    """A quick-dial entry of the switch."""

    name: str = attrs.field(validator=plain_text)
    number: str = attrs.field(validator=plain_text)
    type: str = attrs.field(validator=plain_text)
