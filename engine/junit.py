"""JUnit XML, which build servers read."""

from collections import Counter
from collections.abc import Sequence
from typing import Literal
from xml.etree import ElementTree

import attrs

Outcome = Literal["passed", "failure", "error", "skipped"]


@attrs.frozen(kw_only=True)
class Case:
    """One that was tried. `message` and `text` say what is wrong, or why it was not."""

    group: str
    name: str
    took_s: float
    outcome: Outcome = "passed"
    message: str = ""
    text: str = ""


def as_junit(name: str, cases: Sequence[Case]) -> str:
    """One test suite."""
    counts = Counter(case.outcome for case in cases)
    suite = ElementTree.Element(
        "testsuite",
        name=name,
        tests=str(len(cases)),
        failures=str(counts["failure"]),
        errors=str(counts["error"]),
        skipped=str(counts["skipped"]),
        time=f"{sum(case.took_s for case in cases):.3f}",
    )
    for case in cases:
        element = ElementTree.SubElement(
            suite, "testcase", classname=case.group, name=case.name, time=f"{case.took_s:.3f}"
        )
        if case.outcome != "passed":
            wrong = ElementTree.SubElement(element, case.outcome, message=_plain(case.message))
            wrong.text = _plain(case.text) or None
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _plain(text: str) -> str:
    """Without what XML cannot hold."""
    return "".join(char if char >= " " or char in "\n\t" else "�" for char in text)
