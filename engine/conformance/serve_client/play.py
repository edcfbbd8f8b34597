"""Trials are played one after the other, at whatever desktop connects."""

import enum
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import Final
from urllib.parse import urlsplit

import attrs
import trio

from engine.conformance.relay import relayed
from engine.conformance.serve_client.stage import NotTried, Stage, as_it_is
from engine.conformance.serve_client.trials import TRIALS, Trial
from engine.conformance.serve_client.watch import Fault

SERVER: Final = (sys.executable, "-m", "engine", "serve", "--agent-port", "0", "--http-port", "0")
READY_S: Final = 30.0
STOP_S: Final = 20.0


class Came(enum.StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_TRIED = "not tried"


@attrs.frozen(kw_only=True)
class Result:
    """What came of a trial: what the desktop did wrong in it, or why it was not tried."""

    trial: Trial
    came: Came
    faults: Sequence[Fault] = ()
    problem: str = ""


class NoServer(Exception):
    """There is none to play; the message says what to do."""


async def play_trials(
    chosen: Sequence[Trial],
    stage: Stage,
    begin: Callable[[Trial], None] = lambda trial: None,
    tell: Callable[[Result], None] = lambda result: None,
) -> list[Result]:
    """Each begins when a desktop is at work."""
    results: list[Result] = []
    for trial in chosen:
        begin(trial)
        results.append(await _play(trial, stage))
        tell(results[-1])
    return results


async def _play(trial: Trial, stage: Stage) -> Result:
    problem = ""
    try:
        await stage.someone_at_work()
        await trial.play(stage)
    except NotTried as error:
        problem = str(error)
    stage.act, stage.unknown_epoch = as_it_is, False
    faults, stage.watch.faults = tuple(stage.watch.faults), []
    came = Came.FAILED if faults else Came.NOT_TRIED if problem else Came.PASSED
    return Result(trial=trial, came=came, faults=faults, problem=problem)


def choose(wanted: Sequence[str]) -> tuple[Trial, ...]:
    """By number or name; all without any. Raises ValueError."""
    chosen: list[Trial] = []
    for word in wanted:
        found = [trial for trial in TRIALS if word in (str(trial.number), trial.name)]
        if not found:
            raise ValueError(f"there is no trial {word}; --list shows all")
        chosen += found
    return tuple(chosen) or TRIALS


@asynccontextmanager
async def staged(upstream: str, patience_s: float, person_s: float, port: int = 0) -> AsyncIterator[tuple[Stage, str]]:
    """The stage in front of the server at this URL, and the URL for the desktop."""
    parts = urlsplit(upstream)
    stage = Stage(upstream=upstream, patience_s=patience_s, person_s=person_s)
    async with relayed(parts.hostname or "", parts.port or 80, stage.connection, at=port) as relay_port:
        yield stage, f"ws://127.0.0.1:{relay_port}{parts.path}"


@asynccontextmanager
async def own_server() -> AsyncIterator[str]:
    """The demo, in a process of its own, on free ports. Raises NoServer."""
    with tempfile.TemporaryDirectory(prefix="ixp-serve-client-") as folder:
        errors = Path(folder) / "stderr"
        with errors.open("wb") as written:
            process = await trio.lowlevel.open_process(
                [*SERVER, "--data", f"{folder}/data"], stdin=DEVNULL, stdout=PIPE, stderr=written
            )
        try:
            yield await _ready(process, errors)
        finally:
            process.terminate()
            with trio.move_on_after(STOP_S, shield=True):
                await process.wait()
            process.kill()


async def _ready(process: trio.Process, errors: Path) -> str:
    """Its URL for desktops. Raises NoServer."""
    said = b""
    with trio.move_on_after(READY_S):
        while process.stdout is not None and b"\n" not in said and (more := await process.stdout.receive_some()):
            said += more
    word, _, addresses = said.decode().partition(" ")
    if word != "ready":
        raise NoServer(
            f"`ixp serve` did not come up ({_tail(errors)}); mend that, or name another server with --upstream"
        )
    url: str = json.loads(addresses)["agent"]
    return url


def _tail(errors: Path) -> str:
    return " ".join(errors.read_text(encoding="utf-8", errors="replace").split())[-400:]
