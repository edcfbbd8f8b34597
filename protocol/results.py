"""The data of successes that say more than an echo of the request. Source: specs/protocol.md, "Commands"."""

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import attrs

from protocol.events.supervisor import SupervisorInfo, WatchedSession
from protocol.states import AgentState, LoginState, SessionState
from protocol.texts import Count, DataMap


@attrs.frozen(kw_only=True)
class ResultData:
    """Base of all success data of a command's own."""


@attrs.frozen(kw_only=True)
class PreparedSession:
    id: str


@attrs.frozen(kw_only=True)
class Prepared(ResultData):
    """`resumetoken` is the right to bind the session from any connection: keep it secret."""

    session: PreparedSession
    resumetoken: str = attrs.field(repr=False)


class BindOutcome(enum.StrEnum):
    """NEW: nothing was sent before. RESUMED: what was missed follows. RESET: send session.start again."""

    NEW = "NEW"
    RESUMED = "RESUMED"
    RESET = "RESET"


@attrs.frozen(kw_only=True)
class BoundSession:
    id: str
    state: SessionState


@attrs.frozen(kw_only=True)
class Bound(ResultData):
    """`seq` is that of the last message before the binding: the next one carries `seq` + 1, unless RESUMED
    has it begin earlier, right after the client's own cursor."""

    session: BoundSession
    epoch: Count
    seq: Count
    outcome: BindOutcome


@attrs.frozen(kw_only=True)
class DirectoryEntryInfo:
    name: str
    number: str
    type: str


@attrs.frozen(kw_only=True)
class Directory(ResultData):
    entries: tuple[DirectoryEntryInfo, ...]


@attrs.frozen(kw_only=True)
class ChannelStateInfo:
    id: str
    loginstate: LoginState
    agentstate: AgentState | None = None


@attrs.frozen(kw_only=True)
class ChannelStates(ResultData):
    """The channels of the group after an all-channel operation; joins the echo of the request's data."""

    channels: tuple[ChannelStateInfo, ...]


@attrs.frozen(kw_only=True)
class InteractionData(ResultData):
    """Those keys of the attached data that were asked for and are there, or all."""

    interactiondata: DataMap


@attrs.frozen(kw_only=True)
class SupervisorLoggedIn(ResultData):
    """`team`: the ids of the agents whose sessions the supervisor may see; left out, all."""

    supervisor: SupervisorInfo
    team: tuple[str, ...] | None = None


@attrs.frozen(kw_only=True)
class SessionList(ResultData):
    """Sessions of the team, in the order of their agents' ids. `more`: there are others behind the last one."""

    sessions: tuple[WatchedSession, ...]
    more: bool


RESULTS: Final[Mapping[str, type[ResultData]]] = MappingProxyType(
    {
        "prepareSession": Prepared,
        "bindSession": Bound,
        "session.request.getdirectory": Directory,
        "channelgroup.activateall": ChannelStates,
        "channelgroup.deactivateall": ChannelStates,
        "channelgroup.ready": ChannelStates,
        "channelgroup.notready": ChannelStates,
        "interaction.getdata": InteractionData,
        "supervisor.login": SupervisorLoggedIn,
        "supervisor.list": SessionList,
    }
)
"""Every command whose success is OWN, with the class of its data."""
