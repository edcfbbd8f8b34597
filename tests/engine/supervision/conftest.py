"""The sessions' world, for supervisors to look at."""

from tests.engine.sessions.conftest import settings, world

__all__ = ["settings", "world"]
