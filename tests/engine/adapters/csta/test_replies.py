"""Answers are read as ECMA-323 spells them, and what they lack is noticed."""

from collections.abc import Callable

import pytest

from engine.adapters.csta import replies
from engine.adapters.csta.errors import CODES, SwitchError, error_of
from engine.adapters.csta.replies import AgentStatus, BadReply, CallAtDevice, CallSnapshot, Granted, NewCall
from engine.adapters.csta.words import Connection, ConnectionState, number_of
from engine.adapters.csta.xml import Node, parse
from protocol.errors import FAILURES, FailureCode
from protocol.states import AgentState

NS = 'xmlns="http://www.ecma-international.org/standards/ecma-323/csta/ed3/priv6"'
DEVICE = 'typeOfNumber="other" mediaClass="notKnown"'


def read(text: str) -> Node:
    return parse(text.encode())


def test_a_session_that_is_granted() -> None:
    node = read(
        '<StartApplicationSessionPosResponse xmlns="http://www.ecma-international.org/standards/ecma-354/appl_session">'
        "<sessionID>469E91F2-3</sessionID><actualProtocolVersion>urn:p</actualProtocolVersion>"
        "<actualSessionDuration>180</actualSessionDuration></StartApplicationSessionPosResponse>"
    )
    assert replies.granted(node) == Granted("469E91F2-3", 180, "urn:p")


@pytest.mark.parametrize("duration", ["", "0", "-5", "soon", "1.5", "99999999999", "²"])
def test_a_session_of_no_time_makes_no_sense(duration: str) -> None:
    node = read(f"<R><sessionID>s</sessionID><actualSessionDuration>{duration}</actualSessionDuration></R>")
    with pytest.raises(BadReply, match="actualSessionDuration"):
        replies.granted(node)


def test_a_session_is_kept_alive_at_least_once_a_week() -> None:
    assert replies.duration_of(read("<R><actualSessionDuration>999999999</actualSessionDuration></R>")) == 604_800


@pytest.mark.parametrize(
    ("read_as", "text"),
    [
        (replies.granted, "<R><actualSessionDuration>9</actualSessionDuration></R>"),
        (replies.device_of, "<GetDeviceIdResponse/>"),
        (replies.monitor_of, "<MonitorStartResponse><monitorCrossRefID> </monitorCrossRefID></MonitorStartResponse>"),
        (replies.new_call, "<MakeCallResponse><callingDevice><callID>7</callID></callingDevice></MakeCallResponse>"),
        (replies.calls_at_device, "<SnapshotDeviceResponse/>"),
        (replies.call_snapshot, "<SnapshotCallResponse/>"),
        (
            replies.agent_status,
            "<R><agentStateList><agentStateEntry><loggedOnState>true</loggedOnState></agentStateEntry>"
            "</agentStateList></R>",
        ),
    ],
)
def test_an_answer_that_lacks_what_it_must_say_is_noticed(read_as: Callable[[Node], object], text: str) -> None:
    with pytest.raises(BadReply):
        read_as(read(text))


def test_a_new_call_has_its_connection_and_its_id_everywhere() -> None:
    node = read(
        f"<MakeCallResponse {NS}><callingDevice><deviceID {DEVICE}>4001:CM1::0</deviceID><callID>55</callID>"
        "</callingDevice><callLinkageData><globalCallData><globalCallLinkageID><globallyUniqueCallLinkageID>"
        "00001000550001</globallyUniqueCallLinkageID></globalCallLinkageID></globalCallData></callLinkageData>"
        "</MakeCallResponse>"
    )
    assert replies.new_call(node) == NewCall(Connection("55", "4001"), "00001000550001")


# Agents


def agents(*entries: str) -> Node:
    inside = "".join(f"<agentStateEntry>{entry}</agentStateEntry>" for entry in entries)
    return read(f"<GetAgentStateResponse {NS}><agentStateList>{inside}</agentStateList></GetAgentStateResponse>")


def logged_on(state: str, more: str = "", agent: str = "<agentID>5001</agentID>") -> str:
    item = f"<agentInfo><agentInfoItem><agentState>{state}</agentState>{more}</agentInfoItem></agentInfo>"
    return f"{agent}<loggedOnState>true</loggedOnState>{item}"


NOBODY = AgentStatus(None, None)


@pytest.mark.parametrize(
    ("node", "status"),
    [
        (agents(logged_on("agentReady")), AgentStatus("5001", AgentState.READY)),
        (agents(logged_on("agentBusy")), AgentStatus("5001", AgentState.READY)),
        (agents(logged_on("agentWorkingAfterCall")), AgentStatus("5001", AgentState.WORK)),
        (
            agents(logged_on("agentNotReady", "<reasonCode>2</reasonCode>")),
            AgentStatus("5001", AgentState.NOTREADY, None, "2"),
        ),
        (
            agents(logged_on("agentReady", "<pendingAgentState>agentNotReady</pendingAgentState>")),
            AgentStatus("5001", AgentState.READY, AgentState.NOTREADY),
        ),
        (agents(logged_on("agentReady", agent="")), AgentStatus(None, AgentState.READY)),
        (agents(logged_on("agentNull")), NOBODY),
        (agents("<loggedOnState>false</loggedOnState>"), NOBODY),
        (agents(), NOBODY),
        (
            agents("<loggedOnState>false</loggedOnState>", logged_on("agentReady")),
            AgentStatus("5001", AgentState.READY),
        ),
    ],
)
def test_who_is_logged_in_and_how(node: Node, status: AgentStatus) -> None:
    assert replies.agent_status(node) == status


# Snapshots


def device_snapshot(*states: str) -> Node:
    infos = "".join(
        f"<snapshotDeviceResponseInfo><connectionIdentifier><deviceID>4001:CM1::0</deviceID><callID>{n}</callID>"
        f"</connectionIdentifier><localCallState>{state}</localCallState></snapshotDeviceResponseInfo>"
        for n, state in enumerate(states)
    )
    return read(
        f"<SnapshotDeviceResponse {NS}><crossRefIDorSnapshotData><snapshotData>{infos}</snapshotData>"
        "</crossRefIDorSnapshotData></SnapshotDeviceResponse>"
    )


def test_the_calls_at_a_device_in_both_ways_of_saying_it() -> None:
    compound = "<compoundCallState>{}</compoundCallState>".format
    one = "<localConnectionState>{}</localConnectionState>".format
    node = device_snapshot(
        compound(one("hold") + one("connected")),
        "<simpleCallState>callReceived</simpleCallState>",
        "<simpleCallState>callOfTheWild</simpleCallState>",
        "<unknownCallState/>",
    )
    assert replies.calls_at_device(node) == (
        CallAtDevice("0", ConnectionState.HOLD),
        CallAtDevice("1", ConnectionState.ALERTING),
    )


def test_the_parties_of_a_call_in_their_order() -> None:
    info = (
        "<snapshotCallResponseInfo><deviceOnCall><deviceIdentifier>{0}</deviceIdentifier></deviceOnCall>"
        "<callIdentifier><deviceID>{0}</deviceID><callID>7</callID></callIdentifier>"
        "<localConnectionInfo>{1}</localConnectionInfo></snapshotCallResponseInfo>"
    ).format
    infos = info("+15550100", "connected") + info("4001:CM1::0", "alerting") + info("4002:CM1::0", "null")
    node = read(
        f"<SnapshotCallResponse {NS}><crossRefIDorSnapshotData><snapshotData>{infos}</snapshotData>"
        "</crossRefIDorSnapshotData><callingDevice><deviceIdentifier>+15550100</deviceIdentifier></callingDevice>"
        "<userData><string>A7</string></userData></SnapshotCallResponse>"
    )
    parties = (("+15550100", ConnectionState.CONNECTED), ("4001", ConnectionState.ALERTING))
    assert replies.call_snapshot(node) == CallSnapshot(parties, calling="+15550100", user_data="A7")


@pytest.mark.parametrize(
    ("device", "number"),
    [
        ("4001:CM1::0", "4001"),
        ("4001:CM1:10.0.0.1:0", "4001"),
        ("tel:+15550100;ext=7", "+15550100"),
        ("sip:4001", "4001"),
        (" 4001 ", "4001"),
        ("T538#1:CM1::1", "T538#1"),
        ("", ""),
    ],
)
def test_the_number_in_a_device(device: str, number: str) -> None:
    assert number_of(device) == number


# Negative answers


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (
            f"<CSTAErrorCode {NS}><operation>invalidDestination</operation></CSTAErrorCode>",
            "operation/invalidDestination",
        ),
        ("<CSTAErrorCode>sorry</CSTAErrorCode>", "unspecified/sorry"),
        ("<CSTAErrorCode/>", "unspecified/generic"),
        (
            "<StartApplicationSessionNegResponse><errorCode><definedError>invalidApplicationInfo</definedError>"
            "</errorCode></StartApplicationSessionNegResponse>",
            "definedError/invalidApplicationInfo",
        ),
        ("<StartApplicationSessionNegResponse/>", "unspecified/generic"),
    ],
)
def test_a_negative_answer_says_why(text: str, error: str) -> None:
    assert str(error_of(read(text))) == error


def test_a_positive_answer_is_no_error() -> None:
    assert error_of(read("<MakeCallResponse/>")) is None


def test_every_error_becomes_a_code_that_a_platform_may_refuse_with() -> None:
    for value, (code, remedy) in CODES.items():
        assert FAILURES[code].from_platform, value
        assert remedy
    refusal = SwitchError("operation", "generic").refusal("HoldCall")
    assert refusal.code is FailureCode.PLATFORM_ERROR
    assert "HoldCall" in refusal.message


def test_a_long_error_is_told_in_short() -> None:
    assert len(SwitchError("operation", "x" * 10_000).refusal("HoldCall").message) < 300
