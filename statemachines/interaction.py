"""The life of an interaction. Source: specs/protocol.md, "States"."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from protocol.states import InteractionState
from statemachines.table import Row, build

_S = InteractionState

INTERACTION: Final = build(
    "interaction",
    _S.ALERTING,
    (
        Row("started", _S.ALERTING, _S.STARTED),
        Row("started", _S.DIALING, _S.STARTED),
        # Abandoned, rejected, busy, not answered, released, transferred, or hung up by the far end.
        *(Row("ended", state, _S.ENDED) for state in (_S.ALERTING, _S.DIALING, _S.STARTED)),
        # By interaction.complete or the wrap-up timer; at once where no wrap-up is due.
        Row("completed", _S.ENDED, _S.COMPLETED),
    ),
    also_initial=(_S.DIALING,),
    final=(_S.COMPLETED,),
)

BEGINNINGS: Final[Mapping[InteractionState, tuple[InteractionState, tuple[str, ...]]]] = MappingProxyType(
    {
        _S.ALERTING: (_S.ALERTING, ()),
        _S.DIALING: (_S.DIALING, ()),
        _S.STARTED: (_S.ALERTING, ("started",)),
        _S.ENDED: (_S.ALERTING, ("ended",)),
    }
)
"""Where one that is new to the session begins, and how it gets from there to the state that is reported."""

ROUTES: Final[Mapping[tuple[InteractionState, InteractionState], tuple[str, ...]]] = MappingProxyType(
    {
        (_S.ALERTING, _S.ALERTING): (),
        (_S.ALERTING, _S.STARTED): ("started",),
        (_S.ALERTING, _S.ENDED): ("ended",),
        (_S.ALERTING, _S.COMPLETED): ("ended", "completed"),
        (_S.DIALING, _S.DIALING): (),
        (_S.DIALING, _S.STARTED): ("started",),
        (_S.DIALING, _S.ENDED): ("ended",),
        (_S.DIALING, _S.COMPLETED): ("ended", "completed"),
        (_S.STARTED, _S.STARTED): (),
        (_S.STARTED, _S.ENDED): ("ended",),
        (_S.STARTED, _S.COMPLETED): ("ended", "completed"),
        (_S.ENDED, _S.ENDED): (),
        (_S.ENDED, _S.COMPLETED): ("completed",),
    }
)
"""From the state that we know to the one that is reported; a platform may skip a step, and cannot go back."""
