"""`ixp why`: how an object got where it is, read from the journal."""

import sys
from typing import Annotated

import msgspec
import typer

from engine.journal import spi
from engine.journal.cli import HERE, Data, forgotten, open_store
from engine.journal.rebuild import decoded
from engine.journal.spi import Stored
from engine.talk.words import printable
from engine.why.explain import UnknownTarget, why
from engine.why.show import as_json, render
from engine.why.steps import Step
from protocol.ids import SessionId
from statemachines.effects import Input


class UnreadableStep(ValueError):
    """A step is of another version; the message names it."""


def steps_of(stored: Stored) -> list[Step]:
    """What the journal has of a session, as `why` wants it. Raises UnreadableStep."""
    return [
        Step(
            number=number,
            at_ms=round(step.wall * 1000),
            given=_given(stored, number, step),
            messages=tuple(msgspec.json.decode(record.text) for record in step.records),
        )
        for number, step in stored.numbered
    ]


def _given(stored: Stored, number: int, step: spi.Step) -> Input:
    try:
        return decoded(step)
    except ValueError as error:
        raise UnreadableStep(
            f"session {stored.session}: step {number} cannot be read ({printable(' '.join(str(error).split()))}); "
            "ask the version of ixp that wrote it"
        ) from error


def explain(
    target: Annotated[str, typer.Argument(help="a session, channel group, channel, interaction or conversation")],
    data: Data = HERE,
    last: Annotated[int, typer.Option(min=1, help="how many changes, the latest ones")] = 10,
    json: Annotated[bool, typer.Option("--json", help="one JSON object")] = False,
) -> None:
    """Tell how an object got where it is: its last changes, each with rule, cause, and the message that told it."""
    from rich.console import Console

    with open_store(data) as store:
        stored = store.history(SessionId(target.partition(".")[0]))
    try:
        explanation = why(steps_of(stored), target, last)
    except UnreadableStep as error:
        print(f"ixp: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
    except UnknownTarget as error:
        print(f"ixp: {error}" + (f"; {forgotten(stored)}" if stored.step else ""), file=sys.stderr)
        raise typer.Exit(1) from None
    if json:
        print(as_json(explanation))
    else:
        Console(highlight=False).print(render(explanation))
