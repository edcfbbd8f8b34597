"""Results for machines: JSON, and the JUnit XML that build servers read."""

from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec

from engine.adapters.contract.runner import Outcome, Result
from protocol.platform import Feature


def as_json(name: str, features: Collection[Feature], results: Sequence[Result]) -> str:
    """One object: the adapter, what it declares, each result, and how many came to what."""
    whole = {
        "adapter": name,
        "features": [feature for feature in Feature if feature in features],
        "summary": Counter(result.outcome for result in results),
        "results": [_row(result) for result in results],
    }
    return msgspec.json.format(msgspec.json.encode(whole)).decode()


def _row(result: Result) -> dict[str, Any]:
    promise = result.promise
    return {
        "id": promise.id,
        "group": promise.group,
        "says": promise.says,
        "source": promise.source,
        "outcome": result.outcome,
        "took_s": round(result.took_s, 3),
        "why": result.why,
        "missing": result.missing,
        "exchange": [
            {"at_s": round(entry.at_s, 3), "who": entry.who, "what": entry.what, "thing": entry.thing}
            for entry in result.exchange
        ],
    }


def write_junit(path: Path, name: str, results: Sequence[Result]) -> None:
    """A test suite of one case a promise. Raises OSError."""
    counts = Counter(result.outcome for result in results)
    suite = ElementTree.Element(
        "testsuite",
        name=f"adapter contract of {name}",
        tests=str(len(results)),
        failures=str(counts[Outcome.BROKEN]),
        errors=str(counts[Outcome.BENCH_FAILED]),
        skipped=str(counts[Outcome.NOT_APPLICABLE] + counts[Outcome.NOT_TRIED]),
        time=f"{sum(result.took_s for result in results):.3f}",
    )
    for result in results:
        _add_case(suite, result)
    tree = ElementTree.ElementTree(suite)
    ElementTree.indent(tree)
    tree.write(path, encoding="utf-8", xml_declaration=True)


def _add_case(suite: ElementTree.Element, result: Result) -> None:
    promise = result.promise
    name = f"{promise.id} {promise.says}"
    case = ElementTree.SubElement(suite, "testcase", classname=promise.group, name=name, time=f"{result.took_s:.3f}")
    why = _plain(result.why or "")
    match result.outcome:
        case Outcome.KEPT:
            return
        case Outcome.NOT_APPLICABLE | Outcome.NOT_TRIED:
            ElementTree.SubElement(case, "skipped", message=f"{result.outcome}: {why}")
        case _:
            tag = "failure" if result.outcome is Outcome.BROKEN else "error"
            lines = [f"{promise.source}: {promise.says}", why, *map(str, result.exchange)]
            ElementTree.SubElement(case, tag, message=why).text = _plain("\n".join(lines))


def _plain(text: str) -> str:
    """Without what XML cannot hold."""
    return "".join(char if char >= " " or char in "\n\t" else "�" for char in text)
