"""Running servers, and agents who are at nobody else's phone."""

import contextlib
import itertools
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Final

import attrs
import pytest

from engine.conformance.desk import PATIENCE_S
from engine.conformance.runner import Place
from tests.blackbox.client import GROUP, AgentSession, Desktop
from tests.blackbox.server import ENGINE, ServerProcess
from tests.engine.conformance.places import place_at

Serve = Callable[..., ServerProcess]

LOG_TAIL_CHARS: Final = 4000

_numbers = itertools.cycle(range(1, 51))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure shows what the servers said."""
    report = yield
    if report.failed:
        for server in ServerProcess.running:
            report.sections.append((f"log of the server at {server.agent_url}", server.log[-LOG_TAIL_CHARS:]))
    return report


@attrs.frozen
class Agent:
    """One of the demo's agents, at their own phone."""

    id: str
    phone: str


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """The server without a configuration; tests share it, so each takes agents of its own."""
    with ServerProcess(tmp_path_factory.mktemp("demo")) as server:
        yield server


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A server of its own for the conformance kit, which may lose its platform."""
    with ServerProcess(tmp_path_factory.mktemp("whole"), errors=frozenset({"platform_lost"})) as server:
        yield place_at(server, patience_s=PATIENCE_S)


@pytest.fixture
def serve(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Serve]:
    """Start a server with a configuration of the test's own."""
    with contextlib.ExitStack() as stack:
        count = itertools.count(1)

        def start(
            config: str | None = None, *arguments: str, errors: tuple[str, ...] = (), program: str = ENGINE
        ) -> ServerProcess:
            folder = tmp_path / f"server{next(count)}"
            folder.mkdir()
            server = ServerProcess(folder, config, arguments=arguments, errors=frozenset(errors), program=program)
            return stack.enter_context(server)

        yield start


@pytest.fixture
def agent(demo: ServerProcess) -> Agent:
    """An agent of the demo for whom the platform has nothing yet."""
    return fresh_agent(demo)


def fresh_agent(demo: ServerProcess) -> Agent:
    number = next(_numbers)
    agent = Agent(f"agent{number}", f"{4000 + number}")
    with Desktop(demo.agent_url) as desktop:
        forget(desktop, agent.id)
    return agent


def forget(desktop: Desktop, agent: str) -> None:
    """Have the platform let go of all that it has for the agent."""
    session = desktop.session_of(agent)
    session.do("session.start")
    session.do("session.logout")


@pytest.fixture
def batched() -> bool:
    """The form of the connection; modules that try both parametrize it."""
    return False


@pytest.fixture
def desktop(demo: ServerProcess, batched: bool) -> Iterator[Desktop]:
    with Desktop(demo.agent_url, batched=batched) as desktop:
        yield desktop


@pytest.fixture
def other(demo: ServerProcess) -> Iterator[Desktop]:
    """A second connection."""
    with Desktop(demo.agent_url) as other:
        yield other


@pytest.fixture
def session(desktop: Desktop, agent: Agent) -> AgentSession:
    """A started session with nothing in it."""
    session = desktop.session_of(agent.id)
    session.do("session.start")
    return session


@pytest.fixture
def with_group(session: AgentSession) -> AgentSession:
    """g1 has the agent's phone, chat, email and callback: c1 to c4."""
    session.do("session.addchannelgroup", data=GROUP)
    return session
