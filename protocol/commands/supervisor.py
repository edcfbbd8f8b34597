"""The data of the supervisor commands. Source: specs/supervision.md, "Commands"."""

from typing import Annotated

import attrs
import msgspec

from protocol.commands.parts import CommandData, ObjectRef, Reason
from protocol.ids import END
from protocol.states import AgentState
from protocol.texts import Name, Secret

Why = Annotated[str, msgspec.Meta(min_length=1, max_length=256, description="text of 1 to 256 characters")]
"""What a supervisor tells the agent of the reason for an order."""

_ORDERED = (AgentState.NOTREADY.value, AgentState.READY.value)

OrderedState = Annotated[
    str,
    msgspec.Meta(
        pattern=f"^(?:{'|'.join(_ORDERED)}){END}", description=f"one of {', '.join(_ORDERED)}", examples=list(_ORDERED)
    ),
]
"""An agent state that somebody else may choose for an agent; `AgentState(word)` is its value."""


@attrs.frozen(kw_only=True)
class SupervisorCredentials:
    id: Name
    password: Secret = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class SupervisorLogin(CommandData):
    supervisor: SupervisorCredentials


@attrs.frozen(kw_only=True)
class ListSessions(CommandData):
    """`after`: the agent id of the last session that was listed, to be told of those behind it."""

    after: Name | None = None


@attrs.frozen(kw_only=True)
class OrderAgentState(CommandData):
    """`reason` goes with NOTREADY alone. `why` is told to the agent."""

    channel: ObjectRef
    agentstate: OrderedState
    reason: Reason | None = None
    why: Why

    def __attrs_post_init__(self) -> None:
        if self.reason is not None and self.agentstate != AgentState.NOTREADY:
            raise ValueError("reason goes with NOTREADY alone; leave it out")


@attrs.frozen(kw_only=True)
class OrderLogout(CommandData):
    """`reason` is a code of the platform's logout reasons. `why` is told to the agent."""

    why: Why
    reason: Reason | None = None


Order = OrderAgentState | OrderLogout
"""What a supervisor may have done to a session."""
