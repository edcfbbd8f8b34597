"""Which steps are forgotten, and at what price: writers wait meanwhile."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.journal.rows import Batch, Head, StepRow
from engine.journal.spi import JournalError, Record
from engine.journal.sqlite import FILE
from engine.journal.store import Store
from tests.contracts.journal import S, opening, record, step
from tests.engine.journal.running import emptied

History = list[tuple[list[tuple[int, bool]], bool]]
"""Of each step its messages, how long each is and whether it is a response, and whether a picture was taken."""


def kept(folder: Path, history: History) -> tuple[Store, list[Record]]:
    store = emptied(Store(folder / FILE))
    rows: list[StepRow] = []
    said: list[Record] = []
    ends = Head(0, 0)
    for messages, pictured in history:
        records = [
            Record(seq=seq, text=b"%03d" % seq + b"x" * length, requestid=f"r{seq}" if responds else None)
            for seq, (length, responds) in enumerate(messages, ends.seq + 1)
        ]
        each = step(*records, picture=b"picture" if pictured else None)
        ends = ends.after(each)
        said += records
        rows.append(StepRow(session=S, ends=ends, wall=0.0, step=each))
    store.write(Batch(openings=[(opening(), 1)], steps=rows))
    return store, said


def by_the_rule(store: Store, messages: int, size: int) -> int:
    """The step up to which is forgotten: of the latest picture that has enough behind it. 0: none."""
    pictures = store._db.execute("SELECT step, seq FROM pictures ORDER BY step DESC").fetchall()
    (last,) = store._db.execute("SELECT coalesce(max(seq), 0) FROM steps").fetchone()
    for number, seq in pictures:
        behind = store._db.execute("SELECT said FROM steps WHERE (seq, step) > (?, ?)", (seq, number)).fetchall()
        held = sum(len(text + b"\n") for (said,) in behind for text in said.split(b"\n") if text)
        if last - seq >= messages or held >= size:
            return int(number)
    return 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100)
@given(
    history=st.lists(
        st.tuples(st.lists(st.tuples(st.integers(1, 30), st.booleans()), max_size=3), st.booleans()), max_size=25
    ),
    messages=st.integers(1, 40),
    size=st.integers(1, 400),
)
def test_steps_go_up_to_the_latest_picture_with_enough_behind_it_and_responses_stay(
    tmp_path: Path, history: History, messages: int, size: int
) -> None:
    store, said = kept(tmp_path, history)
    try:
        for more in (2, 1):  # what is forgotten later goes on where it ended
            forgotten = by_the_rule(store, more * messages, more * size)
            store.trim(S, messages=more * messages, size=more * size)
            left = [number for (number,) in store._db.execute("SELECT step FROM steps ORDER BY step")]
            assert left == list(range(forgotten + 1, len(history) + 1))
            assert store._db.execute("SELECT min(step) FROM pictures").fetchone() == (forgotten,)
            for each in said:
                if each.requestid is not None:
                    assert store.response(S, each.seq) == each.text
            sums = (sum(len(each.text) + 1 for each in said), sum(each.requestid is not None for each in said))
            assert store.load(S).ends == Head(len(history), len(said), *sums), "the counts go on after a restart"
    finally:
        store.close()


def answers(count: int) -> list[StepRow]:
    """Steps with a response and a picture each."""
    rows: list[StepRow] = []
    ends = Head(0, 0)
    for number in range(1, count + 1):
        each = step(record(number, f"r{number}"), picture=b"picture")
        ends = ends.after(each)
        rows.append(StepRow(session=S, ends=ends, wall=0.0, step=each))
    return rows


def work_of(folder: Path, pictures_kept: int) -> int:
    """What SQLite has to do to forget forty steps with responses, in thousands of its instructions."""
    folder.mkdir()
    store = Store(folder / FILE)
    worked: list[None] = []
    try:
        store.write(Batch(openings=[(opening(), 1)], steps=answers(pictures_kept + 40)))
        store._db.set_progress_handler(lambda: worked.append(None), 1000)
        store.trim(S, messages=pictures_kept, size=10**6)
        store._db.set_progress_handler(None, 0)
        assert store._db.execute("SELECT min(step) FROM steps").fetchone() == (41,)
        return len(worked)
    finally:
        store.close()


def test_the_price_of_forgetting_does_not_grow_with_what_is_kept(tmp_path: Path) -> None:
    assert work_of(tmp_path / "many", 4000) <= work_of(tmp_path / "few", 100) + 1


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE pictures SET seq = seq + 1048576 WHERE step = 20",
        "UPDATE pictures SET picture = x'00' WHERE step = 20",
        "UPDATE pictures SET seq = 15 WHERE step = 0",
        "DELETE FROM pictures WHERE step < 3",
        "UPDATE steps SET said = x'00' WHERE step = 2",
        "UPDATE steps SET said_bytes = 1 << 40 WHERE step = 24",
        "UPDATE steps SET said_bytes = 'x' WHERE step = 24",
        "UPDATE steps SET seq = 1 << 40 WHERE step = 2",
        "UPDATE steps SET seq = 1 << 40 WHERE step = 24",
        "DELETE FROM steps WHERE step = 2",
    ],
)
def test_where_something_is_damaged_nothing_is_forgotten(tmp_path: Path, damage: str) -> None:
    store = Store(tmp_path / FILE)
    try:
        store.write(Batch(openings=[(opening(), 1)], steps=answers(24)))
        store._db.execute(damage)
        before = list(store._db.iterdump())
        with pytest.raises(JournalError, match="is damaged or missing"):
            store.trim(S, messages=4, size=10**6)
        assert list(store._db.iterdump()) == before
    finally:
        store.close()


def test_of_a_session_that_is_not_kept_nothing_is_forgotten(tmp_path: Path) -> None:
    store = Store(tmp_path / FILE)
    try:
        store.trim(S, messages=1, size=1)
    finally:
        store.close()
