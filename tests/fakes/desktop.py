"""A desktop that remembers what it was sent."""

import json
from typing import Any

import attrs

from protocol.ids import SessionId


@attrs.define(eq=False)
class FakeDesktop:
    """Stands in for a connection."""

    texts: list[bytes] = attrs.field(factory=list)
    released: list[SessionId] = attrs.field(factory=list)

    def deliver(self, text: bytes) -> None:
        self.texts.append(text)

    def release(self, session: SessionId) -> None:
        self.released.append(session)

    def take(self) -> list[dict[str, Any]]:
        """The messages since the last take."""
        texts, self.texts = self.texts, []
        return [json.loads(text) for text in texts]
