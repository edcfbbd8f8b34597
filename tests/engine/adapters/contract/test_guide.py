"""The code of specs/adapters.md, taken from the page and installed: it passes the suite, and serves agents."""

import contextlib
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.adapters.contract.table import PROMISES

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "specs" / "adapters.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^\*\*`(.+?)`\*\*\n\n```\w+\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
LONGEST = 150


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The folder that the page makes, with the package in it as `pip install -e .` leaves it."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (tmp_path / "tiny" / "__init__.py").touch()
    about = tomllib.loads(FILES["pyproject.toml"])["project"]
    info = tmp_path / "tiny-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {about['name']}\nVersion: {about['version']}\n")
    points = [
        line
        for group, names in about["entry-points"].items()
        for line in (f"[{group}]", *(f"{name} = {where}" for name, where in names.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join(points))
    return tmp_path


def command(project: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        (sys.executable, *arguments),
        cwd=project,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=environment(project),
    )


def environment(project: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{project}{os.pathsep}{ROOT}", "PYTHONUNBUFFERED": "1"}


def test_the_adapter_is_short() -> None:
    assert len(FILES["tiny/adapter.py"].splitlines()) <= LONGEST


def test_the_adapter_passes_with_every_promise_that_it_can_be_tried_for(project: Path) -> None:
    done = command(project, "-m", "engine", "adapter", "check", "tiny", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    features = set(told["features"])
    kept = {result["id"] for result in told["results"] if result["outcome"] == "kept"}
    assert kept == {promise.id for promise in PROMISES if promise.features <= features}
    shown = re.search(r"^  all +(\d+) +(\d+)$", PAGE, re.MULTILINE)
    assert shown is not None
    assert (int(shown[1]), int(shown[2])) == (told["summary"]["kept"], told["summary"]["not applicable"])


def test_the_two_lines_are_enough(project: Path) -> None:
    done = command(project, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_tiny.py", "-k", "LIFE or TELEPHONY-1")
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout


@contextlib.contextmanager
def started(project: Path, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        (sys.executable, *arguments), cwd=project, stdout=subprocess.PIPE, text=True, env=environment(project)
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


SWITCH = """
import trio
from functools import partial
from tiny.switch import Switch

async def main():
    phones = {"ann": "201", "bob": "202", "eve": "203"}
    async with trio.open_nursery() as nursery:
        serve = partial(trio.serve_tcp, Switch(phones.keys(), phones.values()).serve, 0, host="127.0.0.1")
        (listener,) = await nursery.start(serve)
        print(listener.socket.getsockname()[1])

trio.run(main)
"""


def port_of(switch: "subprocess.Popen[str]") -> str:
    assert switch.stdout is not None
    return switch.stdout.readline().strip()


def test_the_file_bench_passes_against_one_switch_that_stays(project: Path) -> None:
    with started(project, "-c", SWITCH) as switch:
        bench = project / "rack.toml"
        bench.write_text(
            bench.read_text().replace("5020", port_of(switch)).replace("settle_s = 0.2 ", "settle_s = 0.02")
        )
        done = command(project, "-m", "engine", "adapter", "check", "tiny", "--bench", "rack.toml")
    assert done.returncode == 0, done.stdout
    *_, told = done.stdout.splitlines()
    shown = [line for line in PAGE.splitlines() if "kept" in line and "not tried" in line and line.startswith("no ")]
    assert shown == [told]
    quoted = re.findall(r"^not tried, because.*$|^  customer_calls .*(?= For …)", PAGE, re.MULTILINE)
    assert len(quoted) == 2
    assert all(line in done.stdout for line in quoted)


def test_agents_call_each_other_at_a_server_with_the_adapter(project: Path) -> None:
    """By the scripts of the page, which begin with what it has people type."""
    typed = re.search(r"```\n(session\.start\n.*?)```", PAGE, re.DOTALL)
    assert typed is not None
    assert FILES["ann.txt"].startswith(typed[1])
    assert FILES["bob.txt"].startswith(typed[1].replace("201", "202"))
    serving = ("-m", "engine", "serve", "--config", "centre.toml", "--agent-port", "0", "--http-port", "0")
    with started(project, "-c", SWITCH) as switch:
        centre = project / "centre.toml"
        centre.write_text(centre.read_text().replace("5020", port_of(switch)))
        with started(project, *serving) as server:
            assert server.stdout is not None
            ready = json.loads(server.stdout.readline().removeprefix("ready "))
            talking = ("-m", "engine", "talk", ready["agent"], "--strict", "--agent")
            with started(project, *talking, "bob", "--script", "bob.txt") as other:
                assert other.stdout is not None
                assert any('"READY"' in line for line in other.stdout)
                done = command(project, *talking, "ann", "--script", "ann.txt")
                assert done.returncode == 0, done.stdout + done.stderr
                heard = other.stdout.read()
                assert other.wait() == 0
    assert '"interaction.ended"' in heard
