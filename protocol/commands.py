"""One frozen class per command's data, and the registry of commands.

An optional property may be left out; null is not a way to leave it out. Source: specs/protocol.md, "Commands".
Interaction and conversation commands join the registry here, their data classes in modules beside this one.
"""

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import attrs

from protocol.ids import ObjectKind
from protocol.platform import Feature
from protocol.texts import ChannelTypeWord, Count, Name, ObjectId, Secret


@attrs.frozen(kw_only=True)
class CommandData:
    """Base of all command data."""


@attrs.frozen(kw_only=True)
class NoData(CommandData):
    """The command takes no properties."""


# Parts that several commands share


@attrs.frozen(kw_only=True)
class Reason:
    code: Name


@attrs.frozen(kw_only=True)
class ObjectRef:
    id: ObjectId


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


@attrs.frozen(kw_only=True)
class Dial(CommandData):
    """`extensions` are the platform's own additions to the call, passed through to it."""

    destination: Name
    extensions: dict[str, str] = attrs.field(factory=dict)


PROPERTY_ALIASES: Final[Mapping[type[CommandData], Mapping[str, str]]] = MappingProxyType(
    {RemoveChannelGroup: MappingProxyType({"channel": "channelgroup"})}
)
"""By class: the older spelling of a property → the property. The alias counts where the property is not sent."""


class Success(enum.StrEnum):
    """What the `data` of a success holds."""

    NONE = "none"
    EMPTY = "empty"
    ECHO = "echo"
    OWN = "own"
    """Data of the command's own; an echo with additions counts as such."""


@attrs.frozen
class Command:
    """One row of the registry. `kind` is None for the service phase, before there is a session."""

    name: str
    kind: ObjectKind | None
    data: type[CommandData]
    success: Success
    feature: Feature | None = None
    """The platform must have this, or the command fails with UNSUPPORTED."""
    idempotent: bool = False
    """Succeeds, changing nothing, where what it asks for already holds, though its capability is closed."""


_S, _G, _C = ObjectKind.SESSION, ObjectKind.CHANNELGROUP, ObjectKind.CHANNEL

_ROWS: Final = (
    Command("prepareSession", None, PrepareSession, Success.OWN),
    Command("bindSession", None, BindSession, Success.OWN),
    Command("unbindSession", None, NoData, Success.NONE),
    Command("session.start", _S, SessionStart, Success.NONE),
    Command("session.logout", _S, SessionLogout, Success.NONE),
    Command("session.addchannel", _S, AddChannel, Success.ECHO),
    Command("session.removechannel", _S, ChannelCommand, Success.ECHO),
    Command("session.addchannelgroup", _S, AddChannelGroup, Success.ECHO, Feature.CHANNELGROUPS),
    Command("session.removechannelgroup", _S, RemoveChannelGroup, Success.ECHO, Feature.CHANNELGROUPS),
    Command("session.request.getdirectory", _S, NoData, Success.OWN, Feature.DIRECTORY),
    Command("session.request.externalnotreadyreasons", _S, NoData, Success.EMPTY, Feature.NOTREADY_REASONS),
    Command("session.request.externallogoutreasons", _S, NoData, Success.EMPTY, Feature.LOGOUT_REASONS),
    Command("channelgroup.activate", _G, GroupChannelLogin, Success.ECHO, idempotent=True),
    Command("channelgroup.deactivate", _G, GroupChannelLogin, Success.ECHO, idempotent=True),
    Command("channelgroup.activateall", _G, NoData, Success.OWN, idempotent=True),
    Command("channelgroup.deactivateall", _G, NoData, Success.OWN, idempotent=True),
    Command("channelgroup.ready", _G, NoData, Success.OWN),
    Command("channelgroup.notready", _G, NotReady, Success.OWN),
    Command("channel.activate", _C, ChannelLogin, Success.NONE),
    Command("channel.deactivate", _C, ChannelLogin, Success.NONE),
    Command("channel.ready", _C, NoData, Success.NONE, idempotent=True),
    Command("channel.notready", _C, NotReady, Success.NONE),
    Command("channel.dial", _C, Dial, Success.NONE, Feature.DIAL),
    Command("channel.externaldispositions", _C, NoData, Success.EMPTY, Feature.DISPOSITIONS),
)

COMMANDS: Final[Mapping[str, Command]] = MappingProxyType({row.name: row for row in _ROWS})

MISSPELT: Final = MappingProxyType(
    {"session.request.externalnotredyreasons": "session.request.externalnotreadyreasons"}
)
"""Names that the field's documents misspell, and that clients therefore send."""


def find_command(name: str) -> Command | None:
    """The row for a command as a client spells it: canonical, by the alias rule, or misspelt.

    The alias rule: `<object>.request.<verb>` and `<object>.<verb>` are the same command.
    """
    name = MISSPELT.get(name, name)
    if name in COMMANDS:
        return COMMANDS[name]
    match name.split("."):
        case [kind, "request", verb]:
            return COMMANDS.get(f"{kind}.{verb}")
        case [kind, verb]:
            return COMMANDS.get(f"{kind}.request.{verb}")
        case _:
            return None
