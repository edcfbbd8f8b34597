"""`ixp talk` as people run it: a process of its own, started from the command line."""

import contextlib
import json
import os
import pty
import select
import subprocess
import sys
import time
from typing import Any, Final, Self

from tests.blackbox.server import ROOT

PATIENCE_S: Final = 20.0
TALK: Final = (sys.executable, "-m", "engine", "talk")


def run_talk(*arguments: str, script: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """A whole talk; `script` is its standard input."""
    return subprocess.run(
        [*TALK, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        input=script,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def messages(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """What it printed."""
    return [json.loads(line) for line in done.stdout.splitlines()]


class Terminal:
    """A pseudo-terminal with `ixp talk` in it."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        controller, terminal = pty.openpty()
        self._fd = controller
        # Without answers to questions about the cursor, prompt_toolkit would complain in between.
        settings = {"TERM": "xterm", "COLUMNS": "80", "LINES": "24", "PROMPT_TOOLKIT_NO_CPR": "1"}
        self._process = subprocess.Popen(
            [*TALK, *arguments],
            cwd=ROOT,
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            env={**os.environ, **settings, **environment},
        )
        os.close(terminal)
        self.screen = ""
        self._seen = 0

    def wait_for(self, text: str) -> None:
        until = time.monotonic() + PATIENCE_S
        while (at := self.screen.find(text, self._seen)) < 0:
            self._read(max(0.0, until - time.monotonic()))
        self._seen = at + len(text)

    def type(self, text: str) -> None:
        os.write(self._fd, text.encode())

    def end(self) -> int:
        """Read until the program has ended; its status."""
        with contextlib.suppress(OSError):  # the last one at the terminal has left
            while True:
                self._read(PATIENCE_S)
        return self._process.wait(PATIENCE_S)

    def _read(self, within_s: float) -> None:
        readable, _, _ = select.select([self._fd], [], [], within_s)
        assert readable, f"nothing came any more:\n{self.screen}"
        self.screen += os.read(self._fd, 65536).decode(errors="replace")

    def kill(self) -> None:
        """End it as a crash does, kill -9."""
        self._process.kill()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._fd)
