"""The process of a phone: what is done to it is done to nobody who has got its number since."""

import os
import signal
import sys
from pathlib import Path
from typing import Final

import pytest
import trio

from engine.adapters.sip.process import Process

PATIENCE_S: Final = 10.0
SLEEP: Final = "import time; time.sleep(60)"


async def started(program: str, folder: Path) -> Process:
    return await Process.start([sys.executable, "-c", program], folder, lambda _: None)


async def test_one_that_is_killed_ends_at_once(tmp_path: Path) -> None:
    process = await started(SLEEP, tmp_path)
    process.kill()
    with trio.fail_after(PATIENCE_S):
        assert await process.wait() == f"signal {signal.SIGKILL}"
    await process.end()


async def test_nobody_is_killed_in_place_of_one_that_has_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    process = await started("", tmp_path)
    with trio.fail_after(PATIENCE_S):
        assert await process.wait() == "exit code 0"
    hit: list[int] = []
    monkeypatch.setattr(os, "kill", lambda pid, _: hit.append(pid))
    process.kill()
    await process.end()
    assert hit == []
