"""What the data of events is made of: the base, and the parts that several events share."""

import enum

import attrs

from protocol.states import AgentState, LoginState, RecordingState


@attrs.frozen(kw_only=True)
class EventData:
    """Base of all event data."""


@attrs.frozen(kw_only=True)
class ReasonInfo:
    code: str


@attrs.frozen(kw_only=True)
class IdInfo:
    id: str


@attrs.frozen(kw_only=True)
class CodeInfo:
    """A reason or disposition code, as the platform lists it."""

    code: str
    name: str


class Switch(enum.StrEnum):
    ENABLE = "enable"
    DISABLE = "disable"


@attrs.frozen(kw_only=True)
class CapabilityChange:
    """A command that has become open to the target, or closed."""

    name: str
    type: Switch


@attrs.frozen(kw_only=True)
class StateInfo:
    """The state fields of the object that a state.updated is about; those it does not have are left out."""

    state: str | None = None
    loginstate: LoginState | None = None
    agentstate: AgentState | None = None
    reason: ReasonInfo | None = None
    pendingagentstate: AgentState | None = None
    recording: RecordingState | None = None


StateUpdated = tuple[CapabilityChange, ...]
"""The data of state.updated: what changed since the last one for this target; first, all that is open."""
