"""Results in files: JSON, JUnit XML for build servers, and one HTML page that needs nothing else."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from xml.etree import ElementTree

import jinja2

from engine.conformance.parts import parts_of
from engine.conformance.rules import Rule, is_watched, rules
from engine.conformance.runner import Result, Status, by_rule
from engine.conformance.show import difference, line_of

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
    counts = Counter(result.status for result in results)
    suite = ElementTree.Element(
        "testsuite",
        name=f"conformance of {url}",
        tests=str(len(results)),
        failures=str(counts[Status.FAILED]),
        skipped=str(counts[Status.NOT_THERE] + counts[Status.NOT_RUN]),
        time=f"{sum(result.took_s for result in results):.3f}",
    )
    for result in results:
        case = ElementTree.SubElement(
            suite,
            "testcase",
            classname=result.scenario.rules[0],
            name=result.scenario.scenario,
            time=f"{result.took_s:.3f}",
        )
        if result.status is Status.FAILED:
            lines = [*difference(result.expected, result.seen), *map(line_of, result.record)]
            wrong = ElementTree.SubElement(case, "failure", message=_plain(f"{result.rule}: {result.problem}"))
            wrong.text = _plain("\n".join(lines))
        elif result.status is not Status.PASSED:
            ElementTree.SubElement(case, "skipped", message=_plain(f"{result.status}: {result.problem}"))
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _plain(text: str) -> str:
    """Without what XML cannot hold."""
    return "".join(char if char >= " " or char in "\n\t" else "�" for char in text)


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
        line_of=line_of,
    )


FORMS: Final[Mapping[str, Callable[[str, Sequence[Result]], str]]] = MappingProxyType(
    {".html": as_html, ".json": as_json, ".xml": as_junit}
)
