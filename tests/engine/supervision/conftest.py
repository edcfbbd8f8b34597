"""The sessions' world, for supervisors to look at."""

from tests.engine.sessions.conftest import adapter, parts, settings, traces, world

__all__ = ["adapter", "parts", "settings", "traces", "world"]
