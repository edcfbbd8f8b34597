"""Case 4: the disk fails while it makes something durable: nothing of it is acknowledged, and the process ends."""

import asyncio
import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.blackbox.client import AgentSession, Desktop, code_of
from tests.faults.fleet import Wrong
from tests.faults.load import Outcome, Scene, under_load
from tests.faults.one import SERVE, Place, hear_to_the_end, mutant, place, wait_until
from tests.faults.tools import Failures

CALLS = ("posix/io/sync/fdatasync", "posix/io/sync/fsync")
REMEDY = "see to the disk, then start the server again"
LOG_TAIL_CHARS = 4000
COMMAND: Final = "session.request.externalnotreadyreasons"
REFUSED: Final = ("channel.ready", "c9")
"""Answered by a failure without asking the platform, so that there is one thing alone to be kept."""
ENDS_S: Final = 15.0


def fail_fsyncs(folder: Path, *, agents: int, times: int, module: str = SERVE, seed: int = 5) -> Outcome:
    failures = Failures(folder)

    async def script(scene: Scene) -> None:
        server = scene.server
        for number in range(1, times + 1):
            await scene.acknowledged(round(agents * scene.chance.uniform(2, 20)))
            for call in CALLS:
                failures.begin(call, errno.EIO)
            await scene.until(lambda: server.process.poll() is not None, "the server ends", ENDS_S)
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


@contextmanager
def asked_alone(folder: Path, module: str, *asked: str, once: bool) -> Iterator[tuple[Place, AgentSession]]:
    """Nobody else is there, so the fsync that fails is that for this one request: `asked`, its command and path."""
    failures = Failures(folder)
    with place(folder, module=module, start=False) as here:
        failures.give_to(here.server)
        here.server.start()
        with Desktop(here.server.url) as desktop:
            session = here.ready(desktop)
            for call in CALLS[:1] if once else CALLS:
                failures.begin(call, errno.EIO, once=once)
            session.send(*asked, requestid="asked")
            yield here, session


def is_not_answered(folder: Path, module: str = SERVE) -> None:
    """What is read after the restart does not tell: it was in the system's memory all the time. Raises Wrong."""
    with asked_alone(folder, module, *REFUSED, once=False) as (here, session):
        hear_to_the_end(session.desktop)
        answers = [*session.news, *session.desktop.notices]
        if any(message.get("requestid") == "asked" for message in answers):
            raise Wrong(f"was answered: {answers}")
        assert here.server.wait() == 1, here.server.log[-LOG_TAIL_CHARS:]


def ends_by_one_failure(folder: Path, module: str = SERVE) -> None:
    """Though the next fsync would succeed: what the failed one was for may be gone. Raises Wrong."""
    with asked_alone(folder, module, COMMAND, once=True) as (here, session):
        try:
            wait_until(lambda: here.server.process.poll() is not None, ENDS_S)
        except AssertionError:
            raise Wrong(f"a fsync has failed, and the server goes on: {session.do(COMMAND)}") from None
        assert here.server.wait() == 1
        assert REMEDY in here.server.log.splitlines()[-1]
        here.server.start()
        with Desktop(here.server.url) as again:
            session.resume(again)
            (answer, *_) = session.do(COMMAND, requestid="asked")
            assert code_of(answer) == "success"


def test_what_is_not_durable_is_not_answered(tmp_path: Path) -> None:
    is_not_answered(tmp_path)


def test_a_server_that_answers_first_is_found_out(tmp_path: Path) -> None:
    with pytest.raises(Wrong, match="was answered"):
        is_not_answered(tmp_path, mutant("sends_first"))


def test_one_failure_ends_it(tmp_path: Path) -> None:
    ends_by_one_failure(tmp_path)


def test_a_server_that_tries_again_is_found_out(tmp_path: Path) -> None:
    with pytest.raises(Wrong, match="goes on"):
        ends_by_one_failure(tmp_path, mutant("syncs_again"))


def test_nothing_is_acknowledged_and_nothing_lost(tmp_path: Path) -> None:
    outcome = fail_fsyncs(tmp_path, agents=6, times=2)
    print(outcome)
    assert outcome.verdict.clean, outcome.verdict
    assert outcome.reset == 0
    assert outcome.resumed >= 6
