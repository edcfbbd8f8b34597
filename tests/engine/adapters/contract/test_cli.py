"""`ixp adapter`: what it prints, and how it ends."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from engine.adapters.contract.runner import Outcome
from engine.adapters.contract.runner import Result as ResultOf
from engine.adapters.contract.show import Progress, summary
from engine.adapters.contract.table import PROMISES
from engine.cli import app

TINY = "tests.engine.adapters.contract.tiny"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["adapter", *arguments])


def check(*arguments: str) -> Result:
    return run("check", *arguments)


@pytest.mark.parametrize("kind", ["csta", "simulator"])
def test_adapters_with_a_simulated_platform_are_checked_without_a_word(kind: str) -> None:
    done = check(kind)
    assert done.exit_code == 0, done.output
    assert "no promise is broken: " in done.output
    assert "not tried" not in done.output


def test_installed_kinds_are_listed() -> None:
    done = run("list")
    assert done.exit_code == 0
    for kind in ("csta", "simulator", "sip"):
        assert f"{kind:15} can be checked" in done.output


def test_promises_are_listed_with_what_they_need() -> None:
    done = check("--list", "--select", "AC-TELEPHONY-17")
    assert done.exit_code == 0
    assert done.output.splitlines() == [
        "AC-TELEPHONY-17   What an agent does to a call at the phone itself is told to both ends.",
        "                  needs feature telephony, feature dial, bench phone_answers, bench phone_hangs_up",
    ]


def test_a_broken_promise_is_told_with_its_exchange(tmp_path: Path) -> None:
    junit = tmp_path / "junit.xml"
    done = check(
        f"{TINY}:open_adapter", "--bench", f"{TINY}:raising", "--select", "AC-TELEPHONY-5,life", "--junit", str(junit)
    )
    assert done.exit_code == 1
    assert "AC-TELEPHONY-5  BROKEN" in done.output
    assert 'asked for twice. (specs/adapter-interface.md, "Interactions")' in done.output
    assert "raised KeyError: 'a line too many'" in done.output
    assert "asks     HoldLeg(endpoint=4001" in done.output
    assert "broken: AC-TELEPHONY-5" in done.output
    assert "Traceback" not in done.output
    written = junit.read_text()
    assert 'tests="5" failures="1" errors="0" skipped="0"' in written
    assert "<failure message=\"raised KeyError: 'a line too many'" in written
    assert "asks     HoldLeg" in written


def test_what_is_not_tried_is_never_kept(tmp_path: Path) -> None:
    junit = tmp_path / "junit.xml"
    done = check(f"{TINY}:open_adapter", "--bench", f"{TINY}:plain", "--select", "telephony", "--junit", str(junit))
    assert done.exit_code == 0
    assert "AC-TELEPHONY-15 not tried: the bench lacks the hooks customer_calls, customer_hangs_up" in done.output
    assert "AC-TELEPHONY-5  not applicable: needs feature dial, hold" in done.output
    assert "kept" not in done.output
    assert "  customer_hangs_up   (call) The customer of this call hangs up. For AC-TELEPHONY-15, AC-TELEPHONY-16" in (
        done.output.splitlines()
    )
    assert done.output.endswith("\nno promise has been tried: 2 not tried\n")
    tried = re.search('tests="(.+?)" failures="0" errors="0" skipped="(.+?)"', junit.read_text())
    assert tried is not None
    assert tried[1] == tried[2]


def test_the_last_lines_say_what_came_of_it() -> None:
    results = [ResultOf(promise=promise, outcome=Outcome.KEPT) for promise in PROMISES[:3]]
    assert summary(results).endswith("\n\nno promise is broken: 3 kept")
    lacking = next(promise for promise in PROMISES if "flood" in promise.hooks)
    results.append(ResultOf(promise=lacking, outcome=Outcome.NOT_TRIED, missing=("flood",)))
    assert f" For {lacking.id}\n\nno promise is broken: 3 kept, 1 not tried" in summary(results)
    results.append(ResultOf(promise=PROMISES[4], outcome=Outcome.BROKEN))
    results.append(ResultOf(promise=PROMISES[5], outcome=Outcome.BENCH_FAILED))
    assert summary(results).endswith(f"\n\nbroken: {PROMISES[4].id}\nbench failed: {PROMISES[5].id}")


def test_one_cause_of_many_broken_promises_is_to_be_mended_first() -> None:
    whys = ("raised KeyError: 'state' (adapter.py:105, in perform)",) * 2 + (
        "raised KeyError: 'x' (a.py:1, in f)",
        "no",
    )
    broken = [
        ResultOf(promise=promise, outcome=Outcome.BROKEN, why=why) for promise, why in zip(PROMISES, whys, strict=False)
    ]
    said = "\n2 of these have one cause: KeyError: 'state' (adapter.py:105, in perform); mend that first"
    assert summary(broken).endswith(said)
    assert "one cause" not in summary(broken[1:])


def test_lines_are_wrapped_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    progress = Progress()
    for promise, outcome in zip(PROMISES, (Outcome.KEPT, Outcome.BROKEN), strict=False):
        progress.tries(promise)
        progress.has(ResultOf(promise=promise, outcome=outcome, why="It " * 60))
    told = re.sub(r"\x1b\[\d*m", "", capsys.readouterr().out)
    assert told.startswith("\nlife\n  AC-LIFE-1       kept     0.00 s  Before run has started, and after it has\n")
    assert all(len(line) <= 80 for line in told.splitlines())
    assert "    the contract: A stopped adapter has closed what it opened" in told


def test_results_for_machines() -> None:
    done = check(f"{TINY}:open_adapter", "--bench", f"{TINY}:raising", "--select", "AC-TELEPHONY-5", "--json")
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert told["summary"] == {"broken": 1}
    (result,) = told["results"]
    assert (result["id"], result["outcome"], result["group"]) == ("AC-TELEPHONY-5", "broken", "telephony")
    assert result["missing"] == []
    assert result["exchange"][-1]["thing"] == "KeyError: 'a line too many'"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "name an adapter, such as"),
        (("nosuch",), "there is no adapter nosuch; installed are"),
        (("no.such:thing",), "no.such cannot be imported"),
        (("nosuch", "--bench", f"{TINY}:plain"), "there is no adapter nosuch"),
        (("simulator", "--log", "loud"), "there is no log level"),
        (("simulator", "--select", "nosuch"), "there is no promise or group nosuch"),
        (("simulator", "--bench", "no.such:bench"), "no.such cannot be imported"),
        (("simulator", "--bench", f"{TINY}:nosuch"), "has no nosuch"),
        (("simulator", "--bench", f"{TINY}:no_function"), "the bench is no function"),
        (("simulator", "--bench", "nosuch.toml"), "nosuch.toml: cannot be read"),
        (("ws://127.0.0.1:1/adapter",), "which agents, which endpoints?"),
        (("link",), 'specs/adapter-link.md, "First steps", has a file that says it.'),
        (("json:dumps",), "has no bench, so the suite does not know its agents"),
        ((f"{TINY}:open_adapter", "--bench", f"{TINY}:not_connecting"), "the adapter cannot be started"),
        ((f"{TINY}:open_adapter", "--bench", f"{TINY}:no_platform"), "the bench cannot be opened"),
        ((f"{TINY}:open_adapter", "--bench", f"{TINY}:no_manager"), "put @contextlib.asynccontextmanager above it"),
    ],
)
def test_what_cannot_be_checked_says_what_to_do(arguments: tuple[str, ...], words: str) -> None:
    done = check(*arguments)
    assert done.exit_code == 2
    assert words in done.stderr


def test_a_module_in_the_folder_is_named_without_its_function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a_first_try.py").write_text(f"from {TINY} import *\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    done = check("a_first_try", "--select", "AC-LIFE-3")
    assert (done.exit_code, "no promise is broken: 1 kept" in done.output) == (0, True), done.output


def test_a_package_that_cannot_be_imported_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "wrong_bench.py").write_text("def (")
    info = tmp_path / "wrong-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: wrong\nVersion: 1\n")
    points = ("adapters", f"{TINY}:open_adapter"), ("adapter_benches", "wrong_bench:open_bench")
    (info / "entry_points.txt").write_text(
        "".join(f"[interaction_processor.{group}]\nwrong = {at}\n" for group, at in points)
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    assert f"{'wrong':15} cannot be used: wrong_bench:open_bench: wrong_bench cannot be imported (Synt" in (
        run("list").output
    )
    done = check("wrong")
    assert (done.exit_code, "(wrong_bench.py, line 1)); mend it" in done.stderr) == (2, True)


def test_an_adapter_instead_of_how_it_is_made_is_told(tmp_path: Path) -> None:
    bench = tmp_path / "bench.toml"
    bench.write_text('unknown_agent = ""\nunknown_extension = ""\nagents = [{ id = "a", endpoint = "1" }]')
    done = check(f"{TINY}:open_instance", "--bench", str(bench))
    assert (done.exit_code, "give how an adapter is made" in done.stderr) == (2, True)


def test_a_start_that_takes_long_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.adapters.contract.cli.SLOW_START_S", 0.01)
    done = check(f"{TINY}:open_adapter", "--bench", f"{TINY}:never_starting", "--deadline", "0.5")
    assert "has not started yet; it has 0.5 s to do so" in done.stderr


def test_a_missing_bench_says_what_to_write() -> None:
    done = check("ws://127.0.0.1:1/adapter")
    assert "async def open_bench():" in done.stderr
    assert "--bench bench.toml" in done.stderr
    assert 'agents = [{ id = "ann", endpoint = "201" }' in done.stderr


def test_an_adapter_that_blocks_the_loop_is_caught() -> None:
    """Trio cannot take the floor from it: the process ends, and says where it stood."""
    arguments = ("check", f"{TINY}:open_adapter", "--bench", f"{TINY}:blocking", "--select", "AC-LIFE-2")
    done = subprocess.run(
        (sys.executable, "-c", _IMPATIENT, "adapter", *arguments, "--deadline", "0.5"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "AC-LIFE-2: the adapter blocks the event loop" in done.stderr
    assert "tiny.py:" in done.stderr


_IMPATIENT = """
import engine.adapters.contract.watch as watch
watch.GRACE_S = 0.2
from engine.cli import main
main()
"""


@pytest.mark.parametrize("name", ["./tiny/adapter.py", "tiny/adapter.py:open_adapter", "../guide/rack.toml"])
def test_the_path_of_a_file_is_no_name_of_an_adapter_or_a_bench(name: str) -> None:
    for done in (check(name), check("simulator", "--bench", name.replace(".toml", ""))):
        assert done.exit_code == 2, done.output
        assert "write MODULE:ATTRIBUTE, such as tiny.adapter:open_adapter" in done.output
