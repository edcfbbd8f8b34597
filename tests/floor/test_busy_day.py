"""A busy day through the session cores: a hundred agents, five thousand contacts, eight hours in less than a minute.

The totals add up, nothing is left behind, and the same seed gives the same journal, byte for byte.
"""

import hashlib
from collections import Counter

import attrs
import msgspec
import pytest

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


def check_sums(outcome: Outcome, contacts: int) -> None:
    totals = outcome.day.totals()
    for row in (*totals.rows, totals.total):
        assert row.offered == row.answered + row.abandoned + row.turned_away + row.overflowed + row.failed + row.live
    assert totals.total.offered == contacts - outcome.never_made
    assert totals.total.live == 0
    outcome.floor.check_truth()
    assert all(seat.interactions() == [] for seat in outcome.floor.seats.values())
    assert outcome.floor.switch.live_objects() == 0


def test_a_day_with_a_hundred_agents_and_five_thousand_contacts_adds_up() -> None:
    outcome = play(agents=100, contacts=5_000, seed=7)
    check_sums(outcome, 5_000)
    totals = outcome.day.totals()
    assert totals.total.answered > 4_000
    assert min(row.offered for row in totals.rows) > 50  # every sort of contact came
    for command in (
        "interaction.accept",
        "interaction.reject",
        "interaction.consult",
        "interaction.alternate",
        "interaction.consulttransfer",
        "interaction.consultconference",
        "interaction.complete",
        "interaction.message.send",
        "interaction.transfer",
        "interaction.reply",
        "interaction.recording.pause",
        "conversation.hold",
        "conversation.retrieve",
        "conversation.release",
        "conversation.blindtransfer",
        "conversation.blindconference",
        "channel.dial",
    ):
        assert outcome.commands[command] > 0, command


@pytest.mark.parametrize("seed", [7, 8])
def test_the_same_seed_gives_the_same_journal_byte_for_byte(seed: int) -> None:
    first, second = (play(agents=20, contacts=400, seed=seed, minutes=120) for _ in range(2))
    assert first.digest == second.digest
    assert first.day.totals() == second.day.totals()
    check_sums(first, 400)


def test_another_seed_gives_another_journal() -> None:
    first, second = (play(agents=5, contacts=50, seed=seed, minutes=60) for seed in (7, 8))
    assert first.digest != second.digest


def test_every_client_can_follow_every_step_of_a_day() -> None:
    outcome = play(agents=10, contacts=150, seed=9, minutes=60, suspicious=True)
    check_sums(outcome, 150)
