"""SIGTERM while everybody works: what was acknowledged is kept and told in order, and all are told when to come back.

Source: specs/protocol.md, "Limits".
"""

import contextlib
import itertools
import threading
import time
from typing import Final

import attrs
from websockets.exceptions import ConnectionClosed

from protocol.endpoint import come_back_after
from tests.blackbox.client import AgentSession, Desktop, code_of
from tests.blackbox.configs import config
from tests.blackbox.conftest import Serve
from tests.blackbox.server import ServerProcess
from tests.faults.conftest import Break
from tests.faults.mutants.launch import caught
from tests.faults.sizes import size

AGENTS: Final = size(8, 100)
COME_BACK_S: Final = 3.5
BUSY: Final = config(f"[limits]\ncome_back_s = {COME_BACK_S}\n[simulator]\nlatency_ms = 2\n", agents=AGENTS)
STOP_S: Final = size(4.0, 8.0)
"""Less than drain_s: a server under load finishes what it has begun, and begins nothing more."""
WORK_BEFORE_S: Final = size(0.5, 5.0)


@attrs.define
class Worker:
    """An agent who sends one request behind the other until the connection ends."""

    session: AgentSession
    sent: list[str] = attrs.field(factory=list)
    closed: tuple[int, str] | None = None

    def work(self) -> None:
        try:
            for number in itertools.count():
                self.sent.append(f"r{number}")
                self.session.send("session.request.getdirectory", requestid=f"r{number}")
                while len(self.session.news) < number - 3:
                    self.session.desktop.read()
        except (ConnectionClosed, OSError):
            self.closed = self.session.desktop.closed_with()


def sigterm_under_load(server: ServerProcess) -> None:
    with contextlib.ExitStack() as stack:
        workers = []
        for number in range(1, AGENTS + 1):
            session = stack.enter_context(Desktop(server.agent_url)).session_of(f"agent{number}")
            session.do("session.start")
            workers.append(Worker(session))
        threads = [threading.Thread(target=worker.work) for worker in workers]
        for thread in threads:
            thread.start()
        time.sleep(WORK_BEFORE_S)
        begun = time.monotonic()
        server.terminate()
        for thread in threads:
            thread.join(STOP_S)
        server.wait_stopped()
        assert time.monotonic() - begun < STOP_S
        for worker in workers:
            assert worker.closed is not None
            code, reason = worker.closed
            assert (code, come_back_after(reason)) == (1001, COME_BACK_S), worker.closed
            news = worker.session.take_news()
            answered = [message["requestid"] for message in news if code_of(message) == "success"]
            assert answered == worker.sent[: len(answered)], "an answer is missing in the middle"
            assert answered
            assert not worker.session.view.over
            worker.session.view.check_settled()


def test_a_server_that_is_stopped_under_load(serve: Serve) -> None:
    sigterm_under_load(serve(BUSY))


def test_a_server_that_stops_without_a_word_is_caught(break_server: Break) -> None:
    server = break_server("no_drain", BUSY)
    with caught():
        sigterm_under_load(server)
