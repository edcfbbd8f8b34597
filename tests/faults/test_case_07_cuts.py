"""Case 7: the connection is cut at every byte, both ways, by FIN and by RST: resume is byte for byte."""

import json
import random
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import attrs
import pytest
from websockets.exceptions import WebSocketException

from engine.conformance.broken import Broken
from tests.blackbox.client import AgentSession, Desktop, JsonObject, message_of, told
from tests.blackbox.proxy import BreakingLine
from tests.faults.judge import flat_memory
from tests.faults.one import PHONE, Place, all_again, hear_to_the_end, mutant, place
from tests.faults.sizes import size

SEED: Final = 7
CUTS: Final = 12
"""In CI, of each way and kind; in the long form at every byte."""
REPLAYS: Final = size(CUTS, 500)
"""Of a replay, which is longer each time, it is some of its bytes in any case."""
WAYS: Final = ("up", "down")
AT_ONCE: Final = size(1, 6)
"""So many agents are cut off at the same time: mostly they wait."""

SCRIPT: Final[Sequence[tuple[str, str, Any]]] = (
    ("session.start", "", {}),
    ("session.addchannel", "", {"channel": {"endpoint": "4000$number", "type": "Telephony"}}),
    ("channel.activate", PHONE, {}),
    ("channel.ready", PHONE, {}),
    ("channel.notready", PHONE, {"reason": {"code": "BREAK"}}),
    ("session.request.externalnotreadyreasons", "", {}),
    ("channel.release", PHONE, {}),
    ("channel.deactivate", PHONE, {}),
    ("session.removechannel", "", {"channel": {"id": PHONE}}),
)
LOST: Final = (WebSocketException, OSError, EOFError)
Cut = tuple[str, bool, int]
"""Which way, by RST or not, and behind how many bytes."""


def script(number: int) -> Sequence[tuple[str, str, Any]]:
    """As the agent of this number goes through it."""
    found: list[tuple[str, str, Any]] = json.loads(json.dumps(SCRIPT).replace("$number", str(number)))
    return found


@attrs.define
class Caller:
    """A desktop that goes through the script, over whatever lines it gets, and repeats what was not answered."""

    session: AgentSession
    script: Sequence[tuple[str, str, Any]]
    blocks: list[int]
    """After each step so many messages have come."""
    step: int = 0

    def go_on(self, url: str) -> bool:
        """To the end of the script; False when the connection was lost on the way."""
        try:
            with Desktop(url) as desktop:
                self.session.desktop = desktop
                try:
                    bound = self.session.bind(self.session.cursor())
                    assert bound["outcome"] == "RESUMED", bound
                    while self.step < len(self.script):
                        self._do(desktop)
                except LOST:
                    hear_to_the_end(desktop)
                    return False
        except LOST:
            return False
        return True

    def _do(self, desktop: Desktop) -> None:
        requestid = f"r{self.step}"
        if requestid not in answers(self.session):
            command, path, data = self.script[self.step]
            desktop.send(message_of(command, self.session.target(path), data, requestid=requestid))
            while requestid not in answers(self.session):
                desktop.read()
        while not self._told():
            desktop.read()
        self.step += 1

    def _told(self) -> bool:
        """Has all come that the request causes?"""
        return len(without_repeats(told(heard(self.session)))) >= self.blocks[self.step]


def answers(session: AgentSession) -> list[str]:
    return [message["requestid"] for message in heard(session) if "result" in message]


def heard(session: AgentSession) -> list[JsonObject]:
    return [json.loads(session.raw[seq]) for seq in sorted(session.raw)]


def recorded(here: Place) -> tuple[list[str], list[int], dict[str, int]]:
    """The script without a cut: what it tells, where its blocks end, and how many bytes went each way."""
    with Desktop(here.server.url) as desktop:
        session = here.prepare(desktop)
        blocks = []
        with BreakingLine(here.server.url) as line, Desktop(line.url) as over:
            session.desktop = over
            session.bind(session.cursor())
            for number, (command, path, data) in enumerate(script(1)):
                over.send(message_of(command, session.target(path), data, requestid=f"r{number}"))
                while f"r{number}" not in answers(session):
                    over.read()
                over.ask("session.start", "nobody")  # what a step says is sent together, so it comes before this answer
                blocks.append(len(session.raw))
            sizes = {"up": line.went_up, "down": line.went_down}
        return told(heard(session)), blocks, sizes


def without_repeats(story: list[str]) -> list[str]:
    """What cannot be read as a command is not remembered: where its answer was lost, it is answered once more."""
    return [
        line for number, line in enumerate(story) if not (line.endswith(": UNKNOWN_COMMAND") and line in story[:number])
    ]


def offsets(size: int, how_many: int | None, chance: random.Random) -> Iterable[int]:
    return range(size) if how_many is None else sorted(chance.sample(range(size), how_many))


def cut_everywhere(here: Place, cuts: int | None) -> int:
    """Returns how many cuts there were; without `cuts`, at every byte."""
    story, blocks, sizes = recorded(here)
    chance = random.Random(SEED)
    wanted = [
        (way, reset, offset) for way in WAYS for reset in (False, True) for offset in offsets(sizes[way], cuts, chance)
    ]

    def cut_all(agent: int) -> None:
        for cut in wanted[agent - 1 :: AT_ONCE]:
            cut_once(here, agent, cut, story, blocks)

    with ThreadPoolExecutor(AT_ONCE) as agents:
        list(agents.map(cut_all, range(1, AT_ONCE + 1)))
    return len(wanted)


def cut_once(here: Place, agent: int, cut: Cut, story: list[str], blocks: list[int]) -> None:
    way, reset, offset = cut
    with Desktop(here.server.url) as desktop:
        caller = Caller(here.prepare(desktop, agent), script(agent), blocks)
        with BreakingLine(here.server.url, reset=reset, **{way: offset}) as line:
            caller.go_on(line.url)
        assert caller.go_on(here.server.url), f"after {offset} bytes {way}: lost again, and not by us"
        session = caller.session
        assert without_repeats(told(heard(session))) == story, f"after {offset} bytes {way}, reset {reset}"
        assert len(set(answers(session))) == len(SCRIPT)
        assert all_again(here, session) == [session.raw[n] for n in range(1, len(session.again) + 1)]


def cut_the_replay(here: Place, cuts: int | None) -> int:
    """Cut the way down while it is caught up on what was missed; then resume from wherever that was."""
    with Desktop(here.server.url) as desktop:
        session = here.ready(desktop)
        for turn in range(20):
            session.do(f"channel.{('notready', 'ready')[turn % 2]}", PHONE)
    whole = all_again(here, session)
    with BreakingLine(here.server.url) as line, Desktop(line.url) as desktop:
        session.resume(desktop, seq=0)
        session.do("session.request.externalnotreadyreasons")
        size = line.went_down
    chance, done = random.Random(SEED), 0
    for offset in offsets(size, cuts, chance):
        fresh = AgentSession(desktop, session.id, session.token, epoch=session.epoch)
        with BreakingLine(here.server.url, down=offset, reset=bool(done % 2)) as line:
            try:
                with Desktop(line.url) as cut:
                    try:
                        fresh.resume(cut, seq=0)
                    finally:
                        hear_to_the_end(cut)
            except LOST:
                pass
        with Desktop(here.server.url) as again:
            fresh.resume(again)
            fresh.do("session.request.externalnotreadyreasons")
        assert [fresh.raw[n] for n in range(1, len(whole) + 1)] == whole, f"after {offset} bytes"
        done += 1
    return done


def test_resume_is_byte_for_byte_wherever_the_line_is_cut(tmp_path: Path) -> None:
    with place(tmp_path, agents=AT_ONCE) as here, flat_memory(here.server, lambda: cut_everywhere(here, CUTS)):
        assert cut_everywhere(here, size(CUTS, None)) >= 4 * CUTS


def test_a_replay_that_is_cut_goes_on_where_it_was(tmp_path: Path) -> None:
    with place(tmp_path) as here, flat_memory(here.server, lambda: cut_the_replay(here, CUTS)):
        assert cut_the_replay(here, REPLAYS) >= REPLAYS


@pytest.mark.parametrize("judge", [cut_everywhere, cut_the_replay])
def test_a_server_that_takes_what_was_written_as_received_is_found_out(tmp_path: Path, judge: Any) -> None:
    with (
        place(tmp_path, agents=AT_ONCE, module=mutant("skips_missed")) as here,
        pytest.raises((AssertionError, Broken)),
    ):
        judge(here, CUTS)
