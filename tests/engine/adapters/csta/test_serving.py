"""A server with the adapter in its configuration, the simulated switch, and a desktop: three processes and sockets."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from tests.blackbox.client import Desktop
from tests.blackbox.server import ROOT, ServerProcess

PAGE: Final = (ROOT / "specs/csta-adapter.md").read_text(encoding="utf-8")
CONFIG: Final = PAGE.partition("## The simulated switch")[2].partition("```toml\n")[2].partition("```")[0]
"""What the page says to write for a server at the simulated switch."""


@contextmanager
def switch() -> Iterator[tuple[int, IO[str], IO[str]]]:
    command = (sys.executable, "-m", "engine", "dmcc-simulator", "--port", "0", "--agents", "2")
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            ready = json.loads(process.stdout.readline().partition(" ")[2])
            yield int(ready["dmcc"].rpartition(":")[2]), process.stdin, process.stdout
        finally:
            process.terminate()


def _at(port: int) -> str:
    """The page's configuration, with the port that was free, and in a hurry."""
    assert CONFIG.count("port = 4721\n") == 1
    return CONFIG.replace("port = 4721\n", f"port = {port}\nretry_s = 0.1\n")


def test_with_the_configuration_of_the_page_an_agent_takes_a_call_over_a_link_that_breaks(tmp_path: Path) -> None:
    with (
        switch() as (port, typed, said),
        ServerProcess(tmp_path, _at(port)) as server,
        Desktop(server.agent_url) as desktop,
    ):
        agent = desktop.session_of("agent1")
        agent.do("session.start")
        agent.do("session.addchannel", data={"channel": {"endpoint": "4001", "type": "Telephony"}})
        agent.do("channel.activate", "c1")
        agent.do("channel.ready", "c1")
        typed.write("call +15550100 4001 A7\n")
        assert said.readline() == "call 1\n"
        agent.wait_news("interaction.initialized")
        agent.do("interaction.accept", "c1.i1")
        typed.write("cut\ncalls\n")
        assert [said.readline(), said.readline()] == ["done\n", "1: +15550100 connected, 4001 connected\n"]
        typed.write("hangup 1\n")
        ended = [each for each in agent.wait_news("interaction.ended") if each.get("name") == "interaction.ended"]
        assert ended[0]["data"]["cause"] == "REMOTE"
