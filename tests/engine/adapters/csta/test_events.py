"""Events are read as ECMA-323 spells them; what cannot be read is left out, with a reason."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.adapters.csta.events import (
    AGENT_EVENTS,
    CALL_EVENTS,
    AgentEvent,
    CallEvent,
    CallKind,
    MonitorEnded,
    SessionEnded,
    Unread,
    event_of,
)
from engine.adapters.csta.words import Connection, ConnectionState
from engine.adapters.csta.xml import Node, parse
from protocol.states import AgentState

NS = 'xmlns="http://www.ecma-international.org/standards/ecma-323/csta/ed3/priv6"'


def connection(name: str, call: str = "7", device: str = "4001:CM1::0") -> str:
    return f"<{name}><deviceID>{device}</deviceID><callID>{call}</callID></{name}>"


def party(name: str, device: str) -> str:
    return f"<{name}><deviceIdentifier typeOfNumber='other'>{device}</deviceIdentifier></{name}>"


def event(name: str, *inside: str) -> Any:
    return event_of(parse(f"<{name} {NS}><monitorCrossRefID>3</monitorCrossRefID>{''.join(inside)}</{name}>".encode()))


def test_a_delivered_event_with_all_that_it_may_say() -> None:
    assert event(
        "DeliveredEvent",
        connection("connection"),
        party("alertingDevice", "4001:CM1::0"),
        party("callingDevice", "+15550100"),
        party("calledDevice", "4910:CM1::0"),
        "<userData><string>A7</string></userData>",
        "<localConnectionInfo>alerting</localConnectionInfo><cause>newCall</cause>",
        "<callLinkageData><globalCallData><globalCallLinkageID><globallyUniqueCallLinkageID>0001"
        "</globallyUniqueCallLinkageID></globalCallLinkageID></globalCallData></callLinkageData>",
    ) == CallEvent(
        kind=CallKind.DELIVERED,
        monitor="3",
        subject=Connection("7", "4001"),
        actor="4001",
        calling="+15550100",
        called="4910",
        local=ConnectionState.ALERTING,
        cause="newCall",
        ucid="0001",
        user_data="A7",
    )


@pytest.mark.parametrize("name", CALL_EVENTS)
def test_every_event_of_a_call_is_read(name: str) -> None:
    shape = CALL_EVENTS[name]
    actor = party(shape.actor, "4002:CM1::0") if shape.actor else ""
    found = event(name, connection(shape.connection), actor)
    assert (found.kind, found.subject, found.actor) == (
        shape.kind,
        Connection("7", "4001"),
        "4002" if shape.actor else None,
    )


@pytest.mark.parametrize("name", ["TransferedEvent", "TransferredEvent"])
def test_a_transfer_has_both_calls_and_what_came_of_them(name: str) -> None:
    item = f"<connectionListItem>{connection('newConnection', '9', '+15550100')}</connectionListItem>"
    found = event(
        name,
        connection("primaryOldCall", "7"),
        connection("secondaryOldCall", "8"),
        party("transferringDevice", "4001:CM1::0"),
        f"<transferredConnections>{item}<connectionListItem/></transferredConnections>",
    )
    assert (found.subject.call, found.second.call, found.joined) == ("7", "8", (Connection("9", "+15550100"),))


def test_a_call_that_is_cleared_needs_no_device() -> None:
    assert event("CallClearedEvent", "<clearedCall><callID>7</callID></clearedCall>").subject == Connection("7", "")


def test_a_device_that_is_not_known_is_none() -> None:
    found = event("DeliveredEvent", connection("connection"), "<callingDevice><notKnown/></callingDevice>")
    assert found.calling is None


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("AgentLoggedOnEvent", AgentState.NOTREADY),
        ("AgentLoggedOffEvent", None),
        ("AgentReadyEvent", AgentState.READY),
        ("AgentBusyEvent", AgentState.READY),
        ("AgentNotReadyEvent", AgentState.NOTREADY),
        ("AgentWorkingAfterCallEvent", AgentState.WORK),
    ],
)
def test_every_event_of_an_agent_is_read(name: str, state: AgentState | None) -> None:
    found = event(
        name,
        "<agentID>5001</agentID><extensions><privateData><private><x><reasonCode>2</reasonCode></x>"
        "</private></privateData></extensions>",
    )
    assert found == AgentEvent(
        monitor="3", state=state, login="5001", logged_on=name == "AgentLoggedOnEvent", reason="2"
    )
    assert name in AGENT_EVENTS


def test_the_end_of_monitors_and_sessions() -> None:
    assert event("MonitorStop") == MonitorEnded("3")
    ended = parse(
        b"<ApplicationSessionTerminated><sessionID>s</sessionID><sessionTermReason><definedTermReason>serverShutdown"
        b"</definedTermReason></sessionTermReason></ApplicationSessionTerminated>"
    )
    assert event_of(ended) == SessionEnded("s", "serverShutdown")
    assert event_of(parse(b"<ApplicationSessionTerminated/>")) == SessionEnded(None, "no reason given")


@pytest.mark.parametrize(
    "found",
    [
        event("HeldEvent"),
        event("HeldEvent", "<heldConnection><callID>7</callID></heldConnection>"),
        event("ForwardingEvent"),
        event_of(parse(b"<DeliveredEvent/>")),
    ],
)
def test_what_cannot_be_read_is_left_out(found: object) -> None:
    assert isinstance(found, Unread)


NAMES = st.sampled_from(
    ["monitorCrossRefID", "callID", "deviceID", "connection", "localConnectionInfo", "cause", "primaryOldCall",
     "transferredConnections", "connectionListItem", "newConnection", "agentID", "heldConnection", "userData", "string"]
)  # fmt: skip
TREES = st.recursive(
    st.builds(Node, NAMES, st.text(max_size=5)),
    lambda inner: st.builds(Node, NAMES, st.text(max_size=5), st.lists(inner, max_size=4).map(tuple)),
    max_leaves=12,
)


@given(name=st.sampled_from([*CALL_EVENTS, *AGENT_EVENTS, "MonitorStop"]), inside=st.lists(TREES, max_size=6))
def test_no_event_is_too_odd_to_be_read_or_left_out(name: str, inside: list[Node]) -> None:
    event_of(Node(name, "", tuple(inside)))
