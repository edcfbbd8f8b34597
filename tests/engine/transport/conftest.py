"""The sessions' world, for connections to talk to."""

from tests.engine.sessions.conftest import settings, world

__all__ = ["settings", "world"]
