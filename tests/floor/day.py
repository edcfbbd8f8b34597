"""A busy day through the session cores: every agent works through a session of their own, as a worker does it."""

import hashlib
from collections import Counter

import attrs
import msgspec

from engine.adapters.simulator.day import Day
from engine.adapters.simulator.day_draw import draw_plan
from engine.adapters.simulator.settings import SimulatorSettings, demo_settings
from engine.adapters.simulator.tables import SimulatedAgent
from tests.floor.floor import Floor
from tests.floor.worker import Worker


@attrs.frozen
class Outcome:
    """What came of a day: the digest of all messages of all sessions, and counts."""

    digest: str
    messages: int
    commands: Counter[str]
    failures: Counter[str]
    never_made: int
    """Calls that the agents had no time for, or could not make."""
    day: Day
    floor: Floor


def settings(agents: int) -> SimulatorSettings:
    numbers = range(1, agents + 1)
    return attrs.evolve(
        demo_settings(),
        agents=tuple(SimulatedAgent(id=f"agent{n}", name=f"Agent {n}", extension=f"{5000 + n}") for n in numbers),
    )


def play(*, agents: int, contacts: int, seed: int, minutes: float = 480.0, suspicious: bool = False) -> Outcome:
    floor = Floor(settings(agents), suspicious=suspicious)
    plan = draw_plan(floor.switch.settings, agents=agents, seed=seed, contacts=contacts, minutes=minutes)
    day = Day(floor.switch, plan)
    had: Counter[str] = Counter()

    def count(ticket: str) -> int:
        had[ticket] += 1
        return had[ticket] - 1

    workers = [Worker(floor, plan, shift, count) for shift in plan.shifts]
    for worker in workers:
        worker.begin()
    day.begin()
    while not day.over:
        floor.pass_time(600.0)
    floor.pass_time(4000.0)
    commands: Counter[str] = Counter()
    failures: Counter[str] = Counter()
    digest = hashlib.sha256()
    for worker in workers:
        for text in worker.seat.journal:
            digest.update(text)
            message = msgspec.json.decode(text)
            if "result" in message:
                code = message.get("failure", {}).get("code", "success")
                commands[message["command"]] += 1
                failures[code] += 1
    messages = sum(len(worker.seat.journal) for worker in workers)
    never_made = sum(len(worker.dials) for worker in workers)
    return Outcome(digest.hexdigest(), messages, commands, failures, never_made, day, floor)


def digest_of_a_day(agents: int, contacts: int, seed: int) -> str:
    """For another process."""
    return play(agents=agents, contacts=contacts, seed=seed).digest
