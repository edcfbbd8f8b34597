"""Servers with one thing broken. A case that such a server passes proves nothing.

Each module beside this one changes the real engine and then runs it, as a process of its own.
"""

from pathlib import Path
from types import TracebackType
from typing import Any

import httpx2
import pytest
from websockets.exceptions import WebSocketException

from engine.conformance.broken import Broken
from tests.blackbox.server import ServerProcess


class Mutant(ServerProcess):
    """Nobody asks how it ends, or what it logs."""

    def __init__(self, name: str, folder: Path, config: str | None = None) -> None:
        super().__init__(folder, config, program=f"tests.faults.mutants.{name}")

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self.running.remove(self)
        self._kill()


def caught() -> Any:
    """Around a case that is run against a mutant: the case must fail, by its own checks or by what breaks under it."""
    return pytest.raises(
        (AssertionError, Broken, OSError, WebSocketException, httpx2.TransportError, pytest.fail.Exception)
    )
