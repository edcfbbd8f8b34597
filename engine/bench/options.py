"""Options that the commands of `ixp bench` share, and how their errors are told."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console, RenderableType

from engine.bench.errors import BenchFailed
from engine.bench.mix import PIECES, NoMix, read_mix
from engine.bench.picture import Panel, check_picture, draw
from engine.config import DURABILITIES
from engine.terminal import complain

Sessions = Annotated[int, typer.Option(min=1, help="agents with a session")]
Connections = Annotated[
    int | None,
    typer.Option(min=1, help="connections; fewer than sessions are batched ones that they share [default: one each]"),
]
MOST_S = 604_800.0
"""A week."""
Seconds = Annotated[float, typer.Option(min=0.5, max=MOST_S, help="how long it is measured")]
SecondsEach = Annotated[float, typer.Option(min=0.5, max=MOST_S, help="how long each server is measured")]
Processes = Annotated[int, typer.Option(min=1, max=64, help="client processes")]
Durability = Annotated[str, typer.Option(help=f"of the journal of a server of its own: {', '.join(DURABILITIES)}")]
Mix = Annotated[
    str,
    typer.Option(
        help="what sessions do, as weights, such as ready=8,directory=1. "
        + "; ".join(f"{name}: {piece.about}" for name, piece in PIECES.items())
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON object")]
Picture = Annotated[Path | None, typer.Option(help="draw it, too: a file that ends with .svg or .png")]


@contextmanager
def measuring(picture: Path | None = None) -> Iterator[None]:
    """Why it cannot be measured is told in one sentence; the exit status is 2 then."""
    try:
        import hdrh  # noqa: F401
    except ImportError:
        fail("the load tool is not installed; `pip install '.[bench]'` in a clone of the project does that")
    try:
        if picture is not None:
            check_picture(picture)
        yield
    except BenchFailed as error:
        fail(str(error))


def show(found: Any, as_json: bool, table: RenderableType) -> None:
    if as_json:
        typer.echo(json.dumps(found))
    else:
        Console().print(table)


def progress(what: str) -> None:
    """What is going on, for whoever waits for it; on standard error, beside the figures."""
    typer.echo(f"{what} …", err=True)


def drawn(picture: Path | None, title: str, panels: Sequence[Panel]) -> None:
    """If it is wanted. Raises NoPicture."""
    if picture is not None:
        draw(picture, title, panels)


def durability_of(*given: str) -> None:
    """Says what to take where one is none."""
    for each in given:
        if each not in DURABILITIES:
            fail(f"--durability {each}: take one of {', '.join(DURABILITIES)}")


def mix_of(text: str) -> Mapping[str, int]:
    try:
        return read_mix(text)
    except NoMix as error:
        fail(f"--mix: {error}")


def shared_by(connections: int | None, sessions: int) -> int:
    """How many connections there are."""
    if connections is not None and connections > sessions:
        fail(f"--connections {connections}: is more than --sessions {sessions}; give at most {sessions}")
    return connections or sessions


def numbers_of(option: str, text: str, most: int) -> list[int]:
    """`10,100`: whole numbers from 1."""
    numbers = [part.strip() for part in text.split(",")]
    for each in numbers:
        if not (each.isascii() and each.isdecimal() and 1 <= int(each) <= most):
            fail(f"{option} {text}: {each or 'a gap'} is no whole number from 1 to {most:,}; write such as 10,100")
    return [int(each) for each in numbers]


def fail(message: str) -> NoReturn:
    complain(message)
    raise typer.Exit(2)
