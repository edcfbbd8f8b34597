"""A desktop that does what it must passes all trials; what others do wrong is told, each by its rule."""

import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trio

from engine.conformance.rules import CLIENT_RULES, rules
from engine.conformance.serve_client.play import Came, Result, choose, play_trials, staged
from engine.conformance.serve_client.trials import TRIALS
from tests.blackbox.server import ROOT, ServerProcess
from tests.engine.conformance import desktops
from tests.engine.conformance.desktops import Desktop
from tests.engine.test_specs import SPECS, anchors

PATIENCE_S = 4.0
PERSON_S = 8.0
AGENT, PHONE = "agent45", "4045"


async def play(server: ServerProcess, kind: type[Desktop], *trials: str, batched: bool = False) -> list[Result]:
    async with staged(server.agent_url, PATIENCE_S, PERSON_S) as (stage, url), trio.open_nursery() as nursery:
        desktop = kind(url, AGENT, PHONE, batched=batched)
        nursery.start_soon(desktop.run)
        results = await play_trials(choose(trials), stage)
        nursery.cancel_scope.cancel()
    return results


def broken(results: list[Result]) -> set[str]:
    return {fault.rule for result in results for fault in result.faults}


# One that does what it must


async def test_it_passes_all_trials(server: ServerProcess) -> None:
    results = await play(server, Desktop, batched=True)
    assert [(result.trial.name, result.faults, result.problem) for result in results] == [
        (trial.name, (), "") for trial in TRIALS
    ]
    assert {result.came for result in results} == {Came.PASSED}


async def test_without_batches_that_trial_is_not_tried(server: ServerProcess) -> None:
    unknown, together = await play(server, Desktop, "unknown events", "together")
    assert (unknown.came, together.came) == (Came.PASSED, Came.NOT_TRIED)
    assert "agent-session-batch.v1" in together.problem


# Those that do not


@pytest.mark.parametrize(
    ("kind", "trial", "rule"),
    [
        (desktops.AsksBeforeTheStart, "unknown properties", "CL-1"),
        (desktops.AsksWhatIsNotOpen, "unknown events", "CL-2"),
        (desktops.AsksNobody, "slow answers", "CL-3"),
        (desktops.Mumbles, "slow answers", "CL-4"),
        (desktops.UsesARequestidTwice, "slow answers", "CL-5"),
        (desktops.StartsAnotherSession, "cut after the answer", "CL-6"),
        (desktops.ResumesWithTheWrongEpoch, "cut among the events", "CL-7"),
        (desktops.ResumesTooFar, "cut within a frame", "CL-7"),
        (desktops.GoesOnAfterAReset, "reset", "CL-8"),
        (desktops.AsksAfterTheEnd, "taken over", "CL-9"),
        (desktops.StaysAway, "stopping", "CL-10"),
        (desktops.ComesBackAtOnce, "stopping", "CL-10"),
        (desktops.DoesNotAnswerPings, "silence", "CL-11"),
        (desktops.TakesItBack, "taken over", "CL-12"),
        (desktops.LeavesForWhatItDoesNotKnow, "unknown events", "CL-13"),
        (desktops.LeavesForWhatItDoesNotKnow, "unknown properties", "CL-13"),
        (desktops.LosesPatience, "slow answers", "CL-13"),
    ],
)
async def test_what_is_done_wrong_is_told(server: ServerProcess, kind: type[Desktop], trial: str, rule: str) -> None:
    results = await play(server, kind, trial)
    assert rule in broken(results), results


async def test_objects_of_before_a_reset_are_forgotten(server: ServerProcess) -> None:
    results = await play(server, desktops.RemembersObjectsAfterAReset, "reset", "slow answers")
    assert "CL-3" in broken(results), results


# Rules and options


def test_every_rule_has_its_source_and_a_desktop_that_breaks_it() -> None:
    known = rules(CLIENT_RULES)
    for rule in known.values():
        page, _, anchor = rule.source.partition("#")
        assert anchor in anchors(SPECS / page), rule
    tried = re.findall(r'"(CL-\d+)"\)', Path(__file__).read_text("utf-8"))
    assert set(tried) == set(known)


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "engine", "conformance", "serve-client", *arguments]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_all_trials_are_listed() -> None:
    found = command("--list")
    assert found.returncode == 0
    assert [line.split(".")[0] for line in found.stdout.splitlines()] == [str(trial.number) for trial in TRIALS]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nothing"], "--list shows all"),
        (["--upstream", "http://127.0.0.1:1"], "give a URL like ws://127.0.0.1:8765/agent"),
        (["--upstream", "ws://127.0.0.1:1/agent"], "start the server"),
    ],
)
def test_wrong_options_are_refused(arguments: list[str], says: str) -> None:
    found = command(*arguments)
    assert found.returncode == 2
    assert says in found.stderr


def test_a_port_that_is_taken_is_told(server: ServerProcess) -> None:
    taken = str(urlsplit(server.agent_url).port)
    found = command("--upstream", server.agent_url, "--port", taken)
    assert found.returncode == 2
    assert f"--port {taken}" in found.stderr


@asynccontextmanager
async def at_the_command(*arguments: str) -> AsyncIterator[tuple[trio.Process, str]]:
    """The command, which has a server of its own, and the URL for the desktop."""
    line = [sys.executable, "-m", "engine", "conformance", "serve-client", "--port", "0", *arguments]
    process = await trio.lowlevel.open_process(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert process.stderr is not None
        said = b""
        with trio.fail_after(60):
            while (found := re.search(rb"connect the desktop to (\S+) and log in\nthen work: go", said)) is None:
                said += await process.stderr.receive_some()
        yield process, found[1].decode()
    finally:
        process.kill()
        with trio.move_on_after(10, shield=True):
            await process.wait()


@pytest.mark.parametrize(("kind", "status"), [(Desktop, 0), (desktops.UsesARequestidTwice, 1)])
async def test_the_command_has_a_server_of_its_own_and_tells_what_came_of_it(kind: type[Desktop], status: int) -> None:
    async with (
        at_the_command("1", "cut after the answer", "--person", "10", "--json") as (process, url),
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(kind(url, "agent1", "4001").run)
        said = b""
        with trio.fail_after(60):
            while process.stdout is not None and (more := await process.stdout.receive_some()):
                said += more
            assert await process.wait() == status
        nursery.cancel_scope.cancel()
    first, second = json.loads(said)["trials"]
    assert (first["number"], second["name"]) == (1, "cut after the answer")
    assert {fault["rule"] for fault in first["faults"]} == ({"CL-5"} if status else set())
