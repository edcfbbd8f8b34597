"""The running servers of the black-box tests, and servers with one thing broken, which each case must find out."""

import contextlib
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.blackbox.conftest import demo, pytest_runtest_makereport, serve
from tests.blackbox.server import ServerProcess
from tests.faults.mutants.launch import Mutant

__all__ = ["demo", "pytest_runtest_makereport", "serve"]

Break = Callable[..., ServerProcess]


@pytest.fixture
def break_server(tmp_path: Path) -> Iterator[Break]:
    """Start a server that runs `tests/faults/mutants/<name>.py`."""
    with contextlib.ExitStack() as stack:
        count = itertools.count(1)

        def start(name: str, config: str | None = None) -> ServerProcess:
            folder = tmp_path / f"mutant{next(count)}"
            folder.mkdir()
            return stack.enter_context(Mutant(name, folder, config))

        yield start
