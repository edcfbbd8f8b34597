"""Agents with real SIP phones, end to end: `python -m tests.benchmarks.sip --agents 20 --calls 200`.

The server is a process of its own with the SIP adapter; each agent has a baresip as phone, a sipp as callers, and a
desktop over WebSocket. What each command brings about is looked for on the wire: SIP messages as the callers log
them, RTP at a socket. It prints figures, and ends with 1 if anything was otherwise than promised.
"""

import argparse
import contextlib
import os
import resource
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Final

import attrs
from rich.console import Console
from rich.table import Table

from engine.adapters.sip.process import free_port
from tests.benchmarks.sip_agents import PASSWORD, Outcome, Worker
from tests.benchmarks.sip_wire import HOST, Ear, Sipp
from tests.blackbox.server import ServerProcess

TICKS: Final = os.sysconf("SC_CLK_TCK")
PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
MIB: Final = 2**20
SHOWN: Final = 20


def table_of(agents: int) -> list[dict[str, Any]]:
    taken: set[int] = set()
    return [
        {"id": f"agent{number}", "extension": f"{4000 + number}", "sip_port": free_port(HOST, taken, for_sip=True)}
        for number in range(1, agents + 1)
    ]


def config(agents: list[dict[str, Any]], outside: int) -> str:
    lines = ["[limits]", "requests_per_s = 10000.0"]
    for agent in agents:
        lines += ["[[agents]]", f'id = "{agent["id"]}"', f'password = "{PASSWORD}"']
    lines += ["[[adapters]]", 'adapter = "sip"', "[adapters.settings]"]
    lines += [f'outside = "sip:{{number}}@{HOST}:{outside}"', "start_s = 9.0"]
    for agent in agents:
        lines += ["[[adapters.settings.agents]]"]
        lines += [f"{key} = {value if isinstance(value, int) else f'{value!r}'}" for key, value in agent.items()]
    return "\n".join(lines) + "\n"


@attrs.frozen
class Cost:
    """Of some processes: CPU seconds, and MiB resident."""

    cpu_s: float
    memory: float


def cost_of(pids: list[int]) -> Cost:
    cpu = memory = 0.0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            cpu += (int(fields[11]) + int(fields[12])) / TICKS
            memory += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES / MIB
    return Cost(cpu, memory)


def children_of(pid: int) -> list[int]:
    """Of all its threads, for it is one of those that starts a process."""
    return [
        int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
    ]


@attrs.frozen
class Figures:
    outcome: Outcome
    seconds: float
    server: Cost
    phones: Cost


def run(agents: int, calls: int) -> Figures:
    """`calls` in all, shared by the agents."""
    with tempfile.TemporaryDirectory(prefix="ixp-sip-run-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        outside_ear = stack.enter_context(Ear())
        outside = stack.enter_context(Sipp(folder, "outside", "outside.xml", outside_ear))
        table = table_of(agents)
        server = stack.enter_context(ServerProcess(folder, config(table, outside.port)))
        workers = [
            Worker(server.agent_url, agent, calls // agents, folder, stack.enter_context(Ear())) for agent in table
        ]
        barrier = threading.Barrier(agents)
        threads = [threading.Thread(target=worker.run, args=(barrier,)) for worker in workers]
        pid = server._process.pid
        phones = children_of(pid)
        before = cost_of([pid]), cost_of(phones)
        begun = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.monotonic() - begun
        after = cost_of([pid]), cost_of(phones)
        outcome = Outcome()
        for worker in workers:
            worker.judge(outcome)
    spent = [Cost(late.cpu_s - early.cpu_s, late.memory) for early, late in zip(before, after, strict=True)]
    return Figures(outcome, seconds, *spent)


def percentile_ms(values: list[float], share: float) -> str:
    ordered = sorted(values)
    return f"{ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1e3:.1f} ms" if ordered else "none"


def show(figures: Figures, agents: int) -> None:
    outcome = figures.outcome
    table = Table("figure", "value")
    for name, values in (("command to wire", outcome.to_wire), ("wire to event", outcome.to_event)):
        table.add_row(f"{name}, p50 / p99", f"{percentile_ms(values, 0.5)} / {percentile_ms(values, 0.99)}")
    for name, cost in (("server", figures.server), (f"{agents} phones", figures.phones)):
        share = 100 * cost.cpu_s / figures.seconds
        table.add_row(f"{name}: CPU, memory", f"{share:.0f} % of a core, {cost.memory:.0f} MiB")
    console = Console()
    console.print(
        f"{outcome.calls} calls of {agents} agents in {figures.seconds:.1f} s, {outcome.commands} commands, "
        f"{outcome.events} messages in order, {len(outcome.wrong)} wrong"
    )
    console.print(table)
    for wrong in outcome.wrong[:SHOWN]:
        console.print(wrong, markup=False)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--agents", type=int, default=20, help="who take calls by the SIP adapter, each at a phone")
    parser.add_argument("--calls", type=int, default=200, help="in all")
    arguments = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard) if soft < hard else (soft, hard))
    figures = run(arguments.agents, arguments.calls)
    show(figures, arguments.agents)
    return 1 if figures.outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
