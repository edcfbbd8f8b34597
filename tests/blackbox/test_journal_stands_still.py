"""A journal that stands still: operators see it, and nothing is lost. Source: specs/observation.md, "Readiness"."""

import os
import signal
from pathlib import Path

from tests.blackbox.client import Desktop, code_of
from tests.blackbox.conftest import Serve
from tests.blackbox.server import ServerProcess, wait_until


def writer_of(server: ServerProcess) -> int:
    """The process that writes its journal, the only child that it has."""
    (tasks,) = {
        text for each in Path(f"/proc/{server.pid}/task").iterdir() if (text := (each / "children").read_text())
    }
    (child,) = tasks.split()
    return int(child)


def test_a_server_whose_journal_stands_still_is_not_ready(serve: Serve) -> None:
    server = serve()
    with Desktop(server.agent_url) as desktop:
        session = desktop.session_of("agent1")
        session.do("session.start")
        writer = writer_of(server)
        os.kill(writer, signal.SIGSTOP)
        try:
            session.send("session.request.getdirectory")
            assert server.get("/readyz").status_code == 200, "it may be over in a moment"
            wait_until(lambda: server.get("/readyz").status_code == 503, "it is not ready")
            (reason,) = server.get("/readyz").json()["reasons"]
            assert "the journal stands still" in reason
            assert server.get("/healthz").status_code == 200
            wait_until(lambda: server.log_events("journal_not_ready") != [], "the log says so")
        finally:
            os.kill(writer, signal.SIGCONT)
        assert code_of(session.settle()[0]) == "success"
        assert server.get("/readyz").status_code == 200
        wait_until(lambda: server.log_events("journal_ready") != [], "the log says that it is over")
    assert len(server.log_events("journal_not_ready")) == 1
