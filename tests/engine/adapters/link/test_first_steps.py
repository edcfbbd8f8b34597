"""The first steps of specs/adapter-link.md, typed into a shell as they stand there."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from engine.adapters.contract.table import PROMISES
from engine.config import load
from tests.engine.adapters.link.test_page import PAGE
from tests.engine.adapters.link.test_promises import TINY, needs_node
from tests.ports import free_port

ROOT: Final = Path(__file__).parents[4]
STEPS: Final = PAGE.partition("\n## First steps\n")[2].partition("\n## ")[0]
BLOCKS: Final = re.findall(r"^```(\w*)\n(.*?)^```$", STEPS, re.MULTILINE | re.DOTALL)
ACTIVATE, TOKEN, BENCH, CHECK, CONFIGURE, SERVE = (text for language, text in BLOCKS if language == "sh")
TOLD, TYPED = (text for language, text in BLOCKS if language == "")
PORT: Final = "8790"


class Shell:
    """A terminal in a folder that looks like a checkout with the processor installed; for what is typed, another port
    than that of the page, which may be taken here."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, str(free_port())
        (folder / "specs").symlink_to(ROOT / "specs")
        program = folder / "bin" / "ixp"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m engine "$@"\n')
        program.chmod(0o755)
        path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
        self.env = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}

    def start(self, typed: str) -> "subprocess.Popen[str]":
        """What it leaves in the background ends with the shell."""
        text = f"set -e\ntrap 'kill $(jobs -p) 2>&- || true' EXIT\n{typed.replace(PORT, self.port)}"
        return subprocess.Popen(
            ["/bin/bash", "-c", text], cwd=self.folder, env=self.env, stdout=subprocess.PIPE, text=True
        )


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@needs_node
def test_the_suite_ends_as_the_page_says(shell: Shell) -> None:
    bench = BENCH.replace("settle_s = 0.1", "settle_s = 0.02")
    with shell.start(TOKEN + bench + CHECK) as process:
        told, _ = process.communicate(timeout=120)
    said = told.splitlines()
    first, _, last = TOLD.splitlines()
    assert (said[0], said[-1]) == (first, last)


def test_the_page_has_how_many_promises_are_tried_and_how_many_are_not() -> None:
    """Also where there is no Node.js to run the example with."""
    asked = [bool(it.hooks) for it in PROMISES if it.features <= TINY]
    assert TOLD.splitlines()[-1].endswith(f": {asked.count(False)} kept, {asked.count(True)} not tried")


@needs_node
def test_the_server_lets_the_program_in_and_the_agents(shell: Shell) -> None:
    program = CHECK.splitlines()[0]
    serve = f"{SERVE.strip()} --agent-port 0 --http-port 0 &\nwait $!\n"
    for agent, phone, more in (
        ("bob", "4002", "expect interaction.preview --timeout 60\nanswer\nexpect interaction.ended --timeout 60\n"),
        ("ada", "4001", "dial 4002\nexpect interaction.started --timeout 60\nhangup\nexpect interaction.ended\n"),
    ):
        (shell.folder / f"{agent}.txt").write_text(TYPED.replace("4001", phone) + more)
    with shell.start(TOKEN + CONFIGURE + program + "\n" + serve) as server:
        try:
            assert server.stdout is not None
            ready = next(line for line in server.stdout if line.startswith("ready "))
            url = json.loads(ready.removeprefix("ready "))["agent"]
            talk = f"ixp talk {url} --strict --agent"
            with shell.start(f"{talk} bob --script bob.txt") as bob:
                assert bob.stdout is not None
                assert any('"READY"' in line for line in bob.stdout)
                with shell.start(f"{talk} ada --script ada.txt") as ada:
                    heard, _ = ada.communicate(timeout=120)
                rest, _ = bob.communicate(timeout=120)
            assert (ada.returncode, bob.returncode) == (0, 0), heard + rest
        finally:
            server.terminate()
    assert [agent.id for agent in load(shell.folder / "centre.toml").agents] == ["ada", "bob"]
