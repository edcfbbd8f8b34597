"""How a load is shared among processes, and how what they found adds up."""

import json

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.bench.found import Found, Slice
from engine.bench.job import Job, Window

JOB = Job(url="ws://x", kind="engine", sessions=10, connections=4, batched=True)
WINDOW = Window(seconds=2.0, warm_up_s=0.5, rate=100.0, pid=7)
SIZES = st.integers(1, 500)


@given(SIZES, SIZES, st.integers(1, 9))
def test_the_parts_of_a_job_come_to_the_whole(sessions: int, connections: int, processes: int) -> None:
    whole = attrs.evolve(JOB, sessions=sessions, connections=min(connections, sessions))
    found = list(whole.parts(processes))
    assert sum(part.sessions for part in found) == sessions
    assert sum(part.connections for part in found) <= whole.connections
    assert [part.first for part in found] == [1 + sum(each.sessions for each in found[:n]) for n in range(len(found))]
    assert all(1 <= part.connections <= part.sessions for part in found)


@given(st.lists(SIZES, min_size=1, max_size=5), st.none() | st.integers(1, 500))
def test_the_parts_of_a_window_come_to_the_whole(sessions: list[int], active: int | None) -> None:
    active = None if active is None else min(active, sum(sessions))
    found = list(attrs.evolve(WINDOW, active=active).parts(sessions))
    assert sum(part.active or 0 for part in found) == (sum(sessions) if active is None else active)
    assert sum(part.rate or 0 for part in found) == pytest.approx(100.0)
    assert all((part.active or 0) <= each for part, each in zip(found, sessions, strict=True))
    assert [part.pid for part in found] == [7] + [None] * (len(sessions) - 1), "one of them looks at the server"


def slice_of(commands: int, wait_s: float, *, cpu_s: float = 0.0, memory_bytes: int = 0) -> Slice:
    made = Slice(seconds=2.0, commands=commands, messages=4 * commands, cpu_s=cpu_s, memory_bytes=memory_bytes)
    made.waits.note(wait_s)
    return made


def test_what_was_found_travels_and_adds_up() -> None:
    one = Found([slice_of(3, 0.5, cpu_s=0.1, memory_bytes=2_000_000), slice_of(1, 0.5)])
    other = Found([slice_of(1, 0.1), slice_of(1, 0.1)])
    both = Found()
    for each in (one, other):
        both.add(Found.from_json(json.loads(json.dumps(each.to_json()))))
    assert [(each.commands, each.seconds) for each in both.slices] == [(4, 2.0), (2, 2.0)]
    whole = both.whole
    assert (whole.seconds, whole.commands, whole.messages) == (4.0, 6, 24)
    figures = whole.figures()
    assert (figures["commands_per_s"], figures["messages_per_s"]) == (1.5, 6.0)
    assert figures["p50_ms"] == pytest.approx(100, rel=0.01)
    assert figures["p99_ms"] == pytest.approx(500, rel=0.01)
    assert figures["cpu_ms_per_1000"] == pytest.approx(100 / 24 * 1000)
    assert (figures["cpu_percent"], figures["memory_mb"]) == (pytest.approx(2.5), 2.0)


def test_a_long_window_is_told_by_slices_and_by_its_first_and_last_quarter() -> None:
    """A slice in which the machine was disturbed does not make up a quarter."""
    found = Found([slice_of(10, 0.1, memory_bytes=1_000_000 * n) for n in (1, 50, 2, 2, 2, 2, 2, 2, 2, 3, 4, 90)])
    series = found.series()
    assert [each["at_s"] for each in series] == [2.0 * n for n in range(1, 13)]
    assert [each["commands_per_s"] for each in series] == [5.0] * 12
    first, last = found.quarters()
    assert (first["memory_mb"], last["memory_mb"]) == (2.0, 4.0)
    alone = Found([slice_of(10, 0.1)])
    assert alone.quarters()[0] == alone.quarters()[1]


def test_the_curve_has_every_percentile() -> None:
    whole = Slice()
    for number in range(1, 1_001):
        whole.waits.note(number / 1_000)
    curve = dict(whole.curve())
    assert (curve[50.0], curve[99.0]) == (pytest.approx(500, rel=0.01), pytest.approx(990, rel=0.01))
    assert list(curve) == sorted(curve)


def test_of_a_server_elsewhere_nothing_is_said_that_nobody_saw() -> None:
    assert "cpu_ms_per_1000" not in slice_of(1, 0.1).figures()
