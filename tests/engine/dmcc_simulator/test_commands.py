"""What can be typed to the simulator, and how wrong lines are answered; the command itself, in a process of its own."""

import json
import select
import signal
import socket
import subprocess
import sys

import pytest

from engine.dmcc_simulator.commands import HELP, Commands
from engine.dmcc_simulator.server import DmccSimulator
from engine.dmcc_simulator.settings import demo


def test_the_commands_do_what_they_say() -> None:
    simulator = DmccSimulator(demo(4))
    do = Commands(simulator).do
    assert do("call +15550100 4001 'order 7'") == "call 1"
    assert simulator.exchange.calls["1"].user_data == "order 7"
    assert do("answer 4001") == "done"
    assert do("calls") == "1: +15550100 connected, 4001 connected"
    assert do("hangup 1") == "done"
    assert do("calls") == ""
    assert do("dial 4001 4002") == "call 2"
    assert do("release 4001") == "done"
    simulator.logins.log_on("4001", "agent1", "1234")
    assert do("state 4001 ready") == "done"
    assert do("state 4001 notReady 2") == "done"
    assert do("fault HoldCall silent 2") == "done"
    assert simulator.faults.strike("HoldCall") is not None
    for command in ("cut", "end-sessions"):
        assert do(command) == "done"
    assert do("help") == HELP
    assert do("  # nothing") == ""


@pytest.mark.parametrize(
    "line",
    [
        "dance",
        "call",
        "call +1 4001 x y z",
        "call 'unclosed",
        "call +15550100 9999",
        "hangup 77",
        "answer 4001",
        "release 4001",
        "dial 9999 4001",
        "state 4001 ready",
        "fault HoldCall madness",
        "fault HoldCall silent many",
        "\0",
        "'",
    ],
)
def test_a_wrong_line_is_answered_with_what_is_wrong(line: str) -> None:
    simulator = DmccSimulator(demo(4))
    assert Commands(simulator).do(line).startswith("error: ")
    assert simulator.exchange.calls == {}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("fault HoldCall wrong 1", "take one of refused, silent, unanswered, late,"),
        ("fault NoSuch silent 1", "no request is named NoSuch; take one of AlternateCall, AnswerCall,"),
        ("fault HoldCall silent 0", "take one from 1 to"),
        ("answer 4001", "no call rings at 4001; make one: call +15550100 4001"),
        ("answer 9999", "there is no phone 9999; take one from 4001 to 4004"),
        ("release 4001", "calls lists those"),
        ("hangup 77", "calls lists those"),
        ("lose-monitor 9999", "there is no phone 9999; take one from 4001 to 4004"),
        ("lose-monitor 4001", "nobody looks at 4001; have an agent start a session"),
    ],
)
def test_what_cannot_be_done_is_answered_with_what_to_do(line: str, says: str) -> None:
    simulator = DmccSimulator(demo(4))
    answer = Commands(simulator).do(line)
    assert answer.startswith("error: ")
    assert says in answer
    assert simulator.faults.strike("HoldCall") is None


def test_a_monitor_that_is_there_is_lost() -> None:
    simulator = DmccSimulator(demo(4))
    session = simulator.sessions.start("ixp", "demo", "ed3", 60, 60, None, lambda _: None)
    simulator.sessions.monitor(session, "4001")
    assert Commands(simulator).do("lose-monitor 4001") == "done"
    assert session.monitors == {}


def test_the_command_says_when_it_is_ready_obeys_and_stops() -> None:
    command = (sys.executable, "-m", "engine", "dmcc-simulator", "--port", "0", "--agents", "3")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        word, _, told = process.stdout.readline().partition(" ")
        ready = json.loads(told)
        assert (word, ready["switch"], ready["phones"]) == ("ready", "CM1", 3)
        assert ready["dmcc"].startswith("127.0.0.1:")
        process.stdin.write("call +15550100 4003\ncalls\n")
        process.stdin.flush()
        assert process.stdout.readline() == "call 1\n"
        assert process.stdout.readline() == "1: +15550100 connected, 4003 alerting\n"
        assert select.select([process.stdout], [], [], 0)[0] == []
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_a_port_that_is_taken_is_told_as_such() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            (sys.executable, "-m", "engine", "dmcc-simulator", "--port", port),
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.startswith(f"ixp: 127.0.0.1:{port} cannot be listened on")
