"""`ixp conformance explore URL`: a random walk at a server; a rule that is broken is shown by the shortest story."""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import trio
import typer
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress

from engine.conformance.deeds import Break, Happening, Pause, Request
from engine.conformance.desk import PATIENCE_S
from engine.conformance.drivers import CannotDrive
from engine.conformance.explore import SORTS, Shrinking, Walk
from engine.conformance.line import CannotConnect, opened
from engine.conformance.messages import JsonObject
from engine.conformance.options import Agents, Bearer, DriverName, Given, Key, fail, place_of
from engine.conformance.replay import replay
from engine.conformance.retell import as_scenario
from engine.conformance.rules import rules
from engine.conformance.runner import Place, WrongAgent, agent_names, try_agents
from engine.conformance.show import LINE_CHARS, SHOWN, line_of
from engine.conformance.teller import CannotTell, Done, Told

TOLD_EACH: Final = 1000
"""Where nobody watches, a line for so many steps is enough."""


def explore(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="of the server: ws://127.0.0.1:8765/agent")],
    steps: Annotated[int, typer.Option(min=1, help="how many deeds, in stories of about forty")] = 1000,
    seed: Annotated[int, typer.Option(help="the same one tells the same stories, as far as the server lets it")] = 1,
    sessions: Annotated[int, typer.Option(min=1, help="how many of the agents tell stories at once")] = 1,
    agents: Agents = None,
    bearer: Bearer = None,
    driver: DriverName = None,
    key: Key = None,
    given: Given = None,
    patience: Annotated[float, typer.Option(min=0.1, help="seconds for anything that must come")] = PATIENCE_S,
    out: Annotated[
        Path | None, typer.Option(help="the scenario of a broken rule [default: explored-RULE-SEED.yaml]")
    ] = None,
) -> None:
    """Do at a server what it announces as open, and now and then what it does not, at random.

    Where it breaks a rule, the story is told again with parts left out, until nothing can be left out any longer, and
    written as a scenario for `ixp conformance URL --scenarios FILE`. Exit status: 0 no rule is broken, 1 one is, 2 the
    server or an option is wrong.
    """
    try:
        place = place_of(url, agents=agents, bearer=bearer, driver=driver, key=key, given=given, patience_s=patience)
    except (ValueError, CannotDrive) as error:
        fail(str(error))
    if len(agent_names(place.names, sessions)) == 0:
        fail(f"--sessions {sessions}: each needs an agent of its own; give as many --agent")
    if out is not None and not out.parent.is_dir():
        fail(f"--out {out}: there is no folder {out.parent}; make it, or name another one")
    try:
        told = trio.run(partial(_explore, place, steps, seed, sessions))
    except (CannotConnect, CannotTell, WrongAgent) as error:
        fail(str(error))
    except KeyboardInterrupt:
        fail("interrupted before a rule was broken; the same --seed tells the same stories")
    if told is None:
        return
    rule = told.broken.rule if told.broken is not None else ""
    file = out or Path(f"explored-{rule}-{seed}.yaml")
    write(file, as_scenario(told))
    typer.echo(f"to play it again: {replay(context, url, '--scenarios', str(file))}")
    raise typer.Exit(1)


def write(file: Path, scenario: str) -> None:
    """It took long to find: where it cannot be written, it is printed."""
    try:
        file.write_text(scenario, encoding="utf-8")
    except OSError as error:
        typer.echo(scenario)
        fail(f"--out {file}: {error.strerror or error}; copy what is printed, and name a file that can be written")


async def _explore(place: Place, steps: int, seed: int, sessions: int) -> Told | None:
    """The shortest story that breaks a rule. Raises CannotConnect, CannotTell, WrongAgent."""
    async with opened(place.url, bearer=place.bearer):
        pass
    await try_agents(place, range(1, sessions + 1))
    begun = trio.current_time()
    with _progress(steps) as tell_of:
        walked = await Walk(place, steps, seed, sessions, tell_of).run()
    took = trio.current_time() - begun
    verdict = "no rule is broken" if walked.broken is None else "a rule is broken"
    typer.echo(f"{walked.steps} steps in {walked.stories} stories, {took:.1f} s, seed {seed}: {verdict}")
    _echo(doings(walked.counts))
    if walked.broken is None:
        return None
    told, where = walked.broken
    _echo(violation(told))
    told = await _shrunk(told, where)
    _echo(story(told))
    return told


def doings(counts: Mapping[tuple[str, str], int]) -> Iterator[str]:
    """A line of all that was done, what was done most often first."""
    sorts = [
        f"{sort}: {', '.join(f'{count} {what}' for what, count in found)}"
        for sort in SORTS
        if (found := [(what, count) for (of, what), count in Counter(counts).most_common() if of == sort])
    ]
    if sorts:
        yield f"    {'; '.join(sorts)}"


@contextmanager
def _progress(steps: int) -> Iterator[Callable[[int], None]]:
    """A bar for whoever watches; else a line now and then."""
    if sys.stdout.isatty():
        columns = (TextColumn("steps"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
        with RichProgress(*columns, transient=True) as bar:
            task = bar.add_task("steps", total=steps)
            yield lambda done: bar.update(task, completed=done)
        return
    told = 0

    def tell_of(done: int) -> None:
        nonlocal told
        if done // TOLD_EACH > told:
            told = done // TOLD_EACH
            typer.echo(f"{done}/{steps} steps")

    yield tell_of


def violation(told: Told) -> Iterator[str]:
    """Which rule, and what was said and heard last."""
    broken = told.broken
    rule = rules().get(broken.rule) if broken is not None else None
    if rule is not None:
        yield f"    rule {rule.id}: {rule.says} ({rule.source})"
    yield f"    {broken}"
    yield from (f"    {line_of(each)[:LINE_CHARS]}" for each in told.record[-SHOWN:])


async def _shrunk(told: Told, place: Place) -> Told:
    """The shortest story that breaks the same rule, if it can be had."""
    shrinking = Shrinking(place, told)
    try:
        again = await shrinking.run()
    except CannotTell as error:
        typer.echo(f"the story cannot be told again, so it stays as it is: {error}")
        return shrinking.told
    if again:
        typer.echo(
            f"told again {shrinking.tellings} times with parts left out: "
            f"of {len(told.done)} deeds {len(shrinking.told.done)} are left"
        )
    else:
        typer.echo(f"told again {shrinking.tellings} times, it breaks no rule: it stays as it is")
    return shrinking.told


def story(told: Told) -> Iterator[str]:
    """A line a deed."""
    for number, done in enumerate(told.done, 1):
        yield f"    {number}. {_deed(done)}"[:LINE_CHARS]
    yield f"    {told.broken}"


def _deed(done: Done) -> str:
    given = json.dumps(done.given, ensure_ascii=False) if done.given is not None else "not possible"
    match done.deed:
        case Request(command=command):
            shown = {name: value for name, value in (done.given or {}).items() if name in ("target", "data")}
            return f"{command} {json.dumps(shown, ensure_ascii=False)}: {_outcome(done.answer)}"
        case Happening(deed=deed):
            return f"at the platform: {deed} {given}"
        case Break(missed=missed):
            return f"the connection is lost, and the session resumed, {missed} messages back"
        case Pause():
            return "a pause"


def _outcome(answer: JsonObject | None) -> str:
    """It may be what breaks the rule, and of whatever form."""
    match answer:
        case None:
            return "no answer"
        case {"result": "failure", "failure": {"code": code}}:
            return str(code)
        case _:
            return str(answer.get("result"))


def _echo(lines: Iterable[str]) -> None:
    typer.echo("\n".join(lines))
