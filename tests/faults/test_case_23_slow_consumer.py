"""Case 23: a supervisor stops reading while everybody works. Cut at the byte bound, and may come back; nobody waits.

Source: specs/protocol.md, "Limits"; specs/supervision.md.
"""

import contextlib
import socket
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import attrs
import pytest

from tests.blackbox.client import AgentSession, Desktop, told
from tests.blackbox.configs import config
from tests.blackbox.conftest import Serve
from tests.blackbox.server import ServerProcess
from tests.blackbox.supervisor import Supervisor
from tests.faults.conftest import Break
from tests.faults.judge import DELAY_S, Judge
from tests.faults.mutants.launch import caught
from tests.faults.sizes import LONG, size, tell

AGENTS: Final = size(6, 100)
WINDOWS: Final = size(2, 7)
"""So many times all is calm, and then the slow one stops reading until it is cut."""
CALM_ROUNDS: Final = size(3, 8)
"""In the long form about as many commands as there are until the cut."""
OUTBOX_BYTES: Final = size(256 * 1024, 8 * 1024 * 1024)
BULK_BYTES: Final = size(40_000, 10_000)
BULK: Final = {"channel": {"endpoint": "nowhere", "type": "Telephony"}, "bulk": "x" * BULK_BYTES}
"""Refused, and given back: so much goes to the agent and to every supervisor."""
ROOM_BYTES: Final = 16 * 1024
"""What the system holds for the slow one at its own side: it doubles that."""
BUFFERS_BYTES: Final = int(Path("/proc/sys/net/ipv4/tcp_wmem").read_text(encoding="ascii").split()[2]) + 2 * ROOM_BYTES
"""… and what it holds at both sides, at most."""
KEPT: Final = 5_000
P99_RATIO: Final = 1.1
P99_SLACK_S: Final = 0.002

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


@attrs.define
class Times:
    """Seconds, of the agents who are watched and of one who is not, in one kind of window."""

    watched: list[list[float]] = attrs.field(factory=list)
    honest: list[list[float]] = attrs.field(factory=list)

    def begin(self, judge: Judge) -> None:
        self.watched.append([])
        judge.forget_times()

    def end(self, judge: Judge) -> None:
        self.honest.append(judge.times_s)

    def p99s_s(self) -> Iterator[float]:
        """The median over the windows, of each."""
        for windows in (self.watched, self.honest):
            yield statistics.median(statistics.quantiles(window, n=100)[98] for window in windows)

    def longest_s(self) -> float:
        return max(max(window) for window in (*self.watched, *self.honest))


def work(session: AgentSession, judge: Judge, times: Times | None = None) -> None:
    """An agent and the honest one get their own answers, at once and alone."""
    begun = time.monotonic()
    assert told(session.do("session.addchannel", data=BULK)) == ["session.addchannel: CHANNEL_UNAVAILABLE"]
    if times is not None:
        times.watched[-1].append(time.monotonic() - begun)
    judge.work()


def little_room(url: str) -> socket.socket:
    """A connected socket at which the system holds little."""
    parts = urlsplit(url)
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM_BYTES)
    sock.connect((str(parts.hostname), int(str(parts.port))))
    return sock


def slow_supervisor(server: ServerProcess) -> None:
    calm, slow = Times(), Times()
    with contextlib.ExitStack() as stack:
        floor, healthy = (stack.enter_context(Desktop(server.agent_url)) for _ in range(2))
        judge = stack.enter_context(Judge(server, kept=KEPT))
        sessions = [floor.session_of(f"agent{number}") for number in range(2, AGENTS + 2)]
        reading = Supervisor(healthy).login("supervisor2")
        for session in sessions:
            session.do("session.start")
            reading.watch(session)
        for window in range(WINDOWS):
            with Desktop(server.agent_url, frames_ahead=1, sock=little_room(server.agent_url)) as desktop:
                deaf = Supervisor(desktop).login("supervisor1")
                for session in sessions:
                    deaf.watch(session)
                calm.begin(judge)
                for session in sessions * CALM_ROUNDS:
                    work(session, judge, calm)
                    reading.see(session)
                    deaf.see(session)  # what a round says of many agents is more than it may leave unread
                calm.end(judge)
                read = desktop.bytes
                # From here on nobody reads at the slow one.
                slow.begin(judge)
                rounds = _until_cut(server, sessions, reading, judge, calm, slow)
                slow.end(judge)
                assert desktop.closed_with()[0] == 1006
                got = desktop.bytes - read
            assert got <= OUTBOX_BYTES + BUFFERS_BYTES
            tell(f"cut behind {rounds * AGENTS * BULK_BYTES:,} bytes at most, of which it got {got:,}")
            if window:
                judge.check_memory()
            else:
                judge.forget_memory()
        _compare(calm, slow)
        _comes_back(server, stack, sessions)
        # The other supervisor has seen everything, each message once and in order.
        for session in sessions:
            work(session, judge)
            assert reading.see(session).view.world() == session.view.world()


def _until_cut(
    server: ServerProcess, sessions: list[AgentSession], reading: Supervisor, judge: Judge, calm: Times, slow: Times
) -> int:
    """Returns after how many rounds, in each of which every agent says much."""
    before = _cut(server)
    rounds = 0
    while _cut(server) == before:
        # The last round is the one that is too much.
        assert (rounds - 1) * AGENTS * BULK_BYTES <= OUTBOX_BYTES + BUFFERS_BYTES, "who does not read was never cut"
        for session in sessions:
            work(session, judge, slow)
            reading.see(session)  # as in calm, so that all is told before the next one
            waited_s = slow.watched[-1][-1]
            assert waited_s <= calm.longest_s() + DELAY_S, f"an agent waited {waited_s:.2f} s for a supervisor"
        rounds += 1
    return rounds


def _cut(server: ServerProcess) -> float:
    return server.metric("ixp_connections_closed_total", why="slow consumer")


def _compare(calm: Times, slow: Times) -> None:
    """In CI the delays alone are looked at: there are too few commands for a percentile."""
    if LONG:
        for who, calm_s, slow_s in zip(("watched", "honest"), calm.p99s_s(), slow.p99s_s(), strict=True):
            tell(f"{who}: p99 {slow_s * 1e3:.2f} ms, in calm {calm_s * 1e3:.2f} ms")
            assert slow_s <= max(calm_s * P99_RATIO, calm_s + P99_SLACK_S), who


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


def test_a_server_that_waits_for_its_watchers_is_caught(break_server: Break) -> None:
    server = break_server("waits_for_watchers", SETTINGS)
    with pytest.raises(AssertionError, match="for a supervisor"):
        slow_supervisor(server)
