"""What keeps the event loop is timed by a real clock, and its place is named; what waits is not counted."""

import contextlib
import itertools
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import trio

from engine.adapters.contract.awake import the_event_loop_is_left_to_others
from engine.adapters.contract.runner import Outcome, try_promise
from engine.adapters.contract.stalls import LIMIT_S, Queue, Stalls
from engine.adapters.contract.table import by_function
from protocol.platform import Feature
from tests.engine.adapters.contract import tiny

PROMISE = by_function(the_event_loop_is_left_to_others)
HERE = Path(__file__).name
LONG_S = LIMIT_S + 0.1
PATIENCE_S = 10.0
FIRST = """
import sys, trio
from engine.adapters.contract import awake
from engine.adapters.simulator.bench import simulator_bench

known = []
work = awake._work

async def looked_at(bench):
    known.append("trio.testing" in sys.modules)
    await work(bench)

async def main():
    async with simulator_bench() as bench:
        await awake.the_event_loop_is_left_to_others(bench)

awake._work = looked_at
trio.run(main)
print(known)
"""


async def test_a_step_that_blocks_is_timed_and_placed(autojump_clock: object) -> None:
    with Stalls("tests").watched() as found:
        await trio.lowlevel.checkpoint()
        time.sleep(LONG_S)  # noqa: ASYNC251 # that is what is to be found
        await trio.sleep(3600)
    assert LONG_S <= found.longest_s < 60
    assert f"{HERE}:" in found.place
    assert found.place.endswith("in test_a_step_that_blocks_is_timed_and_placed")


async def test_what_is_waited_for_is_not_counted() -> None:
    with Stalls("tests").watched() as found:
        await trio.lowlevel.checkpoint()
        await trio.sleep(LONG_S)
        await trio.to_thread.run_sync(time.sleep, LONG_S)
    assert found.longest_s < LONG_S


async def test_what_a_busy_machine_keeps_waiting_is_not_counted(
    autojump_clock: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited_s = itertools.count(0, LONG_S)  # asked before a step and behind it
    monkeypatch.setattr(Queue, "waited_s", lambda _: next(waited_s))
    with Stalls("tests").watched() as found:
        await trio.lowlevel.checkpoint()
        time.sleep(1.1 * LONG_S)  # noqa: ASYNC251 # as if another process had been at it meanwhile
        await trio.lowlevel.checkpoint()
    assert found.longest_s < LIMIT_S / 2


@pytest.mark.skipif(not Path("/proc/thread-self/schedstat").exists(), reason="no such statistics; use Linux")
def test_a_thread_that_has_to_wait_for_a_processor_knows_how_long() -> None:
    """Two who share one."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        with (
            contextlib.closing(Queue()) as queue,
            subprocess.Popen((sys.executable, "-c", "while True: pass")) as other,
        ):
            before_s, until = queue.waited_s(), time.monotonic() + PATIENCE_S
            while queue.waited_s() == before_s and time.monotonic() < until:
                pass
            assert queue.waited_s() > before_s
            other.kill()
    finally:
        os.sched_setaffinity(0, allowed)


def test_what_the_suite_itself_imports_is_not_the_adapter_s_fault() -> None:
    """In a process that has not imported it before."""
    done = subprocess.run((sys.executable, "-c", FIRST), capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "[True]\n"), done.stderr


async def test_of_two_stalls_the_longer_one_is_told(autojump_clock: object) -> None:
    def longer() -> None:
        time.sleep(2 * LONG_S)

    with Stalls("tests").watched() as found:
        for stall in (longer, lambda: time.sleep(LONG_S)):
            await trio.lowlevel.checkpoint()
            stall()
        await trio.lowlevel.checkpoint()
    assert found.place.endswith("in longer")


async def test_the_place_is_the_adapter_s_own_also_when_it_blocks_in_a_library(autojump_clock: object) -> None:
    with Stalls("tests").watched() as found:
        await trio.lowlevel.checkpoint()
        threading.Event().wait(LONG_S)
        await trio.lowlevel.checkpoint()
    assert HERE in found.place
    with Stalls("no such package").watched() as found:
        await trio.lowlevel.checkpoint()
        threading.Event().wait(LONG_S)
        await trio.lowlevel.checkpoint()
    assert "threading.py:" in found.place


async def test_what_blocks_once_only_is_the_machine(autojump_clock: object) -> None:
    tiny.BlocksOnce.blocked = False
    result = await try_promise(tiny.blocking_once, PROMISE, frozenset(Feature))
    assert result.outcome is Outcome.KEPT, result.why
    assert tiny.BlocksOnce.blocked
