"""From what was kept of a session to its core: a picture, and the inputs since, which must say again what was said."""

from collections.abc import Iterator
from typing import Any

import attrs
import msgspec
from msgspec import msgpack

from engine.journal.spi import JournalError, Step, Stored
from engine.observe.tracebacks import in_short
from protocol.wire import encode
from statemachines.core import SessionCore
from statemachines.effects import Input, Send
from statemachines.record import unpack


class ReplayDiffers(Exception):
    """The present rules make something else of the inputs than was said at the time: there is no way to go on."""


def words_of(error: JournalError | ReplayDiffers) -> str:
    """For the log. What cannot be replayed quotes what was in it, which people wrote."""
    return str(error) if isinstance(error, JournalError) else in_short(error)


@attrs.frozen(kw_only=True)
class Replayed:
    """One step, replayed. `said` are the messages of now; those of then are in the step."""

    step: Step
    said: tuple[bytes, ...]

    @property
    def same(self) -> bool:
        kept = tuple(record.text for record in self.step.records)
        return self.said == kept or [_untraced(text) for text in self.said] == [_untraced(text) for text in kept]


def _untraced(text: bytes) -> Any:
    """The message without the stack trace that a failure carries in debug: that is of the code, not of the session."""
    message = msgspec.json.decode(text)
    if "failure" in message:
        message["failure"].pop("context", None)
    return message


def core_of(stored: Stored) -> SessionCore:
    """The core as the picture has it. Raises ReplayDiffers when the present rules cannot read it."""
    try:
        return SessionCore.restored(msgpack.decode(stored.picture), stored.answered)
    except (KeyError, TypeError, ValueError) as error:
        raise ReplayDiffers(f"session {stored.session}: its picture cannot be read: {error}") from error


def decoded(step: Step) -> Input:
    """The input of a step. Raises ValueError when the present code knows none like it."""
    return unpack(msgpack.decode(step.given))


def replay(core: SessionCore, steps: tuple[Step, ...]) -> Iterator[Replayed]:
    """Give the core the inputs of the steps, one after the other. Raises ReplayDiffers for one that cannot be read."""
    for number, step in enumerate(steps, 1):
        try:
            effects = core.handle(decoded(step), now=step.at)
        except Exception as error:  # whatever the rules of now make of an input of then
            raise ReplayDiffers(f"step {number} behind the picture: {type(error).__name__}: {error}") from error
        said = tuple(
            encode(effect.message, seq=effect.seq, context=effect.context)
            for effect in effects
            if isinstance(effect, Send)
        )
        yield Replayed(step=step, said=said)


def rebuild(stored: Stored) -> tuple[SessionCore, float]:
    """The core, and the session's time. Raises ReplayDiffers."""
    core = core_of(stored)
    at = stored.at
    for number, replayed in enumerate(replay(core, stored.steps), 1):
        if not replayed.same:
            raise ReplayDiffers(
                f"session {stored.session}: step {number} behind the picture says something else than it did"
            )
        at = replayed.step.at
    return core, at
