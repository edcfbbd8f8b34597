"""The pytest plugin, in a project of somebody else."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[4]
TINY = "tests.engine.adapters.contract.tiny"
TEST = "def test_contract(adapter_promise): adapter_promise()\n"


def pytest_in(folder: Path, text: str, *arguments: str) -> str:
    (folder / "test_adapter.py").write_text(text)
    done = subprocess.run(
        (sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rA", *arguments, "."),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "COLUMNS": "300"},
    )
    return done.stdout


def test_two_lines_are_one_test_for_every_promise(tmp_path: Path) -> None:
    told = pytest_in(tmp_path, f'ADAPTER = "{TINY}:open_adapter"\n{TEST}', "-k", "LIFE or FAULTS-2 or MEDIA-3")
    assert "PASSED test_adapter.py::test_contract[AC-LIFE-1]" in told
    assert "6 passed" in told


def test_a_broken_promise_fails_without_a_stack_trace(tmp_path: Path) -> None:
    text = f'ADAPTER = "{TINY}:open_adapter"\nBENCH = "{TINY}:raising"\n{TEST}'
    told = pytest_in(tmp_path, text, "-k", "TELEPHONY-5")
    assert "AC-TELEPHONY-5 is broken" in told
    assert "raised KeyError: 'a line too many'" in told
    assert "asks     HoldLeg(" in told
    assert "Traceback" not in told
    assert "1 failed" in told


def test_an_adapter_that_keeps_the_loop_fails_the_promise_and_the_tests_go_on(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("import engine.adapters.contract.watch as watch\nwatch.GRACE_S = -59.5\n")
    text = f'ADAPTER = "{TINY}:open_adapter"\nBENCH = "{TINY}:blocking"\n{TEST}def test_another(): pass\n'
    told = pytest_in(tmp_path, text, "-k", "LIFE-2 or another")
    assert "AC-LIFE-2: the adapter blocks the event loop" in told
    assert "tiny.py:" in told
    assert "1 failed, 1 passed" in told


def test_what_cannot_be_tried_is_skipped_and_says_why(tmp_path: Path) -> None:
    text = f"import pytest\nfrom {TINY} import plain\n@pytest.fixture\ndef adapter_bench(): return plain\n{TEST}"
    told = pytest_in(tmp_path, text, "-k", "TELEPHONY-15 or TELEPHONY-5 or LIFE")
    assert "not tried: the bench lacks the hooks customer_calls, customer_hangs_up" in told
    assert "not applicable: needs feature dial, hold" in told
    assert "4 passed, 2 skipped" in told


def test_a_test_file_that_names_no_adapter_is_told_what_to_write(tmp_path: Path) -> None:
    told = pytest_in(tmp_path, TEST, "-k", "LIFE-1")
    assert 'test_adapter.py names no adapter: write ADAPTER = "my_package.adapter:open_adapter" in it' in told
