"""Failure codes: one table says what each means, whose fault it is and what becomes of the connection.

The order of the table is the order in which a request is checked: the first hit wins.
Source: specs/protocol.md, "Failure codes".
"""

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import attrs


class FailureCode(enum.StrEnum):
    INVALID_REQUEST = "INVALID_REQUEST"
    UNKNOWN_COMMAND = "UNKNOWN_COMMAND"
    NOT_AUTHENTICATED = "NOT_AUTHENTICATED"
    NOT_BOUND = "NOT_BOUND"
    FORBIDDEN = "FORBIDDEN"
    NOT_STARTED = "NOT_STARTED"
    ALREADY_STARTED = "ALREADY_STARTED"
    INVALID_TARGET = "INVALID_TARGET"
    UNSUPPORTED = "UNSUPPORTED"
    INVALID_STATE = "INVALID_STATE"
    INTERACTION_ACTIVE = "INTERACTION_ACTIVE"
    CHANNEL_UNAVAILABLE = "CHANNEL_UNAVAILABLE"
    CHANNEL_INACTIVE = "CHANNEL_INACTIVE"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    REASON_REQUIRED = "REASON_REQUIRED"
    INVALID_REASON = "INVALID_REASON"
    INVALID_DESTINATION = "INVALID_DESTINATION"
    DESTINATION_BUSY = "DESTINATION_BUSY"
    NO_ANSWER = "NO_ANSWER"
    CONSULT_EXISTS = "CONSULT_EXISTS"
    CONSULT_NOT_CONNECTED = "CONSULT_NOT_CONNECTED"
    AUTH_FAILED = "AUTH_FAILED"
    NOT_ACCEPTING = "NOT_ACCEPTING"
    ALREADY_BOUND = "ALREADY_BOUND"
    PLATFORM_ERROR = "PLATFORM_ERROR"
    PLATFORM_UNAVAILABLE = "PLATFORM_UNAVAILABLE"
    TIMEOUT = "TIMEOUT"
    OVERLOADED = "OVERLOADED"
    INTERNAL_ERROR = "INTERNAL_ERROR"


class Fault(enum.StrEnum):
    """Whose fault a failure is. Only a PLATFORM or SERVER failure is worth the same request again."""

    CLIENT = "client"
    PLATFORM = "platform"
    SERVER = "server"


@attrs.frozen
class Meaning:
    """One row of the table: what the code says, whose fault it is, and what HTTP makes of it."""

    text: str
    remedy: str
    fault: Fault
    http: int
    from_platform: bool = False
    """May an adapter refuse a call with this code?"""


_C, _P, _S = Fault.CLIENT, Fault.PLATFORM, Fault.SERVER

FAILURES: Final[Mapping[FailureCode, Meaning]] = MappingProxyType(
    {
        FailureCode.INVALID_REQUEST: Meaning(
            "The message is no request, or a field is missing or of the wrong type.",
            "Mend the field that the message names.",
            _C,
            400,
        ),
        FailureCode.UNKNOWN_COMMAND: Meaning(
            "No such command exists.", "Look the command up in the list of commands.", _C, 404
        ),
        FailureCode.NOT_AUTHENTICATED: Meaning(
            "The connection has not shown who it is.",
            "Send agent.password with prepareSession, or supervisor.login first.",
            _C,
            401,
        ),
        FailureCode.NOT_BOUND: Meaning(
            "This connection has not bound the session that the target names.",
            "Send bindSession first.",
            _C,
            409,
        ),
        FailureCode.FORBIDDEN: Meaning(
            "The session belongs to somebody else, or is not of the supervisor's team.",
            "Prepare a session of your own, or resume with its resumetoken; a supervisor takes one of supervisor.list.",
            _C,
            403,
        ),
        FailureCode.NOT_STARTED: Meaning("The session has not been started.", "Send session.start first.", _C, 409),
        FailureCode.ALREADY_STARTED: Meaning(
            "The session has been started before.", "Go on: nothing needs to be started.", _C, 409
        ),
        FailureCode.INVALID_TARGET: Meaning(
            "The target, or an id or group name in data, names nothing that the command could act on.",
            "Use the ids of the latest created events.",
            _C,
            404,
            from_platform=True,
        ),
        FailureCode.UNSUPPORTED: Meaning(
            "The CTI platform cannot do this.", "Do without it on this platform.", _C, 501, from_platform=True
        ),
        FailureCode.INVALID_STATE: Meaning(
            "The command is not open in the present state.",
            "Choose among the capabilities that the message lists.",
            _C,
            409,
            from_platform=True,
        ),
        FailureCode.INTERACTION_ACTIVE: Meaning(
            "An interaction is not completed yet.",
            "Complete the interaction, then repeat.",
            _C,
            409,
            from_platform=True,
        ),
        FailureCode.CHANNEL_UNAVAILABLE: Meaning(
            "The endpoint is unknown to the platform, or another agent holds it.",
            "Choose another endpoint, or have it freed.",
            _C,
            409,
            from_platform=True,
        ),
        FailureCode.CHANNEL_INACTIVE: Meaning(
            "The agent is not logged in at the channel.", "Send channel.activate first.", _C, 409, from_platform=True
        ),
        FailureCode.ALREADY_EXISTS: Meaning(
            "The session has this channel or group already.", "Use the one that is there.", _C, 409, from_platform=True
        ),
        FailureCode.REASON_REQUIRED: Meaning(
            "The platform asks for a reason code.",
            "Send reason.code; the platform's list comes with session.request.external…reasons.",
            _C,
            422,
            from_platform=True,
        ),
        FailureCode.INVALID_REASON: Meaning(
            "The platform does not know this reason code.",
            "Take a code from the platform's list.",
            _C,
            422,
            from_platform=True,
        ),
        FailureCode.INVALID_DESTINATION: Meaning(
            "The destination cannot be dialled.", "Correct the number.", _C, 422, from_platform=True
        ),
        FailureCode.DESTINATION_BUSY: Meaning(
            "The destination is busy.", "Try again later.", _P, 409, from_platform=True
        ),
        FailureCode.NO_ANSWER: Meaning(
            "The destination does not answer.", "Try again later.", _P, 409, from_platform=True
        ),
        FailureCode.CONSULT_EXISTS: Meaning(
            "A consult is in the way.", "Finish the consult first.", _C, 409, from_platform=True
        ),
        FailureCode.CONSULT_NOT_CONNECTED: Meaning(
            "The consulted party has not answered.", "Wait for the answer.", _C, 409, from_platform=True
        ),
        FailureCode.AUTH_FAILED: Meaning("Id and password do not match.", "Check both.", _C, 401, from_platform=True),
        FailureCode.NOT_ACCEPTING: Meaning(
            "The server takes no new sessions now.", "Try again later, or on another server.", _S, 503
        ),
        FailureCode.ALREADY_BOUND: Meaning(
            "A connection holds the session.",
            "Unbind it there, or bind with resume and the resumetoken.",
            _C,
            409,
        ),
        FailureCode.PLATFORM_ERROR: Meaning(
            "The CTI platform refused or answered nonsense.",
            "Try again; then ask the platform's administrator.",
            _P,
            502,
            from_platform=True,
        ),
        FailureCode.PLATFORM_UNAVAILABLE: Meaning(
            "The CTI platform cannot be reached.", "Try again when it is back.", _P, 503, from_platform=True
        ),
        FailureCode.TIMEOUT: Meaning(
            "The CTI platform did not answer in time; what it did shows in later events.",
            "Wait for the events, then try again.",
            _P,
            504,
        ),
        FailureCode.OVERLOADED: Meaning(
            "Too many requests at once; this one was not executed.", "Slow down and repeat it.", _S, 429
        ),
        FailureCode.INTERNAL_ERROR: Meaning(
            "The processor has a defect; the session is ended.",
            "Prepare a new session and report the server's log.",
            _S,
            500,
        ),
    }
)

CHECK_ORDER: Final = tuple(FAILURES)
"""The codes in the order in which they are checked; the table has a row for every code."""


class Refused(Exception):
    """A request or a platform call is refused; nothing has been changed.

    `message` tells the peer what was wrong and what to do; it never holds a secret.
    """

    def __init__(self, code: FailureCode, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
