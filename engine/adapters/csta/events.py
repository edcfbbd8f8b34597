"""The events of the switch as values: one table of names, and of the elements that hold what each is about."""

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import attrs

from engine.adapters.csta.replies import UCID, user_data_of
from engine.adapters.csta.words import AGENT_STATES, Connection, ConnectionState, connection_at, number_at, state_at
from engine.adapters.csta.xml import Node
from protocol.states import AgentState


class CallKind(enum.StrEnum):
    """What happened to a call."""

    INITIATED = "service initiated"
    ORIGINATED = "originated"
    DELIVERED = "delivered"
    QUEUED = "queued"
    NETWORK_REACHED = "network reached"
    ESTABLISHED = "established"
    HELD = "held"
    RETRIEVED = "retrieved"
    DIVERTED = "diverted"
    FAILED = "failed"
    CLEARED = "connection cleared"
    CALL_CLEARED = "call cleared"
    TRANSFERRED = "transferred"
    CONFERENCED = "conferenced"


@attrs.frozen
class _Shape:
    """The elements of one event: the connection that it is about, and who did it."""

    kind: CallKind
    connection: str
    actor: str = ""


CALL_EVENTS: Final[Mapping[str, _Shape]] = MappingProxyType(
    {
        "ServiceInitiatedEvent": _Shape(CallKind.INITIATED, "initiatedConnection", "initiatingDevice"),
        "OriginatedEvent": _Shape(CallKind.ORIGINATED, "originatedConnection", "callingDevice"),
        "DeliveredEvent": _Shape(CallKind.DELIVERED, "connection", "alertingDevice"),
        "QueuedEvent": _Shape(CallKind.QUEUED, "queuedConnection", "queue"),
        "NetworkReachedEvent": _Shape(CallKind.NETWORK_REACHED, "outboundConnection", "networkInterfaceUsed"),
        "EstablishedEvent": _Shape(CallKind.ESTABLISHED, "establishedConnection", "answeringDevice"),
        "HeldEvent": _Shape(CallKind.HELD, "heldConnection", "holdingDevice"),
        "RetrievedEvent": _Shape(CallKind.RETRIEVED, "retrievedConnection", "retrievingDevice"),
        "DivertedEvent": _Shape(CallKind.DIVERTED, "connection", "divertingDevice"),
        "FailedEvent": _Shape(CallKind.FAILED, "failedConnection", "failingDevice"),
        "ConnectionClearedEvent": _Shape(CallKind.CLEARED, "droppedConnection", "releasingDevice"),
        "CallClearedEvent": _Shape(CallKind.CALL_CLEARED, "clearedCall"),
        # ECMA-323 spells it with one r; some editions and tools with two.
        "TransferedEvent": _Shape(CallKind.TRANSFERRED, "primaryOldCall", "transferringDevice"),
        "TransferredEvent": _Shape(CallKind.TRANSFERRED, "primaryOldCall", "transferringDevice"),
        "ConferencedEvent": _Shape(CallKind.CONFERENCED, "primaryOldCall", "conferencingDevice"),
    }
)

AGENT_EVENTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "AgentLoggedOnEvent": "agentNotReady",
        "AgentLoggedOffEvent": "agentNull",
        "AgentNotReadyEvent": "agentNotReady",
        "AgentReadyEvent": "agentReady",
        "AgentBusyEvent": "agentBusy",
        "AgentWorkingAfterCallEvent": "agentWorkingAfterCall",
    }
)
"""The state that each has led to. Who logs on is not ready until something else is said."""


@attrs.frozen(kw_only=True)
class CallEvent:
    """Something happened to a call, as seen from the device of the monitor `monitor`.

    `subject` is the connection that it is about, and `actor` the device that did it. `local` is the state of the
    monitored device's own connection after it. Of a transfer or a conference, `subject` is the call held before and
    `second` the other one, if there was another; `joined` are the connections that came of it.
    """

    kind: CallKind
    monitor: str
    subject: Connection
    actor: str | None = None
    calling: str | None = None
    called: str | None = None
    local: ConnectionState | None = None
    cause: str | None = None
    ucid: str | None = None
    user_data: str | None = None
    second: Connection | None = None
    joined: tuple[Connection, ...] = ()


@attrs.frozen(kw_only=True)
class AgentEvent:
    """The agent state at the device of the monitor. `state` None: nobody is logged in any longer."""

    monitor: str
    state: AgentState | None
    login: str | None
    logged_on: bool
    """It tells of a login, and of nothing more."""
    reason: str | None = None


@attrs.frozen
class MonitorEnded:
    """The switch looks at this device no longer."""

    monitor: str


@attrs.frozen
class SessionEnded:
    """The switch has ended the session."""

    session: str | None
    reason: str


@attrs.frozen
class Unread:
    """An event that is nothing to us, or not as it must be; `why` says which."""

    name: str
    why: str


Event = CallEvent | AgentEvent | MonitorEnded | SessionEnded | Unread


def event_of(node: Node) -> Event:
    """Read one event. Never raises: what cannot be read is Unread."""
    if node.name in ("ApplicationSessionTerminated", "ApplicationSessionTerminatedEvent"):
        reason = node.find("sessionTermReason")
        word = next((child.text.strip() or child.name for child in reason.children), "") if reason is not None else ""
        return SessionEnded(node.value("sessionID"), word or "no reason given")
    monitor = node.value("monitorCrossRefID")
    if monitor is None:
        return Unread(node.name, "names no monitor")
    if node.name in ("MonitorStop", "MonitorStopEvent"):
        return MonitorEnded(monitor)
    if node.name in AGENT_EVENTS:
        return AgentEvent(
            monitor=monitor,
            state=AGENT_STATES[AGENT_EVENTS[node.name]],
            login=node.value("agentID"),
            logged_on=node.name == "AgentLoggedOnEvent",
            reason=node.deep_value("reasonCode"),
        )
    shape = CALL_EVENTS.get(node.name)
    return Unread(node.name, "no such event is known") if shape is None else _call_event(node, monitor, shape)


def _call_event(node: Node, monitor: str, shape: _Shape) -> CallEvent | Unread:
    subject = connection_at(node.find(shape.connection))
    if subject is None and shape.kind is CallKind.CALL_CLEARED:
        call = node.value(shape.connection, "callID")
        subject = Connection(call, "") if call else None
    if subject is None:
        return Unread(node.name, f"has no {shape.connection}")
    return CallEvent(
        kind=shape.kind,
        monitor=monitor,
        subject=subject,
        actor=number_at(node.find(shape.actor)) if shape.actor else None,
        calling=number_at(node.find("callingDevice")),
        called=number_at(node.find("calledDevice")),
        local=state_at(node.find("localConnectionInfo")),
        cause=node.value("cause"),
        ucid=node.deep_value(UCID),
        user_data=user_data_of(node),
        second=connection_at(node.find("secondaryOldCall")),
        joined=_joined(node),
    )


def _joined(node: Node) -> tuple[Connection, ...]:
    items = node.find("transferredConnections") or node.find("conferenceConnections")
    if items is None:
        return ()
    found = (connection_at(item.find("newConnection")) for item in items.all("connectionListItem"))
    return tuple(connection for connection in found if connection is not None)
