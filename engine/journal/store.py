"""What the journal's file keeps of sessions: written, forgotten and read. Synchronous; one thread at a time.

A step is one row, with its messages one a line (encoded JSON has no line breaks). Each row carries a checksum of all
that is in it but labels, and steps are counted without gaps: what is damaged or missing is found, never skipped. To
write, to answer again and to forget cost what they are about, however much else is kept.
"""

import math
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import chain, takewhile
from typing import Any, Final

import attrs
import msgspec

from engine.journal.digests import digest_of, is_sound
from engine.journal.file import JournalFile
from engine.journal.rows import (
    PICTURE,
    PICTURES,
    RESPONSES,
    STEP,
    STEPS,
    Batch,
    Head,
    Loaded,
    Overview,
    Picture,
    picture_row,
    texts_of,
)
from engine.journal.spi import JournalError, Record, Step, Stored
from protocol.ids import SessionId

AT_ONCE: Final = (64, 8, 1)
"""How many rows a statement inserts: as many as there are, of one of these sizes after the other."""
LAST_STEP: Final = 2**63 - 1
DUE_AT_ONCE: Final = 256
"""So many sessions that may be forgotten are looked for at once."""
RECENT_STEPS: Final = 8
"""So many steps of a session are at hand once it is loaded."""


class Store(JournalFile):
    """What is kept of sessions. Raises JournalBroken when the file cannot be used, saying what to do."""

    def sessions_so_far(self) -> int:
        return int(self._db.execute("SELECT coalesce(max(number), 0) FROM sessions").fetchone()[0])

    # Writing

    def write(self, batch: Batch) -> None:
        """All of it or nothing, in one transaction."""
        with self._transaction():
            for opening, number in batch.openings:
                digest = digest_of(opening.session, opening.agent, opening.token, opening.since, None, number)
                self._db.execute(
                    "INSERT INTO sessions VALUES (?, ?, ?, ?, NULL, ?, ?)",
                    (opening.session, opening.agent, opening.token, opening.since, number, digest),
                )
                self._insert(PICTURES, [picture_row(opening.session, 0, 0, 0.0, opening.picture)])
            self._insert(STEPS, [row.values() for row in batch.steps])
            self._insert(
                RESPONSES,
                [
                    (*response, digest_of(*response))
                    for row in batch.steps
                    for record in row.step.records
                    if record.requestid is not None
                    for response in ((row.session, record.requestid, record.seq, len(record.text)),)
                ],
            )
            self._insert(
                PICTURES,
                [
                    picture_row(row.session, row.ends.step, row.ends.seq, row.step.at, row.step.picture)
                    for row in batch.steps
                    if row.step.picture is not None
                ],
            )
            for row in batch.steps:
                if row.step.over:
                    self._end(row.session, row.wall)

    def _insert(self, columns: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Many rows by one statement, which costs less than one for each."""
        at = 0
        for size in AT_ONCE:
            while len(rows) - at >= size:
                row = f"({', '.join('?' * len(rows[at]))})"
                values = chain.from_iterable(rows[at : at + size])
                self._db.execute(f"INSERT INTO {columns} VALUES {', '.join([row] * size)}", tuple(values))  # noqa: S608 - our own names
                at += size

    def _end(self, session: str, at: float) -> None:
        agent, token, since, number = self._db.execute(
            "SELECT agent, token, since, number FROM sessions WHERE session = ?", (session,)
        ).fetchone()
        digest = digest_of(session, agent, token, since, at, number)
        self._db.execute("UPDATE sessions SET ended = ?, digest = ? WHERE session = ?", (at, digest, session))

    # Forgetting

    def trim(self, session: SessionId, *, messages: int, size: int) -> None:
        """Forget the steps of a session that are older than its last so many messages and bytes, at a picture.

        Responses outlive their steps. Raises JournalError where one of them is damaged: they stay as they are then.
        """
        last = self._last(session)
        if last.step == 0:
            return
        first = self._picture(session, "ASC")
        (oldest,) = self._db.execute(
            "SELECT step FROM steps WHERE session = ? ORDER BY seq, step LIMIT 1", (session,)
        ).fetchone()
        if oldest != first.step + 1:
            raise self._damaged(session, f"the picture before step {oldest}")

        def is_outgrown(each: tuple[Head, Step]) -> bool:
            ends, _ = each
            return last.seq - ends.seq >= messages or last.said_bytes - ends.said_bytes >= size

        with closing(self.steps(session, Head(first.step, first.seq))) as steps:
            outgrown = list(takewhile(is_outgrown, steps))
        begins = self._picture(session, "DESC", at_most=first.step + len(outgrown))
        if begins.step > first.step:
            self._forget(session, [step for _, step in outgrown[: begins.step - first.step]], begins)

    def _last(self, session: SessionId) -> Head:
        """Where its steps end. Raises JournalError when the last one is damaged."""
        row = self._db.execute(
            f"SELECT {STEP} FROM steps WHERE session = ? ORDER BY seq DESC, step DESC LIMIT 1",  # noqa: S608 - our own names
            (session,),
        ).fetchone()
        return Head(0, 0) if row is None else self._checked(session, row)[0]

    def _forget(self, session: SessionId, steps: Sequence[Step], begins: Picture) -> None:
        """These, which are the oldest: the picture stands in for them."""
        texts = {record.seq: record.text for step in steps for record in step.records}
        responses = self._db.execute(
            "SELECT seq FROM responses WHERE session = ? AND seq BETWEEN ? AND ?",
            (session, begins.seq - len(texts) + 1, begins.seq),
        ).fetchall()
        with self._transaction():
            self._db.executemany(
                "UPDATE responses SET text = ?, text_digest = ? WHERE session = ? AND seq = ?",
                [(texts[seq], digest_of(texts[seq]), session, seq) for (seq,) in responses],
            )
            self._db.execute(
                "DELETE FROM steps WHERE session = ? AND (seq, step) <= (?, ?)", (session, begins.seq, begins.step)
            )
            self._db.execute("DELETE FROM pictures WHERE session = ? AND step < ?", (session, begins.step))

    def due(self, *, before: float, bytes_at_most: int) -> list[SessionId]:
        """Ended sessions that may be forgotten, some of them, those first that ended first: all that ended before that
        time of the wall clock, and others while the file is too large. Asked for as one value: see `_responses`."""
        ended_before = math.inf if self._bytes() > bytes_at_most else before
        (sessions,) = self._db.execute(
            "SELECT json_group_array(session) FROM "
            "(SELECT session FROM sessions WHERE ended < ? ORDER BY ended, session LIMIT ?)",
            (ended_before, DUE_AT_ONCE),
        ).fetchone()
        return [SessionId(session) for session in msgspec.json.decode(sessions)]

    def forget_ended(self, session: SessionId, *, before: float, bytes_at_most: int) -> bool:
        """Forget one that is due; returns whether it was. What is damaged stays."""
        entry = next(self._entries(session), None)
        if entry is None:
            return False
        _, ended, sound = entry
        if not sound or ended is None or (ended >= before and self._bytes() <= bytes_at_most):
            return False
        with self._transaction():
            for table in ("steps", "pictures", "responses", "sessions"):
                self._db.execute(f"DELETE FROM {table} WHERE session = ?", (session,))  # noqa: S608 - our own names
        return True

    def give_back(self, pages: int) -> bool:
        """Make the file smaller by free pages, so many at most; returns whether it is, and may become so again."""
        free = self._pragma("freelist_count")
        self._vacuum(pages)
        return free > self._pragma("freelist_count") > 0

    def _bytes(self) -> int:
        """What the file holds, free pages left out."""
        return (self._pragma("page_count") - self._pragma("freelist_count")) * self._pragma("page_size")

    # Reading

    @contextmanager
    def _at_one_moment(self) -> Iterator[None]:
        """What is read is of one moment: a server may write and forget meanwhile."""
        if self._db.in_transaction:
            yield
            return
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def _entries(self, session: Any = None) -> Iterator[tuple[str, float | None, bool]]:
        """All sessions, or this one, each with when it ended, and whether that can be believed."""
        every = "SELECT session, agent, token, since, ended, number, digest FROM sessions"
        if session is None:
            rows = self._db.execute(every)
        else:
            rows = self._db.execute(f"{every} WHERE session = ?", (session,))
        with closing(rows):
            for *parts, digest in rows:
                yield str(parts[0]), parts[4], digest == digest_of(*parts)

    def living(self) -> list[SessionId]:
        """Those too of which one cannot tell."""
        with self._usable():
            living = {session for session, ended, sound in self._entries() if ended is None or not sound}
            ordered = self._db.execute("SELECT session FROM sessions ORDER BY number").fetchall()
        return [SessionId(str(session)) for (session,) in ordered if str(session) in living]

    def load(self, session: SessionId) -> Loaded:
        """A session that has not ended. Raises JournalError for an unknown or damaged one."""
        with self._at_one_moment():
            stored, ends, answered = self._stored(session, "DESC", living=True)
            before = self._steps_before(session, stored)
        if before and not stored.steps:
            ends = before[-1][0]
        if (before or stored.steps) and ends.answered != answered:
            raise self._damaged(session, "one of the responses")
        ends = attrs.evolve(ends, answered=answered)  # not known else where all that is kept before it is damaged
        recent = (*[step for _, step in before], *stored.steps)[-RECENT_STEPS:]
        return Loaded(stored, ends, [record for step in recent for record in step.records])

    def _steps_before(self, session: SessionId, stored: Stored) -> list[tuple[Head, Step]]:
        """So many of those before the picture that enough are at hand, or all that are kept. None where some are
        damaged or missing, which whoever asks for their messages is told."""
        wanted = max(0, RECENT_STEPS - len(stored.steps))
        step, seq = (
            self._db.execute(
                "SELECT step, seq FROM steps WHERE session = ? AND (seq, step) <= (?, ?) "
                "ORDER BY seq DESC, step DESC LIMIT 1 OFFSET ?",
                (session, stored.seq, stored.step, wanted),
            ).fetchone()
            or self._db.execute(
                "SELECT step, seq FROM pictures WHERE session = ? ORDER BY step LIMIT 1", (session,)
            ).fetchone()
        )
        try:
            before = list(self.steps(session, Head(step, seq), at_most=stored.step - step))
        except JournalError:
            return []
        return before if len(before) == stored.step - step else []

    def history(self, session: SessionId) -> Stored:
        """A session, from the earliest picture on that is kept. Raises JournalError for an unknown or damaged one."""
        with self._at_one_moment():
            return self._stored(session, "ASC", living=False)[0]

    def _stored(self, session: SessionId, order: str, *, living: bool) -> tuple[Stored, Head, int]:
        """And where its steps end, and how many responses are kept."""
        row = self._db.execute(
            "SELECT agent, token, since, ended, number, digest FROM sessions WHERE session = ?", (session,)
        ).fetchone()
        if row is None:
            raise JournalError(f"{self.path}: there is no session {session}; `ixp journal show` lists them")
        agent, token, since, ended, number, digest = row
        if digest != digest_of(session, agent, token, since, ended, number):
            raise self._damaged(session, "its entry")
        if living and ended is not None:
            raise JournalError(f"session {session}: has ended")
        begins = self._picture(session, order)
        behind = list(self.steps(session, Head(begins.step, begins.seq)))
        ends = behind[-1][0] if behind else Head(begins.step, begins.seq)
        responses = self._responses(session)
        answered = {requestid: said for requestid, said, _ in responses}
        if len(answered) < len(responses):
            raise self._damaged(session, "one of two responses to one request")
        stored = Stored(
            session=session,
            agent=agent,
            token=token,
            since=since,
            picture=begins.picture,
            step=begins.step,
            seq=begins.seq,
            at=begins.at,
            steps=tuple([step for _, step in behind]),
            answered={requestid: said for requestid, said in answered.items() if said <= begins.seq},
            remembered_bytes=sum([size for _, _, size in responses]),
        )
        return stored, ends, len(responses)

    def _responses(self, session: SessionId) -> list[tuple[str, int, int]]:
        """To which requestid, with which number, and their sizes. Raises JournalError when one is damaged.

        Asked for as one value: a thread that asks for thousands of rows gives the interpreter away for each, and may
        wait for it amid busy sessions.
        """
        (rows,) = self._db.execute(
            "SELECT json_group_array(json_array(requestid, seq, bytes, digest)) FROM responses WHERE session = ?",
            (session,),
        ).fetchone()
        found: list[tuple[str, int, int]] = []
        for *parts, digest in msgspec.json.decode(rows):
            if digest != digest_of(session, *parts):
                raise self._damaged(session, _response(parts[1]))
            found.append((parts[0], parts[1], parts[2]))
        return found

    def _picture(self, session: SessionId, order: str, *, at_most: int = LAST_STEP) -> Picture:
        """The first or last one, up to this step. Raises JournalError when it is damaged or missing."""
        row = self._db.execute(
            f"SELECT {PICTURE} FROM pictures WHERE session = ? AND step <= ? ORDER BY step {order} LIMIT 1",  # noqa: S608 - our own names
            (session, at_most),
        ).fetchone()
        if row is None:
            raise self._damaged(session, "every picture")
        *parts, digest = row
        if digest != digest_of(session, *parts):
            raise self._damaged(session, f"the picture at step {parts[0]}")
        return Picture(*parts)

    def overview(self) -> list[Overview]:
        """All sessions, in the order of their preparation."""
        rows = self._db.execute(
            "SELECT session, agent, since, ended, (SELECT count(*) FROM steps WHERE steps.session = sessions.session), "
            "(SELECT coalesce(max(seq), 0) FROM steps WHERE steps.session = sessions.session) "
            "FROM sessions ORDER BY number"
        )
        return [
            Overview(session=SessionId(session), agent=agent, since=since, ended=ended, steps=steps, seq=seq)
            for session, agent, since, ended, steps, seq in rows
        ]

    def steps(self, session: SessionId, after: Head, *, at_most: int = -1) -> Generator[tuple[Head, Step]]:
        """The steps behind `after`, each with where it ends. Raises JournalError, naming the place that is damaged."""
        rows = self._db.execute(
            f"SELECT {STEP} FROM steps WHERE session = ? AND (seq, step) > (?, ?) ORDER BY seq, step LIMIT ?",  # noqa: S608 - our own names
            (session, after.seq, after.step, at_most),
        )
        # An error's traceback would keep the rows open as long as somebody keeps the error, and the log could not be
        # emptied meanwhile.
        with closing(rows):
            for row in rows:
                if row[0] != after.step + 1:
                    raise self._damaged(session, f"step {after.step + 1}")
                ends, step = self._checked(session, row)
                if ends.seq - len(step.records) != after.seq:
                    raise self._damaged(session, f"step {ends.step}")
                after = ends
                yield ends, step

    def _checked(self, session: str, row: Sequence[Any]) -> tuple[Head, Step]:
        """What is in a row of `STEP`."""
        number, at, wall, given, seq, said, said_bytes, answered, digest = row
        if not is_sound(session, number, at, seq, given, said, said_bytes, answered, digest):
            raise self._damaged(session, f"step {number}")
        texts = texts_of(said)
        records = tuple([Record(seq=seq - len(texts) + n, text=text) for n, text in enumerate(texts, 1)])
        return Head(number, seq, said_bytes, answered), Step(at=at, given=given, records=records, wall=wall)

    def read(self, session: SessionId, after: int, *, at_most: int) -> list[Record] | None:
        """The first records after `after`, so many at most; None when some after it are kept no longer."""
        # The step that ends at or before it; where that is forgotten, the picture that stands for all that are.
        before = self._db.execute(
            "SELECT seq, step FROM steps WHERE session = ? AND seq <= ? ORDER BY seq DESC, step DESC LIMIT 1",
            (session, after),
        ).fetchone()
        if before is None:
            before = self._db.execute(
                "SELECT seq, step FROM pictures WHERE session = ? ORDER BY step LIMIT 1", (session,)
            ).fetchone()
        if before is None or before[0] > after:
            return None
        records: list[Record] = []
        last = before[0]
        for head, step in self.steps(session, Head(before[1], before[0])):
            last = head.seq
            records += (record for record in step.records if record.seq > after)
            if len(records) >= at_most:
                break
        return None if after > last else records[:at_most]

    def response(self, session: SessionId, seq: int) -> bytes:
        row = self._db.execute(
            "SELECT requestid, bytes, digest, text, text_digest FROM responses WHERE session = ? AND seq = ?",
            (session, seq),
        ).fetchone()
        if row is None:
            raise JournalError(f"session {session}: message {seq} is kept as no response")
        requestid, size, digest, text, text_digest = row
        if digest != digest_of(session, requestid, seq, size):
            raise self._damaged(session, _response(seq))
        if text is not None:
            if text_digest != digest_of(text):
                raise self._damaged(session, _response(seq))
            return bytes(text)
        records = self.read(session, seq - 1, at_most=1)
        if not records:
            raise self._damaged(session, f"message {seq}")
        return records[0].text

    def _damaged(self, session: str, what: str) -> JournalError:
        """For the log, too: `what` says nothing that a client or a customer wrote."""
        return JournalError(
            f"{self.path}: session {session}: {what} is damaged or missing; `ixp journal verify` shows all such places"
        )


def _response(seq: int) -> str:
    """By its number: the requestid that it answers is the client's own text."""
    return f"the response with seq {seq}"
