"""A server for the kit to be tried at."""

from collections.abc import Iterator

import pytest

from engine.conformance.command import _names
from engine.conformance.drivers import SimulatorControl
from engine.conformance.runner import Place
from tests.blackbox.server import ServerProcess


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path_factory.mktemp("conformance")) as server:
        yield server


@pytest.fixture
def place(server: ServerProcess) -> Place:
    """The server, with agents that only these tests use."""
    agents = [f"agent{n}:demo:40{n}" for n in (41, 42, 43)]
    return Place(
        url=server.agent_url, driver=SimulatorControl(server.http_url), names=_names(agents, ()), patience_s=2.0
    )
