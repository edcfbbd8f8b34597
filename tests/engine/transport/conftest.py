"""The sessions' world, for connections to talk to."""

from tests.engine.sessions.conftest import adapter, parts, settings, traces, world

__all__ = ["adapter", "parts", "settings", "traces", "world"]
