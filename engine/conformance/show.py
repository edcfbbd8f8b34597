"""Results for people: a line a scenario while they are played, the difference where one fails, and a summary."""

import difflib
import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import typer

from engine.conformance.desk import Exchanged
from engine.conformance.parts import NOT_TRIED, parts_of
from engine.conformance.rules import is_watched, rules
from engine.conformance.runner import Result, Status, by_rule
from engine.conformance.scenario import Scenario, scenarios
from engine.conformance.whereabouts import place_of, step_of

SHOWN: Final = 12
"""How many exchanges are shown, up to the difference; reports have all, and what cleared away behind it."""
LINE_CHARS: Final = 300
WATCHED_WORD: Final = "watched"
"""What is said of a rule that no scenario is about, and that every message is held against."""
COLOURS: Final = {
    Status.PASSED: "green",
    Status.FAILED: "red",
    Status.NOT_THERE: "bright_black",
    Status.NOT_RUN: "yellow",
}


class Progress:
    """Prints as it goes on. `total` scenarios are to come."""

    def __init__(self, total: int) -> None:
        self._total, self._done = total, 0

    def tell(self, result: Result) -> None:
        self._done += 1
        typer.echo(f"{self._done:>{len(str(self._total))}}/{self._total} ", nl=False)
        typer.secho(f"{result.status:<9}", fg=COLOURS[result.status], nl=False)
        took = f" {result.took_s:6.2f} s" if result.status in (Status.PASSED, Status.FAILED) else ""
        typer.echo(f"{took} {result.scenario.scenario}")
        if result.status is Status.FAILED:
            typer.echo("\n".join(failure(result)))
        elif result.problem:
            typer.echo(f"{' ' * 12}{remark(result)}")
        sys.stdout.flush()

    def end(self, results: Sequence[Result]) -> None:
        typer.echo("\n" + "\n".join(summary(results)))


def remark(result: Result) -> str:
    """Why it says nothing of its rules."""
    return f"nothing to check here: {result.problem}" if result.status is Status.NOT_THERE else result.problem


def failure(result: Result) -> Iterator[str]:
    """All that is to be said of a scenario that failed."""
    rule = rules().get(result.rule or "")
    if rule is not None:
        yield f"    rule {rule.id}: {rule.says} ({rule.source})"
    yield f"    {step_of(result)}: {result.problem}"
    if result.expected is not None or result.seen is not None:
        yield from (f"    {line}" for line in difference(result.expected, result.seen))
    place = place_of(result)
    until = marked(result)[: place + 1 if place is not None else None]
    left_out = len(until) - SHOWN
    if left_out > 0:
        yield f"    … {left_out} exchanges before; a --report has all"
    yield from (f"  {line[:LINE_CHARS]}" for line in until[-SHOWN:])


def marked(result: Result) -> Sequence[str]:
    """The whole record, with > where the difference is."""
    place = place_of(result)
    return [f"{'>' if number == place else ' '} {line_of(each)}" for number, each in enumerate(result.record)]


def difference(expected: Any, seen: Any) -> list[str]:
    """Both as indented JSON, line by line: - is expected, + was seen."""
    left, right = (json.dumps(value, indent=1, ensure_ascii=False).splitlines() for value in (expected, seen))
    lines = list(difflib.unified_diff(left, right, "expected", "seen", lineterm="", n=100))
    return [line for line in lines if not line.startswith("@@")]


def line_of(each: Exchanged) -> str:
    what = each.what if isinstance(each.what, str) else json.dumps(each.what, ensure_ascii=False)
    return f"{each.at:8.3f} {each.on} {each.way} {what}"


def summary(results: Sequence[Result]) -> Iterator[str]:
    """By section, how many rules came to what; the parts that were found; what is broken.

    Where only some scenarios were played, the rest is passed over: the rules that only they check, whole sections of
    such, and parts.
    """
    whole, known = is_whole(results), rules()
    tried = {id_: about for id_, about in by_rule(results).items() if id_ in known and (whole or about)}
    sections = dict.fromkeys(known[id_].section for id_ in tried)
    watched = {id_: () for id_, rule in known.items() if is_watched(id_) and rule.section in sections}
    found: Mapping[str, Sequence[Result]] = {**watched, **tried}
    width = max((len(section) for section in sections), default=0)
    yield f"{'rules':<{width}}" + "".join(f"{word:>11}" for word in (*Status, WATCHED_WORD))
    for section in sections:
        counts = Counter(standing(id_, about) for id_, about in found.items() if known[id_].section == section)
        yield f"{section:<{width}}" + "".join(f"{counts[word] or '-':>11}" for word in (*Status, WATCHED_WORD))
    yield ""
    parts = [f"{part.name}: {part.says}" for part in parts_of(results) if whole or part.says != NOT_TRIED]
    yield from (*parts, "") if parts else ()
    counts = Counter(result.status for result in results)
    yield ", ".join(f"{counts[status]} {status}" for status in Status if counts[status]) or "nothing was played"
    broken = sorted({result.rule or "" for result in results if result.status is Status.FAILED})
    if broken:
        yield f"broken: {', '.join(broken)}"


def is_whole(results: Iterable[Result]) -> bool:
    """Is there a result of every scenario that is shipped?"""
    return {each.scenario for each in scenarios()} <= {result.scenario.scenario for result in results}


def standing(rule: str, results: Sequence[Result]) -> str:
    """One that failed breaks the rule; one that passed is enough to say that it was tried."""
    if not results and is_watched(rule):
        return WATCHED_WORD
    statuses = {result.status for result in results}
    for status in (Status.FAILED, Status.PASSED, Status.NOT_THERE):
        if status in statuses:
            return status
    return Status.NOT_RUN


def listing(chosen: Iterable[Scenario]) -> str:
    """The rules, each with the scenarios that check it."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 10_000
    scenarios = list(chosen)
    lines = []
    for rule in rules().values():
        lines.append(f"{rule.id}: {rule.says}"[:width])
        lines += [f"    {each.scenario}" for each in scenarios if rule.id in each.rules]
    return "\n".join(lines)
