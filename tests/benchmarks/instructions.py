"""How many instructions of Python a command takes in our own code: `python -m tests.benchmarks.instructions --most 20`.

The count is the same on every machine of one version of Python, so a test can hold it: what a clock says of a shared
machine cannot be held. One agent goes ready and not ready: text in, core, simulator, journal, text out. Sockets, the
scheduler and the libraries are left out; what the converters and the classes have generated is in.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final

import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from engine.adapters.platforms import Part, Platforms
from engine.adapters.simulator.adapter import SimulatorAdapter
from engine.adapters.simulator.platform import Switch
from engine.config import demo
from engine.observe import Metrics, configure_logging
from engine.sessions.items import Asked
from engine.sessions.ownership import SoleOwner
from engine.sessions.registry import Fresh, Registry
from protocol.wire import read_frame
from tests.fakes.desktop import FakeDesktop
from tests.fakes.journal import FakeJournal

ROOT: Final = Path(__file__).parents[2]
PARTS: Final = ("protocol", "statemachines", "engine")
GENERATED: Final = "generated"
COMMANDS: Final = 40
ANSWERS: Final = 3
AGENT, PHONE = "agent1", "4001"


def part_of(code: CodeType) -> str | None:
    """Which part of the program it belongs to; None: to none."""
    if code.co_filename.startswith("<attrs") or code.co_filename.startswith("<cattrs"):
        return GENERATED
    path = Path(code.co_filename)
    part = path.relative_to(ROOT).parts[0] if path.is_relative_to(ROOT) else ""
    return part if part in PARTS else None


class Counting:
    """Counts what is executed within it."""

    def __init__(self) -> None:
        self.counts: Counter[CodeType] = Counter()
        self._ours: dict[CodeType, bool] = {}

    def __enter__(self) -> Counter[CodeType]:
        sys.settrace(self._begin)
        return self.counts

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _begin(self, frame: FrameType, _: str, __: object) -> Callable[..., Any] | None:
        code = frame.f_code
        if code not in self._ours:
            self._ours[code] = part_of(code) is not None
        if not self._ours[code]:
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return self._count

    def _count(self, frame: FrameType, event: str, _: object) -> Callable[..., Any]:
        self.counts[frame.f_code] += event == "opcode"
        return self._count


async def _counted() -> Counter[CodeType]:
    settings, metrics, journal = demo(), Metrics(), FakeJournal(history_messages=1000)
    switch = Switch(settings.simulator)
    async with trio.open_nursery() as nursery:
        platform = Platforms(
            [Part(name="simulator", make=lambda: SimulatorAdapter(settings.simulator, switch))],
            settings.platform,
            metrics,
            on_report=lambda agent, report: registry.report(agent, report),
            on_lost=lambda: None,
            on_back=lambda: None,
        )
        registry = Registry(
            nursery, settings=settings, platform=platform, journal=journal, ownership=SoleOwner(), metrics=metrics
        )
        await nursery.start(platform.run)
        fresh = await registry.prepare(AGENT, override=False, groups=())
        assert isinstance(fresh, Fresh)
        actor, desktop = fresh.entry.actor, FakeDesktop(nursery)
        await actor.bind(desktop, None, lambda _: None, lambda _: None)

        async def ask(command: str, target: str, data: dict[str, Any] | None = None) -> int:
            text = json.dumps({"command": command, "target": target, "data": data or {}}).encode()
            for request in read_frame(text):
                actor.submit(Asked(request, trio.current_time(), desktop))
            await wait_all_tasks_blocked()
            return len(desktop.take())

        session, channel = str(actor.session), f"{actor.session}.c1"
        await ask("session.start", session)
        await ask("session.addchannel", session, {"channel": {"endpoint": PHONE, "type": "Telephony"}})
        await ask("channel.activate", channel)
        with Counting() as counts:
            for place in range(COMMANDS):
                told = await ask("channel.notready" if place % 2 else "channel.ready", channel)
                if told != ANSWERS:
                    raise RuntimeError(f"{told} messages instead of a response and two events: nothing to count")
        nursery.cancel_scope.cancel()
    return counts


def count() -> Counter[CodeType]:
    """Instructions of all commands together."""
    configure_logging("warning")
    return trio.run(_counted, clock=MockClock())


def by_part(counts: Counter[CodeType]) -> dict[str, int]:
    """For each command."""
    parts = dict.fromkeys((*PARTS, GENERATED), 0)
    for code, number in counts.items():
        parts[str(part_of(code))] += number
    return {part: number // COMMANDS for part, number in parts.items()}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.instructions")
    parser.add_argument("--most", type=int, default=0, help="name so many functions that take the most")
    most = parser.parse_args().most
    counts = count()
    for code, number in counts.most_common(most):
        place = code.co_filename.removeprefix(f"{ROOT}/")
        print(f"{number / COMMANDS:8.1f}  {code.co_qualname} ({place})", file=sys.stderr)
    print(json.dumps(by_part(counts)))


if __name__ == "__main__":
    main()
