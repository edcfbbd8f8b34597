"""Case 4: the disk fails while it makes something durable: nothing of it is acknowledged, and the process ends."""

import asyncio
import errno
from pathlib import Path

import pytest

from tests.faults.load import Outcome, Scene, under_load
from tests.faults.tools import Failures

CALLS = ("posix/io/sync/fdatasync", "posix/io/sync/fsync")
REMEDY = "see to the disk, then start the server again"
LOG_TAIL_CHARS = 4000


def fail_fsyncs(folder: Path, *, agents: int, times: int, module: str = "tests.faults.serve", seed: int = 5) -> Outcome:
    failures = Failures(folder)

    async def script(scene: Scene) -> None:
        server = scene.server
        for number in range(1, times + 1):
            await scene.acknowledged(round(agents * scene.chance.uniform(2, 20)))
            for call in CALLS:
                failures.begin(call, errno.EIO)
            await scene.until(lambda: server.process.poll() is not None, "the server ends", 15.0)
            status, log = await asyncio.to_thread(server.wait), server.log
            last = log.splitlines()[-1]
            assert status == 1, f"status {status}: {log[-LOG_TAIL_CHARS:]}"
            assert last.startswith(f"ixp: {server.data}"), last
            assert REMEDY in last, last
            assert "Traceback" not in log, log[-LOG_TAIL_CHARS:]
            assert log.count(f"{REMEDY}: it goes on") == number, log[-LOG_TAIL_CHARS:]
            await scene.restart()
        await scene.acknowledged(agents)

    return under_load(folder, script, agents=agents, seed=seed, prepare=failures.give_to, module=module)


def test_nothing_is_acknowledged_and_nothing_lost(tmp_path: Path) -> None:
    outcome = fail_fsyncs(tmp_path, agents=6, times=2)
    print(outcome)
    assert outcome.verdict.clean, outcome.verdict
    assert outcome.reset == 0
    assert outcome.resumed >= 6


def test_a_server_that_tries_again_is_found_out(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        fail_fsyncs(tmp_path, agents=3, times=1, module="tests.faults.mutants.syncs_again")
