"""Case 2: the power goes under load: what was acknowledged is kept, or the server has said that it would not be."""

import asyncio
import os
import re
from pathlib import Path

from engine.journal.opening import PROMISES
from tests.faults.load import Outcome, Scene, under_load, wrong_in
from tests.faults.one import SERVE, mutant
from tests.faults.process import Server
from tests.faults.tools import Disk, need_disks

MEGABYTES = 64


def cut_power(
    folder: Path,
    *,
    agents: int,
    cuts: int,
    durability: str,
    may_be_reset: bool = False,
    module: str = SERVE,
    seed: int = 2,
) -> tuple[Outcome, str]:
    """Also returns the log. Each time, the server goes on with what was on the disk at that moment.

    With full durability nobody helps it to that, from the making of the file on.
    """
    disks = [Disk(folder / "disk0", MEGABYTES)]
    arguments = ("--durability", durability, "--log-level", "info", "--boot")

    async def script(scene: Scene) -> None:
        server = scene.server
        await scene.acknowledged(10 * agents)
        if durability == "normal":
            _write_out(disks[-1], server)  # as a machine does every now and then
        for number in range(1, cuts + 1):
            await scene.acknowledged(round(agents * scene.chance.uniform(1, 20)))
            await asyncio.to_thread(server.freeze)
            disks.append(disks[-1].cut(folder / f"disk{number}"))
            server.kill_both()
            server.arguments[-1] = f"run {number} of the machine"
            disks[-1].give_to(server)
            await scene.restart()
            await asyncio.to_thread(disks[-2].wait_unused)
        await scene.acknowledged(agents)

    outcome = under_load(
        folder,
        script,
        agents=agents,
        seed=seed,
        arguments=(*arguments, "run 0 of the machine"),
        prepare=disks[0].give_to,
        keep=lambda _: disks[-1].take_out(folder / "kept"),
        may_be_reset=may_be_reset,
        module=module,
    )
    return outcome, (folder / "stderr").read_text(encoding="utf-8")


def _write_out(disk: Disk, server: Server) -> None:
    for file in disk.seen_by(server).iterdir():
        handle = os.open(file, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)


def test_with_full_durability_nothing_is_lost(tmp_path: Path) -> None:
    need_disks(tmp_path)
    outcome, log = cut_power(tmp_path, agents=6, cuts=2, durability="full")
    print(outcome)
    assert outcome.verdict.clean, outcome.verdict
    assert outcome.reset == 0
    assert outcome.resumed >= 6
    assert PROMISES["full"] in log


def test_with_normal_durability_some_is_and_everybody_is_told(tmp_path: Path) -> None:
    """It also shows that the other test sees a loss where there is one."""
    need_disks(tmp_path)
    outcome, log = cut_power(tmp_path, agents=6, cuts=1, durability="normal", may_be_reset=True)
    print(outcome, f"missing {len(outcome.verdict.missing)}")
    assert outcome.verdict.missing, "the power went, and all that was acknowledged is there"
    assert outcome.verdict.clean, outcome.verdict
    assert outcome.reset == 6
    assert PROMISES["normal"] in log
    assert "journal_may_have_lost" in log


def test_a_server_that_writes_as_if_it_were_normal_is_found_out(tmp_path: Path) -> None:
    """It promises full durability."""
    need_disks(tmp_path)
    found = wrong_in(
        lambda: cut_power(tmp_path, agents=6, cuts=1, durability="full", module=mutant("normal_for_full"))[0]
    )
    assert re.search("could not come back|was reset|, and was ", found), found
