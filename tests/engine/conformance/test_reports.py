"""What is told of results: to people, to build servers, to programs, in a browser."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import attrs
import pytest

from engine.conformance.desk import Exchanged
from engine.conformance.parts import parts_of
from engine.conformance.reports import FORMS, write_report
from engine.conformance.runner import Result, Status, by_rule
from engine.conformance.scenario import read_scenarios, scenarios
from engine.conformance.show import Progress, difference, failure, listing, summary
from engine.conformance.whereabouts import place_of, step_of

URL = "ws://127.0.0.1:1/agent"
RECORD = [Exchanged(at=n / 10, on="desk", way="<-", what={"name": "<b>\x00", "n": n}) for n in range(20)]


def result(
    name: str, status: Status, rule: str = "CMD-channel.ready", ask: str = "channel.ready", **more: Any
) -> Result:
    (scenario,) = read_scenarios("x", [{"scenario": name, "rules": [rule], "given": "bound", "steps": [{"ask": ask}]}])
    return Result(scenario=scenario, status=status, took_s=0.5, rule=more.pop("broken", None), **more)


RESULTS = [
    result("a", Status.PASSED),
    result(
        "b",
        Status.FAILED,
        rule="CMD-channel.dial",
        ask="channel.dial",
        problem="data.a: expected 1, got 2",
        broken="CMD-channel.dial",
        step=4,
        expected={"a": 1},
        seen={"a": 2},
        met=18,
        record=RECORD,
    ),
    result("c", Status.FAILED, problem="seq 4 came after 2", step=1, broken="O1", met=2, record=RECORD[:2]),
    result("d", Status.NOT_THERE, rule="CMD-interaction.consult", ask="interaction.consult", problem="is UNSUPPORTED"),
    result("e", Status.NOT_RUN, rule="UN-call", problem="needs a driver"),
]


def test_a_failure_shows_the_rule_the_difference_and_the_latest_exchanges() -> None:
    lines = list(failure(RESULTS[1]))
    assert lines[0].startswith("    rule CMD-channel.dial: ")
    assert lines[1] == "    step 1 (ask channel.dial): data.a: expected 1, got 2"
    assert [line for line in lines if line.startswith(("    -", "    +"))] == [
        "    --- expected",
        "    +++ seen",
        '    - "a": 1',
        '    + "a": 2',
    ]
    assert "    … 6 exchanges before; a --report has all" in lines
    assert [line[:4] for line in lines[-12:]] == ["    "] * 11 + ["  > "]
    assert lines[-1].endswith('"n": 17}')


def test_the_place_of_a_difference_is_where_it_was_seen() -> None:
    """More may have come at once than the step looked at, and the record goes on while all is cleared away."""
    assert place_of(attrs.evolve(RESULTS[1], seen=RECORD[4].what)) == 4
    assert place_of(attrs.evolve(RESULTS[1], seen=RECORD[19].what)) == 17
    assert place_of(RESULTS[0]) is None


@pytest.mark.parametrize(
    ("step", "says"),
    [
        (1, "in the prelude connected (connect desk)"),
        (3, "in the prelude bound (ask bindSession)"),
        (4, "step 1 (ask channel.ready)"),
        (5, "step 2 (make call)"),
        (6, "step 3 (pause)"),
        (7, "at the end"),
    ],
)
def test_a_step_is_one_of_the_scenario_or_of_a_prelude(step: int, says: str) -> None:
    steps = [{"ask": "channel.ready"}, {"make": "call"}, {"pause": 1}]
    (scenario,) = read_scenarios("x", [{"scenario": "a", "rules": ["O1"], "given": "bound", "steps": steps}])
    assert step_of(Result(scenario=scenario, status=Status.FAILED, step=step)) == says


def test_a_difference_is_one_of_whole_values() -> None:
    assert difference({"a": 1, "b": [1]}, {"a": 1, "b": [2]})[2:] == [
        " {",
        '  "a": 1,',
        '  "b": [',
        "-  1",
        "+  2",
        "  ]",
        " }",
    ]


def test_progress_and_summary(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(5)
    for each in RESULTS:
        progress.tell(each)
    progress.end(RESULTS)
    said = capsys.readouterr().out
    assert "1/5 passed      0.50 s a\n" in said
    assert "4/5 not there d\n            nothing to check here: is UNSUPPORTED\n" in said
    assert said.endswith("1 passed, 2 failed, 1 not there, 1 not run\nbroken: CMD-channel.dial, O1\n")


def counts(results: Sequence[Result]) -> dict[str, list[str]]:
    return {line.split("  ")[0]: line.split()[-5:] for line in summary(results)}


def test_the_summary_counts_rules_by_section() -> None:
    rest = [Result(scenario=each, status=Status.NOT_RUN) for each in scenarios()]
    lines = counts([*RESULTS, *rest])
    assert lines["Ordering"][:2] == ["-", "1"]
    assert lines["Ordering"][4] != "-"
    assert lines["Commands"][:3] == ["1", "1", "1"]
    assert lines["Commands"][3] != "-"
    assert "recording: not tried" in summary([*RESULTS, *rest])


def test_the_summary_passes_over_what_was_not_selected() -> None:
    lines = counts(RESULTS)
    assert lines["Ordering"] == ["-", "1", "-", "-", "7"]
    assert lines["Commands"] == ["1", "1", "1", "-", "-"]
    assert "Envelope" not in lines
    assert "consult: not there" in summary(RESULTS)
    assert "recording: not tried" not in summary(RESULTS)


def test_the_parts_that_were_found() -> None:
    says = {part.name: part.says for part in parts_of(RESULTS)}
    assert (says["telephony"], says["consult"], says["recording"]) == ("found", "not there", "not tried")


def test_a_rule_that_was_broken_on_the_way_has_the_result_alone() -> None:
    assert by_rule(RESULTS)["O1"] == [RESULTS[2]]
    assert by_rule(RESULTS)["CMD-channel.ready"] == [RESULTS[0]]


def test_json(tmp_path: Path) -> None:
    write_report(tmp_path / "r.json", URL, RESULTS)
    whole = json.loads((tmp_path / "r.json").read_text())
    assert whole["summary"] == {"passed": 1, "failed": 2, "not there": 1, "not run": 1}
    assert whole["parts"]["consult"] == "not there"
    assert whole["rules"]["O1"] == ["failed"]
    assert whole["results"][1]["seen"] == {"a": 2}
    assert len(whole["results"][1]["record"]) == 20


def test_junit(tmp_path: Path) -> None:
    write_report(tmp_path / "r.xml", URL, RESULTS)
    suite = ElementTree.parse(tmp_path / "r.xml").getroot()  # noqa: S314 - our own
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("5", "2", "2")
    wrong = suite.findall("testcase/failure")
    assert wrong[0].get("message") == "CMD-channel.dial: data.a: expected 1, got 2"
    assert "\x00" not in (wrong[0].text or "")
    assert [skipped.get("message") for skipped in suite.findall("testcase/skipped")] == [
        "not there: is UNSUPPORTED",
        "not run: needs a driver",
    ]


def test_html_holds_all_and_lets_nothing_through_as_markup(tmp_path: Path) -> None:
    write_report(tmp_path / "r.html", URL, RESULTS)
    page = (tmp_path / "r.html").read_text()
    assert "2 failed" in page
    assert page.index("What is broken") < page.index("<h3>Ordering</h3>") < page.index("<h3>Envelope</h3>")
    assert "<b>" not in page
    assert page.count("&lt;b&gt;") == 22
    assert re.findall(r"<mark>&gt;.*n&#34;: (\d+)}</mark>\n", page) == ["17", "1"]
    assert "the folder <code>specs</code>" in page
    assert ", step 1 (ask channel.dial): data.a" in page
    assert not [word for word in ("src=", "<link", "@import", "url(") if word in page], "it needs nothing else"


def test_the_listing_has_every_rule_with_its_scenarios() -> None:
    lines = listing([RESULTS[0].scenario]).splitlines()
    place = next(n for n, line in enumerate(lines) if line.startswith("CMD-channel.ready: "))
    assert lines[place + 1] == "    a"


def test_there_are_three_forms() -> None:
    assert set(FORMS) == {".html", ".json", ".xml"}
