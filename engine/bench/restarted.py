"""`ixp serve` at an exchange, to be killed and started again at the same address."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any, Self

from engine.bench.configuration import configuration
from engine.bench.exchange_adapter import ADAPTER
from engine.bench.servers import agent_url, first_line


class Restarted:
    """`compiled`: a folder for what Python compiles: an installed server finds it done, and so is measured here."""

    def __init__(self, agents: int, durability: str, exchange: int, compiled: Path, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._file = folder / "ixp.toml"
        text = configuration(
            agents,
            durability,
            adapters=[{"adapter": ADAPTER, "settings": {"port": exchange}}],
            platform={"restart_first_s": 0.1, "restart_most_s": 1.0},
        )
        self._file.write_text(text, encoding="utf-8")
        self._environment: dict[str, str] = {**os.environ, "PYTHONPYCACHEPREFIX": str(compiled)}
        self._environment.pop("PYTHONDONTWRITEBYTECODE", None)
        self._errors: IO[bytes] | None = None
        self._process: subprocess.Popen[Any] | None = None
        self.url = ""

    @property
    def pid(self) -> int:
        return 0 if self._process is None else self._process.pid

    def start(self) -> Self:
        """Returns when it accepts connections. Raises NoServer."""
        port = self.url.rpartition(":")[2].partition("/")[0] or "0"
        options = ("--config", str(self._file), "--data", str(self._folder / "data"))
        command = (sys.executable, "-m", "engine", "serve", *options, "--agent-port", port, "--http-port", "0")
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it is killed
        self._process = subprocess.Popen(  # noqa: S603 - our own
            command, stdout=subprocess.PIPE, stderr=self._errors, env=self._environment, text=True
        )
        self.url = agent_url(first_line(self._process, self._errors))
        return self

    def kill(self) -> None:
        """At once, if it runs: it has no time for a last word."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()
        if self._errors is not None:
            self._errors.close()
