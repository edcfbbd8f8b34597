"""Which steps are forgotten, and at what price: writers wait meanwhile."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.journal.spi import JournalError, Record
from engine.journal.sqlite import FILE
from engine.journal.store import Batch, StepRow, Store, said_of
from tests.contracts.journal import S, opening, record, step

History = list[tuple[list[int], bool]]
"""Of each step, how long its messages are, and whether a picture was taken."""


def kept(folder: Path, history: History) -> Store:
    store = Store(folder / FILE)
    store._db.executescript("DELETE FROM sessions; DELETE FROM steps; DELETE FROM pictures")
    rows, seq, said_bytes = [], 0, 0
    for number, (lengths, pictured) in enumerate(history, 1):
        records = [Record(seq=seq + n, text=b"x" * length) for n, length in enumerate(lengths, 1)]
        seq += len(records)
        each = step(*records, picture=b"picture" if pictured else None)
        said_bytes += len(said_of(each))
        rows.append(StepRow(session=S, number=number, wall=0.0, seq=seq, said_bytes=said_bytes, step=each))
    store.write(Batch(openings=[(opening(), 1)], steps=rows))
    return store


def by_the_rule(store: Store, messages: int, size: int) -> int:
    """The step up to which is forgotten: of the latest picture that has enough behind it. 0: none."""
    pictures = store._db.execute("SELECT step, seq FROM pictures ORDER BY step DESC").fetchall()
    (last,) = store._db.execute("SELECT coalesce(max(seq), 0) FROM steps").fetchone()
    for number, seq in pictures:
        (held,) = store._db.execute(
            "SELECT coalesce(sum(length(said)), 0) FROM steps WHERE (seq, step) > (?, ?)", (seq, number)
        ).fetchone()
        if last - seq >= messages or held >= size:
            return int(number)
    return 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    history=st.lists(st.tuples(st.lists(st.integers(1, 30), max_size=3), st.booleans()), max_size=25),
    messages=st.integers(1, 40),
    size=st.integers(1, 400),
)
def test_steps_go_up_to_the_latest_picture_with_enough_behind_it(
    tmp_path: Path, history: History, messages: int, size: int
) -> None:
    store = kept(tmp_path, history)
    try:
        forgotten = by_the_rule(store, messages, size)
        store.trim(S, messages=messages, size=size)
        left = [number for (number,) in store._db.execute("SELECT step FROM steps ORDER BY step")]
        assert left == list(range(forgotten + 1, len(history) + 1))
        assert store._db.execute("SELECT min(step) FROM pictures").fetchone() == (forgotten,)
    finally:
        store.close()


def test_the_price_does_not_grow_with_the_pictures(tmp_path: Path) -> None:
    store = kept(tmp_path, [([10], True)] * 200)
    statements: list[str] = []
    try:
        store._db.set_trace_callback(statements.append)
        store.trim(S, messages=1000, size=10**6)
    finally:
        store.close()
    assert len(statements) <= 2


def answer(number: int) -> StepRow:
    each = step(record(number, f"r{number}"), picture=b"picture")
    return StepRow(session=S, number=number, wall=0.0, seq=number, said_bytes=number * len(said_of(each)), step=each)


def work_of(folder: Path, pictures_kept: int) -> int:
    """What SQLite has to do to forget forty steps with responses, in thousands of its instructions."""
    folder.mkdir()
    store = Store(folder / FILE)
    rows = [answer(n) for n in range(1, pictures_kept + 41)]
    worked: list[None] = []
    try:
        store.write(Batch(openings=[(opening(), 1)], steps=rows))
        store._db.set_progress_handler(lambda: worked.append(None), 1000)
        store.trim(S, messages=pictures_kept, size=10**6)
        return len(worked)
    finally:
        store.close()


def test_the_price_of_forgetting_does_not_grow_with_what_is_kept(tmp_path: Path) -> None:
    assert work_of(tmp_path / "many", 4000) <= work_of(tmp_path / "few", 100) + 1


def test_a_damaged_response_holds_nothing_up_and_stays_damaged(tmp_path: Path) -> None:
    store = Store(tmp_path / FILE)
    try:
        rows = [answer(n) for n in range(1, 5)]
        store.write(Batch(openings=[(opening(), 1)], steps=rows))
        store._db.execute("UPDATE steps SET said = x'00' WHERE step = 1")
        store.trim(S, messages=1, size=10**6)
        assert store._db.execute("SELECT step FROM steps").fetchall() == [(4,)]
        with pytest.raises(JournalError, match="message 1 is damaged"):
            store.response(S, 1)
        assert store.response(S, 2) == record(2, "r2").text
    finally:
        store.close()
