"""The sessions' world, for supervisors to look at."""

from tests.engine.sessions.conftest import settings, traces, world

__all__ = ["settings", "traces", "world"]
