"""The server as operators run it: a process of its own, started from the command line, stopped by a signal."""

import json
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Final, Self

from tests.blackbox.reached import WAIT_S, Reached

ROOT: Final = Path(__file__).parents[2]
ENGINE: Final = "engine"
COMMAND: Final = (sys.executable, "-m", ENGINE, "serve")
READY_S: Final = 60.0
STOP_S: Final = 20.0


class ServerProcess(Reached):
    """One running server, with the demo's settings or those of a TOML text.

    `errors` are the events that the server may log as errors in this test; any other is a failure of the test.
    `program` is the module that is run: the engine, or one that changes something in it first, which `mutant` names.
    """

    running: ClassVar[list["ServerProcess"]] = []

    def __init__(
        self,
        folder: Path,
        config: str | None = None,
        *,
        arguments: Sequence[str] = (),
        errors: frozenset[str] = frozenset(),
        program: str = ENGINE,
        mutant: Sequence[str] = (),
    ) -> None:
        self.errors = errors
        self._command = (sys.executable, "-m", program, *mutant, "serve")
        self.agent_url = self.http_url = ""
        self.data = folder / "data"
        self._log = folder / "stderr"
        self._arguments = ["--agent-port", "0", "--http-port", "0", "--data", str(self.data), *arguments]
        if config is not None:
            file = folder / "ixp.toml"
            file.write_text(config, encoding="utf-8")
            self._arguments += ["--config", str(file)]

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*self._command, *self._arguments],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        try:
            self._read_ready()
        except BaseException:
            self._kill()
            raise
        self.running.append(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self.running.remove(self)
        try:
            if self._process.poll() is None:
                self.stop()
        finally:
            self._kill()
        if kind is None:
            self._check_log()

    def _read_ready(self) -> None:
        assert self._process.stdout is not None
        readable, _, _ = select.select([self._process.stdout], [], [], READY_S)
        line = self._process.stdout.readline().decode() if readable else ""
        word, _, addresses = line.partition(" ")
        assert word == "ready", f"the server said {line!r} instead of being ready:\n{self.log}"
        reached = json.loads(addresses)
        self.agent_url, self.http_url = reached["agent"], reached["http"]

    def terminate(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Ask it to stop, and do not wait."""
        self._process.send_signal(how)

    def kill(self) -> None:
        """End it as a crash does, kill -9."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """Ask it to stop, and see it end well."""
        self.terminate()
        self.wait_stopped()

    def wait_stopped(self) -> None:
        status = self._process.wait(STOP_S)
        assert status == 0, f"the server ended with status {status}:\n{self.log}"

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def _kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    # Its log

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def log_events(self, event: str) -> list[dict[str, Any]]:
        return [entry for entry in map(_parsed, self.log.splitlines()) if entry.get("event") == event]

    def _check_log(self) -> None:
        """Nothing went wrong in there that the client did not see."""
        entries = [_parsed(line) for line in self.log.splitlines()]
        wrong = [entry for entry in entries if entry["level"] in ("error", "critical") or "exception" in entry]
        unexpected = [entry for entry in wrong if entry["event"] not in self.errors]
        assert not unexpected, f"the server logged {unexpected}"


def _parsed(line: str) -> dict[str, Any]:
    """A line of the log; what is no JSON object (a warning, a bare traceback) is as bad as an error."""
    try:
        entry = json.loads(line)
    except ValueError:
        return {"level": "error", "event": line}
    return entry if isinstance(entry, dict) else {"level": "error", "event": line}


def run_serve(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A server that is expected not to start."""
    with tempfile.TemporaryDirectory() as folder:
        return _run([*COMMAND, "--data", folder, *arguments])


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=READY_S,
        check=False,
    )


def wait_until(claim: Callable[[], bool], what: str) -> None:
    """Ask again and again, as one must where nothing tells of the change. Raises AssertionError after WAIT_S."""
    until = time.monotonic() + WAIT_S
    while not claim():
        assert time.monotonic() < until, f"{what}: not within {WAIT_S:g} s"
        time.sleep(0.01)
