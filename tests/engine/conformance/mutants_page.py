"""specs/conformance/mutants.md, the page of all broken servers: `python -m tests.engine.conformance.mutants_page`."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from engine.conformance.rules import rules
from engine.conformance.scenario import scenarios
from tests.engine.conformance.mutant import Mutant
from tests.engine.conformance.mutants import MUTANTS, SECTIONS

PAGE: Final = Path(__file__).parents[3] / "specs" / "conformance" / "mutants.md"

HEAD: Final = """# Broken servers

Each of these servers is the real one with something broken on purpose, and the conformance kit finds it: the scenario
that is named fails, and names one of the rules. Generated from the table of the tests that play them; to write it anew:
`python -m tests.engine.conformance.mutants_page`.
"""


def page() -> str:
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield HEAD
    yield f"There are {len(MUTANTS)} of them."
    for section, mutants in SECTIONS.items():
        yield f"\n## {section}\n"
        yield from _table(mutants)
    yield "\n## Rules\n"
    yield "Every rule with the scenarios that are about it, and how many broken servers are found by it. A rule without"
    yield "a scenario is watched, whatever is played.\n"
    yield "| rule | scenarios | broken servers |"
    yield "|---|---|---|"
    for id_ in rules():
        about = [each.scenario for each in scenarios() if id_ in each.rules]
        count = sum(id_ in mutant.rules for mutant in MUTANTS)
        yield f"| {id_} | {'; '.join(about)} | {count or ''} |"


def _table(mutants: Sequence[Mutant]) -> Iterator[str]:
    yield "| what is broken | rule | scenario |"
    yield "|---|---|---|"
    for mutant in mutants:
        yield f"| {mutant.name} | {' or '.join(mutant.rules)} | {', '.join(mutant.scenarios)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
