"""Case 23: a supervisor stops reading while everybody works. Cut at the byte bound, and may come back; nobody waits.

Source: specs/protocol.md, "Limits"; specs/supervision.md.
"""

import contextlib
import statistics
from typing import Final

from tests.blackbox.client import AgentSession, Desktop, told
from tests.blackbox.configs import config
from tests.blackbox.conftest import Serve
from tests.blackbox.server import ServerProcess
from tests.blackbox.supervisor import Supervisor
from tests.faults.conftest import Break
from tests.faults.judge import Judge
from tests.faults.mutants.launch import caught
from tests.faults.sizes import LONG, size, tell

AGENTS: Final = size(6, 100)
OUTBOX_BYTES: Final = 256 * 1024
BULK: Final = {"channel": {"endpoint": "nowhere", "type": "Telephony"}, "bulk": "x" * 40_000}
"""Refused, and given back: so much goes to the agent and to every supervisor."""
KERNEL_BYTES: Final = 16 * 1024 * 1024
"""More than the sockets of both sides hold by themselves."""
CALM_ROUNDS: Final = size(3, 30)
P99_RATIO: Final = 1.1
P99_SLACK_S: Final = 0.005

SUPERVISORS: Final = """
[[supervisors]]
id = "supervisor1"
password = "demo"

[[supervisors]]
id = "supervisor2"
password = "demo"
"""
SETTINGS: Final = config(
    # The bound in bytes alone shall cut: a frame has all the time that it wants.
    f"[limits]\noutbox_bytes = {OUTBOX_BYTES}\nsend_s = 600.0\nping_every_s = 600.0\n{SUPERVISORS}",
    agents=AGENTS + 1,
)


def work(sessions: list[AgentSession], judge: Judge) -> None:
    """A round: everybody gets their own answer, at once and alone."""
    for session in sessions:
        assert told(session.do("session.addchannel", data=BULK)) == ["session.addchannel: CHANNEL_UNAVAILABLE"]
        judge.work()


def slow_supervisor(server: ServerProcess) -> None:
    with contextlib.ExitStack() as stack:
        floor, healthy, slow = (
            stack.enter_context(Desktop(server.agent_url, frames_ahead=ahead)) for ahead in (None, None, 1)
        )
        judge = stack.enter_context(Judge(server))
        sessions = [floor.session_of(f"agent{number}") for number in range(2, AGENTS + 2)]
        reading = Supervisor(healthy).login("supervisor2")
        deaf = Supervisor(slow).login("supervisor1")
        for session in sessions:
            session.do("session.start")
            for supervisor in (reading, deaf):
                supervisor.watch(session)
        judge.times_s.clear()
        for _ in range(CALM_ROUNDS):
            for session in sessions:
                work([session], judge)
                deaf.see(session)  # what a round says of many agents is more than it may leave unread
        calm_p99_s = judge.p99_s()
        # From here on nobody reads at the slow one.
        judge.times_s.clear()
        judge.forget_memory()
        most = (KERNEL_BYTES + OUTBOX_BYTES) // len(BULK["bulk"]) // AGENTS + 1
        rounds = 0
        while not server.metric("ixp_connections_closed_total", why="slow consumer"):
            assert rounds < most, "the supervisor who does not read was never cut"
            work(sessions, judge)
            rounds += 1
        judge.check_memory()
        if LONG:
            p99_s, median_s = judge.p99_s(), statistics.median(judge.times_s)
            # The machine may have got busier by something else: so the calm behind it counts as that before.
            judge.times_s.clear()
            for _ in range(CALM_ROUNDS):
                work(sessions, judge)
            calm_p99_s = max(calm_p99_s, judge.p99_s())
            tell(f"median {median_s * 1e3:.2f} ms, p99 {p99_s * 1e3:.2f} ms, in calm {calm_p99_s * 1e3:.2f} ms")
            assert p99_s <= max(calm_p99_s * P99_RATIO, calm_p99_s + P99_SLACK_S)
        assert slow.closed_with()[0] == 1006
        _comes_back(server, stack, sessions)
        # The other supervisor has seen everything, each message once and in order.
        work(sessions, judge)
        for session in sessions:
            assert reading.see(session).view.world() == session.view.world()


def _comes_back(server: ServerProcess, stack: contextlib.ExitStack, sessions: list[AgentSession]) -> None:
    """Logs in and watches anew: the picture is that of now, and what follows comes."""
    again = Supervisor(stack.enter_context(Desktop(server.agent_url))).login("supervisor1")
    for session in sessions:
        assert again.watch(session).view.world() == session.view.world()
    session = sessions[0]
    session.do("session.request.getdirectory")
    assert again.see(session).messages[-1]["seq"] == session.view.seq


def test_a_supervisor_who_stops_reading_is_cut_and_comes_back(serve: Serve) -> None:
    slow_supervisor(serve(SETTINGS))


def test_a_server_that_keeps_everything_is_caught(break_server: Break) -> None:
    server = break_server("boundless_outbox", SETTINGS)
    with caught():
        slow_supervisor(server)


def test_a_server_that_forgets_the_others_is_caught(break_server: Break) -> None:
    server = break_server("deaf_to_all", SETTINGS)
    with caught():
        slow_supervisor(server)
