"""The data of the service phase and of the session, channel group and channel commands."""

import attrs

from protocol.commands.parts import CommandData, ObjectRef, Reason
from protocol.texts import ChannelTypeWord, Count, Name, Secret

# Service phase


@attrs.frozen(kw_only=True)
class Credentials:
    id: Name
    password: Secret | None = attrs.field(default=None, repr=False)


@attrs.frozen(kw_only=True)
class PrepareSession(CommandData):
    """Ask for a session of one agent. `channelgroups` names groups to add when the session starts."""

    override: bool
    agent: Credentials
    model: Name | None = None
    channelgroups: tuple[Name, ...] = ()


@attrs.frozen(kw_only=True)
class Resume:
    """Where the client stands: the last `seq` that it saw in `epoch`, and the right to go on from there."""

    token: Secret = attrs.field(repr=False)
    epoch: Count
    seq: Count


@attrs.frozen(kw_only=True)
class BindSession(CommandData):
    resume: Resume | None = None


# Session


@attrs.frozen(kw_only=True)
class SessionStart(CommandData):
    """`extension`: the phone the agent sits at today, where the platform knows several."""

    extension: Name | None = None


@attrs.frozen(kw_only=True)
class SessionLogout(CommandData):
    reason: Reason | None = None


@attrs.frozen(kw_only=True)
class NewChannel:
    endpoint: Name
    type: ChannelTypeWord


@attrs.frozen(kw_only=True)
class AddChannel(CommandData):
    channel: NewChannel


@attrs.frozen(kw_only=True)
class ChannelCommand(CommandData):
    """Names one channel by its id: session.removechannel."""

    channel: ObjectRef


@attrs.frozen(kw_only=True)
class NewChannelGroup:
    """`chat`, `email`, `callback`: which media channels the agent wants from the group."""

    name: Name
    chat: bool
    email: bool
    callback: bool


@attrs.frozen(kw_only=True)
class AddChannelGroup(CommandData):
    channelgroup: NewChannelGroup


@attrs.frozen(kw_only=True)
class RemoveChannelGroup(CommandData):
    """Names one group by its id. `channel` is taken for `channelgroup`, as older documents spell it."""

    channelgroup: ObjectRef


# Channel group and channel


@attrs.frozen(kw_only=True)
class GroupChannelLogin(CommandData):
    """`options` are the platform's own and are passed through to it."""

    channel: ObjectRef
    options: dict[str, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class ChannelLogin(CommandData):
    """`options` are the platform's own and are passed through to it."""

    options: dict[str, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class NotReady(CommandData):
    reason: Reason | None = None
