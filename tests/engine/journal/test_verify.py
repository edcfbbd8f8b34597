"""Looking through all that is kept: what is damaged is named, each place alone, with what it costs."""

import sqlite3
from pathlib import Path

import pytest
import trio

from engine.journal.digests import digest_of
from engine.journal.rows import PICTURES, picture_row
from engine.journal.sqlite import FILE
from engine.journal.verify import Checked, Verifier
from tests.engine.journal.recorded import SESSION, record


@pytest.fixture
def data(tmp_path: Path) -> Path:
    trio.run(record, tmp_path)
    return tmp_path


@pytest.fixture
def with_picture(data: Path) -> Path:
    """Its latest picture is at step 5: what was before is read no more at a start."""
    store = Verifier(data / FILE)
    with sqlite3.connect(data / FILE) as db:
        (seq,) = db.execute("SELECT seq FROM steps WHERE step = 5").fetchone()
        db.execute("DELETE FROM pictures WHERE step > 0")
        db.commit()
        store._insert(PICTURES, [picture_row(SESSION, 5, seq, 0.0, b"later")])
    db.close()
    store.close()
    return data


def looked_through(data: Path, damage: str = "") -> Checked:
    """The one session, after this damage."""
    with sqlite3.connect(data / FILE) as db:
        db.executescript(damage)
    db.close()
    store = Verifier(data / FILE)
    try:
        (checked,) = store.look_through()
    finally:
        store.close()
    return checked


LOST, NOT_LOST = True, False
ANSWERED_TWICE = (
    "INSERT INTO responses (session, requestid, seq, bytes, digest) "  # noqa: S608 - our own
    f"VALUES ('{SESSION}', 'r0', 10, 9, {digest_of(SESSION, 'r0', 10, 9)})"
)


@pytest.mark.parametrize(
    ("damage", "named", "lost"),
    [
        ("UPDATE pictures SET picture = x'00' WHERE step = 5", "the picture at step 5 is damaged", LOST),
        ("UPDATE pictures SET picture = x'00' WHERE step = 0", "the picture at step 0 is damaged", NOT_LOST),
        ("DELETE FROM pictures WHERE step = 0", "the picture at step 0 is damaged or missing", NOT_LOST),
        ("DELETE FROM pictures", "the picture at step 0 is damaged or missing", LOST),
        ("DELETE FROM pictures; DELETE FROM steps", "every picture is damaged or missing", LOST),
        ("UPDATE steps SET said = 'x' WHERE step = 6", "step 6 is damaged", LOST),
        ("UPDATE steps SET said_bytes = 7 WHERE step = 3", "step 3 is damaged", NOT_LOST),
        ("UPDATE steps SET said_bytes = 'x' WHERE step = 6", "step 6 is damaged", LOST),
        ("UPDATE steps SET seq = 'x' WHERE step = 3", "step 3 is damaged", LOST),
        ("UPDATE steps SET step = 77 WHERE step = 3", "step 77 is damaged", NOT_LOST),
        ("DELETE FROM steps WHERE step IN (2, 3)", "steps 2 to 3 are missing", NOT_LOST),
        ("DELETE FROM steps WHERE step >= 5", "step 5 is damaged or missing", NOT_LOST),
        ("UPDATE responses SET bytes = 1 WHERE requestid = 'r0'", "the response to r0 (seq 1) is damaged", LOST),
        ("UPDATE responses SET text = x'00', text_digest = 1 WHERE requestid = 'r0'", "the response to r0", NOT_LOST),
        ("DELETE FROM steps WHERE step = 8", "message 11 is damaged or missing", LOST),
        ("DELETE FROM responses WHERE requestid = 'r0'", "one of the responses is damaged or missing", LOST),
        (ANSWERED_TWICE, "r0 was answered twice", LOST),
        ("UPDATE sessions SET ended = 1.0", "its entry is damaged", LOST),
        ("DELETE FROM sessions", "its entry is damaged or missing", LOST),
    ],
)
def test_all_that_is_kept_is_checked_and_what_the_damage_costs_is_told(
    with_picture: Path, damage: str, named: str, lost: bool
) -> None:
    assert looked_through(with_picture).damaged == ()
    checked = looked_through(with_picture, damage)
    assert any(place.startswith(named) for place in checked.damaged)
    assert checked.lost is lost


def test_damage_spoils_no_other_place(data: Path) -> None:
    checked = looked_through(data, "UPDATE steps SET at = 77 WHERE step IN (2, 5)")
    assert checked.damaged == ("step 2 is damaged or missing", "step 5 is damaged or missing")
    assert checked.steps == 6
