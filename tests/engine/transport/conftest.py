"""The sessions' world, for connections to talk to."""

from tests.engine.sessions.conftest import settings, traces, world

__all__ = ["settings", "traces", "world"]
