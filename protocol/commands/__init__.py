"""The registry of commands, and one frozen class per command's data in the modules of this package.

An optional property may be left out; null is not a way to leave it out. Source: specs/protocol.md, "Commands".
"""

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import attrs

from protocol.commands.interaction import (
    Complete,
    Destination,
    Dial,
    GetData,
    NewAttachment,
    NewDisposition,
    NewFile,
    NewForm,
    NewSignal,
    PushUrl,
    Reject,
    Reply,
    SendDtmf,
    SendFile,
    SendSignal,
    SendText,
    SetData,
    ShowForm,
    TransferMedia,
)
from protocol.commands.parts import CommandData, NoData, ObjectRef, Reason
from protocol.commands.session import (
    AddChannel,
    AddChannelGroup,
    BindSession,
    ChannelCommand,
    ChannelLogin,
    Credentials,
    GroupChannelLogin,
    NewChannel,
    NewChannelGroup,
    NotReady,
    PrepareSession,
    RemoveChannelGroup,
    Resume,
    SessionLogout,
    SessionStart,
)
from protocol.commands.supervisor import (
    ListSessions,
    Order,
    OrderAgentState,
    OrderLogout,
    SupervisorCredentials,
    SupervisorLogin,
)
from protocol.ids import ObjectKind
from protocol.platform import Feature

__all__ = (
    "COMMANDS",
    "EXACTLY_ONE",
    "MISSPELT",
    "PROPERTY_ALIASES",
    "AddChannel",
    "AddChannelGroup",
    "BindSession",
    "ChannelCommand",
    "ChannelLogin",
    "Command",
    "CommandData",
    "Complete",
    "Credentials",
    "Destination",
    "Dial",
    "GetData",
    "GroupChannelLogin",
    "ListSessions",
    "NewAttachment",
    "NewChannel",
    "NewChannelGroup",
    "NewDisposition",
    "NewFile",
    "NewForm",
    "NewSignal",
    "NoData",
    "NotReady",
    "ObjectRef",
    "Order",
    "OrderAgentState",
    "OrderLogout",
    "PrepareSession",
    "PushUrl",
    "Reason",
    "Reject",
    "RemoveChannelGroup",
    "Reply",
    "Resume",
    "SendDtmf",
    "SendFile",
    "SendSignal",
    "SendText",
    "SessionLogout",
    "SessionStart",
    "SetData",
    "ShowForm",
    "Success",
    "SupervisorCredentials",
    "SupervisorLogin",
    "TransferMedia",
    "find_command",
    "spellings",
)

PROPERTY_ALIASES: Final[Mapping[type[CommandData], Mapping[str, str]]] = MappingProxyType(
    {RemoveChannelGroup: MappingProxyType({"channel": "channelgroup"})}
)
"""By class: the older spelling of a property → the property. The alias counts where the property is not sent."""

EXACTLY_ONE: Final[Mapping[type[CommandData], tuple[str, ...]]] = MappingProxyType({TransferMedia: ("queue", "agent")})
"""By class: the properties of which exactly one is sent. The class itself refuses all else."""


class Success(enum.StrEnum):
    """What the `data` of a success holds."""

    NONE = "none"
    EMPTY = "empty"
    ECHO = "echo"
    OWN = "own"
    """Data of the command's own; an echo with additions counts as such."""


@attrs.frozen
class Command:
    """One row of the registry. `kind` is None for what a connection answers itself: the service phase, before there is
    a session, and supervision, which is about sessions of others."""

    name: str
    kind: ObjectKind | None
    data: type[CommandData]
    success: Success
    feature: Feature | None = None
    """The platform must have this, or the command fails with UNSUPPORTED."""
    idempotent: bool = False
    """Succeeds, changing nothing, where what it asks for already holds, though its capability is closed."""
    targeted: bool = True
    """Does the request name a target?"""


_S, _G, _C = ObjectKind.SESSION, ObjectKind.CHANNELGROUP, ObjectKind.CHANNEL
_I, _V = ObjectKind.INTERACTION, ObjectKind.CONVERSATION

_ROWS: Final = (
    Command("prepareSession", None, PrepareSession, Success.OWN, targeted=False),
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
    Command("interaction.accept", _I, NoData, Success.NONE),
    Command("interaction.reject", _I, Reject, Success.NONE, Feature.REJECT),
    Command("interaction.release", _I, NoData, Success.NONE),
    Command("interaction.complete", _I, Complete, Success.NONE),
    Command("interaction.getdata", _I, GetData, Success.OWN),
    Command("interaction.setdata", _I, SetData, Success.NONE, Feature.INTERACTION_DATA),
    Command("interaction.consult", _I, Destination, Success.NONE, Feature.CONSULT),
    Command("interaction.alternate", _I, NoData, Success.NONE, Feature.CONSULT),
    Command("interaction.consulttransfer", _I, NoData, Success.NONE, Feature.CONSULT),
    Command("interaction.consultconference", _I, NoData, Success.NONE, Feature.CONFERENCE),
    Command("interaction.recording.start", _I, NoData, Success.NONE, Feature.RECORDING, idempotent=True),
    Command("interaction.recording.stop", _I, NoData, Success.NONE, Feature.RECORDING, idempotent=True),
    Command("interaction.recording.pause", _I, NoData, Success.NONE, Feature.RECORDING),
    Command("interaction.recording.resume", _I, NoData, Success.NONE, Feature.RECORDING),
    Command("interaction.transfer", _I, TransferMedia, Success.NONE, Feature.MEDIA_TRANSFER),
    Command("interaction.message.send", _I, SendText, Success.NONE),
    Command("interaction.typing.start", _I, NoData, Success.NONE),
    Command("interaction.typing.stop", _I, NoData, Success.NONE),
    Command("interaction.file.send", _I, SendFile, Success.NONE),
    Command("interaction.url.push", _I, PushUrl, Success.NONE),
    Command("interaction.form.show", _I, ShowForm, Success.NONE),
    Command("interaction.screenshot.request", _I, NoData, Success.NONE),
    Command("interaction.signal.send", _I, SendSignal, Success.NONE),
    Command("interaction.reply", _I, Reply, Success.NONE),
    Command("conversation.answer", _V, NoData, Success.NONE),
    Command("conversation.hold", _V, NoData, Success.NONE, Feature.HOLD),
    Command("conversation.retrieve", _V, NoData, Success.NONE, Feature.HOLD),
    Command("conversation.release", _V, NoData, Success.NONE),
    Command("conversation.blindtransfer", _V, Destination, Success.NONE, Feature.BLIND_TRANSFER),
    Command("conversation.blindconference", _V, Destination, Success.NONE, Feature.CONFERENCE),
    Command("conversation.senddtmf", _V, SendDtmf, Success.NONE, Feature.DTMF),
    Command("supervisor.login", None, SupervisorLogin, Success.OWN, targeted=False),
    Command("supervisor.logout", None, NoData, Success.NONE, targeted=False),
    Command("supervisor.list", None, ListSessions, Success.OWN, targeted=False),
    Command("supervisor.watch", None, NoData, Success.NONE),
    Command("supervisor.unwatch", None, NoData, Success.NONE),
    Command("supervisor.setagentstate", None, OrderAgentState, Success.NONE),
    Command("supervisor.logoutagent", None, OrderLogout, Success.NONE),
)

COMMANDS: Final[Mapping[str, Command]] = MappingProxyType({row.name: row for row in _ROWS})

MISSPELT: Final = MappingProxyType(
    {"session.request.externalnotredyreasons": "session.request.externalnotreadyreasons"}
)
"""Names that the field's documents misspell, and that clients therefore send."""


def spellings(command: Command) -> tuple[str, ...]:
    """Every way to write a command, the canonical one first: by the alias rule, and misspelt.

    The alias rule: `<object>.request.<verb>` and `<object>.<verb>` are the same command, also where the verb has dots.
    """
    aliases: tuple[str, ...]
    match command.name.split("."):
        case [kind, "request", *verbs]:
            aliases = (".".join((kind, *verbs)),)
        case [kind, verb, *more]:
            aliases = (".".join((kind, "request", verb, *more)),)
        case _:
            aliases = ()
    return (command.name, *aliases, *(name for name, meant in MISSPELT.items() if meant == command.name))


_BY_SPELLING: Final = {name: command for command in COMMANDS.values() for name in spellings(command)}


def find_command(name: str) -> Command | None:
    """The row for a command as a client spells it."""
    return _BY_SPELLING.get(name)
