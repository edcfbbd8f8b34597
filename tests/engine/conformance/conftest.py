"""A server for the kit to be tried at."""

from collections.abc import Iterator

import pytest

from engine.conformance.runner import Place
from tests.blackbox.server import ServerProcess
from tests.engine.conformance.places import place_at


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path_factory.mktemp("conformance")) as server:
        yield server


@pytest.fixture
def place(server: ServerProcess) -> Place:
    """The server, with agents that only these tests use."""
    return place_at(server, 41, 42, 43, patience_s=2.0)
