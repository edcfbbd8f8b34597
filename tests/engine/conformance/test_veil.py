"""No report shows a password or a token."""

import json
from pathlib import Path
from typing import Any

import pytest

from engine.conformance.matching import misfit
from engine.conformance.play import Mismatch
from engine.conformance.reports import FORMS, write_report
from engine.conformance.runner import Place, Status, play
from engine.conformance.scenario import read_scenarios
from engine.conformance.show import failure
from engine.conformance.veil import SECRETS, VEIL, veiled


def test_secrets_are_veiled_at_any_depth_and_nothing_else_is() -> None:
    value = {"agent": {"id": "a", "password": "p"}, "list": [{"token": "t"}], "resumetoken": "r", "seq": 1}
    assert veiled(value) == {
        "agent": {"id": "a", "password": VEIL},
        "list": [{"token": VEIL}],
        "resumetoken": VEIL,
        "seq": 1,
    }
    assert veiled({"token": "$text", "password": None}) == {"token": "$text", "password": None}


def test_what_no_file_takes_is_escaped() -> None:
    assert veiled({"a\ud800": ["\udfff"]}) == {"a\\ud800": ["\\udfff"]}


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_a_difference_in_a_secret_is_told_without_it(name: str) -> None:
    says = misfit({"data": {name: "this"}}, {"data": {name: "that"}}, {})
    assert says == f"data.{name}: expected {VEIL!r}, got {VEIL!r}"
    assert "that" not in str(misfit({"data": []}, {"data": {name: "that"}}, {}))
    assert "that" not in str(Mismatch("x", seen={name: "that"}).seen)


async def test_no_report_of_a_failure_has_the_password_or_the_token(place: Place, tmp_path: Path) -> None:
    """The agent's password is shown to a server that wants another one, and a session's token to one that has none."""
    steps: list[Any] = [
        {"ask": "bindSession", "data": {"resume": {"token": "$token", "epoch": 1, "seq": 0}}},
        {"ask": "prepareSession", "at": None, "data": {"agent": {"id": "$agent", "password": "pass word"}}},
    ]
    (scenario,) = read_scenarios("x", [{"scenario": "a", "rules": ["SVC-1"], "given": "prepared", "steps": steps}])
    result = await play(scenario, place)
    assert result.status is Status.FAILED
    said = "\n".join(failure(result))
    for form in FORMS:
        write_report(tmp_path / f"report{form}", place.url, [result])
        said += (tmp_path / f"report{form}").read_text()
    answers = [each.what for each in result.record if each.way == "<-"]
    assert answers[0]["data"]["resumetoken"] == VEIL
    assert "prepareSession" in said
    assert "pass word" not in said
    assert json.dumps(place.names["password"]) not in said
