"""What the positive answers say, as values. A part that is missing, or not what it must be, raises BadReply."""

from typing import Final

import attrs

from engine.adapters.csta.words import (
    AGENT_STATES,
    SIMPLE_CALL_STATES,
    Connection,
    ConnectionState,
    connection_at,
    number_at,
    state_at,
)
from engine.adapters.csta.xml import Node
from protocol.states import AgentState

UCID: Final = "globallyUniqueCallLinkageID"
_MOST_DURATION_S: Final = 7 * 24 * 3600


class BadReply(ValueError):
    """The answer lacks what it must say."""


@attrs.frozen
class Granted:
    """A session: its id, for how many seconds it stands without a sign of life, and its CSTA namespace."""

    session: str
    duration_s: int
    protocol: str | None = None


@attrs.frozen
class AgentStatus:
    """Who is logged in at a device, and how. `login` None: the answer does not say who. `state` None: nobody is."""

    login: str | None
    state: AgentState | None
    pending: AgentState | None = None
    reason: str | None = None


@attrs.frozen
class CallAtDevice:
    """A call as a snapshot of a device has it."""

    call: str
    state: ConnectionState


@attrs.frozen
class CallSnapshot:
    """A call with its parties, in the switch's order."""

    parties: tuple[tuple[str, ConnectionState], ...]
    calling: str | None = None
    called: str | None = None
    ucid: str | None = None
    user_data: str | None = None


@attrs.frozen
class NewCall:
    """A call that a service has made, with the id by which it is known everywhere."""

    connection: Connection
    ucid: str | None


def required(reply: Node, *path: str) -> str:
    value = reply.value(*path)
    if value is None:
        raise BadReply(f"{reply.name} has no {'/'.join(path)}")
    return value


def granted(reply: Node) -> Granted:
    return Granted(
        required(reply, "sessionID"), _seconds(reply, "actualSessionDuration"), reply.value("actualProtocolVersion")
    )


def duration_of(reply: Node) -> int:
    return _seconds(reply, "actualSessionDuration")


def _seconds(reply: Node, name: str) -> int:
    text = required(reply, name)
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) > 0):
        raise BadReply(f"{reply.name} has a {name} that is no number of seconds")
    return min(int(text), _MOST_DURATION_S)


def device_of(reply: Node) -> str:
    return required(reply, "device")


def monitor_of(reply: Node) -> str:
    return required(reply, "monitorCrossRefID")


def new_call(reply: Node) -> NewCall:
    """The call that `MakeCall` or `ConsultationCall` has begun."""
    for name in ("callingDevice", "initiatedCall"):
        if connection := connection_at(reply.find(name)):
            return NewCall(connection, reply.deep_value(UCID))
    raise BadReply(f"{reply.name} names no new call")


# Agents


def agent_status(reply: Node) -> AgentStatus:
    """Of several entries, the first one that is logged on."""
    entries = [entry for found in reply.all("agentStateList") for entry in found.all("agentStateEntry")]
    for entry in entries:
        status = _status_of(entry)
        if status.state is not None:
            return status
    return AgentStatus(None, None)


def _status_of(entry: Node) -> AgentStatus:
    if entry.value("loggedOnState") == "false":
        return AgentStatus(None, None)
    item = entry.find("agentInfo", "agentInfoItem") or entry
    word = item.value("agentState")
    if word is None or word not in AGENT_STATES:
        raise BadReply(f"an agent state that is none: {word}")
    return AgentStatus(
        entry.value("agentID"),
        AGENT_STATES[word],
        pending_of(item) or pending_of(entry),
        entry.deep_value("reasonCode"),
    )


def pending_of(node: Node) -> AgentState | None:
    """The state that waits for the end of a call."""
    return AGENT_STATES.get(node.value("pendingAgentState") or "")


# Snapshots


def calls_at_device(reply: Node) -> tuple[CallAtDevice, ...]:
    return tuple(call for info in _infos(reply, "snapshotDeviceResponseInfo") if (call := _call_at_device(info)))


def _call_at_device(info: Node) -> CallAtDevice | None:
    connection = connection_at(info.find("connectionIdentifier"))
    state = _local_state(info.find("localCallState"))
    return CallAtDevice(connection.call, state) if connection and state else None


def _local_state(node: Node | None) -> ConnectionState | None:
    """Given as the states of all parties, the device's own first; or as one word for the whole."""
    if node is None:
        return None
    compound = node.find("compoundCallState")
    if compound is not None:
        own = next(compound.all("localConnectionState"), None)
        return state_at(own)
    word = node.value("simpleCallState") or next((child.name for child in node.children), "")
    return SIMPLE_CALL_STATES.get(word)


def call_snapshot(reply: Node) -> CallSnapshot:
    parties: dict[str, ConnectionState] = {}
    for info in _infos(reply, "snapshotCallResponseInfo"):
        connection = connection_at(info.find("callIdentifier"))
        device = number_at(info.find("deviceOnCall")) or (connection.device if connection else None)
        state = state_at(info.find("localConnectionInfo"))
        if device and state and state is not ConnectionState.NULL:
            parties[device] = state
    return CallSnapshot(
        tuple(parties.items()),
        number_at(reply.find("callingDevice")),
        number_at(reply.find("calledDevice")),
        reply.deep_value(UCID),
        user_data_of(reply),
    )


def user_data_of(node: Node) -> str | None:
    return node.value("userData", "string")


def _infos(reply: Node, name: str) -> tuple[Node, ...]:
    data = reply.find("crossRefIDorSnapshotData", "snapshotData")
    if data is None:
        raise BadReply(f"{reply.name} has no snapshotData")
    return tuple(data.all(name))
