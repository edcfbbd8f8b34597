"""The life of a conversation, one leg of a call. Source: specs/protocol.md, "States"."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from protocol.states import ConversationState
from statemachines.table import Row, build

_S = ConversationState

CONVERSATION: Final = build(
    "conversation",
    _S.ALERTING,
    (
        Row("answered", _S.ALERTING, _S.CONNECTED),
        Row("answered", _S.DIALING, _S.CONNECTED),
        Row("held", _S.CONNECTED, _S.HELD),
        Row("retrieved", _S.HELD, _S.CONNECTED),
        # Released, left by the far end, transferred, or merged into the other leg.
        *(Row("ended", state, _S.ENDED) for state in _S if state is not _S.ENDED),
    ),
    also_initial=(_S.DIALING,),
    final=(_S.ENDED,),
)

BEGINNINGS: Final[Mapping[ConversationState, tuple[ConversationState, tuple[str, ...]]]] = MappingProxyType(
    {
        _S.ALERTING: (_S.ALERTING, ()),
        _S.DIALING: (_S.DIALING, ()),
        _S.CONNECTED: (_S.ALERTING, ("answered",)),
        _S.HELD: (_S.ALERTING, ("answered", "held")),
    }
)
"""Where a leg that is new to the session begins, and how it gets from there to the state that is reported."""

ROUTES: Final[Mapping[tuple[ConversationState, ConversationState], tuple[str, ...]]] = MappingProxyType(
    {
        (_S.ALERTING, _S.ALERTING): (),
        (_S.ALERTING, _S.CONNECTED): ("answered",),
        (_S.ALERTING, _S.HELD): ("answered", "held"),
        (_S.DIALING, _S.DIALING): (),
        (_S.DIALING, _S.CONNECTED): ("answered",),
        (_S.DIALING, _S.HELD): ("answered", "held"),
        (_S.CONNECTED, _S.CONNECTED): (),
        (_S.CONNECTED, _S.HELD): ("held",),
        (_S.HELD, _S.HELD): (),
        (_S.HELD, _S.CONNECTED): ("retrieved",),
    }
)
"""From the state that we know to the one that is reported; a leg that is reported no longer has ended."""
