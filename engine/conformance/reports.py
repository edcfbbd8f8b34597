"""Results in files: JSON, JUnit XML for build servers, and one HTML page that needs nothing else."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import jinja2

from engine import junit
from engine.conformance.parts import parts_of
from engine.conformance.rules import Rule, is_watched, rules
from engine.conformance.runner import Result, Status, by_rule
from engine.conformance.show import difference, marked, remark
from engine.conformance.whereabouts import step_of

_PAGES: Final = jinja2.Environment(
    loader=jinja2.PackageLoader("engine.conformance", "."), autoescape=True, trim_blocks=True, lstrip_blocks=True
)


def write_report(path: Path, url: str, results: Sequence[Result]) -> None:
    """In the form that the ending of the path says. Raises OSError."""
    path.write_text(FORMS[path.suffix](url, results), encoding="utf-8")


def as_json(url: str, results: Sequence[Result]) -> str:
    whole = {
        "server": url,
        "summary": Counter(result.status for result in results),
        "parts": {part.name: part.says for part in parts_of(results)},
        "rules": {id_: sorted({result.status for result in found}) for id_, found in by_rule(results).items() if found},
        "results": [_row(result) for result in results],
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _row(result: Result) -> dict[str, Any]:
    return {
        "scenario": result.scenario.scenario,
        "rules": list(result.scenario.rules),
        "status": result.status,
        "took_s": round(result.took_s, 3),
        "problem": result.problem,
        "rule": result.rule,
        "step": result.step,
        "expected": result.expected,
        "seen": result.seen,
        "record": [
            {"at_s": round(each.at, 3), "on": each.on, "way": each.way, "what": each.what} for each in result.record
        ],
    }


def as_junit(url: str, results: Sequence[Result]) -> str:
    return junit.as_junit(f"conformance of {url}", [_case(result) for result in results])


def _case(result: Result) -> junit.Case:
    failed = result.status is Status.FAILED
    lines = [*difference(result.expected, result.seen), *marked(result)]
    return junit.Case(
        group=result.scenario.rules[0],
        name=result.scenario.scenario,
        took_s=result.took_s,
        outcome="failure" if failed else "passed" if result.status is Status.PASSED else "skipped",
        message=f"{result.rule if failed else result.status}: {result.problem}",
        text="\n".join(lines) if failed else "",
    )


def as_html(url: str, results: Sequence[Result]) -> str:
    found = by_rule(results)
    sections: dict[str, list[tuple[Rule, Sequence[Result]]]] = {}
    for id_, rule in rules().items():
        sections.setdefault(rule.section, []).append((rule, found[id_]))
    page = _PAGES.get_template("report.html.jinja")
    return page.render(
        url=url,
        counts=Counter(result.status for result in results),
        statuses=list(Status),
        parts=parts_of(results),
        sections=sections,
        results=results,
        took_s=sum(result.took_s for result in results),
        is_watched=is_watched,
        marked=marked,
        remark=remark,
        step_of=step_of,
    )


FORMS: Final[Mapping[str, Callable[[str, Sequence[Result]], str]]] = MappingProxyType(
    {".html": as_html, ".json": as_json, ".xml": as_junit}
)
