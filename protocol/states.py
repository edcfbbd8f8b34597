"""The state values that travel on the wire, always upper case.

Which state may follow which stands in `statemachines`; here are only the words.
Source: specs/protocol.md, "States".
"""

import enum


class SessionState(enum.StrEnum):
    PREPARED = "PREPARED"
    INITIALIZING = "INITIALIZING"
    INITIALIZED = "INITIALIZED"
    LOGGINGOUT = "LOGGINGOUT"
    DISPOSED = "DISPOSED"


class ChannelGroupState(enum.StrEnum):
    INITIALIZING = "INITIALIZING"
    INITIALIZED = "INITIALIZED"
    DISPOSED = "DISPOSED"


class LoginState(enum.StrEnum):
    """Is the agent logged in at the endpoint? UNAVAILABLE: another agent holds it."""

    INACTIVE = "INACTIVE"
    ACTIVE = "ACTIVE"
    UNAVAILABLE = "UNAVAILABLE"


class AgentState(enum.StrEnum):
    """The ACD state of an ACTIVE channel. WORK is after-call work (wrap-up)."""

    NOTREADY = "NOTREADY"
    READY = "READY"
    WORK = "WORK"


class ChannelType(enum.StrEnum):
    TELEPHONY = "TELEPHONY"
    CHAT = "CHAT"
    EMAIL = "EMAIL"
    CALLBACK = "CALLBACK"


class DisposalCause(enum.StrEnum):
    """Why a session ended without the agent asking for it."""

    TAKEOVER = "TAKEOVER"
    PLATFORM_LOST = "PLATFORM_LOST"
    EXPIRED = "EXPIRED"
    SUPERVISOR = "SUPERVISOR"
    INTERNAL_ERROR = "INTERNAL_ERROR"


CONNECTION_LOST = "CONNECTION_LOST"
"""The not-ready reason that the processor itself sets when a desktop stays away."""
