"""A server that, after a restart, does not know what it was asking the platform, though it had kept it."""

import attrs

from engine.journal.rebuild import rebuild
from engine.journal.spi import Stored
from engine.sessions import registry
from statemachines.core import SessionCore
from tests.faults import serve


def without_the_last(stored: Stored) -> tuple[SessionCore, float]:
    core, at = rebuild(stored)
    return rebuild(attrs.evolve(stored, steps=stored.steps[:-1])) if core.busy else (core, at)


if __name__ == "__main__":
    registry.rebuild = without_the_last  # type: ignore[attr-defined] # that is the defect
    serve.main()
