"""The long run: which cases it has, what it says, and how it ends."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import kills, long, test_case_05_damage
from tests.faults.kept import Verdict
from tests.faults.load import Outcome
from tests.faults.long import Done, cases, main
from tests.faults.sizes import SCALE_NAME


def outcome(*lost: str, start_s: float = 0.5) -> Outcome:
    return Outcome(
        kills=1,
        verdict=Verdict(lost=list(lost)),
        acknowledged=10,
        events=20,
        resumed=3,
        reset=0,
        again=0,
        refused=0,
        dialled=0,
        starts_s=[start_s],
        killed_starting_s=[],
    )


def clean(_: Path, kills: int) -> Iterator[Done]:
    assert kills == 7
    yield long._of(outcome())
    yield Done("something else")


def losing(_: Path, __: int) -> Iterator[Done]:
    yield long._of(outcome("message 3"))


def failing(_: Path, __: int) -> Iterator[Done]:
    yield Done("so far")
    raise ExceptionGroup("several", [AssertionError("agent1 was reset")])


def skipping(_: Path, __: int) -> Iterator[Done]:
    yield from ()
    pytest.skip("this needs root")


@pytest.mark.parametrize(
    ("runs", "status", "said"),
    [
        ((clean, clean), 0, "requests acknowledged 20, events sent 40, resumed 6, lost 0, repeated 0, not clean 0"),
        ((clean, losing), 1, "requests acknowledged 20, events sent 40, resumed 6, lost 1, repeated 0, not clean 1"),
        ((failing, clean), 1, "requests acknowledged 10, events sent 20, resumed 3, lost 0, repeated 0, not clean 1"),
        ((skipping,), 0, "lost 0, repeated 0, not clean 0; not run: 1"),
    ],
)
def test_it_adds_up_and_ends_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    runs: tuple[long.Run, ...],
    status: int,
    said: str,
) -> None:
    monkeypatch.setattr(long, "cases", lambda: dict(enumerate(runs, 1)))
    assert main(["--kills", "7"]) == status
    shown = capsys.readouterr().out
    assert shown.splitlines()[-1].endswith(said)
    assert ("NOT CLEAN" in shown) is bool(status)


def test_only_the_cases_that_are_asked_for_are_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(long, "cases", lambda: {1: losing, 2: clean})
    assert main(["--case", "2", "--kills", "7"]) == 0
    assert "case 1" not in capsys.readouterr().out


def test_a_case_without_a_fleet_runs_as_a_test_in_its_long_form(tmp_path: Path) -> None:
    file = tmp_path / "test_case_99_any.py"
    file.write_text("import os\ndef test_it():\n    assert os.environ['IXP_FAULTS'] == 'long'\n    assert 0\n")
    (done,) = long._as_test(file)(tmp_path, 1)
    assert "1 failed" in done.says
    assert "assert 0" in done.wrong


def test_a_failure_is_told_however_much_was_said_behind_it(tmp_path: Path) -> None:
    file = tmp_path / "test_case_99_any.py"
    file.write_text(
        "def test_it():\n    print('said\\n' * 100)\n    assert 1 == 2\ndef test_next():\n    print('fine\\n' * 100)\n"
    )
    (done,) = long._as_test(file)(tmp_path, 1)
    assert "assert 1 == 2" in done.wrong
    assert "fine" not in done.wrong


def test_what_a_test_measures_is_shown_and_it_may_be_told_to_try_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "test_case_99_any.py"
    file.write_text("from tests.faults import sizes\ndef test_it():\n    sizes.tell(f'{sizes.scaled(1, 20)} steps')\n")
    monkeypatch.setattr(long, "cases", lambda: {99: long._as_test(file)})
    monkeypatch.delenv(SCALE_NAME, raising=False)
    assert main(["--case", "99"]) == 0
    assert "1 passed" in (shown := capsys.readouterr().out)
    assert "; 20 steps" in shown
    monkeypatch.setenv(SCALE_NAME, "1")  # so that it is as it was, behind this test
    assert main(["--case", "99", "--scale", "2.5"]) == 0
    assert "; 50 steps" in capsys.readouterr().out


def test_a_start_that_takes_too_long_is_not_clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for start_s, wrong in ((9.9, ""), (10.1, "a start took too long")):
        (folder := tmp_path / str(start_s)).mkdir()
        monkeypatch.setattr(kills, "kill_and_restart", lambda *_, s=start_s, **__: outcome(start_s=s))
        assert [done.wrong for done in long._kills(folder, 1)] == [wrong] * 3


def test_damage_that_is_never_found_is_not_clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def flip_bytes(_: Path, *, flips: int) -> Counter[str]:
        return Counter({"killed/journal.sqlite3: whole": flips})

    async def tear_last_page(_: Path, *, times: int) -> Counter[str]:
        return Counter({"whole": times})

    for each in (flip_bytes, tear_last_page):
        monkeypatch.setattr(test_case_05_damage, each.__name__, each)
    monkeypatch.setattr(test_case_05_damage, "prepare", lambda: None)
    assert [done.wrong for done in long._damage(tmp_path, 1)] == [
        "none was found, none refused",
        "no transaction was torn",
    ]


def test_it_has_every_case() -> None:
    """The others need more than one machine."""
    assert set(cases()) == {*range(1, 13), *range(18, 26)}
    assert set(long.FLEETS) <= set(cases())
