"""Client processes apart from the server, which load it together."""

import contextlib
import json
import subprocess
import sys
import tempfile
from types import TracebackType
from typing import IO, Any, Final, Self

import attrs

from engine.bench.errors import LoadFailed
from engine.bench.found import Found
from engine.bench.job import Job, Window
from engine.bench.room import BESIDES, room_for
from engine.bench.worker import HEARD, SEAT

WORKER: Final = (sys.executable, "-m", "engine.bench.worker")
LEAVE_S: Final = 120.0
"""So long the clients may take to leave all their sessions."""


class Crew:
    """A job, shared among so many processes, which are connected; `seat` has them take their sessions.

    All of it raises LoadFailed, and NoRoom where there are too many connections.
    """

    def __init__(self, job: Job, processes: int = 1) -> None:
        self._parts = list(job.parts(processes))
        self._clients: list[_Client] = []

    def __enter__(self) -> Self:
        room_for(max(part.connections for part in self._parts) + BESIDES)
        try:
            for part in self._parts:
                # Not by its arguments, which anybody can see: there is a password in it.
                self._clients.append(_Client(attrs.asdict(part) | {"mix": dict(part.mix)}))
            self._answers()
        except BaseException:
            self._kill()
            raise
        return self

    def seat(self) -> Self:
        for client in self._clients:
            client.tell(SEAT)
        self._answers()
        return self

    def heard(self) -> list[Any]:
        """What else each process has noted."""
        for client in self._clients:
            client.tell(HEARD)
        return self._answers()

    def load(self, window: Window) -> Found:
        """What came of a window, which begins now."""
        for client, part in zip(self._clients, window.parts([part.sessions for part in self._parts]), strict=True):
            client.tell(attrs.asdict(part))
        found = Found()
        for answer in self._answers():
            found.add(Found.from_json(answer))
        return found

    def _answers(self) -> list[Any]:
        return [client.answer() for client in self._clients]

    def _kill(self) -> None:
        for client in self._clients:
            client.kill()

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        try:
            if kind is None:
                for client in self._clients:
                    client.dismiss()
                for client in self._clients:
                    client.wait()
        finally:
            self._kill()


class _Client:
    """One process."""

    def __init__(self, job: Any) -> None:
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(WORKER, stdin=pipe, stdout=pipe, stderr=self._errors, text=True)  # noqa: S603 - our own module
        self.tell(job)

    def tell(self, what: Any) -> None:
        """One that has ended says why when it is asked for its answer."""
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.write(json.dumps(what) + "\n")
                self._process.stdin.flush()

    def answer(self) -> Any:
        line = self._process.stdout.readline() if self._process.stdout is not None else ""
        if not line:
            self.wait()
            raise LoadFailed("a client process ended before its time; try again, or give fewer sessions")
        return json.loads(line)

    def dismiss(self) -> None:
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()

    def wait(self) -> None:
        """Until it has ended. Raises LoadFailed where it did not end well."""
        try:
            status = self._process.wait(LEAVE_S)
        except subprocess.TimeoutExpired:
            raise LoadFailed(f"a client process does not end within {LEAVE_S:g} s; look at the server's log") from None
        if status:
            self._errors.seek(0)
            said = self._errors.read().decode(errors="replace").strip().rpartition("\n")[2]
            raise LoadFailed(said or f"a client process ended with exit status {status}; try again")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self.dismiss()
        for pipe in (self._process.stdout, self._errors):
            if pipe is not None:
                pipe.close()
