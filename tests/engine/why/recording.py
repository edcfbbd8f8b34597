"""The steps of sessions, recorded while the floor drives their cores, and what the cores told them of."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import attrs
import msgspec

from engine.why import Change, Step, why
from protocol.wire import encode
from statemachines.core import SessionCore
from statemachines.effects import Effect, Input, Send
from statemachines.outbox import Outbox
from statemachines.sequences import Happening, What

EPOCH_MS = 1_800_000_000_000


@attrs.define
class Recorder:
    """What each session's core was given and said, by the session's id."""

    steps: dict[str, list[Step]] = attrs.field(factory=dict)
    happenings: dict[tuple[str, int], What] = attrs.field(factory=dict)
    """What each event tells, by the session's id and the event's seq."""
    replays: bool = False

    def around(self, handle: Callable[..., tuple[Effect, ...]]) -> Callable[..., tuple[Effect, ...]]:
        def recorded(core: SessionCore, given: Input, *, now: float) -> tuple[Effect, ...]:
            effects = handle(core, given, now=now)
            if self.replays:
                return effects
            messages = tuple(decoded(effect) for effect in effects if isinstance(effect, Send))
            steps = self.steps.setdefault(core.session.id, [])
            number, at_ms = len(steps) + 1, EPOCH_MS + round(now * 1000)
            steps.append(Step(number=number, at_ms=at_ms, given=given, messages=messages))
            return effects

        return recorded

    def around_replay(self, rebuilt: Callable[[Any], SessionCore]) -> Callable[[Any], SessionCore]:
        """What is replayed has been recorded."""

        def unrecorded(seat: Any) -> SessionCore:
            self.replays = True
            core = rebuilt(seat)
            self.replays = False
            return core

        return unrecorded

    def around_telling(self, tell: Callable[..., Iterator[Send]]) -> Callable[..., Iterator[Send]]:
        def noted(box: Outbox, happenings: Iterable[Happening], *args: Any, **kwargs: Any) -> Iterator[Send]:
            for happening in happenings:
                for sent in tell(box, (happening,), *args, **kwargs):
                    self.happenings[box.session.id, sent.seq] = happening.what
                    yield sent

        return noted

    def changes(self, session: str) -> list[Change]:
        """All changes of all objects of the session."""
        steps = self.steps[session]
        targets = dict.fromkeys(m["target"] for step in steps for m in step.messages if "name" in m)
        return [change for target in targets for change in why(steps, target, last=1000).changes]

    def told_by(self, session: str, change: Change) -> What | None:
        """The happening that the core told when it told this change; None where it was told by a response, or not."""
        return None if change.seq is None else self.happenings.get((session, change.seq))


def decoded(sent: Send) -> dict[str, Any]:
    message: dict[str, Any] = msgspec.json.decode(encode(sent.message, seq=sent.seq))
    return message
