"""Whatever a supervisor's client gets wrong: the documented failure, and nothing changed.

Source: specs/supervision.md, "Commands".
"""

from collections.abc import Iterator
from typing import Final

import pytest

from tests.blackbox.client import PASSWORD, AgentSession, Desktop, code_of, pair, told
from tests.blackbox.server import ServerProcess
from tests.blackbox.supervisor import ORDERS, WHY, Supervisor


@pytest.fixture
def supervisor(demo: ServerProcess) -> Iterator[Supervisor]:
    with Desktop(demo.agent_url) as desktop:
        yield Supervisor(desktop).login()


@pytest.fixture
def working(with_group: AgentSession) -> AgentSession:
    """g1.c1 is the agent's phone, where the agent is logged in."""
    with_group.do("channel.activate", "g1.c1")
    return with_group


STATE: Final = ORDERS["setagentstate"]

WRONG: Final[list[tuple[str, object, str]]] = [
    ("login", None, "data.supervisor: is required"),
    ("login", {"supervisor": {"id": "supervisor1"}}, "data.supervisor.password: is required"),
    ("login", {"supervisor": {"password": "demo"}}, "data.supervisor.id: is required"),
    ("login", {"supervisor": {"id": "", "password": "demo"}}, "data.supervisor.id: expected text of 1 to 128"),
    ("login", {"supervisor": {"id": "supervisor1", "password": 5}}, "data.supervisor.password: expected text"),
    ("login", {"supervisor": "supervisor1"}, "data.supervisor: expected an object, got text"),
    ("login", [], "data: expected an object"),
    ("list", {"after": ""}, "data.after: expected text of 1 to 128"),
    ("list", {"after": None}, "data.after: expected text"),
    ("watch", {"x": 1}, ""),
    ("setagentstate", None, "data.channel: is required"),
    ("setagentstate", {**STATE, "channel": {}}, "data.channel.id: is required"),
    ("setagentstate", {**STATE, "channel": {"id": "c 1"}}, "data.channel.id: expected an id"),
    ("setagentstate", {**STATE, "agentstate": "WORK"}, "data.agentstate: expected one of NOTREADY, READY"),
    ("setagentstate", {**STATE, "agentstate": "ready"}, "data.agentstate: expected one of NOTREADY, READY"),
    ("setagentstate", {**STATE, "agentstate": "READY\n"}, "data.agentstate: expected one of NOTREADY, READY"),
    ("setagentstate", {**STATE, "agentstate": True}, "data.agentstate: expected one of NOTREADY, READY"),
    ("setagentstate", {**STATE, "reason": {"code": "LUNCH"}}, "data: reason goes with NOTREADY alone"),
    ("setagentstate", {**STATE, "reason": {}}, "data.reason.code: is required"),
    ("setagentstate", {**STATE, "why": ""}, "data.why: expected text of 1 to 256 characters"),
    ("setagentstate", {**STATE, "why": "x" * 257}, "data.why: expected text of 1 to 256 characters"),
    ("setagentstate", {**STATE, "why": None}, "data.why: expected text of 1 to 256 characters"),
    ("logoutagent", {}, "data.why: is required"),
    ("logoutagent", {"why": ["x"]}, "data.why: expected text of 1 to 256 characters"),
    ("logoutagent", {"why": "x", "reason": {"code": ""}}, "data.reason.code: expected text of 1 to 128"),
]


@pytest.mark.parametrize(("command", "data", "message"), WRONG)
def test_wrong_input_names_its_field_and_changes_nothing(
    supervisor: Supervisor, working: AgentSession, command: str, data: object, message: str
) -> None:
    target = working.id if command in ORDERS else None
    answer = supervisor.ask(command, target, data)
    if message:
        assert code_of(answer) == "INVALID_REQUEST"
        assert answer["failure"]["message"].startswith(message)
    else:
        assert code_of(answer) == "success"
    assert "seq" not in answer
    assert working.settle() == []


@pytest.mark.parametrize("command", ORDERS)
def test_a_target_is_required_and_read_strictly(supervisor: Supervisor, command: str) -> None:
    for target in (None, "", "s 1", "a.b.c.d.e.f"):
        answer = supervisor.ask(command, target, ORDERS[command])
        assert code_of(answer) == "INVALID_REQUEST"
        assert answer["failure"]["message"].startswith("target: ")


def test_nothing_goes_before_login(other: Desktop, working: AgentSession) -> None:
    stranger = Supervisor(other)
    for command in ("logout", "list"):
        assert code_of(stranger.ask(command)) == "NOT_AUTHENTICATED"
    for command, data in ORDERS.items():
        for target in (working.id, "nobody"):
            assert code_of(stranger.ask(command, target, data)) == "NOT_AUTHENTICATED"
    for who in ("supervisor1", "nobody", "agent1"):
        login = {"supervisor": {"id": who, "password": "wrong" if who == "supervisor1" else PASSWORD}}
        assert code_of(stranger.ask("login", data=login)) == "AUTH_FAILED"
    assert code_of(other.prepare("supervisor1")) == "AUTH_FAILED"
    stranger.login()
    assert code_of(stranger.ask("login", data=login)) == "INVALID_STATE"
    assert working.settle() == []


def test_the_alias_rule_holds(supervisor: Supervisor, working: AgentSession) -> None:
    assert supervisor.ask("request.list")["command"] == "supervisor.request.list"
    data = {"channel": {"id": "c1"}, "agentstate": "READY", "why": WHY}
    assert code_of(supervisor.ask("request.setagentstate", working.id, data)) == "success"
    assert told(working.settle()) == pair("g1.c1")
