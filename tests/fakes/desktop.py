"""A desktop that remembers what it was sent."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import attrs
import trio

from protocol.ids import SessionId
from protocol.results import BindOutcome


@attrs.define(eq=False)
class FakeDesktop:
    """Stands in for a connection."""

    nursery: trio.Nursery
    texts: list[bytes] = attrs.field(factory=list)
    released: list[SessionId] = attrs.field(factory=list)
    taken_over: list[tuple[SessionId, BindOutcome]] = attrs.field(factory=list)
    cuts: list[str] = attrs.field(factory=list)

    def deliver(self, text: bytes) -> None:
        self.texts.append(text)

    def release(self, session: SessionId) -> None:
        self.released.append(session)

    def took_over(self, session: SessionId, agent: str, outcome: BindOutcome) -> None:
        self.taken_over.append((session, outcome))

    def when_written(self, tell: Callable[[], None]) -> None:
        tell()

    async def wait_for_room(self, size: int) -> None:
        await trio.lowlevel.checkpoint()

    def feed(self, task: Callable[[], Awaitable[None]]) -> None:
        self.nursery.start_soon(task)

    def cut(self, why: str) -> None:
        self.cuts.append(why)

    def take(self) -> list[dict[str, Any]]:
        """The messages since the last take."""
        texts, self.texts = self.texts, []
        return [json.loads(text) for text in texts]
