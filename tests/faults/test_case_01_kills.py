"""Case 1: kill -9 at random moments under load: nothing acknowledged is lost, nothing is repeated, all come back."""

from pathlib import Path

import pytest

from tests.faults.fleet import Wrong
from tests.faults.kills import RESTARTED_S, kill_and_restart
from tests.faults.load import wrong_in
from tests.faults.one import mutant

KILLS = 20
AGENTS = 10


def test_nothing_is_lost_or_repeated(tmp_path: Path) -> None:
    outcome = kill_and_restart(tmp_path, agents=AGENTS, kills=KILLS, apart_s=0.5)
    print(outcome)
    assert outcome.verdict.clean, outcome.verdict
    assert outcome.reset == 0
    assert outcome.acknowledged > KILLS * AGENTS
    assert outcome.resumed >= KILLS
    assert outcome.killed_starting_s, "no kill came while it started"
    assert max(outcome.starts_s) < RESTARTED_S


def test_nothing_is_lost_or_repeated_where_sessions_outgrow_their_history(tmp_path: Path) -> None:
    outcome = kill_and_restart(tmp_path, agents=AGENTS, kills=6, apart_s=0.5, history=40)
    print(outcome)
    assert outcome.verdict.clean, outcome.verdict
    assert outcome.reset == 0
    assert outcome.verdict.messages < outcome.acknowledged + outcome.events, "some were forgotten"


def test_a_server_that_sends_before_it_keeps_is_found_out(tmp_path: Path) -> None:
    found = wrong_in(
        lambda: kill_and_restart(tmp_path, agents=AGENTS, kills=4, apart_s=0.5, module=mutant("sends_first"))
    )
    print(found)
    assert found


def test_a_server_that_may_not_be_killed_while_it_starts_is_found_out(tmp_path: Path) -> None:
    with pytest.raises(Wrong, match="could not come back"):
        kill_and_restart(
            tmp_path, agents=3, kills=5, apart_s=0.2, starting=1, opening=1.0, module=mutant("opens_aside")
        )


def test_a_server_that_shows_before_it_keeps_is_found_out(tmp_path: Path) -> None:
    outcome = kill_and_restart(tmp_path, agents=AGENTS, kills=5, apart_s=0.5, module="tests.faults.mutants.shows_first")
    assert any("a supervisor was shown" in each for each in outcome.verdict.lost), outcome.verdict


def test_a_server_that_forgets_too_much_is_found_out(tmp_path: Path) -> None:
    outcome = kill_and_restart(
        tmp_path, agents=AGENTS, kills=3, apart_s=0.5, history=100, module=mutant("forgets_too_much")
    )
    assert any("is forgotten" in each for each in outcome.verdict.lost)


def test_a_server_that_changes_the_state_of_a_channel_is_found_out(tmp_path: Path) -> None:
    """All numbers and bytes are right: it is what they say that cannot be."""
    outcome = kill_and_restart(tmp_path, agents=AGENTS, kills=1, module=mutant("changes_states"))
    print(outcome.verdict.not_allowed)
    assert outcome.verdict.not_allowed
    assert not outcome.verdict.lost
    assert not outcome.verdict.repeated
