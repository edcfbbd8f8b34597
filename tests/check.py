"""All that the gate checks, in one command: `python -m tests.check`. Each step says what it found; all steps run."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
PURE_PERCENT: Final = 100
ENGINE_PERCENT: Final = 90
ASYNC_FILES: Final = tuple(
    str(file.relative_to(ROOT))
    for folder in ("engine", "protocol", "statemachines", "tests")
    for file in sorted((ROOT / folder).rglob("*.py"))
    if "async" in file.read_text(encoding="utf-8")
)
"""In the others there is nothing for the async rules, which are slow to look."""
UNTRACED: Final = ("tests/blackbox", "tests/faults", "tests/floor", "tests/walks")
"""What takes too long under coverage: walks, and servers that are started for a test. The others cover the lines."""
WORKERS: Final = 2 * (os.cpu_count() or 1)
"""More than there are cores: the black-box and fault tests mostly wait for timers, disks and servers."""
LINE_CHARS: Final = 200
PYTEST: Final = ("pytest", f"-n{WORKERS}", "--dist=worksteal", "--durations=20", "-q")

STEPS: Final = (
    ("format", ("ruff", "format", "--check", ".")),
    ("lint", ("ruff", "check", ".")),
    ("async rules", ("flake8", *ASYNC_FILES)),
    ("types", ("mypy",)),
    ("servers, walks and faults", (*PYTEST, *UNTRACED)),
    ("all other tests", ("coverage", "run", "-m", *PYTEST, *(f"--ignore={path}" for path in UNTRACED))),
    ("coverage data", ("coverage", "combine", "--quiet")),
    (
        f"coverage of the rules, {PURE_PERCENT} %",
        ("coverage", "report", "--include=protocol/*,statemachines/*", f"--fail-under={PURE_PERCENT}"),
    ),
    (
        f"coverage of the engine, {ENGINE_PERCENT} %",
        ("coverage", "report", "--include=engine/*", f"--fail-under={ENGINE_PERCENT}"),
    ),
)


def main() -> int:
    """Run every step; 0 when all are well."""
    # Every server that a test starts would compile itself anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    shutil.rmtree(ROOT / ".coverage.d", ignore_errors=True)
    (ROOT / ".coverage.d").mkdir()
    failed = []
    begun = time.monotonic()
    for name, (module, *arguments) in STEPS:
        print(f"== {name}: {module} {' '.join(arguments)}"[:LINE_CHARS], flush=True)
        done = subprocess.run((sys.executable, "-m", module, *arguments), cwd=ROOT, env=os.environ, check=False)
        if done.returncode:
            failed.append(name)
    print(f"== {time.monotonic() - begun:.0f} s: {'failed: ' + ', '.join(failed) if failed else 'all is well'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
