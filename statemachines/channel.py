"""The two lives of a channel: is the agent logged in there, and what is its ACD state while so.

Source: specs/protocol.md, "States".
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from protocol.states import AgentState, LoginState
from statemachines.table import Row, build

_L, _A = LoginState, AgentState

LOGIN: Final = build(
    "channel loginstate",
    _L.INACTIVE,
    (
        Row("activate", _L.INACTIVE, _L.ACTIVE),
        Row("deactivate", _L.ACTIVE, _L.INACTIVE),
        # Another agent logs in at the endpoint, or leaves it.
        Row("taken", _L.INACTIVE, _L.UNAVAILABLE),
        Row("taken", _L.ACTIVE, _L.UNAVAILABLE),
        Row("freed", _L.UNAVAILABLE, _L.INACTIVE),
    ),
    attribute="loginstate",
)

AGENT: Final = build(
    "channel agentstate",
    _A.NOTREADY,
    (
        *(Row("ready", state, _A.READY) for state in _A),
        *(Row("notready", state, _A.NOTREADY) for state in _A),
        *(Row("work", state, _A.WORK) for state in _A),
    ),
    attribute="agentstate",
)

LOGIN_ROUTES: Final[Mapping[tuple[LoginState, LoginState], tuple[str, ...]]] = MappingProxyType(
    {
        (_L.INACTIVE, _L.INACTIVE): (),
        (_L.INACTIVE, _L.ACTIVE): ("activate",),
        (_L.INACTIVE, _L.UNAVAILABLE): ("taken",),
        (_L.ACTIVE, _L.INACTIVE): ("deactivate",),
        (_L.ACTIVE, _L.ACTIVE): (),
        (_L.ACTIVE, _L.UNAVAILABLE): ("taken",),
        (_L.UNAVAILABLE, _L.INACTIVE): ("freed",),
        (_L.UNAVAILABLE, _L.ACTIVE): ("freed", "activate"),
        (_L.UNAVAILABLE, _L.UNAVAILABLE): (),
    }
)
"""How to get from the state we know to the state that the platform reports: a platform may skip a step."""

AGENT_TRIGGERS: Final[Mapping[AgentState, str]] = MappingProxyType(
    {_A.READY: "ready", _A.NOTREADY: "notready", _A.WORK: "work"}
)
"""The trigger that leads to each agent state."""
