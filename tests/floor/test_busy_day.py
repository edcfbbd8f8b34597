"""A busy day through the session cores: a hundred agents, five thousand contacts, eight hours in less than a minute.

The totals add up, nothing is left behind, and the same seed gives the same journal, byte for byte.
"""

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from typing import Final

from tests.floor.day import Outcome, digest_of_a_day, play

TOO_LONG_S: Final = 600.0
"""Ten times what it may take on a machine that has nothing else to do."""


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
    begun = time.monotonic()
    outcome = play(agents=100, contacts=5_000, seed=7)
    took_s = time.monotonic() - begun
    print(f"100 agents, 5,000 contacts: {outcome.messages:,} messages in {took_s:.1f} s")
    assert took_s < TOO_LONG_S
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


def test_a_day_comes_again() -> None:
    """The second time in a process of its own, beside the first: nothing of the process may count, such as hashes."""
    day = {"agents": 30, "contacts": 800, "seed": 7}
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as other:
        again = other.submit(digest_of_a_day, *day.values())
        assert play(**day).digest == again.result(TOO_LONG_S)


def test_another_seed_gives_another_journal() -> None:
    first, second = (play(agents=5, contacts=50, seed=seed, minutes=60) for seed in (7, 8))
    assert first.digest != second.digest


def test_every_client_can_follow_every_step_of_a_day() -> None:
    outcome = play(agents=10, contacts=150, seed=9, minutes=60, suspicious=True)
    check_sums(outcome, 150)
