"""Our own server passes the conformance kit."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import attrs
import pytest
import trio

from engine.conformance.drivers import NoDriver, SimulatorControl
from engine.conformance.explore import Walk
from engine.conformance.messages import JsonObject
from engine.conformance.parts import parts_of
from engine.conformance.relay import Unchanged, relayed
from engine.conformance.runner import Place, Result, Status, play_all, select
from engine.conformance.scenario import Scenario, scenarios
from tests.blackbox.configs import config
from tests.blackbox.conftest import Serve
from tests.blackbox.server import ServerProcess
from tests.engine.conformance.places import place_at

RECORDS: Final = "what the platform cannot do is never announced, and is unsupported"
NO_REASON: Final = "a logout without the reason that is required is refused"
WAITS: Final = "a number that does not answer is refused where the platform waits for it"
NOT_THERE: Final = {
    NO_REASON: "the demo requires none",
    WAITS: "the simulator tells it by events",
    RECORDS: "the simulator can do everything",
}
"""What the demo has not, and why."""
OF_TIME: Final = ("F-TIMEOUT", "LOSS-4", "LOSS-5")
"""Rules that take as long as the demo waits."""
OF_THE_PROCESS: Final = ("LOSS-6", "LOSS-7")
"""Rules for which the server has to be killed."""
KEY: Final = "an operator's key"
OPERATOR: Final = f'''
[[operators]]
id = "kit"
key = "{KEY}"
'''
DEMANDING: Final = """
[platform]
call_timeout_s = 0.5

[simulator]
not_ready_reason_required = true
logout_reason_required = true
disposition_required = true
not_ready_reasons = [{ code = "LUNCH", name = "Lunch" }]
logout_reasons = [{ code = "END", name = "End" }]
dispositions = [{ code = "SOLD", name = "Sold" }]
wrapup_s = { telephony = 10.0 }
numbers = [
    { number = "+15550190", busy = true },
    { number = "+15550191", never_answers = true },
]

[[simulator.queues]]
name = "Sales"
number = "4910"
"""
"""A platform that requires a code wherever it can."""
LACKING: Final = """
[simulator]
features = ["telephony", "channelgroups"]
"""
"""A platform that can do next to nothing."""
PATIENCE_S: Final = 10.0


def wrong(results: Sequence[Result]) -> list[str]:
    return [
        f"{each.scenario.scenario}: {each.status} {each.rule}: {each.problem}"
        for each in results
        if each.status in (Status.FAILED, Status.NOT_RUN)
    ]


def operated(server: ServerProcess) -> Place:
    """One whose simulator lets operators in alone."""
    return attrs.evolve(place_at(server, patience_s=PATIENCE_S), driver=SimulatorControl(server.http_url, KEY))


def but(*rules: str) -> list[Scenario]:
    """All scenarios but those for which any of these rules stands first."""
    return [each for each in scenarios() if each.rules[0] not in rules]


async def test_every_scenario_passes_at_the_demo(whole: Place) -> None:
    """In one run, with all that a driver can do. Fifty runs, to see that none is left to chance:

    for n in $(seq 50); do python -m pytest -q tests/blackbox/test_conformance.py || break; done
    """
    results = await play_all(but(*OF_TIME, *OF_THE_PROCESS), whole)
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


OTHERS: Final = "-of-others-"


class Otherwise(Unchanged):
    """Ids of channels and groups look otherwise than ours, and messages have properties that nobody knows."""

    async def from_server(self, message: JsonObject) -> Iterable[JsonObject]:
        text = re.sub(r'([."])([cg])(\d+)(?=[."])', rf"\1\2{OTHERS}\3", json.dumps(message))
        return [json.loads(text) | ({"later": {"release": 7}} if "seq" in message else {})]

    async def from_client(self, message: JsonObject) -> Iterable[JsonObject]:
        text = json.dumps(message)
        return [json.loads(text.replace(OTHERS, "")) if OTHERS in text else message]


async def test_a_server_passes_that_requires_more_and_has_other_ids(serve: Serve) -> None:
    """What is right by the protocol, and otherwise than at the demo, is no failure."""
    server = serve(config(DEMANDING + OPERATOR), errors=("platform_lost",))
    place = operated(server)
    codes = {"notready_reason": "LUNCH", "logout_reason": "END", "disposition": "SOLD", "answer_s": 0.5}
    parts = urlsplit(place.url)
    async with relayed(str(parts.hostname), int(parts.port or 0), lambda link: Otherwise()) as port:
        url = f"ws://127.0.0.1:{port}{parts.path}"
        given = attrs.evolve(place, url=url, names={**place.names, **codes})
        results = await play_all(but("LOSS-4", "LOSS-5", *OF_THE_PROCESS, "ENV-13"), given)
    assert wrong(results) == []
    assert {each.scenario.scenario for each in results if each.status is Status.NOT_THERE} == {WAITS, RECORDS}


async def test_what_is_required_and_not_given_is_not_run(serve: Serve) -> None:
    """Nor does it keep others from being run: what it leaves behind is ended all the same."""
    place = operated(serve(config(DEMANDING + OPERATOR)))
    chosen = select(scenarios(), ("O3", "CMD-channel.notready", "ST-2", "CMD-channelgroup.notready"))
    results = await play_all(chosen, place)
    assert [each for each in wrong(results) if "give --set" not in each] == []
    told = {each.problem for each in results if each.status is Status.NOT_RUN}
    assert told == {
        "session.logout needs a reason here; give --set logout_reason=CODE",
        "channel.notready needs a reason here; give --set notready_reason=CODE",
        "channelgroup.notready needs a reason here; give --set notready_reason=CODE",
        "interaction.complete needs a reason here; give --set disposition=CODE",
    }


class Forgetful(Unchanged):
    """Never resumes, which a server may do."""

    async def from_client(self, message: JsonObject) -> Iterable[JsonObject]:
        match message:
            case {"command": "bindSession", "data": {"resume": {"epoch": int(epoch), **resume}}}:
                return [{**message, "data": {"resume": {**resume, "epoch": epoch + 1_000_000}}}]
        return [message]


async def test_a_server_that_never_resumes_lacks_a_part_and_breaks_nothing(whole: Place) -> None:
    parts = urlsplit(whole.url)
    async with relayed(str(parts.hostname), int(parts.port or 0), lambda link: Forgetful()) as port:
        place = attrs.evolve(whole, url=f"ws://127.0.0.1:{port}{parts.path}")
        results = await play_all(select(scenarios(), ("LOSS-1", "LOSS-2", "LOSS-3", "CMD-unbindSession")), place)
        walked = await Walk(place, steps=150, seed=5).run()
    assert wrong(results) == []
    assert {part.name: part.says for part in parts_of(results)}["resume"] == "not there"
    assert walked.broken is None


async def test_what_a_platform_lacks_is_not_there(serve: Serve) -> None:
    place = operated(serve(config(LACKING + OPERATOR)))
    results = await play_all(select(scenarios(), ("CAP-5", "CMD-interaction.consult", "CMD-channel.ready")), place)
    assert wrong(results) == []
    assert {each.status for each in results} == {Status.PASSED, Status.NOT_THERE}
    (found,) = (each for each in results if each.scenario.scenario == RECORDS)
    assert found.status is Status.PASSED, found


@attrs.define
class Restarting:
    """The simulator's control, and the server's process: killed, and started again on its folder and its ports."""

    control: SimulatorControl
    server: ServerProcess
    serve: Serve
    folder: Path

    @property
    def deeds(self) -> frozenset[str]:
        return self.control.deeds | {"restart"}

    async def make(self, deed: str, arguments: Mapping[str, Any]) -> Any:
        if deed != "restart":
            return await self.control.make(deed, arguments)
        port = str(urlsplit(self.server.agent_url).port)
        self.server.kill()
        begin = partial(self.serve, None, "--data", str(self.folder), "--agent-port", port)
        self.server = await trio.to_thread.run_sync(begin)
        return None


async def test_what_outlives_the_process(serve: Serve) -> None:
    server = serve()
    place = place_at(server, patience_s=PATIENCE_S)
    driver = Restarting(SimulatorControl(server.http_url), server, serve, server.data)
    results = await play_all(select(scenarios(), OF_THE_PROCESS), attrs.evolve(place, driver=driver))
    assert [each.status for each in results] == [Status.PASSED] * 2, wrong(results)
