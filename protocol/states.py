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


# Interactions and conversations


class InteractionState(enum.StrEnum):
    """ALERTING: offered. DIALING: dialled by the agent. STARTED: under way. ENDED: wrap-up is due."""

    ALERTING = "ALERTING"
    DIALING = "DIALING"
    STARTED = "STARTED"
    ENDED = "ENDED"
    COMPLETED = "COMPLETED"


class ConversationState(enum.StrEnum):
    """The CSTA connection state of one leg, as the agent's phone has it."""

    ALERTING = "ALERTING"
    DIALING = "DIALING"
    CONNECTED = "CONNECTED"
    HELD = "HELD"
    ENDED = "ENDED"


class ConversationType(enum.StrEnum):
    """The leg to the contact, or the leg to a colleague who is asked meanwhile."""

    PRIMARY = "PRIMARY"
    CONSULT = "CONSULT"


class Direction(enum.StrEnum):
    """Who began it, seen from the agent."""

    INBOUND = "INBOUND"
    OUTBOUND = "OUTBOUND"


class RecordingState(enum.StrEnum):
    STOPPED = "STOPPED"
    RECORDING = "RECORDING"
    PAUSED = "PAUSED"


class EndCause(enum.StrEnum):
    """Why an interaction ended for the agent. Every end has exactly one cause.

    RELEASED: by the agent. REMOTE: by the contact, after it had started. TRANSFERRED: the contact went on to somebody
    else. REJECTED: by the agent, unanswered. ABANDONED: by the contact, unanswered. NOANSWER: nobody answered in time.
    BUSY: the dialled party was. FAILED: anything else.
    """

    RELEASED = "RELEASED"
    REMOTE = "REMOTE"
    TRANSFERRED = "TRANSFERRED"
    REJECTED = "REJECTED"
    ABANDONED = "ABANDONED"
    NOANSWER = "NOANSWER"
    BUSY = "BUSY"
    FAILED = "FAILED"


class PartyRole(enum.StrEnum):
    """Who a party of a media interaction is. SYSTEM speaks for the platform itself."""

    CUSTOMER = "CUSTOMER"
    AGENT = "AGENT"
    SUPERVISOR = "SUPERVISOR"
    SYSTEM = "SYSTEM"


class Ability(enum.StrEnum):
    """What the customer's side of a chat can do."""

    FILE = "file"
    URL = "url"
    FORM = "form"
    SCREENSHOT = "screenshot"
    SIGNAL = "signal"
