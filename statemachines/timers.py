"""Timers of interactions: of wrap-ups that no platform ends by itself, and of what it seems to have forgotten.

Who calls this knows the time; here it is only counted.
"""

from collections.abc import Iterator
from math import inf
from typing import Final

from protocol.states import InteractionState, SessionState
from statemachines.contact import Interaction
from statemachines.world import Session

WRAPUP_LEAST_S: Final = 1.0
"""However short the platform says: one that does not complete it is asked again no more often."""
FORGOTTEN_AFTER_S: Final = 1.0
"""How long the platform may take to tell of the end of an interaction that it knows no longer."""


def set_timers(session: Session, now: float) -> float:
    """Begin those that have become due to run. Returns when the first of all that run is over, infinity for none."""
    found = False
    for interaction in session.all_interactions():
        found = True
        waits = interaction.state is InteractionState.ENDED and interaction.wrapup_s is not None
        if waits and interaction.complete_at is None:
            interaction.complete_at = now + max(interaction.wrapup_s or 0.0, WRAPUP_LEAST_S)
        if interaction.doubted and interaction.forget_at is None:
            interaction.forget_at = now + FORGOTTEN_AFTER_S
    return first_timer(session) if found else inf


def first_timer(session: Session) -> float:
    """When the first is over; infinity where none runs."""
    return min((at for at, _ in timers(session)), default=inf)


def timers(session: Session) -> Iterator[tuple[float, Interaction]]:
    """Those that run: when, and for which interaction; with `forget_at` it is forgotten, else its wrap-up is over."""
    if session.state is not SessionState.INITIALIZED:
        return
    for interaction in session.all_interactions():
        if interaction.forget_at is not None:
            yield interaction.forget_at, interaction
        elif interaction.complete_at is not None and interaction.state is InteractionState.ENDED:
            yield interaction.complete_at, interaction
