"""Results for machines: JSON, and the JUnit XML that build servers read."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import msgspec

from engine.adapters.contract.runner import Outcome, Result
from engine.junit import Case, as_junit
from engine.junit import Outcome as JUnitOutcome
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
    path.write_text(as_junit(f"adapter contract of {name}", [_case(result) for result in results]), encoding="utf-8")


def _case(result: Result) -> Case:
    promise, why = result.promise, result.why or ""
    outcome = JUNIT[result.outcome]
    tried = outcome in ("failure", "error")
    return Case(
        group=promise.group,
        name=f"{promise.id} {promise.says}",
        took_s=result.took_s,
        outcome=outcome,
        message=why if tried else f"{result.outcome}: {why}",
        text="\n".join([f"{promise.source}: {promise.says}", why, *map(str, result.exchange)]) if tried else "",
    )


JUNIT: Final[Mapping[Outcome, JUnitOutcome]] = MappingProxyType(
    {
        Outcome.KEPT: "passed",
        Outcome.BROKEN: "failure",
        Outcome.BENCH_FAILED: "error",
        Outcome.NOT_APPLICABLE: "skipped",
        Outcome.NOT_TRIED: "skipped",
    }
)
