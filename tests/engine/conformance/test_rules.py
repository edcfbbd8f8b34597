"""Every rule that the kit speaks of is in the file, and every source that the file names is there."""

import re
from pathlib import Path

import pytest

from engine import conformance
from engine.conformance.broken import Broken
from engine.conformance.forms import check_form
from engine.conformance.rules import WATCHED, rules
from protocol.commands import COMMANDS
from protocol.errors import FailureCode
from protocol.events import EVENTS
from tests.engine.test_specs import SPECS, anchors

KIT = Path(conformance.__file__).parent
ID = re.compile(r'"((?:CAP|CMD|ENV|EV|F|IN|LIM|LOSS|O|ST|SVC|TGT|UN|WS)-?[\w.]+)"')
"""A text in the code that looks like the id of a rule."""


def ids_in(source: str) -> set[str]:
    return {found for found in ID.findall(source) if re.match(r"O\d|[A-Z]+-", found)}


@pytest.mark.parametrize("path", sorted(KIT.glob("*.py")), ids=lambda path: path.stem)
def test_every_id_in_the_code_is_a_rule(path: Path) -> None:
    assert ids_in(path.read_text("utf-8")) <= rules().keys()


def test_ids_in_the_code_are_found() -> None:
    assert ids_in('demand(x, "O5", "OVER")\nraise Broken("CMD-session.start", "ENV-7")') == {
        "O5",
        "CMD-session.start",
        "ENV-7",
    }


def test_what_is_watched_is_what_the_view_and_its_parts_name() -> None:
    parts = ("blocks", "broken", "contacts", "desk", "forms", "grammar", "judge", "line", "numbers", "view")
    named = {id_ for part in parts for id_ in ids_in((KIT / f"{part}.py").read_text("utf-8"))}
    assert {id_ for id_ in named if not id_.startswith(("EV-", "F-", "CMD-"))} == WATCHED


def test_every_command_of_a_session_has_its_rule() -> None:
    named = {id_.removeprefix("CMD-") for id_ in rules() if id_.startswith("CMD-")}
    assert named == {name for name in COMMANDS if not name.startswith("supervisor.")}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_success_with_other_data_breaks_a_rule_that_there_is(name: str) -> None:
    for target in ("s1", "s1.c1", "s1.c1.i1", "s1.c1.i1.v1"):
        with pytest.raises(Broken) as broken:
            check_form({"command": name, "target": target, "result": "success", "data": []})
        assert broken.value.rule in rules()


def test_every_event_of_a_session_has_its_rule() -> None:
    named = {id_.removeprefix("EV-") for id_ in rules() if id_.startswith("EV-") and not id_[3:].isdigit()}
    assert named == {name for name in EVENTS if not name.startswith("supervisor.")}


def test_every_failure_code_has_its_rule() -> None:
    assert {id_.removeprefix("F-") for id_ in rules() if id_.startswith("F-")} == set(FailureCode)


def test_every_rule_of_order_is_there() -> None:
    page = (SPECS / "protocol.md").read_text("utf-8")
    assert set(re.findall(r"^\| (O\d+) \|", page, re.MULTILINE)) == {id_ for id_ in rules() if re.match(r"O\d", id_)}


def test_every_source_is_there() -> None:
    for rule in rules().values():
        page, _, anchor = rule.source.partition("#")
        assert anchor in anchors(SPECS / page), rule


def test_no_id_comes_twice() -> None:
    text = (SPECS / "conformance" / "rules.yaml").read_text("utf-8")
    listed = re.findall(r"^    (\S+):", text, re.MULTILINE)
    assert len(listed) == len(set(listed)) == len(rules())
