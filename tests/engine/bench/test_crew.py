"""Client processes: their windows, and what of the server falls into them."""

import os
import signal
from collections.abc import Iterator

import pytest

from engine.bench.crew import Crew
from engine.bench.errors import LoadFailed
from engine.bench.job import Job, Window
from engine.bench.meter import Meter, cpu_s
from engine.bench.servers import Server, echo, engine

SESSIONS = 12


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with engine(SESSIONS, "memory") as server:
        yield server


def job(server: Server, kind: str = "engine") -> Job:
    return Job(url=server.url, kind=kind, sessions=SESSIONS, connections=4, batched=kind == "engine")


def test_the_processor_time_is_that_of_the_window_alone(server: Server) -> None:
    """Not what the start and the sessions have cost, which are more than an idle window."""
    with Crew(job(server)) as crew:
        crew.seat()
        before = cpu_s(server.pid)
        idle = crew.load(Window(seconds=0.3, warm_up_s=0.1, active=0, pid=server.pid)).whole
        busy = crew.load(Window(seconds=0.5, warm_up_s=0.1, pid=server.pid)).whole
        spent = cpu_s(server.pid) - before
    assert (idle.commands, idle.messages) == (0, 0)
    assert idle.cpu_s < 0.3 < before, "it cost more to come up"
    assert idle.cpu_s < busy.cpu_s <= spent
    assert busy.memory_bytes > 10_000_000


def test_windows_follow_each_other_with_the_same_sessions(server: Server) -> None:
    with Crew(job(server), processes=2) as crew:
        crew.seat()
        closed = crew.load(Window(seconds=0.6, warm_up_s=0.1, every_s=0.2))
        paced = crew.load(Window(seconds=1.0, warm_up_s=0.2, rate=60.0, active=2)).whole
    assert len(closed.slices) == 3
    assert closed.whole.commands > 0
    assert closed.whole.seconds == pytest.approx(0.6, abs=0.3)
    assert paced.messages == pytest.approx(4 * paced.commands, abs=3 * 4 * SESSIONS)
    assert 20 < paced.commands <= 75, "no faster than at the rate, whatever the server could do"


def test_an_echo_needs_no_sessions() -> None:
    with echo() as server, Crew(job(server, "echo")) as crew:
        found = crew.seat().load(Window(seconds=0.3, warm_up_s=0.1)).whole
    assert found.messages == pytest.approx(2 * found.commands, abs=2 * SESSIONS)
    assert found.commands > SESSIONS


def test_a_client_that_cannot_go_on_says_why(server: Server) -> None:
    unknown = Job(url=server.url, kind="engine", sessions=1, connections=1, batched=False, agent="nobody{n}")
    with pytest.raises(LoadFailed, match="give agents that are there"), Crew(unknown) as crew:
        crew.seat()


def test_a_server_that_goes_away_ends_it() -> None:
    with (
        echo() as server,
        pytest.raises(LoadFailed, match="the connection was closed"),
        Crew(job(server, "echo")) as crew,
    ):
        crew.seat()
        os.kill(server.pid, signal.SIGKILL)
        crew.load(Window(seconds=0.3, warm_up_s=0.1))


def test_a_meter_tells_what_was_used_since_it_was_asked() -> None:
    meter = Meter(os.getpid())
    begun = cpu_s(os.getpid())
    while cpu_s(os.getpid()) < begun + 0.05:
        pass
    assert 0.049 <= meter.spent_s() < begun
    assert meter.spent_s() < min(begun, 0.3), "what was told is not told again"
    assert meter.memory_bytes() > 1_000_000


def test_a_meter_of_nobody_sees_nothing() -> None:
    assert (Meter(None).spent_s(), Meter(None).memory_bytes()) == (0.0, 0)
