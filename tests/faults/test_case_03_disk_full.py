"""Case 3: the disk is full for a while: what cannot be kept is refused and does not happen; then work goes on."""

import asyncio
import errno
import os
from pathlib import Path

from tests.faults.judge import Memory
from tests.faults.load import Outcome, Scene, under_load, wrong_in
from tests.faults.one import SERVE, mutant
from tests.faults.tools import Disk, Failures, need_disks

WRITE = "posix/io/rw/pwrite"
"""Only the journal writes in this way."""


def fail_writes(folder: Path, *, agents: int, seconds: float, module: str = SERVE, seed: int = 3) -> Outcome:
    """One write in twenty finds no room. The server is not restarted."""
    failures = Failures(folder)

    async def script(scene: Scene) -> None:
        await scene.acknowledged(10 * agents)
        memory = Memory(scene.server)
        failures.begin(WRITE, errno.ENOSPC, 0.05)
        await asyncio.sleep(seconds)
        await scene.until(lambda: scene.fleet.tally.refused > agents, "requests are refused")
        await scene.ring()
        failures.end(WRITE)
        await scene.acknowledged(10 * agents)
        memory.check()

    return under_load(folder, script, agents=agents, seed=seed, prepare=failures.give_to, module=module, gives_up=True)


def fill_disk(folder: Path, *, agents: int, seconds: float, seed: int = 4) -> Outcome:
    """A real disk, filled and emptied again."""
    disk = Disk(folder / "disk", 24)

    async def script(scene: Scene) -> None:
        await scene.acknowledged(10 * agents)
        memory = Memory(scene.server)
        filling = disk.seen_by(scene.server) / "filling"
        await asyncio.to_thread(_fill, filling)
        await scene.until(lambda: scene.fleet.tally.refused > agents, "requests are refused")
        await asyncio.sleep(seconds)
        filling.unlink()
        await scene.acknowledged(10 * agents)
        memory.check()

    return under_load(
        folder,
        script,
        agents=agents,
        seed=seed,
        prepare=disk.give_to,
        keep=lambda _: disk.take_out(folder / "kept"),
        gives_up=True,
    )


def _fill(path: Path) -> None:
    """To the last byte."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while file.write(bytes(size)) == size:
                    pass
            except OSError as error:
                assert error.errno == errno.ENOSPC, error
        os.fsync(file.fileno())


def _check(outcome: Outcome) -> None:
    print(outcome)
    assert outcome.verdict.clean, outcome.verdict
    assert outcome.refused > 0
    assert outcome.reset == 0


def test_what_cannot_be_written_is_refused_and_does_not_happen(tmp_path: Path) -> None:
    _check(fail_writes(tmp_path, agents=6, seconds=3.0))


def test_a_disk_is_full_and_has_room_again(tmp_path: Path) -> None:
    need_disks(tmp_path)
    _check(fill_disk(tmp_path, agents=6, seconds=2.0))


def test_a_server_that_answers_what_it_could_not_keep_is_found_out(tmp_path: Path) -> None:
    found = wrong_in(lambda: fail_writes(tmp_path, agents=6, seconds=3.0, module=mutant("sends_first")))
    print(found)
    assert found
