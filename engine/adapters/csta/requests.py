"""The requests of the adapter, each a value that can be written. One function a request, its name that of the service.

Devices are given by their ids, as `GetDeviceId` gave them.
"""

from collections.abc import Sequence
from typing import Final

import attrs

from engine.adapters.csta.framing import MOST_XML_BYTES
from engine.adapters.csta.words import SESSION, connection_node, device_node, group, leaf
from engine.adapters.csta.xml import AVAYA, Node, Unsendable, serialize

CSTA_SPACE: Final = ""
"""The namespace that the session has agreed on."""

CALL_EVENTS: Final = (
    "conferenced",
    "connectionCleared",
    "delivered",
    "diverted",
    "established",
    "failed",
    "held",
    "networkReached",
    "originated",
    "queued",
    "retrieved",
    "serviceInitiated",
    "transferred",
)
AGENT_EVENTS: Final = (
    "agentBusy",
    "agentLoggedOff",
    "agentLoggedOn",
    "agentNotReady",
    "agentReady",
    "agentWorkingAfterCall",
)


@attrs.frozen
class Request:
    """`root` is the message, in `space`. It may hold a password: it is never logged."""

    root: Node = attrs.field(repr=False)
    space: str = CSTA_SPACE

    @property
    def name(self) -> str:
        return self.root.name

    def encode(self, protocol: str) -> bytes:
        """`protocol` is the namespace of this session's CSTA. Raises Unsendable."""
        xml = serialize(self.root, self.space or protocol)
        if len(xml) > MOST_XML_BYTES:
            raise Unsendable(f"{self.name} is longer than a frame can be")
        return xml


# Sessions


def start_application_session(
    user: str, password: str, protocols: Sequence[str], *, duration_s: int, cleanup_s: int, previous: str | None
) -> Request:
    login = group(
        "acx:SessionLoginInfo",
        leaf("acx:userName", user),
        leaf("acx:password", password),
        leaf("acx:sessionCleanupDelay", cleanup_s),
        leaf("acx:sessionID", previous) if previous else None,
    )
    login = attrs.evolve(login, attributes={"xsi:type": "acx:SessionLoginInfo"})
    info = group("applicationInfo", leaf("applicationID", "ixp"), group("applicationSpecificInfo", login))
    versions = group("requestedProtocolVersions", *(leaf("protocolVersion", each) for each in protocols))
    return Request(
        group("StartApplicationSession", info, versions, leaf("requestedSessionDuration", duration_s)), SESSION
    )


def reset_application_session_timer(session: str, duration_s: int) -> Request:
    return Request(
        group(
            "ResetApplicationSessionTimer",
            leaf("sessionID", session),
            leaf("requestedSessionDuration", duration_s),
        ),
        SESSION,
    )


def stop_application_session(session: str) -> Request:
    reason = group("sessionEndReason", leaf("definedEndReason", "normal"))
    return Request(group("StopApplicationSession", leaf("sessionID", session), reason), SESSION)


def transfer_monitor_objects(old: str, new: str) -> Request:
    return Request(group("TransferMonitorObjects", leaf("fromSessionID", old), leaf("toSessionID", new)))


# Devices


def get_device_id(switch: str, extension: str) -> Request:
    return Request(
        group(
            "GetDeviceId",
            leaf("switchName", switch),
            leaf("extension", extension),
            leaf("controllableByOtherSessions", "true"),
        ),
        AVAYA,
    )


def release_device_id(device: str) -> Request:
    return Request(group("ReleaseDeviceId", device_node("device", device)), AVAYA)


def monitor_start(device: str) -> Request:
    """All events of calls and agents are asked for. AES reads such a filter the wrong way round unless it is told."""
    wanted = group(
        "requestedMonitorFilter",
        group("callcontrol", *(leaf(name, "true") for name in CALL_EVENTS)),
        group("logicalDeviceFeature", *(leaf(name, "true") for name in AGENT_EVENTS)),
    )
    inverted = group("private", group("acx:AvayaEvents", leaf("acx:invertFilter", "true")))
    return Request(
        group(
            "MonitorStart",
            group("monitorObject", device_node("deviceObject", device)),
            wanted,
            group("extensions", group("privateData", inverted)),
        )
    )


def monitor_stop(monitor: str) -> Request:
    return Request(group("MonitorStop", leaf("monitorCrossRefID", monitor)))


def snapshot_device(device: str) -> Request:
    return Request(group("SnapshotDevice", device_node("snapshotObject", device)))


def snapshot_call(call: str, device: str) -> Request:
    return Request(group("SnapshotCall", connection_node("snapshotObject", call, device)))


# Agents


def get_agent_state(device: str) -> Request:
    return Request(group("GetAgentState", device_node("device", device)))


def set_agent_state(
    device: str,
    state: str,
    *,
    login: str | None = None,
    password: str | None = None,
    skill: str | None = None,
    reason: str | None = None,
) -> Request:
    """A reason has no place in the standard: it goes where AES looks for it, with leave to wait for a call's end."""
    private = group(
        "acx:SetAgentStatePrivateData",
        leaf("acx:reasonCode", reason) if reason else None,
        leaf("acx:enablePending", "true"),
    )
    return Request(
        group(
            "SetAgentState",
            device_node("device", device),
            leaf("requestedAgentState", state),
            leaf("agentID", login) if login else None,
            leaf("password", password) if password else None,
            device_node("group", skill) if skill else None,
            group("extensions", group("privateData", group("private", private))),
        )
    )


# Calls


def make_call(device: str, number: str, user_data: str | None = None) -> Request:
    return Request(
        group(
            "MakeCall",
            device_node("callingDevice", device),
            device_node("calledDirectoryNumber", number),
            group("userData", leaf("string", user_data)) if user_data else None,
        )
    )


def _about(service: str, element: str, call: str, device: str, *more: Node) -> Request:
    return Request(group(service, connection_node(element, call, device), *more))


def _about_two(service: str, held: str, active: str, device: str) -> Request:
    return Request(
        group(service, connection_node("heldCall", held, device), connection_node("activeCall", active, device))
    )


def answer_call(call: str, device: str) -> Request:
    return _about("AnswerCall", "callToBeAnswered", call, device)


def hold_call(call: str, device: str) -> Request:
    return _about("HoldCall", "callToBeHeld", call, device)


def retrieve_call(call: str, device: str) -> Request:
    return _about("RetrieveCall", "callToBeRetrieved", call, device)


def clear_connection(call: str, device: str) -> Request:
    return _about("ClearConnection", "connectionToBeCleared", call, device)


def deflect_call(call: str, device: str, number: str) -> Request:
    return _about("DeflectCall", "callToBeDiverted", call, device, device_node("newDestination", number))


def generate_digits(call: str, device: str, digits: str) -> Request:
    return _about("GenerateDigits", "connectionToSendDigits", call, device, leaf("charactersToSend", digits))


def consultation_call(call: str, device: str, number: str) -> Request:
    return _about("ConsultationCall", "existingCall", call, device, device_node("consultedDevice", number))


def single_step_transfer_call(call: str, device: str, number: str) -> Request:
    return _about("SingleStepTransferCall", "activeCall", call, device, device_node("transferredTo", number))


def single_step_conference_call(call: str, device: str, number: str) -> Request:
    return _about(
        "SingleStepConferenceCall",
        "activeCall",
        call,
        device,
        device_node("deviceToJoin", number),
        leaf("participationType", "active"),
    )


def alternate_call(held: str, active: str, device: str) -> Request:
    return _about_two("AlternateCall", held, active, device)


def reconnect_call(held: str, active: str, device: str) -> Request:
    return _about_two("ReconnectCall", held, active, device)


def transfer_call(held: str, active: str, device: str) -> Request:
    return _about_two("TransferCall", held, active, device)


def conference_call(held: str, active: str, device: str) -> Request:
    return _about_two("ConferenceCall", held, active, device)
