"""A server process at the exchange, that can be killed and started again at the same address."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from engine.bench.meter import children
from tests.blackbox.reached import Reached

READY_S: Final = 60.0
ENDED_S: Final = 30.0


class Server(Reached):
    """`wrap` is a command that runs the server's own, which is given to it as arguments; it has to keep its pid.

    `data`, `wrap` and `arguments` may be changed between two starts.
    """

    def __init__(
        self,
        exchange: int,
        agents: int,
        folder: Path,
        *arguments: str,
        module: str = "tests.faults.serve",
        wrap: Sequence[str] = (),
    ) -> None:
        self._command = [sys.executable, "-m", module, "--port", str(exchange), "--agents", str(agents)]
        self._log = folder / "stderr"
        self.arguments = list(arguments)
        self.wrap = list(wrap)
        self.data = folder / "data"
        self.url = ""
        self._port = 0

    def start(self) -> Self:
        """Returns when it accepts connections."""
        self.launch()
        return self.wait_ready()

    def launch(self) -> None:
        """Start it, and do not wait."""
        given = [*self._command, *self.arguments, "--data", str(self.data), "--agent-port", str(self._port)]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen([*self.wrap, *given], stdout=subprocess.PIPE, stderr=log)

    def wait_ready(self) -> Self:
        assert self.process.stdout is not None
        word, _, addresses = self.process.stdout.readline().decode().partition(" ")
        assert word == "ready", f"the server did not start:\n{self.log}"
        reached = json.loads(addresses)
        self.url = self.agent_url = reached["agent"]
        self.http_url = reached["http"]
        self._port = int(self.url.rpartition(":")[2].partition("/")[0])
        return self

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def writer_pid(self) -> int:
        """The process that writes its journal."""
        (writer,) = self._writers()
        return writer

    def _writers(self) -> list[int]:
        """None, or one: others that it starts are soon over."""
        found = []
        for pid in children(self.pid):
            with suppress(FileNotFoundError, ProcessLookupError):
                if "engine.journal.writer_process" in Path(f"/proc/{pid}/cmdline").read_text():
                    found.append(pid)
        return found

    @property
    def opens_journal(self) -> bool:
        """Has its start come to where the journal is opened, or beyond?"""
        return bool(self._writers())

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def kill(self) -> None:
        """The server alone: who writes its journal finishes what it is at."""
        self.process.kill()
        self.wait()

    def kill_writer(self) -> None:
        """Who writes its journal, in the middle of anything; the server has to end by itself."""
        os.kill(self.writer_pid, signal.SIGKILL)
        status = self.wait()
        assert status == 1, f"status {status}: {self.log[-4000:]}"

    def kill_both(self) -> None:
        """In the same moment."""
        writer = self.writer_pid
        self.process.kill()
        os.kill(writer, signal.SIGKILL)
        self.wait()

    def kill_starting(self, *, writer_too: bool) -> bool:
        """Wherever its start is; was it not ready yet?"""
        assert self.process.stdout is not None
        writers = self._writers() if writer_too else []
        self.process.kill()
        for writer in writers:
            with suppress(ProcessLookupError):
                os.kill(writer, signal.SIGKILL)
        said = self.process.stdout.read()
        self.wait()
        return not said

    def freeze(self) -> None:
        """It and who writes its journal do nothing more, until they are killed."""
        both = (self.pid, self.writer_pid)
        for pid in both:
            os.kill(pid, signal.SIGSTOP)
        while not all(_is_stopped(pid) for pid in both):  # one in the middle of a call ends that first
            time.sleep(0.001)

    def stop(self) -> int:
        """In good order."""
        self.process.terminate()
        return self.wait(READY_S)

    def wait(self, timeout_s: float = ENDED_S) -> int:
        """Until it has ended; its exit status."""
        status = self.process.wait(timeout_s)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return status


def _is_stopped(pid: int) -> bool:
    """All its threads are."""
    states = [each.read_text().rpartition(")")[2].split()[0] for each in Path(f"/proc/{pid}/task").glob("*/stat")]
    return set(states) == {"T"}
