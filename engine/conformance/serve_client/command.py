"""`ixp conformance serve-client`: a desktop under test is played a server that is legal, and unusual."""

import json
from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from typing import Annotated, Final
from urllib.parse import urlsplit

import trio
import typer

from engine.conformance.line import CannotConnect, opened
from engine.conformance.options import fail
from engine.conformance.rules import CLIENT_RULES, rules
from engine.conformance.serve_client.play import Came, NoServer, Result, choose, own_server, play_trials, staged
from engine.conformance.serve_client.trials import TRIALS, Trial
from engine.conformance.show import LINE_CHARS

COLOURS: Final = {Came.PASSED: "green", Came.FAILED: "red", Came.NOT_TRIED: "yellow"}


def serve_client(
    only: Annotated[
        list[str] | None, typer.Argument(metavar="[TRIAL]...", help="numbers or names; all without any")
    ] = None,
    upstream: Annotated[
        str | None, typer.Option(help="the server behind it: ws://… [default: the demo, in a process of its own]")
    ] = None,
    port: Annotated[int, typer.Option(help="for the desktop; 0 picks a free one")] = 8766,
    patience: Annotated[float, typer.Option(min=0.1, help="seconds for what the desktop must do by itself")] = 15.0,
    person: Annotated[float, typer.Option(min=0.1, help="seconds for what somebody does at the desktop")] = 120.0,
    as_json: Annotated[bool, typer.Option("--json", help="the results as one JSON object")] = False,
    listed: Annotated[bool, typer.Option("--list", help="print all trials, and leave")] = False,
) -> None:
    """Be a server for a desktop under test, and say what the desktop does wrong.

    Exit status: 0 no rule is broken, 1 one is, 2 an option is wrong, or nothing could be tried.
    """
    if listed:
        typer.echo("\n".join(f"{each.number}. {each.name}: {each.does}. Must: {each.must}" for each in TRIALS))
        return
    if upstream is not None and (urlsplit(upstream).scheme != "ws" or urlsplit(upstream).port is None):
        fail(f"--upstream {upstream}: give a URL like ws://127.0.0.1:8765/agent")
    try:
        chosen = choose(only or ())
        results = trio.run(partial(_serve, chosen, upstream, port, patience, person, quiet=as_json))
    except (ValueError, NoServer, CannotConnect) as error:
        fail(str(error))
    except OSError as error:
        fail(f"--port {port}: {error.strerror or error}; name another one")
    if as_json:
        typer.echo(json.dumps({"trials": [_as_json(result) for result in results]}, ensure_ascii=False))
    came = {result.came for result in results}
    raise typer.Exit(1 if Came.FAILED in came else 0 if Came.PASSED in came else 2)


async def _serve(
    chosen: Sequence[Trial], upstream: str | None, port: int, patience: float, person: float, *, quiet: bool
) -> list[Result]:
    """Raises NoServer, CannotConnect, OSError."""
    server = own_server() if upstream is None else nullcontext(upstream)
    if upstream is not None:
        async with opened(upstream):
            pass
    async with server as url, staged(url, patience, person, port) as (stage, at):
        typer.echo(f"connect the desktop to {at} and log in", err=quiet)
        typer.echo("then work: go ready and not ready until every trial is told", err=quiet)
        if upstream is None:
            typer.echo("agents: agent1 … agent50, password demo, extensions 4001 … 4050", err=quiet)
        results = await play_trials(chosen, stage, partial(_begin, quiet), partial(_tell, quiet))
    if not quiet:
        counts = [f"{sum(result.came is came for result in results)} {came}" for came in Came]
        typer.echo(", ".join(counts))
    return results


def _begin(quiet: bool, trial: Trial) -> None:
    typer.echo(f"{trial.number}. {trial.name}: {trial.does}. Must: {trial.must}", err=quiet)


def _tell(quiet: bool, result: Result) -> None:
    typer.secho(f"   {result.came}", fg=COLOURS[result.came], nl=not result.problem, err=quiet)
    if result.problem:
        typer.echo(f": {result.problem}", err=quiet)
    for fault in result.faults:
        rule = rules(CLIENT_RULES)[fault.rule]
        typer.echo(f"   {rule.id}: {fault.text}\n      rule: {rule.says} ({rule.source})", err=quiet)
        if fault.message is not None:
            typer.echo(f"      {json.dumps(fault.message, ensure_ascii=False)}"[:LINE_CHARS], err=quiet)


def _as_json(result: Result) -> dict[str, object]:
    faults = [
        {"rule": fault.rule, "says": rules(CLIENT_RULES)[fault.rule].says, "text": fault.text, "message": fault.message}
        for fault in result.faults
    ]
    trial = {"number": result.trial.number, "name": result.trial.name}
    return {**trial, "result": result.came, "problem": result.problem, "faults": faults}
