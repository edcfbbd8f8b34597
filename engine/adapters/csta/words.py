"""Words that both directions share: where a connection is, what state it is in, how a device is written.

Names and values are those of CSTA phase III, as ECMA-269 defines and ECMA-323 spells them.
"""

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import attrs

from engine.adapters.csta.xml import Node
from protocol.states import AgentState

SESSION: Final = "http://www.ecma-international.org/standards/ecma-354/appl_session"
CSTA: Final = "http://www.ecma-international.org/standards/ecma-323/csta/ed3"

DEVICE_ATTRIBUTES: Final[Mapping[str, str]] = MappingProxyType({"typeOfNumber": "other", "mediaClass": "notKnown"})


class ConnectionState(enum.StrEnum):
    """The state of a connection, as CSTA has it."""

    NULL = "null"
    INITIATED = "initiated"
    ALERTING = "alerting"
    CONNECTED = "connected"
    HOLD = "hold"
    QUEUED = "queued"
    FAIL = "fail"


SIMPLE_CALL_STATES: Final[Mapping[str, ConnectionState]] = MappingProxyType(
    {
        "callNull": ConnectionState.NULL,
        "callPending": ConnectionState.INITIATED,
        "callOriginated": ConnectionState.CONNECTED,
        "callDelivered": ConnectionState.CONNECTED,
        "callDeliveredHeld": ConnectionState.CONNECTED,
        "callReceived": ConnectionState.ALERTING,
        "callEstablished": ConnectionState.CONNECTED,
        "callEstablishedOnHold": ConnectionState.CONNECTED,
        "callReceivedOnHold": ConnectionState.ALERTING,
        "callQueued": ConnectionState.QUEUED,
        "callFailed": ConnectionState.FAIL,
    }
)
"""The one-word states of a call in a snapshot: what the device's own connection is in each."""

AGENT_STATES: Final[Mapping[str, AgentState | None]] = MappingProxyType(
    {
        "agentNull": None,
        "agentNotReady": AgentState.NOTREADY,
        "agentReady": AgentState.READY,
        "agentBusy": AgentState.READY,
        "agentWorkingAfterCall": AgentState.WORK,
    }
)
"""Who has a call from a queue is busy, and was ready for it; None is logged off."""

REQUESTED_STATES: Final[Mapping[AgentState, str]] = MappingProxyType(
    {AgentState.NOTREADY: "notReady", AgentState.READY: "ready", AgentState.WORK: "workingAfterCall"}
)
LOGGED_ON: Final = "loggedOn"
LOGGED_OFF: Final = "loggedOff"


@attrs.frozen
class Connection:
    """One party of a call: a call's id, and the device by its number."""

    call: str
    device: str


def number_of(device: str) -> str:
    """The number in a device's id: `4001` of `4001:switch::0`, `+15550100` of `tel:+15550100;ext=1`."""
    text = device.strip()
    for scheme in ("tel:", "sip:"):
        text = text.removeprefix(scheme)
    return text.partition(":")[0].partition(";")[0]


def device_id(number: str, switch: str) -> str:
    """How AES writes the id of a device, where it has not been asked for."""
    return f"{number}:{switch}::0"


# Elements


def leaf(name: str, text: object) -> Node:
    return Node(name, str(text))


def group(name: str, *children: Node | None) -> Node:
    """An element of those children that are there."""
    return Node(name, "", tuple(child for child in children if child is not None))


def device_node(name: str, device: str) -> Node:
    return Node(name, device, (), DEVICE_ATTRIBUTES)


def connection_node(name: str, call: str, device: str) -> Node:
    return group(name, device_node("deviceID", device), leaf("callID", call))


def connection_at(node: Node | None) -> Connection | None:
    """The connection that this element holds; None where its call or its device are not said."""
    if node is None:
        return None
    call, device = node.value("callID"), node.value("deviceID")
    return Connection(call, number_of(device)) if call and device else None


def number_at(node: Node | None) -> str | None:
    """The device that this element names, be it in a `deviceIdentifier` or not; None where it is not known."""
    if node is None:
        return None
    device = node.value("deviceIdentifier") or node.text.strip()
    return number_of(device) or None if device else None


def state_at(node: Node | None) -> ConnectionState | None:
    """The connection state that this element is; None where it is none of them."""
    word = node.text.strip() if node is not None else ""
    return ConnectionState(word) if word in list(ConnectionState) else None
