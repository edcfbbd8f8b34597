"""Commands that are imported when they are called, and keep nothing else waiting."""

import subprocess
import sys

import pytest
import typer

from engine.cli import app
from engine.lazily import LATER, Lazily


@pytest.mark.parametrize("name", LATER)
def test_each_is_there_and_says_what_it_does(name: str) -> None:
    group = typer.main.get_command(app)
    assert isinstance(group, Lazily)
    with group.make_context("ixp", [name, "--help"], resilient_parsing=True) as context:
        command = group.get_command(context, name)
    assert command.name == name
    assert command.get_short_help_str()
    assert name in group.list_commands(context)


def test_a_command_that_there_is_not() -> None:
    done = subprocess.run([sys.executable, "-m", "engine", "dance"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "No such command 'dance'" in done.stderr


COMMANDS = ("engine.conformance", "engine.bench", "engine.talk", "engine.adapters.contract", "engine.dmcc_simulator")


@pytest.mark.parametrize(
    ("started", "others"),
    [
        # Agents who come back after a restart need none of these.
        ("engine.cli, engine.app", (*COMMANDS, "argon2", "anycorn", "httpx2", "jwt")),
        ("engine.journal.writer_process", ("trio", "structlog", "engine.journal.sqlite")),
    ],
    ids=["server", "writer"],
)
def test_a_process_does_not_wait_for_what_it_does_not_need(started: str, others: tuple[str, ...]) -> None:
    program = f"import sys, {started}; print([each for each in sys.argv[1:] if each in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program, *others], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
