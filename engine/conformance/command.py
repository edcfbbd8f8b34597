"""`ixp conformance URL`: every scenario is played at a server, and each rule is told to be kept or broken."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import trio
import typer

from engine.conformance.desk import PATIENCE_S
from engine.conformance.drivers import CannotDrive, find_driver
from engine.conformance.line import CannotConnect, opened
from engine.conformance.reports import FORMS, write_report
from engine.conformance.runner import Place, Result, Status, play_all, select
from engine.conformance.scenario import BadScenario, Scenario, read_scenarios, scenarios
from engine.conformance.show import Progress, listing
from engine.terminal import complain

DEMO: Final = tuple((f"agent{n}", "demo", f"400{n}") for n in (1, 2, 3))
"""The agents of the demo that `ixp serve` runs without a configuration."""
NAMES: Final[Mapping[str, str]] = {
    "group": "Default",
    "queue": "Sales",
    "outside": "+15550100",
    "busy": "+15550111",
    "noanswer": "+15550122",
    "nowhere": "999",
}
"""What scenarios call things by, at the demo."""


def check(
    url: Annotated[str | None, typer.Argument(help="of the server: ws://127.0.0.1:8765/agent")] = None,
    agent: Annotated[
        list[str] | None,
        typer.Option(metavar="ID:PASSWORD:EXTENSION", help="who may be used; three are enough [default: the demo's]"),
    ] = None,
    bearer: Annotated[
        str | None, typer.Option(envvar="IXP_TOKEN", help="a token or a service's key for the handshake")
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--select", metavar="RULE|SECTION|SCENARIO", help="play only what checks this; repeatable"),
    ] = None,
    driver: Annotated[
        str | None,
        typer.Option(help="what moves the platform: http://… of a simulator's control, `person`, or MODULE:ATTRIBUTE"),
    ] = None,
    key: Annotated[
        str | None, typer.Option(envvar="IXP_OPERATOR_KEY", help="of an operator, for the control of a simulator")
    ] = None,
    given: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help=f"what is called so there: {', '.join(NAMES)}; repeatable"),
    ] = None,
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
            _fail("name the server: `ixp conformance ws://127.0.0.1:8765/agent` tries one that `ixp serve` has begun")
        for path in report or ():
            if path.suffix not in FORMS:
                _fail(f"--report {path}: give a file that ends in {', '.join(FORMS)}")
        names = _names(agent or (), given or ())
        place = Place(url=url, driver=find_driver(driver, key), names=names, bearer=bearer, patience_s=patience)
    except (ValueError, CannotDrive, OSError) as error:
        _fail(str(error))
    try:
        results = trio.run(partial(_play, chosen, place))
    except CannotConnect as error:
        _fail(str(error))
    for path in report or ():
        try:
            write_report(path, url, results)
        except OSError as error:
            _fail(f"--report {path}: {error.strerror or error}")
    raise typer.Exit(1 if any(result.status is Status.FAILED for result in results) else 0)


async def _play(chosen: Sequence[Scenario], place: Place) -> list[Result]:
    """Raises CannotConnect when there is no server at all."""
    async with opened(place.url, bearer=place.bearer):
        pass
    progress = Progress(len(chosen))
    results = await play_all(chosen, place, progress.tell)
    progress.end(results)
    return results


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


def _names(agents: Sequence[str], given: Sequence[str]) -> dict[str, Any]:
    """What scenarios may use. Raises ValueError."""
    found: dict[str, Any] = dict(NAMES)
    for number, parts in enumerate(map(_agent, agents) if agents else DEMO, 1):
        for name, value in zip(("agent", "password", "extension"), parts, strict=True):
            if value:
                found[f"{name}{number if number > 1 else ''}"] = value
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not name.isidentifier():
            raise ValueError(f"--set {each}: is not NAME=VALUE; write it so")
        found[name] = value
    return found


def _agent(text: str) -> tuple[str, str, str]:
    id_, _, rest = text.partition(":")
    password, _, extension = rest.rpartition(":")
    if not id_ or not extension:
        raise ValueError("--agent: is not ID:PASSWORD:EXTENSION; write it so, with nothing for a password not needed")
    return id_, password, extension


def _fail(message: str) -> NoReturn:
    complain(message)
    raise typer.Exit(2)
