"""Our own server passes the conformance kit."""

from collections.abc import Sequence
from typing import Final

import attrs
import pytest

from engine.conformance.drivers import NoDriver
from engine.conformance.runner import Place, Result, Status, play_all, select
from engine.conformance.scenario import scenarios
from tests.blackbox.configs import config
from tests.blackbox.conftest import Serve
from tests.engine.conformance.places import place_at

NOT_THERE: Final = {
    "a logout without the reason that is required is refused": "the demo requires none",
    "a number that does not answer is refused where the platform waits for it": "the simulator tells it by events",
}
"""What the demo has not, and why."""
PATIENCE_S: Final = 10.0


def wrong(results: Sequence[Result]) -> list[str]:
    return [
        f"{each.scenario.scenario}: {each.status} {each.rule}: {each.problem}"
        for each in results
        if each.status in (Status.FAILED, Status.NOT_RUN)
    ]


async def test_every_scenario_passes_at_the_demo(whole: Place) -> None:
    """In one run, with all that a driver can do. Fifty runs, to see that none is left to chance:

    for n in $(seq 50); do python -m pytest -q tests/blackbox/test_conformance.py || break; done
    """
    of_time = select(scenarios(), ("LOSS-4", "LOSS-5"))
    results = await play_all([each for each in scenarios() if each not in of_time], whole)
    assert wrong(results) == []
    assert {each.scenario.scenario for each in results if each.status is Status.NOT_THERE} == NOT_THERE.keys()


@pytest.mark.parametrize(
    ("rule", "name", "seconds"), [("LOSS-4", "not_ready_after_s", 0.5), ("LOSS-5", "logout_after_s", 1.5)]
)
async def test_those_about_time_pass_where_it_is_short(serve: Serve, rule: str, name: str, seconds: float) -> None:
    others = "not_ready_after_s = 0.5\n" if name == "logout_after_s" else ""
    server = serve(config(f"[sessions]\n{others}{name} = {seconds}\n"))
    place = place_at(server, patience_s=PATIENCE_S)
    place = attrs.evolve(place, driver=NoDriver(), names={**place.names, name: seconds})
    results = await play_all(select(scenarios(), (rule,)), place)
    assert [each.status for each in results] == [Status.PASSED], wrong(results)


async def test_a_reason_that_is_required_is_missed(serve: Serve) -> None:
    reasons = '[simulator]\nlogout_reason_required = true\nlogout_reasons = [{ code = "END", name = "End" }]\n'
    place = place_at(serve(config(reasons)), patience_s=PATIENCE_S)
    results = await play_all(select(scenarios(), ("F-REASON_REQUIRED",)), place)
    assert [each.status for each in results] == [Status.PASSED], wrong(results)
