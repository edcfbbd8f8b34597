"""What the switch's negative answers become: one table from CSTA's error values to failure codes."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import attrs

from engine.adapters.csta.xml import Node
from protocol.errors import FailureCode, Refused

ERROR: Final = "CSTAErrorCode"
NEGATIVE: Final = "NegResponse"
"""How the names of negative answers about sessions end."""

_MOST_TOLD_CHARS: Final = 80

_C: Final = FailureCode

CODES: Final[Mapping[str, tuple[FailureCode, str]]] = MappingProxyType(
    {
        # operation
        "invalidDestination": (_C.INVALID_DESTINATION, "dial another number"),
        "invalidDestinationDeviceObject": (_C.INVALID_DESTINATION, "dial another number"),
        "invalidCalledDeviceID": (_C.INVALID_DESTINATION, "dial another number"),
        "invalidDeviceID": (_C.CHANNEL_UNAVAILABLE, "choose another endpoint, or have it set up at the switch"),
        "invalidCallingDeviceID": (_C.CHANNEL_UNAVAILABLE, "choose another endpoint, or have it set up at the switch"),
        "invalidConnectionID": (_C.INVALID_STATE, "the call has changed meanwhile; look at the latest events"),
        "invalidCallID": (_C.INVALID_STATE, "the call has changed meanwhile; look at the latest events"),
        "invalidActiveCallID": (_C.INVALID_STATE, "the call has changed meanwhile; look at the latest events"),
        "invalidHeldCallID": (_C.INVALID_STATE, "the call has changed meanwhile; look at the latest events"),
        "invalidAgentState": (_C.INVALID_STATE, "look at the channel's latest state"),
        "invalidAgentID": (_C.AUTH_FAILED, "check login and password of this agent in [[adapters.settings.agents]]"),
        "invalidPassword": (_C.AUTH_FAILED, "check login and password of this agent in [[adapters.settings.agents]]"),
        "invalidAgentGroup": (_C.PLATFORM_ERROR, "check acd_group of this agent in [[adapters.settings.agents]]"),
        "invalidFeature": (_C.UNSUPPORTED, "do without it on this switch"),
        "featureAlreadySet": (_C.INVALID_STATE, "look at the channel's latest state"),
        "serviceNotSupported": (_C.UNSUPPORTED, "do without it on this switch"),
        "privilegeViolationOnSpecifiedDevice": (_C.CHANNEL_UNAVAILABLE, "have the CTI user allowed to control it"),
        "privilegeViolationOnCalledDevice": (_C.INVALID_DESTINATION, "dial another number"),
        "privilegeViolationOnCallingDevice": (_C.CHANNEL_UNAVAILABLE, "have the CTI user allowed to control it"),
        # stateIncompatibility
        "invalidObjectState": (_C.INVALID_STATE, "look at the latest events"),
        "invalidConnectionState": (_C.INVALID_STATE, "look at the latest events"),
        "noActiveCall": (_C.INVALID_STATE, "look at the latest events"),
        "noHeldCall": (_C.INVALID_STATE, "look at the latest events"),
        "noCallToClear": (_C.INVALID_STATE, "look at the latest events"),
        "noConnectionToClear": (_C.INVALID_STATE, "look at the latest events"),
        "noCallToAnswer": (_C.INVALID_STATE, "look at the latest events"),
        "noCallToComplete": (_C.INVALID_STATE, "look at the latest events"),
        "agentAlreadyLoggedOn": (_C.CHANNEL_UNAVAILABLE, "log out at the other phone first"),
        # systemResourceAvailability
        "resourceBusy": (_C.DESTINATION_BUSY, "try again later"),
        "deviceBusy": (_C.DESTINATION_BUSY, "try again later"),
        "networkBusy": (_C.DESTINATION_BUSY, "try again later"),
        "resourceOutOfService": (_C.PLATFORM_UNAVAILABLE, "try again when it is back in service"),
        "serviceBusy": (_C.PLATFORM_UNAVAILABLE, "try again in a moment"),
        "internalResourceOutOfService": (_C.PLATFORM_UNAVAILABLE, "try again when it is back in service"),
    }
)
"""By CSTA's error value: the failure code, and what to do. All others are PLATFORM_ERROR."""


@attrs.frozen
class SwitchError:
    """A negative answer: the category of the error, and its value."""

    category: str
    value: str

    def __str__(self) -> str:
        return f"{self.category}/{self.value}"[:_MOST_TOLD_CHARS]

    def refusal(self, what: str) -> Refused:
        """`what` was asked of the switch."""
        code, remedy = CODES.get(self.value, (_C.PLATFORM_ERROR, "try again; then ask the switch's administrator"))
        return Refused(code, f"the switch refuses {what} ({self}); {remedy}")


def error_of(reply: Node) -> SwitchError | None:
    """The error in a negative answer; None for a positive one."""
    if reply.name == ERROR:
        for category in reply.children:
            return SwitchError(category.name, category.text.strip() or "generic")
        return SwitchError("unspecified", reply.text.strip() or "generic")
    if reply.name.endswith(NEGATIVE):
        error = reply.find("errorCode")
        for kind in error.children if error is not None else ():
            return SwitchError(kind.name, kind.text.strip() or "generic")
        return SwitchError("unspecified", "generic")
    return None
