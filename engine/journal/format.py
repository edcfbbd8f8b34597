"""The tables of the journal's file, and how a file of an older format becomes one of this."""

import sqlite3
from typing import Final

from engine.journal.digests import with_sums

FORMAT: Final = 2
"""Of the file. The server migrates a file of an older format, and refuses a newer one."""

_STEPS: Final = (
    """CREATE TABLE steps (
    position INTEGER PRIMARY KEY, session TEXT NOT NULL, step INTEGER NOT NULL, at REAL NOT NULL, wall REAL NOT NULL,
    given BLOB NOT NULL, seq INTEGER NOT NULL, said BLOB NOT NULL, said_bytes INTEGER NOT NULL,
    answered INTEGER NOT NULL, digest INTEGER NOT NULL
)""",
    "CREATE UNIQUE INDEX steps_of_sessions ON steps (session, seq, step)",
)
_RESPONSES: Final = """CREATE TABLE responses (
    session TEXT NOT NULL, requestid TEXT NOT NULL, seq INTEGER NOT NULL, bytes INTEGER NOT NULL,
    digest INTEGER NOT NULL, text BLOB, text_digest INTEGER, PRIMARY KEY (session, seq)
) WITHOUT ROWID"""

TABLES: Final = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
    """CREATE TABLE sessions (
    session TEXT PRIMARY KEY, agent TEXT NOT NULL, token BLOB NOT NULL, since TEXT NOT NULL, ended REAL,
    number INTEGER NOT NULL, digest INTEGER NOT NULL
) WITHOUT ROWID""",
    *_STEPS,
    """CREATE TABLE pictures (
    session TEXT NOT NULL, step INTEGER NOT NULL, seq INTEGER NOT NULL, at REAL NOT NULL, picture BLOB NOT NULL,
    digest INTEGER NOT NULL, PRIMARY KEY (session, step)
) WITHOUT ROWID""",
    _RESPONSES,
)

MIGRATIONS: Final = {
    # Responses were found by their requestid, and steps did not say what all messages up to them come to, and how many
    # requests are answered. A row that is damaged stays so: its digest goes on from a wrong one, or is none. Two
    # responses with one number cannot both be right.
    1: (
        "ALTER TABLE responses RENAME TO responses_1",
        _RESPONSES,
        """INSERT INTO responses SELECT
    session, requestid, CASE nth WHEN 1 THEN seq ELSE -other END, bytes, digest, text, text_digest FROM (
    SELECT *, row_number() OVER (PARTITION BY session, seq ORDER BY requestid) AS nth,
        row_number() OVER (PARTITION BY session ORDER BY requestid) AS other
    FROM responses_1
)""",
        "DROP TABLE responses_1",
        "ALTER TABLE steps RENAME TO steps_1",
        _STEPS[0],
        """INSERT INTO steps SELECT
    position, session, step, at, wall, given, seq, said, said_bytes, answered, CASE
        WHEN typeof(digest) = 'integer' AND digest BETWEEN 0 AND 4294967295 THEN with_sums(said_bytes, answered, digest)
        ELSE digest
    END
FROM (
    SELECT *,
        sum(length(CAST(said AS BLOB)) + (length(said) > 0)) OVER so_far AS said_bytes,
        sum((
            SELECT count(*) FROM responses
            WHERE session = steps_2.session AND seq <= steps_2.seq AND seq > coalesce(before, -1)
        )) OVER so_far AS answered
    FROM (
        SELECT *, lag(seq) OVER (PARTITION BY session ORDER BY seq, step) AS before FROM steps_1
    ) AS steps_2
    WINDOW so_far AS (PARTITION BY session ORDER BY seq, step)
)""",
        "DROP TABLE steps_1",
        _STEPS[1],
    ),
}
"""From each older format to the next: what SQLite has to do."""


def prepare(db: sqlite3.Connection) -> None:
    """For the migrations."""
    db.create_function("with_sums", 3, with_sums, deterministic=True)
