"""A server's log through a day of everything: no secret at any level, and above debug no word that anybody wrote.

Whatever people write here has MARK in it, wherever a client, a customer, a supervisor or an operator can put a text.
"""

import json
import sqlite3
from typing import Any, Final

import httpx2
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from engine.observe.log_events import CONCERN, LOG_EVENTS
from tests.blackbox.client import GROUP, AgentSession, Desktop, code_of
from tests.blackbox.configs import config
from tests.blackbox.conftest import Serve
from tests.blackbox.server import ServerProcess, wait_until
from tests.blackbox.supervisor import Supervisor

MARK: Final = "zqzq"
SECRET: Final = "geheim"
KEY: Final = f"{SECRET}-key-of-an-operator"
SAID: Final = f"{MARK} said"
DATA: Final = {f"{MARK} key": SAID, "order": {f"{MARK} inner": SAID}}

SETTINGS: Final = f"""
log_level = "LEVEL"

[platform]
call_timeout_s = 0.2
hold_s = 0

[[operators]]
id = "ops"
key = "{KEY}"

[[supervisors]]
id = "grace"
password = "{SECRET}-of-grace"

[[simulator.queues]]
name = "Chats"
number = "4911"

[[simulator.faults]]
call = "SendMessage"
kind = "crash"

[[simulator.faults]]
call = "ChangeData"
kind = "hang"

[[simulator.faults]]
call = "Dial"
kind = "nonsense"
"""

HAPPENED: Final = {
    "adapter_call_failed",
    "adapter_call_timeout",
    "desktop_lost",
    "draining",
    "http_request_refused",
    "journal_damaged",
    "login_failed",
    "platform_lost",
    "platform_up",
    "session_bound",
    "session_ended",
    "session_prepared",
    "sessions_not_held",
    "simulator_access_refused",
    "simulator_operation",
    "stopped",
    "supervisor_login",
    "supervisor_logout",
    "supervisor_order",
}
"""What the story makes the server say at info."""
AT_DEBUG: Final = {"request_answered", "supervisor_order_explained", "adapter_failed"}


def outside(server: ServerProcess, path: str, body: Any, key: str = KEY, **more: Any) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {key}"}
    url = f"{server.http_url}/simulator/{path}"
    return httpx2.post(url, json=body, headers=headers, trust_env=False, **more)


def a_day(server: ServerProcess) -> list[str]:
    """Agents, customers, a supervisor and strangers. Returns the secrets that the server made."""
    with Desktop(server.agent_url) as desktop, Desktop(server.agent_url) as other:
        strangers(server, desktop)
        session = at_work(desktop)
        chat(server, session)
        call(server, session)
        supervised(other, session)
        nonsense(desktop, session)
        damaged(server, session)
        tokens = [session.token]
        desktop.ask("unbindSession", session.id)
        wrong = other.ask("bindSession", session.id, {"resume": {"token": SAID, "epoch": 1, "seq": 1}})
        assert code_of(wrong) == "FORBIDDEN"
        other.cut()
        assert outside(server, "platform/lose", {}).is_success
        wait_until(lambda: '"session_ended"' in server.log, "the session is over, which a stop need not wait for")
        assert code_of(desktop.prepare("agent1", override=True, password=f"{SECRET} of 1")) in ("AUTH_FAILED",)
    return tokens


def strangers(server: ServerProcess, desktop: Desktop) -> None:
    for who, password in ((MARK, f"{SECRET} 1"), ("agent1", f"{SECRET} 2"), (f"{SECRET} as id", MARK)):
        assert code_of(desktop.prepare(who, password=password)) == "AUTH_FAILED"
    login = desktop.ask("supervisor.login", data={"supervisor": {"id": f"{SECRET}{MARK}", "password": SECRET}})
    assert code_of(login) == "AUTH_FAILED"
    with pytest.raises(InvalidStatus):
        connect(f"{server.agent_url}/{MARK}", proxy=None)
    assert outside(server, "calls", {"to": MARK, "from": MARK}, key=f"{SECRET} but wrong").status_code == 401
    assert outside(server, f"calls/{MARK}/hangup", {"x": SAID}, key=f"{SECRET} as well").status_code == 401
    assert outside(server, "calls", {"to": "4001", "from": SAID, "data": {"x": MARK * 1_000_000}}).status_code == 413
    assert httpx2.get(f"{server.http_url}/{MARK}?key={SECRET}", trust_env=False).status_code == 404


def at_work(desktop: Desktop) -> AgentSession:
    session = desktop.session_of("agent1")
    session.do("session.start")
    session.do("session.addchannelgroup", data=GROUP)
    for channel in ("c1", "c2"):
        session.do("channel.activate", f"g1.{channel}", {"options": {MARK: SAID}})
        session.do("channel.ready", f"g1.{channel}")
    return session


def chat(server: ServerProcess, session: AgentSession) -> None:
    began = outside(server, "chats", {"queue": "Chats", "name": f"{MARK} name", "data": DATA})
    assert began.is_success, began.text
    path = f"chats/{began.json()['chat']}"
    session.wait_news("interaction.initialized")
    session.do("interaction.accept", "g1.c2.i1")
    assert outside(server, f"{path}/messages", {"text": SAID}).is_success
    session.wait_news("interaction.message.added")
    # The first one meets a defect of the adapter, whose traceback is logged.
    for code in ("PLATFORM_ERROR", "success"):
        told = session.do("interaction.message.send", "g1.c2.i1", {"text": SAID}, requestid=f"{MARK} {code}")
        assert code_of(told[0]) == code
    session.do("interaction.form.show", "g1.c2.i1", {"form": {"id": MARK, "name": MARK, "fields": {MARK: SAID}}})
    session.do("interaction.signal.send", "g1.c2.i1", {"signal": {"name": MARK, "data": DATA}})
    session.do("interaction.file.send", "g1.c2.i1", {"file": {"name": MARK, "url": f"https://x/{MARK}"}})
    assert outside(server, f"{path}/leave", {}).is_success
    session.wait_news("interaction.ended")
    session.do("interaction.complete", "g1.c2.i1", {"disposition": {"code": "SOLD", "note": SAID}})


def call(server: ServerProcess, session: AgentSession) -> None:
    assert outside(server, "calls", {"to": "4001", "from": f"+1555{MARK}", "data": DATA}).is_success
    session.wait_news("interaction.initialized")
    session.do("interaction.accept", "g1.c1.i2")
    for _ in range(2):  # the first one is never answered
        session.do("interaction.setdata", "g1.c1.i2", {"interactiondata": DATA})
    for destination in (MARK, "4002"):
        session.do("interaction.consult", "g1.c1.i2", {"destination": destination})
    session.do("conversation.senddtmf", "g1.c1.i2.v1", {"digits": MARK})
    session.do("interaction.release", "g1.c1.i2")
    session.do("interaction.complete", "g1.c1.i2", {"disposition": {"code": MARK, "note": SAID}})
    session.do("channel.dial", "g1.c1", {"destination": f"+1555{MARK}", "extensions": {MARK: SAID}})


def supervised(other: Desktop, session: AgentSession) -> None:
    supervisor = Supervisor(other)
    grace = {"supervisor": {"id": "grace", "password": f"{SECRET}-of-grace"}}
    assert code_of(supervisor.ask("login", data=grace)) == "success"
    data = {"channel": {"id": "c1"}, "agentstate": "NOTREADY", "why": SAID, "reason": {"code": MARK}}
    assert code_of(supervisor.ask("setagentstate", session.id, data)) == "success"
    assert code_of(supervisor.ask("logout")) == "success"


def damaged(server: ServerProcess, session: AgentSession) -> None:
    """A response in the journal, of which the client hears when it repeats the request."""
    requestid = f"{MARK} again"
    assert code_of(session.do("session.request.getdirectory", requestid=requestid)[-1]) == "success"
    db = sqlite3.connect(server.data / "journal.sqlite3")
    with db:
        assert db.execute("UPDATE responses SET bytes = 1 WHERE requestid = ?", (requestid,)).rowcount == 1
    db.close()
    session.send("session.request.getdirectory", requestid=requestid)
    assert code_of(session.desktop.read()) == "TIMEOUT"


def nonsense(desktop: Desktop, session: AgentSession) -> None:
    for text in (SAID, f'["{SAID}"]', f'{{"command": "{MARK}", "target": "{session.id}"}}', "{" * 100 + SAID):
        desktop.send_text(text)
    session.do(f"session.{MARK}", data=DATA)
    session.do("channel.notready", "g1.c1", {"reason": {"code": MARK}})
    session.do("channel.notready", f"g1.{MARK}", {"reason": {"code": {MARK: SAID}}})
    session.do("bindsession", data={"resume": {"token": session.token}, "agent": {"password": SECRET}})
    desktop.answers_still()


def entries(server: ServerProcess) -> list[dict[str, Any]]:
    return [json.loads(line) for line in server.log.splitlines()]


@pytest.mark.parametrize("level", ["info", "debug"])
def test_nobody_s_words_are_in_the_log(serve: Serve, level: str) -> None:
    server = serve(
        config(SETTINGS.replace("LEVEL", level)),
        errors=("adapter_call_failed", "adapter_failed", "journal_damaged", "platform_lost", "sessions_not_held"),
    )
    tokens = a_day(server)
    server.stop()
    log = server.log
    for secret in (SECRET, *tokens):
        assert secret not in log
    said = {entry["event"] for entry in entries(server)}
    assert said >= HAPPENED
    if level == "info":
        assert MARK not in log
    else:
        assert said >= AT_DEBUG
        assert MARK in log, "the test has lost its marks: what people write is shown at level debug"
    for entry in entries(server):
        row = LOG_EVENTS.get(entry["event"])
        if row is not None and row.concerns:
            assert set(CONCERN) <= set(entry), entry
            assert entry["agent"] == "agent1"
