"""Results for people: one line a promise while they are tried, the exchange where one is broken, a summary."""

import shutil
import sys
import textwrap
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Final

import typer

from engine.adapters.contract.bench import OFFERS
from engine.adapters.contract.broken import RAISED
from engine.adapters.contract.promise import Promise
from engine.adapters.contract.runner import Outcome, Result
from protocol.platform import Feature

EXCHANGE_SHOWN: Final = 12
"""How many of the latest entries are shown."""
BENCH_PAGE: Final = 'specs/adapters.md, "The bench",'
_ID: Final = 16
_HOOK: Final = 20
_NARROWEST: Final = 40
_COLOURS: Final = {
    Outcome.KEPT: "green",
    Outcome.BROKEN: "red",
    Outcome.BENCH_FAILED: "red",
    Outcome.NOT_APPLICABLE: "bright_black",
    Outcome.NOT_TRIED: "yellow",
}


class Progress:
    """Prints as it goes on."""

    def __init__(self) -> None:
        self._group = ""

    def begins(self, name: str, features: Collection[Feature]) -> None:
        declared = [feature for feature in Feature if feature in features]
        _say(f"{name} declares {', '.join(declared) or 'no feature'}")

    def tries(self, promise: Promise) -> None:
        if promise.group != self._group:
            self._group = promise.group
            _say(f"\n{self._group}")
        typer.echo(f"  {promise.id:<{_ID}}", nl=False)
        sys.stdout.flush()

    def has(self, result: Result) -> None:
        word = result.outcome.upper() if result.outcome is Outcome.BROKEN else result.outcome
        took = f"{result.took_s:6.2f} s" if result.outcome in (Outcome.KEPT, Outcome.BROKEN) else " " * 8
        if result.outcome in (Outcome.NOT_APPLICABLE, Outcome.NOT_TRIED):
            typer.secho(f"{word}: {result.why}", fg=_COLOURS[result.outcome])
            return
        typer.secho(f"{word:<7}", fg=_COLOURS[result.outcome], nl=False)
        if result.outcome is Outcome.KEPT:
            _say(_tail(f"{took}  {result.promise.says}", printed=" " * (_ID + 9), rest=_ID + 19))
        else:
            _say(took)
            _say(broken(result))

    def ends(self, results: Sequence[Result]) -> None:
        _say(f"\n{summary(results)}")


def broken(result: Result) -> str:
    """All that is to be said of a promise that is broken."""
    lines = [
        _wrapped(f"the contract: {result.promise.says} ({result.promise.source})", first=4, rest=8),
        _wrapped(f"what came:    {result.why}", first=4, rest=8),
    ]
    if result.exchange:
        lines.append("    the exchange, in seconds from its beginning:")
        left_out = len(result.exchange) - EXCHANGE_SHOWN
        if left_out > 0:
            lines.append(f"      … {left_out} before; all are in --json")
        lines += [_wrapped(str(entry), first=6, rest=32) for entry in result.exchange[-EXCHANGE_SHOWN:]]
    return "\n".join(lines)


def summary(results: Sequence[Result]) -> str:
    """By group, how many came to what."""
    counts = Counter((result.promise.group, result.outcome) for result in results)
    groups = dict.fromkeys(result.promise.group for result in results)
    outcomes = [outcome for outcome in Outcome if any(result.outcome is outcome for result in results)]
    rows = [("", *outcomes)]
    rows += [(group, *(str(counts[group, outcome] or "-") for outcome in outcomes)) for group in groups]
    totals = Counter(result.outcome for result in results)
    rows.append(("all", *(str(totals[outcome] or "-") for outcome in outcomes)))
    return "\n".join([*(_columns(row) for row in rows), *_untried(results), "", *_verdict(results)])


def _untried(results: Sequence[Result]) -> list[str]:
    """What the bench would have to offer, so that the rest is tried as well."""
    by_hook = {hook: [each.promise.id for each in results if hook in each.missing] for hook in OFFERS}
    lines = [
        _wrapped(f"  {hook:<{_HOOK}}{OFFERS[hook]} For {', '.join(ids)}", first=0, rest=_HOOK + 2)
        for hook, ids in by_hook.items()
        if ids
    ]
    return [f"\nnot tried, because the bench lacks ({BENCH_PAGE} says how to add it):", *lines] if lines else []


def _verdict(results: Sequence[Result]) -> list[str]:
    ids = {outcome: [each.promise.id for each in results if each.outcome is outcome] for outcome in Outcome}
    bad = [
        f"{outcome}: {', '.join(ids[outcome])}" for outcome in (Outcome.BROKEN, Outcome.BENCH_FAILED) if ids[outcome]
    ]
    kept, untried = len(ids[Outcome.KEPT]), len(ids[Outcome.NOT_TRIED])
    rest = f", {untried} not tried" if untried else ""
    if bad:
        return [*bad, *_one_cause(results)]
    return [
        f"no promise is broken: {kept} kept{rest}" if kept else f"no promise has been tried{rest and f':{rest[1:]}'}"
    ]


def _one_cause(results: Sequence[Result]) -> list[str]:
    """One line of an adapter breaks many promises: which one is to be mended first."""
    raised = Counter(
        each.why for each in results if each.outcome is Outcome.BROKEN and each.why and each.why.startswith(RAISED)
    )
    (why, number), *_ = *raised.most_common(1), ("", 0)
    return [f"{number} of these have one cause: {why.removeprefix(RAISED)}; mend that first"] if number > 1 else []


def table(promises: Iterable[Promise]) -> str:
    """The promises, with what they need."""
    lines = []
    for promise in promises:
        needs = [f"feature {feature}" for feature in Feature if feature in promise.features]
        needs += [f"bench {hook}" for hook in promise.hooks]
        lines.append(_wrapped(f"{promise.id:<{_ID}}  {promise.says}", first=0, rest=_ID + 2))
        if needs:
            lines.append(_wrapped(f"needs {', '.join(needs)}", first=_ID + 2, rest=_ID + 4))
    return "\n".join(lines)


def _columns(row: Sequence[str]) -> str:
    first, *others = row
    return f"  {first:<10}" + "".join(f"{cell:>16}" for cell in others)


def _say(text: str) -> None:
    typer.echo(text.rstrip())


def _wrapped(text: str, *, first: int, rest: int) -> str:
    """Indented, and on a terminal wrapped between words; whatever reads a pipe gets it as one line."""
    return _tail(text, printed=" " * first, rest=rest, kept=" " * first)


def _tail(text: str, *, printed: str, rest: int, kept: str = "") -> str:
    """What comes after `printed` in its line, and the lines below."""
    if not sys.stdout.isatty():
        return kept + text
    width = max(_NARROWEST, shutil.get_terminal_size().columns)
    whole = textwrap.fill(text, width, initial_indent=" " * len(printed), subsequent_indent=" " * rest)
    return kept + whole[len(printed) :]
