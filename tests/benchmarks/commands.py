"""Commands per second and latency of the engine beside a bare echo, in one run: `python -m tests.benchmarks.commands`.

Not a test: it prints a table and judges nothing. Both servers run all the while, each in a process of its own, and are
loaded in turns by a client in a third process, so that what else the machine does hits both alike. On two cores the
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

MEASURES = ("commands_per_s", "messages_per_s", "p50_ms", "p99_ms", "cpu_ms")


def configuration(sessions: int) -> str:
    """A simulator with an agent and a phone for every session."""
    numbers = range(1, sessions + 1)
    lines = ['log_level = "warning"', "[limits]", "requests_per_s = 1_000_000"]
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


def measure(sessions: list[int], seconds: float, rounds: int) -> dict[int, dict[str, dict[str, float]]]:
    """By number of sessions and kind of server: each measure's mean over the rounds."""
    found: dict[int, dict[str, dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ixp.toml"
        file.write_text(configuration(max(sessions)))
        ports = ("--agent-port", "0", "--http-port", "0")
        with (
            server("engine", "serve", "--config", str(file), *ports) as (ready, engine_pid),
            server("tests.benchmarks.echo_server") as (echo_url, echo_pid),
        ):
            targets = {
                "echo": (echo_url.strip(), echo_pid),
                "engine": (json.loads(ready.removeprefix("ready "))["agent"], engine_pid),
            }
            for number in sessions:
                runs: dict[str, list[dict[str, float]]] = {kind: [] for kind in targets}
                for _ in range(rounds):
                    for kind, (url, pid) in targets.items():
                        runs[kind].append(load(url, pid, kind, number, seconds))
                found[number] = {
                    kind: {measure: mean(run[measure] for run in each) for measure in MEASURES}
                    for kind, each in runs.items()
                }
    return found


def table(found: dict[int, dict[str, dict[str, float]]]) -> Table:
    made = Table(title="channel.ready / channel.notready, beside a bare trio-websocket echo")
    for column in ("sessions", "server", "cmd/s", "messages/s", "p50 ms", "p99 ms", "cpu ms / 1,000"):
        made.add_column(column, justify="left" if column == "server" else "right")
    for sessions, kinds in found.items():
        for kind, measures in kinds.items():
            made.add_row(str(sessions), kind, *(f"{measures[m]:,.{0 if '_per_s' in m else 2}f}" for m in MEASURES))
        ratios = {m: kinds["engine"][m] / kinds["echo"][m] for m in MEASURES}
        made.add_row("", "engine / echo", *(f"{ratios[m]:.2f}" for m in MEASURES), end_section=True)
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, nargs="+", default=[1, 200])
    parser.add_argument("--seconds", type=float, default=4.0, help="of each turn")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = measure(given.sessions, given.seconds, given.rounds)
    if given.json:
        print(json.dumps(found))
    else:
        Console().print(table(found))


if __name__ == "__main__":
    main()
