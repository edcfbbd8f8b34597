"""How many files may be open."""

import resource

import pytest

from engine.bench import room
from engine.bench.crew import Crew
from engine.bench.errors import NoRoom
from engine.bench.job import Job

FEW = (200, 300)


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """What is set from now on."""
    made: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: FEW)
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: made.append(limits))
    return made


def test_the_limit_is_raised_as_far_as_needed(limits: list[tuple[int, int]]) -> None:
    room.room_for(150)
    room.room_for(250)
    assert limits == [(250, 300)]


def test_where_it_cannot_be_raised_it_says_what_to_do(limits: list[tuple[int, int]]) -> None:
    with pytest.raises(NoRoom, match=r"1,000 open files are needed, and a process may have 300; raise that"):
        room.room_for(1_000)
    assert limits == []


@pytest.mark.usefixtures("limits")
def test_a_crew_looks_before_it_begins() -> None:
    many = Job(url="ws://127.0.0.1:1", kind="echo", sessions=900, connections=900, batched=False)
    with pytest.raises(NoRoom, match="give fewer connections"), Crew(many, processes=2):
        pass
