"""What goes into the journal's file and comes out of it: values, and the rows that they are there."""

from typing import Any, Final

import attrs

from engine.journal.digests import digest_of, step_digest
from engine.journal.spi import Opening, Record, Step, Stored
from protocol.ids import SessionId

STEPS: Final = "steps (session, step, at, wall, given, seq, said, said_bytes, answered, digest)"
RESPONSES: Final = "responses (session, requestid, seq, bytes, digest)"
PICTURE: Final = "step, seq, at, picture, digest"
PICTURES: Final = f"pictures (session, {PICTURE})"
STEP: Final = "step, at, wall, CAST(given AS BLOB), seq, CAST(said AS BLOB), said_bytes, answered, digest"
"""What is read of a step."""


@attrs.frozen
class Head:
    """Where a session's steps end, or some of them: the number of the last one and of its last message; and, where that
    is known, what all messages up to there come to, a line each, and how many of them are responses to a requestid."""

    step: int
    seq: int
    said_bytes: int = 0
    answered: int = 0

    def after(self, step: Step) -> "Head":
        records = step.records
        size = sum([len(record.text) for record in records]) + len(records)
        answered = sum([record.requestid is not None for record in records])
        return Head(self.step + 1, self.seq + len(records), self.said_bytes + size, self.answered + answered)


@attrs.frozen(kw_only=True)
class StepRow:
    """A step as it goes into the file, and where it ends. `wall` is the wall clock, in seconds since 1970: a label, no
    more."""

    session: SessionId
    ends: Head
    wall: float
    step: Step

    def values(self) -> tuple[Any, ...]:
        step, ends = self.step, self.ends
        said = b"\n".join([record.text for record in step.records])
        sums = (ends.said_bytes, ends.answered)
        digest = step_digest(self.session, ends.step, step.at, ends.seq, step.given, said, *sums)
        return (self.session, ends.step, step.at, self.wall, step.given, ends.seq, said, *sums, digest)


def texts_of(said: bytes) -> list[bytes]:
    return said.split(b"\n") if said else []


def picture_row(session: str, step: int, seq: int, at: float, picture: bytes) -> tuple[Any, ...]:
    return (session, step, seq, at, picture, digest_of(session, step, seq, at, picture))


@attrs.define
class Batch:
    """What one transaction keeps."""

    openings: list[tuple[Opening, int]] = attrs.field(factory=list)
    """Each with its number in the order of preparation."""
    steps: list[StepRow] = attrs.field(factory=list)


@attrs.frozen
class Picture:
    """Of a session at the end of this step, at this time of the session."""

    step: int
    seq: int
    at: float
    picture: bytes = attrs.field(repr=False)


@attrs.frozen
class Loaded:
    """A session that goes on: from its latest picture on, where its steps end, and its last messages."""

    stored: Stored
    ends: Head
    recent: list[Record] = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Overview:
    """A session in a line. `ended` by the wall clock, in seconds since 1970; `steps` are those that are kept."""

    session: SessionId
    agent: str
    since: str
    ended: float | None
    steps: int
    seq: int
