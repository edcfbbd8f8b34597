"""`ixp conformance URL`: every scenario is played at a server, and each rule is told to be kept or broken."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import trio
import typer

from engine.conformance.desk import PATIENCE_S
from engine.conformance.drivers import CannotDrive
from engine.conformance.line import CannotConnect, opened
from engine.conformance.options import Agents, Bearer, DriverName, Given, Key, fail, place_of
from engine.conformance.reports import FORMS, write_report
from engine.conformance.runner import Place, Result, Status, WrongAgent, agents_of, play_all, select, try_agents
from engine.conformance.scenario import BadScenario, Scenario, read_scenarios, scenarios, wants
from engine.conformance.show import Progress, listing


def check(
    url: Annotated[str | None, typer.Argument(help="of the server: ws://127.0.0.1:8765/agent")] = None,
    agents: Agents = None,
    bearer: Bearer = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--select", metavar="RULE|SECTION|SCENARIO", help="play only what checks this; repeatable"),
    ] = None,
    driver: DriverName = None,
    key: Key = None,
    given: Given = None,
    files: Annotated[
        list[Path] | None, typer.Option("--scenarios", help="a YAML file to play instead of those shipped; repeatable")
    ] = None,
    patience: Annotated[float, typer.Option(min=0.1, help="seconds for anything that must come")] = PATIENCE_S,
    report: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help=f"write the results, too: by its ending {', '.join(FORMS)}; repeatable"),
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="print all rules with their scenarios, and leave")] = False,
) -> None:
    """Play the scenarios at a server, and say of each rule what became of it.

    The exit status is 0 when no rule is broken, 1 when one is, 2 when the server or an option is wrong.
    """
    try:
        chosen = select(_scenarios(files or ()), only or ())
        if listed:
            typer.echo(listing(chosen))
            return
        if url is None:
            fail("name the server: `ixp conformance ws://127.0.0.1:8765/agent` tries one that `ixp serve` has begun")
        for path in report or ():
            if path.suffix not in FORMS:
                fail(f"--report {path}: give a file that ends in {', '.join(FORMS)}")
            if not path.parent.is_dir():
                fail(f"--report {path}: there is no folder {path.parent}; make it, or name another one")
        place = place_of(
            url,
            agents=agents,
            bearer=bearer,
            driver=driver,
            key=key,
            given=given,
            patience_s=patience,
            wanted={name for each in chosen for name in wants(each)} if files else (),
        )
    except (ValueError, CannotDrive, OSError) as error:
        fail(str(error))
    results: list[Result] = []
    try:
        trio.run(partial(_play, chosen, place, results))
    except (CannotConnect, WrongAgent) as error:
        fail(str(error))
    except KeyboardInterrupt:
        typer.echo(f"interrupted: {len(chosen) - len(results)} of {len(chosen)} were not played", err=True)
    for path in report or ():
        try:
            write_report(path, url, results)
        except OSError as error:
            fail(f"--report {path}: {error.strerror or error}")
    tried = {result.status for result in results} & {Status.PASSED, Status.FAILED}
    if not tried:
        all_there = all(result.status is Status.NOT_RUN for result in results)
        missing = "give what the scenarios that were not run need" if all_there else "the server has nothing of it"
        fail(f"nothing was tried: {missing}, or select others")
    raise typer.Exit(1 if Status.FAILED in tried else 0)


async def _play(chosen: Sequence[Scenario], place: Place, results: list[Result]) -> None:
    """Adds the results as they come. Raises CannotConnect when there is no server at all, and WrongAgent."""
    async with opened(place.url, bearer=place.bearer):
        pass
    await try_agents(place, {number for each in chosen for number in agents_of(each)})
    progress = Progress(len(chosen))

    def tell(result: Result) -> None:
        results.append(result)
        progress.tell(result)

    await play_all(chosen, place, tell)
    progress.end(results)


def _scenarios(files: Sequence[Path]) -> Sequence[Scenario]:
    if not files:
        return scenarios()
    return [each for path in files for each in read_scenarios(str(path), _yaml(path))]


def _yaml(path: Path) -> Any:
    import yaml

    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadScenario(f"{path}: {error.strerror}; name a file of scenarios") from None
    except yaml.YAMLError as error:
        raise BadScenario(f"{path}: is no YAML ({' '.join(str(error).split())}); mend the file") from None
