"""The services of the simulated AES: a table from the names of requests to what does them and answers."""

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Final

import attrs

from engine.adapters.csta.words import (
    CSTA,
    SESSION,
    connection_at,
    connection_node,
    device_id,
    device_node,
    group,
    leaf,
    number_at,
    number_of,
)
from engine.adapters.csta.xml import AVAYA, Node
from engine.dmcc_simulator.exchange import Exchange, SwitchCall, SwitchRefusal, invalid
from engine.dmcc_simulator.logins import NULL, Logins
from engine.dmcc_simulator.sessions import Deliver, Session, SessionRefusal, Sessions

_LOGGED_ON, _LOGGED_OFF = "loggedOn", "loggedOff"


@attrs.define(eq=False)
class Client:
    """Who asks: a connection, and its session once it has one."""

    deliver: Deliver
    session: Session | None = None


@attrs.frozen
class Reply:
    """An answer, in its namespace; None is that of CSTA in this session."""

    root: Node
    space: str | None = None


class Services:
    """What can be asked of the simulated AES."""

    def __init__(self, exchange: Exchange, logins: Logins, sessions: Sessions) -> None:
        self._exchange = exchange
        self._logins = logins
        self._sessions = sessions
        self._switch = exchange.settings.switch_name
        self._rows: Final[Mapping[str, Callable[[Client, Node], Reply]]] = MappingProxyType(
            {
                "StartApplicationSession": self._start,
                "ResetApplicationSessionTimer": self._reset,
                "StopApplicationSession": self._stop,
                "TransferMonitorObjects": self._move_monitors,
                "GetDeviceId": self._get_device_id,
                "ReleaseDeviceId": self._release_device_id,
                "MonitorStart": self._monitor_start,
                "MonitorStop": self._monitor_stop,
                "SnapshotDevice": self._snapshot_device,
                "SnapshotCall": self._snapshot_call,
                "GetAgentState": self._get_agent_state,
                "SetAgentState": self._set_agent_state,
                "MakeCall": self._make_call,
                "ConsultationCall": self._consultation_call,
                **dict.fromkeys(_ONE, self._about_one),
                **dict.fromkeys(_TWO, self._about_two),
            }
        )
        self._two: Final[Mapping[str, Callable[[str, str, str], object]]] = MappingProxyType(
            {
                "AlternateCall": exchange.alternate,
                "ReconnectCall": exchange.reconnect,
                "TransferCall": exchange.transfer,
                "ConferenceCall": exchange.conference,
            }
        )

    @property
    def names(self) -> Collection[str]:
        """Of all requests that are known."""
        return self._rows.keys()

    def perform(self, client: Client, node: Node) -> Reply:
        """Do what is asked, and answer; a refusal is an answer, too."""
        row = self._rows.get(node.name)
        if row is None:
            return refused(invalid("serviceNotSupported"))
        if client.session is None and node.name != "StartApplicationSession":
            return refused(SwitchRefusal("security", "noSession"))
        try:
            return row(client, node)
        except SwitchRefusal as refusal:
            return refused(refusal)
        except SessionRefusal as refusal:
            error = group("errorCode", leaf("definedError", refusal.error))
            return Reply(group(f"{node.name}NegResponse", error), SESSION)

    # Sessions

    def _start(self, client: Client, node: Node) -> Reply:
        login = node.find("applicationInfo", "applicationSpecificInfo", "SessionLoginInfo") or node
        versions = node.find("requestedProtocolVersions") or node
        protocol = versions.value("protocolVersion") or CSTA
        client.session = self._sessions.start(
            login.value("userName"),
            login.value("password"),
            protocol,
            _seconds(node, "requestedSessionDuration"),
            _seconds(login, "sessionCleanupDelay"),
            login.value("sessionID"),
            client.deliver,
        )
        return Reply(
            group(
                "StartApplicationSessionPosResponse",
                leaf("sessionID", client.session.id),
                leaf("actualProtocolVersion", client.session.protocol),
                leaf("actualSessionDuration", _whole(client.session.duration_s)),
            ),
            SESSION,
        )

    def _reset(self, client: Client, node: Node) -> Reply:
        session = self._sessions.reset(node.value("sessionID"), _seconds(node, "requestedSessionDuration"))
        duration = leaf("actualSessionDuration", _whole(session.duration_s))
        return Reply(group("ResetApplicationSessionTimerPosResponse", duration), SESSION)

    def _stop(self, client: Client, node: Node) -> Reply:
        self._sessions.stop(node.value("sessionID"))
        client.session = None
        return Reply(group("StopApplicationSessionPosResponse"), SESSION)

    def _move_monitors(self, client: Client, node: Node) -> Reply:
        if not self._sessions.move_monitors(node.value("fromSessionID"), node.value("toSessionID")):
            raise invalid("generic")
        return Reply(group("TransferMonitorObjectsResponse"))

    # Devices

    def _get_device_id(self, client: Client, node: Node) -> Reply:
        extension = node.value("extension") or ""
        if node.value("switchName") != self._switch:
            raise invalid("invalidDeviceID")
        return Reply(group("GetDeviceIdResponse", device_node("device", device_id(extension, self._switch))), AVAYA)

    def _release_device_id(self, client: Client, node: Node) -> Reply:
        return Reply(group("ReleaseDeviceIdResponse"), AVAYA)

    def _monitor_start(self, client: Client, node: Node) -> Reply:
        device = self._station(node.value("monitorObject", "deviceObject"))
        if client.session is None:
            raise invalid("generic")
        monitor = self._sessions.monitor(client.session, device)
        return Reply(group("MonitorStartResponse", leaf("monitorCrossRefID", monitor)))

    def _monitor_stop(self, client: Client, node: Node) -> Reply:
        session = client.session
        if session is None or session.monitors.pop(node.value("monitorCrossRefID") or "", None) is None:
            raise invalid("invalidMonitorCrossRefID")
        return Reply(group("MonitorStopResponse"))

    def _snapshot_device(self, client: Client, node: Node) -> Reply:
        device = self._station(node.value("snapshotObject"))
        infos = (self._info_of(call, device) for call in self._exchange.of(device))
        return _snapshot("SnapshotDeviceResponse", *infos)

    def _info_of(self, call: SwitchCall, device: str) -> Node:
        others = [state for each, state in call.connections.items() if each != device]
        states = (leaf("localConnectionState", state) for state in (call.connections[device], *others))
        return group(
            "snapshotDeviceResponseInfo",
            connection_node("connectionIdentifier", call.id, device_id(device, self._switch)),
            group("localCallState", group("compoundCallState", *states)),
        )

    def _snapshot_call(self, client: Client, node: Node) -> Reply:
        at = connection_at(node.find("snapshotObject"))
        call = self._exchange.calls.get(at.call) if at is not None else None
        if call is None:
            raise invalid("invalidConnectionID")
        infos = (
            group(
                "snapshotCallResponseInfo",
                group("deviceOnCall", device_node("deviceIdentifier", device_id(device, self._switch))),
                connection_node("callIdentifier", call.id, device_id(device, self._switch)),
                leaf("localConnectionInfo", state),
            )
            for device, state in call.connections.items()
        )
        reply = _snapshot("SnapshotCallResponse", *infos)
        more = (
            _party("callingDevice", call.calling, self._switch),
            _party("calledDevice", call.called, self._switch),
            linkage(call.ucid),
            *((group("userData", leaf("string", call.user_data)),) if call.user_data else ()),
        )
        return Reply(attrs.evolve(reply.root, children=(*reply.root.children, *more)))

    # Agents

    def _get_agent_state(self, client: Client, node: Node) -> Reply:
        device = self._station(node.value("device"))
        there = self._logins.at.get(device)
        if there is None:
            entry = group("agentStateEntry", leaf("loggedOnState", "false"))
        else:
            item = group(
                "agentInfoItem",
                leaf("agentState", self._logins.state_of(device)),
                leaf("pendingAgentState", there.pending) if there.pending else None,
                leaf("reasonCode", there.reason) if there.reason else None,
            )
            entry = group(
                "agentStateEntry",
                leaf("agentID", there.agent),
                leaf("loggedOnState", "true"),
                group("agentInfo", item),
            )
        return Reply(group("GetAgentStateResponse", group("agentStateList", entry)))

    def _set_agent_state(self, client: Client, node: Node) -> Reply:
        device = self._station(node.value("device"))
        requested = node.value("requestedAgentState") or NULL
        reason = node.deep_value("reasonCode")
        pending = None
        if requested == _LOGGED_ON:
            self._logins.log_on(device, node.value("agentID"), node.value("password"))
        elif requested == _LOGGED_OFF:
            self._logins.log_off(device, reason)
        else:
            may_wait = node.deep_value("enablePending") == "true"
            pending = self._logins.set_state(device, requested, reason, may_wait=may_wait)
        return Reply(group("SetAgentStateResponse", leaf("pendingAgentState", pending) if pending else None))

    # Calls

    def _make_call(self, client: Client, node: Node) -> Reply:
        device = self._station(node.value("callingDevice"), "invalidCallingDeviceID")
        call = self._exchange.make(device, _number(node, "calledDirectoryNumber"), node.value("userData", "string"))
        return self._new_call("MakeCallResponse", "callingDevice", call, device)

    def _consultation_call(self, client: Client, node: Node) -> Reply:
        at = connection_at(node.find("existingCall"))
        if at is None:
            raise invalid("invalidConnectionID")
        call = self._exchange.consult(at.device, at.call, _number(node, "consultedDevice"))
        return self._new_call("ConsultationCallResponse", "initiatedCall", call, at.device)

    def _new_call(self, name: str, element: str, call: SwitchCall, device: str) -> Reply:
        connection = connection_node(element, call.id, device_id(device, self._switch))
        return Reply(group(name, connection, linkage(call.ucid)))

    def _about_one(self, client: Client, node: Node) -> Reply:
        service = _ONE[node.name]
        at = connection_at(node.find(service.element))
        if at is None:
            raise invalid("invalidConnectionID")
        service.do(self._exchange, at.device, at.call, node)
        return Reply(group(f"{node.name}Response"))

    def _about_two(self, client: Client, node: Node) -> Reply:
        held, active = connection_at(node.find("heldCall")), connection_at(node.find("activeCall"))
        if held is None or active is None:
            raise invalid("invalidConnectionID")
        self._two[node.name](held.device, held.call, active.call)
        return Reply(group(f"{node.name}Response"))

    def _station(self, device: str | None, value: str = "invalidDeviceID") -> str:
        number = number_of(device or "")
        if not self._exchange.is_station(number):
            raise invalid(value)
        return number


@attrs.frozen
class _AboutOne:
    """A request about one connection: the element that holds it, and what is done."""

    element: str
    do: Callable[[Exchange, str, str, Node], object]


def _number(node: Node, name: str) -> str:
    number = number_at(node.find(name))
    if number is None:
        raise invalid("invalidDestination")
    return number


_ONE: Final[Mapping[str, _AboutOne]] = MappingProxyType(
    {
        "AnswerCall": _AboutOne("callToBeAnswered", lambda at, device, call, _: at.answer(device, call)),
        "HoldCall": _AboutOne("callToBeHeld", lambda at, device, call, _: at.hold(device, call)),
        "RetrieveCall": _AboutOne("callToBeRetrieved", lambda at, device, call, _: at.retrieve(device, call)),
        "ClearConnection": _AboutOne("connectionToBeCleared", lambda at, device, call, _: at.clear(device, call)),
        "DeflectCall": _AboutOne(
            "callToBeDiverted",
            lambda at, device, call, node: at.deflect(device, call, _number(node, "newDestination")),
        ),
        "GenerateDigits": _AboutOne(
            "connectionToSendDigits",
            lambda at, device, call, node: at.send_digits(device, call, node.value("charactersToSend") or ""),
        ),
        "SingleStepTransferCall": _AboutOne(
            "activeCall",
            lambda at, device, call, node: at.transfer_single(device, call, _number(node, "transferredTo")),
        ),
        "SingleStepConferenceCall": _AboutOne(
            "activeCall",
            lambda at, device, call, node: at.conference_single(device, call, _number(node, "deviceToJoin")),
        ),
    }
)

_TWO: Final = ("AlternateCall", "ReconnectCall", "TransferCall", "ConferenceCall")


def refused(refusal: SwitchRefusal) -> Reply:
    return Reply(group("CSTAErrorCode", leaf(refusal.category, refusal.value)))


def linkage(ucid: str) -> Node:
    """The id by which a call is known everywhere."""
    link = group("globalCallLinkageID", leaf("globallyUniqueCallLinkageID", ucid))
    return group("callLinkageData", group("globalCallData", link))


def _snapshot(name: str, *infos: Node) -> Reply:
    return Reply(group(name, group("crossRefIDorSnapshotData", group("snapshotData", *infos))))


def _party(name: str, device: str, switch: str) -> Node:
    return group(name, device_node("deviceIdentifier", device_id(device, switch)))


def _seconds(node: Node, name: str) -> float:
    text = node.value(name) or ""
    return float(text) if text.isascii() and text.isdigit() and len(text) < 10 else 60.0


def _whole(seconds: float) -> int:
    return max(1, int(seconds))
