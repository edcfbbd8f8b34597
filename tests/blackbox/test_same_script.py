"""One script of calls at three platforms: simulator, SIP phones, a CSTA switch. Desktops see the same events."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import unified_diff
from typing import Final

import pytest

from tests.blackbox.client import AgentSession, Desktop, code_of, told
from tests.blackbox.conftest import Serve
from tests.blackbox.server import ServerProcess

AGENTS: Final = {"agent1": "4001", "agent2": "4002", "agent3": "4003"}
Seen = dict[str, list[str]]

PEOPLE: Final = "".join(f'[[agents]]\nid = "{agent}"\npassword = "demo"\n\n' for agent in AGENTS)


def agents_of(table: str, more: str = "") -> str:
    return "".join(
        f'[[{table}.agents]]\nid = "{agent}"\nextension = "{extension}"\n{more}\n'
        for agent, extension in AGENTS.items()
    )


SIMULATOR: Final = PEOPLE + agents_of("simulator")
SIP: Final = f'{PEOPLE}[[adapters]]\nadapter = "sip"\n\n{agents_of("adapters.settings")}'


def csta(port: int) -> str:
    switch = f'host = "127.0.0.1"\nport = {port}\ntls = false\nuser = "ixp"\npassword = "demo"\nswitch_name = "CM1"\n'
    agents = agents_of("adapters.settings", 'password = "1234"\n')
    return f'{PEOPLE}[[adapters]]\nadapter = "csta"\n\n[adapters.settings]\n{switch}\n{agents}'


@contextmanager
def simulated_switch() -> Iterator[int]:
    """`ixp dmcc-simulator`; the port where it listens."""
    command = (sys.executable, "-m", "engine", "dmcc-simulator", "--port", "0", "--agents", "3")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            word, _, addresses = process.stdout.readline().partition(" ")
            assert word == "ready"
            yield int(next(iter(json.loads(addresses).values())).rpartition(":")[2])
        finally:
            process.send_signal(signal.SIGTERM)


class Story:
    """Three agents at work, and what each of them has seen."""

    def __init__(self, server: ServerProcess, desktops: list[Desktop]) -> None:
        self.sessions: dict[str, AgentSession] = {}
        self.seen: Seen = {agent: [] for agent in AGENTS}
        self._marks = dict.fromkeys(AGENTS, 0)
        """Where in what each has seen the present step begins."""
        for (agent, extension), desktop in zip(AGENTS.items(), desktops, strict=True):
            session = self.sessions[agent] = desktop.session_of(agent)
            session.do("session.start")
            session.do("session.addchannel", data={"channel": {"endpoint": extension, "type": "Telephony"}})
            for command in ("channel.activate", "channel.ready"):
                self.does(agent, command, "c1")

    def does(self, agent: str, command: str, path: str, **data: str) -> None:
        messages = self.sessions[agent].do(command, path, data)
        assert "success" in map(code_of, messages), messages
        self._saw(agent, messages)

    def waits(self, agent: str, name: str) -> None:
        """Until an event of this name has come, unless it came already."""
        if not any(line.startswith(f"{name} ") for line in self.seen[agent][self._marks[agent] :]):
            self._saw(agent, self.sessions[agent].wait_news(name))
        self._saw(agent, self.sessions[agent].settle())

    def __call__(self, step: str) -> None:
        """A step begins."""
        for agent, lines in self.seen.items():
            lines.append(f"-- {step}")
            self._marks[agent] = len(lines)

    def _saw(self, agent: str, messages: list[dict[str, object]]) -> None:
        self.seen[agent] += told(messages)


def play(server: ServerProcess) -> Seen:
    with Desktop(server.agent_url) as one, Desktop(server.agent_url) as two, Desktop(server.agent_url) as three:
        story = Story(server, [one, two, three])
        ann, bob, cy = AGENTS

        story("a call is dialled and answered")
        story.does(ann, "channel.dial", "c1", destination="4002")
        story.waits(bob, "interaction.initialized")
        story.does(bob, "interaction.accept", "c1.i1")
        story.waits(ann, "interaction.started")

        story("it is held, and retrieved; digits are sent")
        story.does(ann, "conversation.hold", "c1.i1.v1")
        story.does(ann, "conversation.retrieve", "c1.i1.v1")
        story.does(ann, "conversation.senddtmf", "c1.i1.v1", digits="42#")

        story("a colleague is asked, and the legs are alternated")
        story.does(ann, "interaction.consult", "c1.i1", destination="4003")
        story.waits(cy, "interaction.initialized")
        story.does(cy, "interaction.accept", "c1.i1")
        story.waits(ann, "state.updated")
        story.does(ann, "interaction.alternate", "c1.i1")
        story.does(ann, "interaction.alternate", "c1.i1")

        story("and gets the call")
        story.does(ann, "interaction.consulttransfer", "c1.i1")
        story.waits(ann, "interaction.disposed")
        story.waits(bob, "conversation.member.added")
        story.waits(cy, "conversation.member.added")

        story("which ends")
        story.does(bob, "conversation.release", "c1.i1.v1")
        story.waits(bob, "interaction.disposed")
        story.waits(cy, "interaction.disposed")

        story("another one is rejected")
        story.does(ann, "channel.dial", "c1", destination="4002")
        story.waits(bob, "interaction.initialized")
        story.does(bob, "interaction.reject", "c1.i2")
        story.waits(bob, "interaction.disposed")
        story.waits(ann, "interaction.disposed")

        story("a third one is given up before it is answered")
        story.does(ann, "channel.dial", "c1", destination="4003")
        story.waits(cy, "interaction.initialized")
        story.does(ann, "conversation.release", "c1.i3.v4")
        story.waits(ann, "interaction.disposed")
        story.waits(cy, "interaction.disposed")

        story("all go home")
        for agent in AGENTS:
            story.does(agent, "session.logout", "")
        return story.seen


def difference(seen: Seen, golden: Seen) -> str:
    """Line by line; empty where there is none."""

    def lines(what: Seen) -> list[str]:
        return [f"{agent}  {line}" for agent, told in what.items() for line in told]

    return "\n".join(unified_diff(lines(golden), lines(seen), "golden", "seen", lineterm=""))


def phones_are_there() -> bool:
    return shutil.which("baresip") is not None or os.environ.get("CI") == "true"


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    with ServerProcess(tmp_path_factory.mktemp("simulator"), SIMULATOR) as server:
        seen = play(server)
    assert "conversation.member.added c1.i1.v1" in seen["agent2"], "the call has come to a colleague"
    return seen


def test_calls_at_a_csta_switch_look_like_those_at_the_simulator(serve: Serve, golden: Seen) -> None:
    with simulated_switch() as port:
        assert difference(play(serve(csta(port))), golden) == ""


@pytest.mark.skipif(not phones_are_there(), reason="baresip not installed (Debian: baresip-core)")
def test_calls_at_sip_phones_look_like_those_at_the_simulator(serve: Serve, golden: Seen) -> None:
    assert difference(play(serve(SIP)), golden) == ""
