"""`ixp journal verify`: every session looked through as a whole, also what a start would not read.

What is damaged or missing is named, each place once, and whether a start can do without it.
"""

from collections.abc import Iterator
from typing import Any

import attrs

from engine.journal.digests import digest_of, is_sound
from engine.journal.rows import STEP, texts_of
from engine.journal.spi import JournalError
from engine.journal.store import Store
from protocol.ids import SessionId


@attrs.frozen(kw_only=True)
class Checked:
    """A session, looked through as a whole: its sound steps and their messages, and what is damaged, each in words.

    `lost`: the next start does not take it up.
    """

    session: str
    ended: bool
    steps: int
    messages: int
    damaged: tuple[str, ...]
    lost: bool


@attrs.define
class _Look:
    """What has been found of a session so far. `pictures`: the sound ones, where each ends by its step; `answered`: how
    many requests, by the last sound step; `begins` and `ends`: between which messages its sound steps lie, None where
    that is not known."""

    places: list[str] = attrs.field(factory=list)
    pictures: dict[int, int] = attrs.field(factory=dict)
    steps: int = 0
    messages: int = 0
    answered: int = 0
    begins: int | None = None
    ends: int | None = None

    def damaged(self, place: str) -> None:
        self._note(f"{place} is damaged or missing")

    def missing(self, first: int, last: int) -> None:
        if first == last:
            self.damaged(f"step {first}")
        else:
            self._note(f"steps {first} to {last} are missing")

    def twice(self, requestid: str) -> None:
        self._note(f"{requestid} was answered twice")

    def _note(self, what: str) -> None:
        if what not in self.places:
            self.places.append(what)

    def may_have(self, seq: int) -> bool:
        """Is it a message of a step that is there, as far as one can tell? A damaged step is named by itself."""
        return (self.begins is None or self.begins < seq) and (self.ends is None or seq <= self.ends)


class Verifier(Store):
    """A store that can be looked through. Nothing of it is needed to run sessions."""

    def look_through(self) -> Iterator[Checked]:
        """Every session with its entry, pictures, steps and responses, also one of which the entry is gone."""
        with self._usable():
            sessions = self._db.execute(
                "SELECT session FROM (SELECT session, number FROM sessions UNION ALL SELECT session, NULL FROM steps "
                "UNION ALL SELECT session, NULL FROM pictures UNION ALL SELECT session, NULL FROM responses) "
                "GROUP BY session ORDER BY max(number)"
            ).fetchall()
            for (session,) in sessions:
                with self._at_one_moment():
                    found = self._look_at(session)
                if found is not None:
                    yield found

    def _look_at(self, session: Any) -> Checked | None:
        """None when it has been forgotten meanwhile."""
        entries = list(self._entries(session))
        kept = self._db.execute(
            "SELECT EXISTS (SELECT 1 FROM pictures WHERE session = ?1) "
            "OR EXISTS (SELECT 1 FROM steps WHERE session = ?1) "
            "OR EXISTS (SELECT 1 FROM responses WHERE session = ?1)",
            (session,),
        ).fetchone()[0]
        if not entries and not kept:
            return None
        _, ended, sound = entries[0] if entries else (session, None, False)
        look = _Look()
        if not sound:
            look.damaged("its entry")
        self._look_at_pictures(session, look)
        self._look_at_steps(session, look)
        self._look_at_responses(session, look)
        living = ended is None or not sound
        return Checked(
            session=str(session),
            ended=not living,
            steps=look.steps,
            messages=look.messages,
            damaged=tuple(look.places),
            lost=living and not self._can_be_loaded(session),
        )

    def _can_be_loaded(self, session: SessionId) -> bool:
        """As a start does it."""
        try:
            self.load(session)
        except JournalError:
            return False
        return True

    def _look_at_pictures(self, session: str, look: _Look) -> None:
        pictures = self._db.execute(
            "SELECT step, seq, at, picture, digest FROM pictures WHERE session = ? ORDER BY step", (session,)
        )
        for step, seq, at, picture, digest in pictures:
            if digest == digest_of(session, step, seq, at, picture):
                look.pictures[step] = seq
            else:
                look.damaged(f"the picture at step {step}")

    def _look_at_steps(self, session: str, look: _Look) -> None:
        """Each must follow from the one before it, the first from the first picture, and each picture from its step."""
        first, seq = next(iter(look.pictures.items()), (None, None))
        look.begins = seq
        expected = None if first is None else first + 1
        # By their numbers, and not as they are read else: one whose place among the messages is damaged stays alone.
        rows = self._db.execute(
            f"SELECT {STEP} FROM steps WHERE session = ? ORDER BY step",  # noqa: S608 - our own names
            (session,),
        )
        for number, at, _, given, ends, said, said_bytes, answered, digest in rows:
            if not is_sound(session, number, at, ends, given, said, said_bytes, answered, digest):
                look.damaged(f"step {number}")
                if number == expected:
                    expected, seq = number + 1, None
                continue
            if expected is None or number < expected:  # the picture before it is not there, or not sound
                look.damaged(f"the picture at step {number - 1}")
                seq = None
            elif number > expected:
                look.missing(expected, number - 1)
                seq = None
            texts = texts_of(said)
            if (seq is not None and ends - len(texts) != seq) or look.pictures.get(number, ends) != ends:
                look.damaged(f"step {number}")
            look.answered = answered
            look.steps += 1
            look.messages += len(texts)
            look.begins = ends - len(texts) if look.begins is None else look.begins
            expected, seq = number + 1, ends
        if expected is None:
            look.damaged("every picture")
        elif look.pictures and (last := max(look.pictures)) >= expected:
            look.missing(expected, last)
            seq = look.pictures[last]
        look.ends = seq

    def _look_at_responses(self, session: str, look: _Look) -> None:
        rows = self._db.execute(
            "SELECT requestid, seq, bytes, digest, text, text_digest FROM responses WHERE session = ?", (session,)
        )
        answered: set[str] = set()
        for requestid, seq, size, digest, text, text_digest in rows:
            if requestid in answered:
                look.twice(requestid)
            answered.add(requestid)
            sound = digest == digest_of(session, requestid, seq, size)
            if not sound or (text is not None and text_digest != digest_of(text)):
                look.damaged(f"the response to {requestid} (seq {seq})")
            elif text is None and not look.may_have(seq):
                look.damaged(f"message {seq}")
        if len(answered) < look.answered:
            look.damaged("one of the responses")
