"""How scenarios are read, and that those that are shipped are sound."""

import re
from typing import Any

import attrs
import pytest
import yaml

from engine.conformance import scenario as scenarios_of
from engine.conformance.drivers import DEEDS
from engine.conformance.options import NAMES
from engine.conformance.required import BY_PASSWORD
from engine.conformance.rules import rules
from engine.conformance.scenario import (
    Ask,
    BadScenario,
    Connect,
    Make,
    Scenario,
    makes,
    preludes,
    read_scenarios,
    scenarios,
    steps_of,
    wants,
)
from protocol.commands import COMMANDS
from protocol.errors import FailureCode
from protocol.events import EVENTS

GIVEN = {
    *("agent", "password", "extension", "agent2", "password2", "extension2", "agent3"),
    *("not_ready_after_s", "logout_after_s", BY_PASSWORD),
    *NAMES,
}
"""The names that the page promises."""


def one(**changes: Any) -> dict[str, Any]:
    return {"scenario": "a", "rules": ["O1"], "given": "connected", "steps": [{"ask": "channel.ready"}], **changes}


def test_a_scenario_is_read() -> None:
    (found,) = read_scenarios(
        "x", [one(steps=[{"connect": "other"}, {"ask": "channel.ready", "by": "other"}, {"make": "call"}])]
    )
    steps = (Connect(connect="other"), Ask(ask="channel.ready", by="other"), Make(make="call"))
    assert found == Scenario(scenario="a", rules=("O1",), given="connected", steps=steps)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({}, "x: a list was expected"),
        (["a"], "x: 'a' is no scenario; "),
        ([one(steps=[{"dance": 1}])], r"\$\.steps\[0\]|a\.steps\[0\]"),
        ([one(steps=[{"ask": 5}])], "ask"),
        ([one(steps=[{"ask": "x", "unknown": 1}])], "unknown"),
        ([one(unknown=1)], "unknown"),
        ([one(steps=[{"ask": "x", "then": [{"state.updated": {"open": []}}]}])], "state.updated may have changes, "),
        ([one(steps=[{"hear": [{"a": {}, "b": {}}]}])], "an event is written NAME TARGET"),
        ([one(steps=[{"make": "call", "then": [5]}])], "an event is written NAME TARGET"),
        ([one(steps=[{"ask": "x", "otherwise": "so"}])], "otherwise"),
        ([one(rules=["O99"])], "there is no rule O99; `ixp conformance check --list` shows all"),
        ([one(rules=[])], "has no rules or no steps"),
        ([one(steps=[])], "has no rules or no steps"),
        ([one(steps=[{"make": "cal"}])], "there is no deed cal; take one of call, "),
        ([one(steps=[{"ask": "x", "answer": {"data": {"$hass": []}}}])], r"there is no word \$hass; "),
        ([one(), one()], "several scenarios are called a; give each a name of its own"),
        ([{"scenario": "a", "steps": []}], "rules"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(values: Any, says: str) -> None:
    with pytest.raises(BadScenario, match=says) as refused:
        read_scenarios("x", values)
    assert str(refused.value).startswith("x: ")


def test_a_prelude_that_there_is_not() -> None:
    with pytest.raises(BadScenario, match="there is no prelude nowhere; take one of connected, "):
        read_scenarios("x", [one(given="nowhere")])


@pytest.mark.parametrize(
    "step",
    [
        {"ask": "x", "by": "other"},
        {"together": [{"ask": "x", "by": "other"}]},
        {"leave": "other"},
        {"hear": [], "by": "other"},
    ],
)
def test_a_connection_that_there_is_not(step: dict[str, Any]) -> None:
    with pytest.raises(BadScenario, match="there is no connection other; have a step connect it"):
        read_scenarios("x", [one(steps=[step])])
    read_scenarios("x", [one(steps=[{"connect": "other"}, step])])


def test_what_a_scenario_wants_is_what_no_step_takes_before() -> None:
    steps = [
        {"ask": "a", "at": "$one", "answer": {"data": "$two"}, "then": ["x $three"]},
        {"ask": "b", "at": "$two", "data": {"x": "$three.$four"}},
        {"make": "call", "using": {"to": "$five"}, "name": "six"},
        {"hear": ["y $six"], "of": "$seven"},
    ]
    (found,) = read_scenarios("x", [one(steps=steps)])
    assert wants(found) == {"one", "four", "five", "seven"}
    assert wants(attrs.evolve(found, needs=("eight",))) == {"one", "four", "five", "seven", "eight"}
    assert makes(found) == {"call"}


# Those that are shipped


def test_no_two_are_called_the_same() -> None:
    names = [each.scenario for each in scenarios()]
    assert len(names) == len(set(names)) > 130


@pytest.mark.parametrize("each", scenarios(), ids=lambda each: each.scenario)
def test_each_names_rules_preludes_and_deeds_that_there_are(each: Scenario) -> None:
    assert each.rules
    assert set(each.rules) <= rules().keys()
    assert makes(each) <= DEEDS.keys()
    assert wants(each) <= GIVEN


def test_every_command_has_a_scenario_in_which_it_succeeds() -> None:
    asked = {step.ask for each in scenarios() for step in steps_of(each) if isinstance(step, Ask) and not failing(step)}
    wanted = {name for name in COMMANDS if not name.startswith("supervisor.")}
    assert wanted - asked == set()


def failing(step: Ask) -> bool:
    return step.answer != "success" and (isinstance(step.answer, str) or step.answer.get("result") == "failure")


UNREACHED = {
    FailureCode.INTERNAL_ERROR: "must never come: explorer and view say so of every server",
}
"""Failure codes that no scenario brings about, and why."""


def test_every_failure_code_has_a_scenario() -> None:
    checked = {rule.removeprefix("F-") for each in scenarios() for rule in each.rules if rule.startswith("F-")}
    assert {code.value for code in FailureCode} - checked == {code.value for code in UNREACHED}


def test_every_event_has_a_scenario_that_expects_it() -> None:
    expected = {name for each in scenarios() for step in steps_of(each) for name in events_of(step)}
    unprovoked = {"channelgroup.infochanged", "interaction.infochanged"}
    wanted = {name for name in EVENTS if not name.startswith("supervisor.")}
    assert wanted - expected == unprovoked
    page = scenarios_of.shipped().joinpath("README.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in page for name in unprovoked)


def events_of(step: Any) -> list[str]:
    until = [step.until] if isinstance(step, Ask) and step.until else []
    listed = [each for field in ("then", "hear") for each in getattr(step, field, ())]
    inner = [name for each in getattr(step, "together", ()) for name in events_of(each)]
    return inner + [_name_of(each).split()[0] for each in [*until, *listed]]


def _name_of(event: Any) -> str:
    if isinstance(event, str):
        return event
    header, pattern = next(iter(event.items()))
    return str(
        event["name"] if "name" in event else pattern.get("name", "an answer") if header == "message" else header
    )


def test_no_prelude_is_idle() -> None:
    used = {each.given for each in scenarios()} | {each.after for each in preludes().values()}
    assert preludes().keys() <= used


def test_the_page_has_every_prelude_and_its_example_is_a_scenario() -> None:
    page = scenarios_of.shipped().joinpath("README.md").read_text(encoding="utf-8")
    table = page.partition("## Preludes")[2].partition("## Steps")[0]
    assert set(re.findall(r"`([a-z -]+)`", table)) - {"given", "desk"} == preludes().keys()
    example = page.partition("A whole file:")[2].partition("```yaml\n")[2].partition("```")[0]
    (found,) = read_scenarios("README.md", yaml.safe_load(example))
    assert found.given == "phone ready"


def test_the_page_has_every_kind_of_step() -> None:
    page = scenarios_of.shipped().joinpath("README.md").read_text(encoding="utf-8")
    assert all(f"**`{kind}`**" in page for kind in scenarios_of.STEPS)
