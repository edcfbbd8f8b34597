"""The steps of sessions, recorded while the floor drives their cores."""

from collections.abc import Callable
from typing import Any

import attrs
import msgspec

from engine.why import Step
from protocol.wire import encode
from statemachines.core import SessionCore
from statemachines.effects import Effect, Input, Send

EPOCH_MS = 1_800_000_000_000


@attrs.define
class Recorder:
    """What each session's core was given and said, by the session's id."""

    steps: dict[str, list[Step]] = attrs.field(factory=dict)

    def around(self, handle: Callable[..., tuple[Effect, ...]]) -> Callable[..., tuple[Effect, ...]]:
        def recorded(core: SessionCore, given: Input, *, now: float) -> tuple[Effect, ...]:
            effects = handle(core, given, now=now)
            messages = tuple(decoded(effect) for effect in effects if isinstance(effect, Send))
            steps = self.steps.setdefault(core.session.id, [])
            number, at_ms = len(steps) + 1, EPOCH_MS + round(now * 1000)
            steps.append(Step(number=number, at_ms=at_ms, given=given, messages=messages))
            return effects

        return recorded


def decoded(sent: Send) -> dict[str, Any]:
    message: dict[str, Any] = msgspec.json.decode(encode(sent.message, seq=sent.seq))
    return message
