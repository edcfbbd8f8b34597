"""The conformance kit bites: each server that is broken on purpose is found, by the rule that it breaks.

The broken servers are a real one with a relay in front of it that changes a little of what passes.
"""

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import attrs
import pytest

from engine.conformance.relay import MakeChange, Unchanged, as_it_is, relayed
from engine.conformance.reports import FORMS, write_report
from engine.conformance.runner import Place, Result, Status, play, select
from engine.conformance.scenario import Scenario, scenarios
from tests.engine.conformance.mutant import Handshake, Mutant
from tests.engine.conformance.mutants import MUTANTS

PATIENCE_S: Final = 1.0
"""What a mutant keeps back never comes; what comes, comes at once."""
CLEAN: Final = Scenario(scenario="nothing is left behind", rules=("SVC-1",), given="started", steps=())
"""Whatever the agents have is ended behind it."""


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
async def test_a_broken_server_is_found(mutant: Mutant, whole: Place, tmp_path: Path) -> None:
    results = []
    for scenario in select(scenarios(), mutant.scenarios):
        results.append(await through_relay(whole, scenario, mutant.make(), mutant.handshake, PATIENCE_S))
        clean = await play(CLEAN, whole)
        assert clean.status is Status.PASSED, clean
    for form in FORMS:  # whatever was sent, it can be reported
        write_report(tmp_path / f"report{form}", whole.url, results)
    found = any(result.status is Status.FAILED and result.rule in mutant.rules for result in results)
    assert found, [f"{each.scenario.scenario}: {each.status} {each.rule}: {each.problem}" for each in results]


async def test_what_finds_them_passes_where_nothing_is_changed(whole: Place) -> None:
    names = {name for mutant in MUTANTS for name in mutant.scenarios}
    results = [
        await through_relay(whole, scenario, lambda link: Unchanged())
        for scenario in select(scenarios(), sorted(names))
    ]
    assert [result for result in results if result.status is not Status.PASSED] == []


async def through_relay(
    whole: Place,
    scenario: Scenario,
    make: MakeChange,
    handshake: Handshake = as_it_is,
    patience_s: float | None = None,
) -> Result:
    parts = urlsplit(whole.url)
    assert parts.hostname is not None
    assert parts.port is not None
    async with relayed(parts.hostname, parts.port, make, handshake) as port:
        url = f"ws://127.0.0.1:{port}{parts.path}"
        return await play(scenario, attrs.evolve(whole, url=url, patience_s=patience_s or whole.patience_s))
