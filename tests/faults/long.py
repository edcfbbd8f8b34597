"""The long run: `python -m tests.faults.long [--kills 200] [--scale 1] [--case N]…`.

Exit status 1 when it was not clean.

Cases that work with a fleet are called with greater sizes, and add up to the summary. The others run as tests, in their
long form.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import attrs
import trio
from _pytest.outcomes import Skipped

from engine.groups import first_of
from tests.faults.load import Outcome
from tests.faults.sizes import MEASURED, SCALE_NAME

HERE: Final = Path(__file__).parent
AGENTS: Final = 20
MANY_AGENTS: Final = 2_000
MANY_KILLS: Final = 5
"""One of them of a start."""
FLIPS: Final = 5_000
TORN_TIMES: Final = 500
LINES: Final = 40
"""So much of what a test said last is shown where it failed."""


@attrs.frozen
class Done:
    """One part of a case. `says` is shown; what is not clean has a reason in `wrong`."""

    says: str
    wrong: str = ""
    outcome: Outcome | None = None


Run = Callable[[Path, int], Iterator[Done]]


def _of(outcome: Outcome, *, wrong: str = "") -> Done:
    """`wrong`: what is missing beside what the judge found."""
    verdict = outcome.verdict
    found = "; ".join([*verdict.lost[:3], *verdict.repeated[:3], *verdict.not_allowed[:3]])
    return Done(str(outcome), found or wrong, outcome)


def _kills(folder: Path, kills: int) -> Iterator[Done]:
    from tests.faults.kills import RESTARTED_S, kill_and_restart

    def done(outcome: Outcome) -> Done:
        late = max(outcome.starts_s, default=0.0) > RESTARTED_S
        return _of(outcome, wrong="somebody was reset" if outcome.reset else "a start took too long" if late else "")

    yield done(kill_and_restart(_new(folder / "all"), agents=AGENTS, kills=kills))
    little = done(kill_and_restart(_new(folder / "little"), agents=AGENTS, kills=kills // 4, history=300))
    yield attrs.evolve(little, says=f"with a history of 300 messages: {little.says}")
    many = done(kill_and_restart(_new(folder / "many"), agents=MANY_AGENTS, kills=MANY_KILLS))
    yield attrs.evolve(many, says=f"{MANY_AGENTS:,} agents: {many.says}")


def _power_cut(folder: Path, _: int) -> Iterator[Done]:
    from tests.faults.test_case_02_power_cut import cut_power

    outcome, _log = cut_power(_new(folder / "full"), agents=AGENTS, cuts=20, durability="full")
    yield _of(outcome, wrong="somebody was reset" if outcome.reset else "")
    outcome, _log = cut_power(_new(folder / "normal"), agents=AGENTS, cuts=5, durability="normal", may_be_reset=True)
    missing = len(outcome.verdict.missing)
    done = _of(outcome, wrong="" if missing else "no loss was seen where there has to be one")
    yield attrs.evolve(done, says=f"normal durability, and {missing} messages missing, as it says: {done.says}")


def _disk_full(folder: Path, _: int) -> Iterator[Done]:
    from tests.faults.test_case_03_disk_full import fail_writes, fill_disk

    for run in (fail_writes, fill_disk):
        outcome = run(_new(folder / run.__name__), agents=AGENTS, seconds=30.0)
        yield _of(outcome, wrong="" if outcome.refused else "nothing was refused")


def _fsync_fails(folder: Path, _: int) -> Iterator[Done]:
    from tests.faults.test_case_04_fsync_fails import fail_fsyncs

    yield _of(fail_fsyncs(folder, agents=AGENTS, times=20))


def _damage(folder: Path, _: int) -> Iterator[Done]:
    from tests.faults.test_case_05_damage import FLIPPED, TORN, flip_bytes, kinds, prepare, tear_last_page

    prepare()
    flipped = trio.run(lambda: flip_bytes(_new(folder / "flips"), flips=FLIPS))
    missing = FLIPPED - kinds(flipped)
    yield Done(_counted(flipped), f"none was {', none '.join(sorted(missing))}" if missing else "")
    torn = trio.run(lambda: tear_last_page(_new(folder / "torn"), times=TORN_TIMES))
    yield Done(_counted(torn), "" if torn[TORN] else "no transaction was torn")


def _clocks(folder: Path, _: int) -> Iterator[Done]:
    from tests.faults.test_case_06_clocks import jump_clocks

    yield _of(jump_clocks(folder, agents=AGENTS, rounds=5))


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _counted(outcomes: dict[str, int]) -> str:
    return ", ".join(f"{what} {count}" for what, count in sorted(outcomes.items()))


FLEETS: Final[dict[int, Run]] = {1: _kills, 2: _power_cut, 3: _disk_full, 4: _fsync_fails, 5: _damage, 6: _clocks}


def _as_test(file: Path) -> Run:
    def run(folder: Path, _: int) -> Iterator[Done]:
        command = [sys.executable, "-m", "pytest", "-q", "-rfEsP", "--basetemp", str(folder / "pytest"), str(file)]
        ended = subprocess.run(
            command, cwd=HERE.parents[1], env=os.environ | {"IXP_FAULTS": "long"}, capture_output=True, text=True
        )
        lines = ended.stdout.splitlines() or ["nothing was said"]
        measured = [line.removeprefix(MEASURED) for line in lines if line.startswith(MEASURED)]
        yield Done("; ".join([lines[-1], *measured]), _what_failed(lines) if ended.returncode else "")

    return run


def _what_failed(lines: list[str]) -> str:
    """The names of the tests, their assertions, and what was said last; not what those said that passed."""
    marks = [number for number, line in enumerate(lines) if line.startswith("=") and line.strip("= ") == "PASSES"]
    failures = lines[: marks[0]] if marks else lines
    names = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
    return "\n".join([*names, *[line for line in failures if line.startswith("E  ")], *failures[-LINES:]])


def cases() -> dict[int, Run]:
    """All that there are, by their numbers."""
    files = sorted(HERE.glob("test_case_*.py"))
    numbered = {int(file.name.split("_")[2]): _as_test(file) for file in files}
    return {number: FLEETS.get(number, run) for number, run in numbered.items()}


def run_case(number: int, run: Run, kills: int) -> tuple[list[Done], bool]:
    """Its parts, each shown as it is done, and whether it could be run."""
    done: list[Done] = []
    begun = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix=f"case{number}-"))
    try:
        for part in run(folder, kills):
            done.append(part)
            _show(number, part)
    except Skipped as skipped:
        print(f"case {number}: not run: {skipped.msg}", flush=True)
        shutil.rmtree(folder)
        return done, False
    except Exception as error:  # whatever it is, the others are to be run
        done.append(Done("failed", f"{type(first_of(error)).__name__}: {first_of(error)}"))
        _show(number, done[-1])
    if any(part.wrong for part in done):
        print(f"case {number}: what is left of it, the server's journal and its log, is in {folder}", flush=True)
    else:
        shutil.rmtree(folder)
    print(f"case {number}: {time.monotonic() - begun:.0f} s", flush=True)
    return done, True


def _show(number: int, part: Done) -> None:
    print(f"case {number}: {'NOT CLEAN' if part.wrong else 'clean'}: {part.says}", flush=True)
    if part.wrong:
        print(part.wrong, flush=True)


def summary(done: list[Done], not_run: list[int]) -> str:
    outcomes = [part.outcome for part in done if part.outcome is not None]
    totals = {
        "requests acknowledged": sum(each.acknowledged for each in outcomes),
        "events sent": sum(each.events for each in outcomes),
        "resumed": sum(each.resumed for each in outcomes),
        "lost": sum(len(each.verdict.lost) for each in outcomes),
        "repeated": sum(len(each.verdict.repeated) for each in outcomes),
        "not clean": sum(bool(part.wrong) for part in done),
    }
    left = f"; not run: {', '.join(map(str, not_run))}" if not_run else ""
    return ", ".join(f"{what} {count}" for what, count in totals.items()) + left


def main(given: list[str] | None = None) -> int:
    known = cases()
    parser = argparse.ArgumentParser(prog="python -m tests.faults.long")
    parser.add_argument("--kills", type=int, default=200, help="of case 1: as many as you like, a thousand say")
    parser.add_argument("--scale", help="case 21 tries so many times as much", type=float)
    parser.add_argument("--case", type=int, action="append", choices=list(known), help="only these; all by default")
    arguments = parser.parse_args(given)
    if arguments.scale is not None:
        os.environ[SCALE_NAME] = str(arguments.scale)
    done: list[Done] = []
    not_run: list[int] = []
    for number in arguments.case or known:
        parts, could_run = run_case(number, known[number], arguments.kills)
        done += parts
        not_run += [] if could_run else [number]
    print(summary(done, not_run))
    return 1 if any(part.wrong for part in done) else 0


if __name__ == "__main__":
    sys.exit(main())
