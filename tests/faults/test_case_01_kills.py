"""Case 1: kill -9 at random moments under load: nothing acknowledged is lost, nothing is repeated, all come back."""

from pathlib import Path

import pytest

from tests.faults.kills import kill_and_restart

KILLS = 20
AGENTS = 10


def test_nothing_is_lost_or_repeated(tmp_path: Path) -> None:
    outcome = kill_and_restart(tmp_path, agents=AGENTS, kills=KILLS, apart_s=0.5)
    print(outcome)
    assert outcome.verdict.clean, outcome.verdict
    assert outcome.reset == 0
    assert outcome.acknowledged > KILLS * AGENTS
    assert outcome.resumed >= KILLS


def test_nothing_is_lost_or_repeated_where_sessions_outgrow_their_history(tmp_path: Path) -> None:
    outcome = kill_and_restart(tmp_path, agents=AGENTS, kills=6, apart_s=0.5, history=40)
    print(outcome)
    assert outcome.verdict.clean, outcome.verdict
    assert outcome.reset == 0
    assert outcome.verdict.messages < outcome.acknowledged + outcome.events, "some were forgotten"


def test_a_server_that_sends_before_it_keeps_is_found_out(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        outcome = kill_and_restart(
            tmp_path, agents=AGENTS, kills=5, apart_s=0.5, module="tests.faults.mutants.sends_first"
        )
        assert outcome.verdict.clean


def test_a_server_that_forgets_too_much_is_found_out(tmp_path: Path) -> None:
    outcome = kill_and_restart(
        tmp_path, agents=AGENTS, kills=3, apart_s=0.5, history=100, module="tests.faults.mutants.forgets_too_much"
    )
    assert any("is forgotten" in each for each in outcome.verdict.lost)
