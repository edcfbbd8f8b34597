"""The explorer at a running server: nothing is found there; what is broken is found, and told as shortly as can be."""

import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import attrs
import pytest
import trio
import typer
import yaml

from engine.conformance.broken import Broken
from engine.conformance.deeds import Break, Deed, Happening, Pause, Ref, Request
from engine.conformance.explore import Shrinking, Walk
from engine.conformance.explore_command import story, write
from engine.conformance.openings import OPENINGS
from engine.conformance.relay import JsonObject, Link, MakeChange, Unchanged, relayed
from engine.conformance.retell import as_scenario
from engine.conformance.runner import Place, Status, play
from engine.conformance.scenario import read_scenarios
from engine.conformance.teller import CannotTell, Refused, Told, again, tell
from tests.blackbox.server import ROOT, ServerProcess

COMMAND: Final = (sys.executable, "-m", "engine", "conformance", "explore")
WAIT_S: Final = 120.0


def options(server: ServerProcess) -> list[str]:
    agents = [f"--agent=agent{number}:demo:40{number}" for number in (41, 42)]
    return [*agents, "--driver", server.http_url]


def explore(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=WAIT_S, check=False)


# At a server that keeps the rules


def test_nothing_is_found_at_a_server_that_keeps_the_rules(server: ServerProcess) -> None:
    found = explore(server.agent_url, *options(server), "--steps", "300", "--seed", "3")
    assert (found.returncode, found.stderr) == (0, "")
    verdict, done, _ = found.stdout.split("\n")
    assert re.fullmatch(r"3\d\d steps in \d+ stories, [\d.]+ s, seed 3: no rule is broken", verdict)
    assert re.fullmatch(r"    commands: \d+ \w+.*; at the platform: \d+ \w+.*; besides: .*\d+ connections lost.*", done)
    assert sum(map(int, re.findall(r"\d+", done))) == int(verdict.split()[0])


def test_several_agents_tell_stories_at_once(server: ServerProcess) -> None:
    found = explore(server.agent_url, *options(server), "--steps", "160", "--sessions", "2")
    assert found.returncode == 0, found.stdout


async def test_a_story_leaves_nothing_behind(place: Place) -> None:
    """A call that rings and a chat that waits would be met by the next story."""
    add = Request(number=1, command="session.addchannel", at=None)
    activate = Request(number=2, command="channel.activate", at=Ref("channel", 1, 0))
    call = Happening(number=3, deed="call", using={"to": "$extension", "from": "+15550123"})
    first = await tell(place, again([add, activate, call]))
    assert "interaction.created" in [message.get("name") for message in first.done[-1].seen]
    second = await tell(place, again([add, activate]))
    assert [message.get("name") for message in second.done[0].seen].count("interaction.created") == 0
    assert second.broken is None


async def test_what_was_missed_is_sent_again(place: Place) -> None:
    told = await tell(
        place, again([Request(number=1, command="session.addchannel", at=None), Break(number=2, missed=3)])
    )
    assert told.broken is None
    again_ = [
        each.what["seq"] for each in told.record if each.on == "desk2" and each.way == "<-" and "seq" in each.what
    ]
    last = told.done[0].seen[-1]["seq"] + 1  # the answer to what was asked to see that nothing else has come
    assert again_[:3] == [last - 2, last - 1, last]


async def test_a_story_written_as_a_scenario_passes_where_it_breaks_nothing(place: Place) -> None:
    phone = Ref("channel", 2, 0)
    story = [
        Request(number=1, command="session.addchannelgroup", at=None),
        Request(number=2, command="session.addchannel", at=None, choice=1),
        Request(number=3, command="session.removechannelgroup", at=None, child=Ref("channelgroup", 1, 0)),
        Request(number=4, command="session.removechannel", at=None, child=phone),
        Request(number=5, command="channel.ready", at=phone),  # is there no longer
        Request(number=6, command="session.addchannel", at=None),
        Request(number=7, command="channel.activate", at=Ref("channel", 6, 0)),
        Happening(number=8, deed="call", using={"to": "$extension", "from": "+15550123"}),
        Break(number=9, missed=3),
        Request(number=10, command="conversation.answer", at=Ref("conversation", 8, 0)),
        Request(number=11, command="conversation.answer", at=Ref("conversation", 8, 0)),  # is up already
        Happening(number=12, deed="hangup", using={"call": "$made"}, of=8),
        Request(number=13, command="interaction.complete", at=Ref("interaction", 8, 0)),
        Request(number=14, command="session.logout", at=None),
    ]
    told = await tell(place, again(story))
    assert (told.broken, len(told.done)) == (None, 14)
    (scenario,) = read_scenarios("x", yaml.safe_load(as_scenario(attrs.evolve(told, broken=Broken("O5", "a test")))))
    result = await play(scenario, place)
    assert result.status is Status.PASSED, (result.problem, result.expected, result.seen)


@pytest.mark.parametrize("deeds", [deeds for deeds in OPENINGS if deeds])
async def test_every_opening_succeeds_and_so_does_its_scenario(place: Place, deeds: Sequence[Deed]) -> None:
    place = attrs.evolve(place, patience_s=5.0)  # the pause is longer than what else comes
    told = await tell(place, again(deeds))
    assert (told.broken, told.deeds) == (None, tuple(deeds))
    answers = [done.answer for done in told.done if isinstance(done.deed, Request)]
    assert {(answer or {}).get("result") for answer in answers} <= {"success"}
    if any(isinstance(deed, Pause) for deed in deeds):
        assert "state.updated" in [message["name"] for message in told.done[-1].seen]
    (scenario,) = read_scenarios("x", yaml.safe_load(as_scenario(attrs.evolve(told, broken=Broken("O5", "a test")))))
    result = await play(scenario, place)
    assert result.status is Status.PASSED, (result.problem, result.expected, result.seen)


# At one that does not


class NoStateAfterReady(Unchanged):
    """After channel.ready the channel's state.updated is left out; the numbers have no gap."""

    def __init__(self, link: Link) -> None:
        self._ready: set[str] = set()
        self._left_out = 0

    async def from_client(self, message: JsonObject) -> Iterable[JsonObject]:
        if message["command"] == "channel.ready":
            self._ready.add(message.get("requestid", ""))
        return [message]

    async def from_server(self, message: JsonObject) -> Iterable[JsonObject]:
        if message.get("name") == "state.updated" and message.get("cause") in self._ready:
            self._left_out += 1
            return []
        return [{**message, "seq": message["seq"] - self._left_out} if "seq" in message else message]


class NoDirectory(Unchanged):
    """It is announced as open, and refused."""

    def __init__(self, link: Link) -> None:
        pass

    async def from_server(self, message: JsonObject) -> Iterable[JsonObject]:
        if message.get("command") != "session.request.getdirectory":
            return [message]
        request = {name: message[name] for name in ("command", "target", "requestid")}
        failure = {"code": "INVALID_STATE", "message": "not now"}
        return [{**request, "result": "failure", "failure": failure, "original": request, "seq": message["seq"]}]


class WrongNumber(Unchanged):
    """The directory comes with a number that is not its turn."""

    def __init__(self, link: Link) -> None:
        pass

    async def from_server(self, message: JsonObject) -> Iterable[JsonObject]:
        wrong = message.get("command") == "session.request.getdirectory" and "seq" in message
        return [{**message, "seq": message["seq"] + 1} if wrong else message]


class CutsOff(Unchanged):
    """Who asks for the directory loses the connection."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def from_client(self, message: JsonObject) -> Iterable[JsonObject]:
        if message["command"] == "session.request.getdirectory":
            await self._link.cut()
        return [message]


@asynccontextmanager
async def broken(place: Place, make: MakeChange) -> AsyncIterator[Place]:
    """The same place, by way of a server that is broken so."""
    port = int(place.url.partition(":")[2].partition(":")[2].partition("/")[0])
    async with relayed("127.0.0.1", port, make) as by:
        yield attrs.evolve(place, url=f"ws://127.0.0.1:{by}/agent")


async def found(place: Place, seed: int) -> Told:
    walked = await Walk(place, 400, seed).run()
    assert walked.broken is not None
    return walked.broken[0]


async def shortest(place: Place, told: Told) -> Told:
    shrinking = Shrinking(place, told)
    assert await shrinking.run()
    return shrinking.told


def said(deeds: Iterable[Deed]) -> list[tuple[str, Any]]:
    return [(deed.command, deed.at) for deed in deeds if isinstance(deed, Request)]


async def test_what_is_left_out_is_found_and_shrinks_to_three_deeds(place: Place, tmp_path: Path) -> None:
    async with broken(place, NoStateAfterReady) as wrong:
        told = await shortest(wrong, await found(wrong, seed=5))
        numbers = [deed.number for deed in told.deeds]
        assert len(numbers) == 3, told.deeds
        channel = Ref("channel", numbers[0], 0)
        assert said(told.deeds) == [
            ("session.addchannel", None),
            ("channel.activate", channel),
            ("channel.ready", channel),
        ]
        assert told.broken is not None
        assert told.broken.rule == "O5"
        (scenario,) = read_scenarios("x", yaml.safe_load(as_scenario(told)))
        again_ = await play(scenario, wrong)
        assert (again_.status, again_.rule) == (Status.FAILED, "O5")
        assert (again_.step or 0) >= 7  # where the channel is made ready, or right after
    fine = await play(scenario, place)
    assert fine.status is Status.PASSED, fine.problem


async def test_what_is_announced_as_open_and_refused_is_found(place: Place) -> None:
    async with broken(place, NoDirectory) as wrong:
        told = await shortest(wrong, await found(wrong, seed=5))
        assert isinstance(told.broken, Refused)
        assert said(told.deeds) == [("session.request.getdirectory", None)]
        (scenario,) = read_scenarios("x", yaml.safe_load(as_scenario(told)))
        again_ = await play(scenario, wrong)
        assert (again_.status, again_.rule) == (Status.FAILED, "CAP-2")
    fine = await play(scenario, place)
    assert fine.status is Status.PASSED, fine.problem


async def test_a_request_that_is_not_answered_is_found(place: Place) -> None:
    async with broken(place, CutsOff) as wrong:
        told = await shortest(wrong, await found(wrong, seed=5))
        assert told.broken is not None
        assert told.broken.rule == "ENV-11"
        assert said(told.deeds) == [("session.request.getdirectory", None)]


async def test_the_answer_is_told_where_it_breaks_the_rule_itself(place: Place) -> None:
    async with broken(place, WrongNumber) as wrong:
        told = await tell(wrong, again([Request(number=1, command="session.request.getdirectory", at=None)]))
    assert told.broken is not None
    assert told.broken.rule == "ENV-7"
    assert [line.endswith(": success") for line in story(told)] == [True, False]


def test_a_scenario_that_cannot_be_written_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        write(tmp_path, "- scenario: x")
    assert "- scenario: x" in capsys.readouterr().out


async def test_a_story_that_breaks_nothing_again_stays_as_it_is(place: Place) -> None:
    async with broken(place, NoStateAfterReady) as wrong:
        told = await found(wrong, seed=5)
    shrinking = Shrinking(place, told)
    assert not await shrinking.run()
    assert (shrinking.told, shrinking.tellings) == (told, 3)


async def test_the_command_tells_the_story_and_writes_the_scenario(
    server: ServerProcess, place: Place, tmp_path: Path
) -> None:
    out = tmp_path / "found.yaml"
    async with broken(place, NoStateAfterReady) as wrong:
        more = ["--key", "k7", "--set", "outside=+15550100", "--out", str(out)]
        arguments = [wrong.url, *options(server), "--steps", "400", "--seed", "5", *more]
        found_ = await trio.to_thread.run_sync(partial(explore, *arguments))
    assert found_.returncode == 1, found_.stderr
    assert "rule O5: An object is introduced by its bracket" in found_.stdout
    assert re.search(r"told again \d+ times with parts left out: of \d+ deeds 3 are left", found_.stdout)
    assert re.search(r"    3\. channel\.ready .*: success", found_.stdout)
    agents = "--agent agent41:PASSWORD:4041 --agent agent42:PASSWORD:4042"
    same = f"{agents} --driver {server.http_url} --key KEY --set outside=+15550100"
    assert f"to play it again: ixp conformance {wrong.url} {same} --scenarios {out}" in found_.stdout
    (scenario,) = read_scenarios("x", yaml.safe_load(out.read_text(encoding="utf-8")))
    assert scenario.rules == ("O5",)


# Wrong options


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["ws://127.0.0.1:1/agent"], "start the server"),
        (["URL", "--agent", "agent1:wrong:4001"], "check both (the server says so); check --agent"),
        (["URL", "--agent", "agent1"], "is not ID:PASSWORD:EXTENSION"),
        (["URL", "--sessions", "9"], "give as many --agent"),
        (["URL", "--driver", "http://127.0.0.1:1"], "check --driver"),
        (["URL", "--out", "/nowhere/x.yaml"], "there is no folder /nowhere; make it"),
        (["URL", "--driver", "nowhere"], "--driver nowhere"),
    ],
)
def test_wrong_options_are_refused(server: ServerProcess, arguments: list[str], says: str) -> None:
    found = explore(*[server.agent_url if each == "URL" else each for each in arguments])
    assert found.returncode == 2
    assert says in found.stderr


async def test_a_server_that_goes_away_is_told(place: Place) -> None:
    with pytest.raises(CannotTell, match="cannot be reached"):
        await tell(attrs.evolve(place, url="ws://127.0.0.1:1/agent"), again([]))
