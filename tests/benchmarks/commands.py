"""Commands per second and latency of the engine beside a bare echo, in one run: `python -m tests.benchmarks.commands`.

`--durability full memory` has an engine for each of these journals, every one in a temporary folder.
Not a test: it prints a table and judges nothing. All servers run all the while, each in a process of its own, and are
loaded in turns by a client in a third process, so that what else the machine does hits all alike. On two cores the
client has one and the server under load the other. `cpu` is the server's processor time per 1,000 commands.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import mean

from rich.console import Console
from rich.table import Table

from engine.config import DURABILITIES

Found = dict[int, dict[str, dict[str, float]]]

MEASURES = ("commands_per_s", "messages_per_s", "p50_ms", "p99_ms", "cpu_ms")


def configuration(sessions: int, durability: str) -> str:
    """A simulator with an agent and a phone for every session."""
    numbers = range(1, sessions + 1)
    lines = ['log_level = "warning"', "[journal]", f'durability = "{durability}"']
    lines += ["[limits]", "requests_per_s = 1_000_000"]
    lines += [f'[[agents]]\nid = "agent{n}"\npassword = "demo"' for n in numbers]
    lines += [f'[[simulator.agents]]\nid = "agent{n}"\nextension = "{4000 + n}"' for n in numbers]
    return "\n".join(lines) + "\n"


@contextlib.contextmanager
def server(*arguments: str) -> Iterator[tuple[str, int]]:
    """A process that prints its URL when it is up; gives the line and the pid."""
    process = subprocess.Popen((sys.executable, "-m", *arguments), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline(), process.pid
    finally:
        process.terminate()
        process.communicate()


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def load(url: str, pid: int, kind: str, sessions: int, seconds: float) -> dict[str, float]:
    before = cpu_s(pid)
    done = subprocess.run(
        (sys.executable, "-m", "tests.benchmarks.load", url, kind, str(sessions), str(seconds)),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    # Setting up and warming up count as well, alike for both.
    return found | {"cpu_ms": (cpu_s(pid) - before) / (found["commands_per_s"] * seconds) * 1_000_000}


@contextlib.contextmanager
def engine(sessions: int, durability: str) -> Iterator[tuple[str, int]]:
    """Gives its agent URL and its pid."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ixp.toml"
        file.write_text(configuration(sessions, durability))
        options = ("--config", str(file), "--data", str(Path(folder) / "data"), "--agent-port", "0", "--http-port", "0")
        with server("engine", "serve", *options) as (ready, pid):
            yield json.loads(ready.removeprefix("ready "))["agent"], pid


def measure(sessions: list[int], seconds: float, rounds: int, durabilities: list[str]) -> Found:
    """By number of sessions and kind of server: each measure's mean over the rounds."""
    found: Found = {}
    with contextlib.ExitStack() as stack:
        url, pid = stack.enter_context(server("tests.benchmarks.echo_server"))
        targets = {"echo": (url.strip(), pid)}
        for durability in durabilities:
            targets[f"engine, {durability}"] = stack.enter_context(engine(max(sessions), durability))
        for number in sessions:
            runs: dict[str, list[dict[str, float]]] = {name: [] for name in targets}
            for _ in range(rounds):
                for name, (url, pid) in targets.items():
                    runs[name].append(load(url, pid, name.partition(",")[0], number, seconds))
            found[number] = {
                name: {measure: mean(run[measure] for run in each) for measure in MEASURES}
                for name, each in runs.items()
            }
    return found


def table(found: Found) -> Table:
    made = Table(title="channel.ready / channel.notready, beside a bare trio-websocket echo")
    for column in ("sessions", "server", "cmd/s", "messages/s", "p50 ms", "p99 ms", "cpu ms / 1,000"):
        made.add_column(column, justify="left" if column == "server" else "right")
    for sessions, servers in found.items():
        for name, measures in servers.items():
            made.add_row(str(sessions), name, *(f"{measures[m]:,.{0 if '_per_s' in m else 2}f}" for m in MEASURES))
        for name, measures in servers.items():
            if name != "echo":
                ratios = (measures[m] / servers["echo"][m] for m in MEASURES)
                made.add_row("", f"{name} / echo", *(f"{ratio:.2f}" for ratio in ratios))
        made.add_section()
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, nargs="+", default=[1, 200])
    parser.add_argument("--seconds", type=float, default=4.0, help="of each turn")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--durability", nargs="+", choices=DURABILITIES, default=["full", "memory"])
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = measure(given.sessions, given.seconds, given.rounds, given.durability)
    if given.json:
        print(json.dumps(found))
    else:
        Console().print(table(found))


if __name__ == "__main__":
    main()
