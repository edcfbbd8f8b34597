"""`ixp adapter`: which adapters there are, and whether one keeps the contract."""

import sys
import threading
from functools import partial
from pathlib import Path
from typing import Annotated, Final, NoReturn

import trio
import typer

from engine.adapters import kinds
from engine.adapters.contract.bench import OpenBench
from engine.adapters.contract.find import find_bench, why_not_checked
from engine.adapters.contract.promise import Promise
from engine.adapters.contract.records import as_json, write_junit
from engine.adapters.contract.runner import (
    DEADLINE_S,
    CannotStart,
    Result,
    features_of,
    select,
    status_of,
    try_promise,
)
from engine.adapters.contract.show import Progress, table
from engine.adapters.contract.watch import exiting
from engine.observe import configure_logging
from engine.terminal import complain
from protocol.platform import Feature

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="CTI adapters: which there are, and their contract."
)

SLOW_START_S: Final = 2.0
"""After so long people who wait are told what for."""


@app.command("list")
def list_adapters() -> None:
    """The kinds of adapters that are installed, and whether `ixp adapter check NAME` can try them at once."""
    _look_here()
    for name in kinds.names():
        print(f"{name:<16}{why_not_checked(name) or 'can be checked'}")


@app.command()
def check(
    name: Annotated[
        str | None,
        typer.Argument(help="a kind that `ixp adapter list` prints, MODULE, MODULE:ATTRIBUTE, or a ws:// URL"),
    ] = None,
    bench: Annotated[
        str | None, typer.Option(help="TOML file or MODULE:ATTRIBUTE that says what is behind the adapter")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--select", metavar="ID|GROUP", help="try these promises only; repeatable")
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="print the promises, and what they need, and leave")] = False,
    junit: Annotated[Path | None, typer.Option(help="write the results as JUnit XML, too")] = None,
    json: Annotated[bool, typer.Option("--json", help="print one JSON object instead of progress")] = False,
    log: Annotated[str, typer.Option(metavar="LEVEL", help="what of the log goes to standard error")] = "error",
    deadline: Annotated[float, typer.Option(min=0.1, help="seconds that one promise may take")] = DEADLINE_S,
) -> None:
    """Try every promise of the adapter contract, and say of each what became of it.

    The exit status is 0 when no promise is broken, 1 when one is, 2 when the adapter or its bench cannot be had.
    """
    _look_here()
    try:
        promises = select(only or ())
        if listed:
            typer.echo(table(promises))
            return
        if name is None:
            _fail(f"name an adapter, such as {', '.join(kinds.names())}, MODULE:ATTRIBUTE, or a ws:// URL")
        open_bench = find_bench(name, bench)
        configure_logging(log)
    except ValueError as error:
        _fail(str(error))
    raise typer.Exit(_check(name, open_bench, promises, deadline, junit, json=json))


def _check(
    name: str,
    open_bench: OpenBench,
    promises: tuple[Promise, ...],
    deadline_s: float,
    junit: Path | None,
    *,
    json: bool,
) -> int:
    progress = None if json else Progress()
    try:
        features, results = trio.run(partial(_try_all, name, open_bench, promises, deadline_s, progress))
    except CannotStart as error:
        complain(f"{name}: {error}")
        return 2
    if json:
        print(as_json(name, features, results))
    elif progress is not None:
        progress.ends(results)
    if junit is not None:
        try:
            write_junit(junit, name, results)
        except OSError as error:
            complain(f"{junit}: cannot be written ({error.strerror}); name another file")
            return 2
    return status_of(results)


async def _try_all(
    name: str, open_bench: OpenBench, promises: tuple[Promise, ...], deadline_s: float, progress: Progress | None
) -> tuple[frozenset[Feature], list[Result]]:
    waiting = threading.Timer(SLOW_START_S, complain, [f"{name} has not started yet; it has {deadline_s:g} s to do so"])
    waiting.start()
    try:
        with exiting("the start", deadline_s):
            features = await features_of(open_bench, deadline_s=deadline_s)
    finally:
        waiting.cancel()
    if progress:
        progress.begins(name, features)
    results = []
    for promise in promises:
        if progress:
            progress.tries(promise)
        with exiting(promise.id, deadline_s):
            result = await try_promise(open_bench, promise, features, deadline_s=deadline_s)
        results.append(result)
        if progress:
            progress.has(result)
    return features, results


def _look_here() -> None:
    """An adapter that is being written lies in the folder where the command is typed, and is installed nowhere."""
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))


def _fail(message: str) -> NoReturn:
    """What follows the first line is what to write, and is printed as it is."""
    first, _, rest = message.partition("\n")
    complain(first)
    if rest:
        typer.echo(rest, err=True)
    raise typer.Exit(2)
