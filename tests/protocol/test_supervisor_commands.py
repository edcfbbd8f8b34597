"""What only commands of supervisors are sent with: specs/supervision.md, "Commands"."""

from typing import Any

import pytest

from protocol.commands import COMMANDS
from protocol.messages import BadRequest
from protocol.wire import read_request

WHY = "calls are waiting"
ORDER = {"channel": {"id": "c1"}, "agentstate": "NOTREADY", "why": WHY}


def read(command: str, data: dict[str, Any]) -> Any:
    """The data of a request that is taken, or the message of the refusal."""
    found = read_request({"command": command, "target": "s1", "data": data})
    return found.message if isinstance(found, BadRequest) else found.data


def test_a_reason_goes_with_not_ready_alone() -> None:
    reason = {"reason": {"code": "MEETING"}}
    assert read("supervisor.setagentstate", ORDER | reason).reason.code == "MEETING"
    assert read("supervisor.setagentstate", ORDER | {"agentstate": "READY"}).reason is None
    found = read("supervisor.setagentstate", ORDER | reason | {"agentstate": "READY"})
    assert found == "data: reason goes with NOTREADY alone; leave it out"


@pytest.mark.parametrize("state", ["WORK", "ready", "", "READY\n", None, True])
def test_only_ready_and_not_ready_can_be_ordered(state: Any) -> None:
    found = read("supervisor.setagentstate", ORDER | {"agentstate": state})
    assert found.startswith("data.agentstate: expected one of NOTREADY, READY")


@pytest.mark.parametrize(("why", "fits"), [("x", True), ("é" * 256, True), ("", False), ("x" * 257, False)])
@pytest.mark.parametrize("command", ["supervisor.setagentstate", "supervisor.logoutagent"])
def test_an_order_says_why_in_1_to_256_characters(command: str, why: str, fits: bool) -> None:
    found = read(command, {**(ORDER if command.endswith("state") else {}), "why": why})
    if fits:
        assert found.why == why
    else:
        assert found == "data.why: expected text of 1 to 256 characters"


def test_the_password_of_a_supervisor_is_not_shown() -> None:
    data = read("supervisor.login", {"supervisor": {"id": "grace", "password": "hush"}})
    assert data.supervisor.password == "hush"
    assert "hush" not in repr(data)


def test_supervision_is_about_sessions_of_others() -> None:
    rows = [row for name, row in COMMANDS.items() if name.startswith("supervisor.")]
    assert rows
    assert all(row.kind is None for row in rows)
