"""Case 24: floods, and crowds that say nothing or say it slowly. The limits answer with a code, and an honest agent
goes on working.

Source: specs/protocol.md, "Limits".
"""

import contextlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from websockets.frames import Opcode

from tests.blackbox.client import Desktop, code_of
from tests.blackbox.configs import config
from tests.blackbox.conftest import Serve
from tests.blackbox.raw import RawPeer, answer_to, frame, refused_handshake
from tests.blackbox.server import ServerProcess, wait_until
from tests.faults.conftest import Break
from tests.faults.crowd import Crowd
from tests.faults.flood import Flood
from tests.faults.judge import KEEPS_ALL, MEBIBYTE, Judge
from tests.faults.mutants.launch import caught
from tests.faults.sizes import LONG, size, tell

FLOOD_S: Final = size(1.5, 30.0)
COMMANDS_PER_S: Final = 10_000
SOCKETS: Final = 4
PINGS_PER_S: Final = 200_000
OFFERED: Final = 0.95
"""So much of what is to be offered is, at least: beside the server on two cores one thread can send so much. What the
server has not taken yet waits in the system's buffers."""
AT_A_TIME: Final = 100
PINGS_S: Final = 5.0
HALF_OPEN: Final = size(300, 5000)
SILENT: Final = size(200, 10_000)
AT_ONCE: Final = 500
"""So many come in one go, where none is to be given up for too many half-open handshakes."""
CROWDS: Final = size(1, 2)
"""Python's pages of a large crowd are not given back: it is the second, as large, that must not add to them."""
HONEST_P99_S: Final = 0.25
PATIENCE_S: Final = size(8.0, 60.0)
HEAD_S: Final = 5.0
"""How long the HTTP server waits for a request head."""

REQUEST: Final = {"command": "session.start", "target": "nobody", "requestid": "flood"}
FLOOD_FRAME: Final = frame(Opcode.TEXT, json.dumps(REQUEST).encode())
LAST_FRAME: Final = frame(Opcode.TEXT, json.dumps({**REQUEST, "requestid": "last"}).encode())
LAST_ANSWER: Final = b'"requestid":"last"'
NOT_BOUND: Final = b'"code":"NOT_BOUND"'
OVERLOADED: Final = b'"code":"OVERLOADED"'
SOME_PINGS: Final = frame(Opcode.PING, b"") * AT_ONCE
HANDSHAKE: Final = (
    b"GET /agent HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
)

CROWDED: Final = config(
    f"{KEEPS_ALL}[limits]\nhandshake_s = {size(1.0, 5.0)}\nhandshakes_per_address = {HALF_OPEN // 2}\n"
    f"new_connections_per_s = 20000.0\nconnections_per_address = {2 * SILENT + HALF_OPEN}\n"
    f"connections = {2 * SILENT + HALF_OPEN}\n"
)
LIMITED: Final = f"{KEEPS_ALL}[limits]\nrequests_per_s = 2000.0\nping_every_s = 300.0\n"
FLOODED: Final = config(LIMITED)
"""Who floods answers no pings, and is not to be cut for that."""
CUT_SOON: Final = config(f"{LIMITED}outbox_bytes = 262144\n")


def check_p99(judge: Judge) -> None:
    """In the long form alone: in CI the machine has much else to do, and being answered at all is what counts."""
    if LONG:
        tell(f"{len(judge.times_s):,} honest commands, p99 {judge.p99_s() * 1e3:.1f} ms")
        assert judge.p99_s() < HONEST_P99_S


# Too much


def commands(server: ServerProcess) -> None:
    """10,000 a second from several sockets, all answered, some of them by OVERLOADED; the senders read."""
    with contextlib.ExitStack() as stack:
        judge = stack.enter_context(Judge(server, waits=True))
        stack.enter_context(judge.working())
        peers = [stack.enter_context(RawPeer(server.agent_url)).upgrade() for _ in range(SOCKETS)]
        flood = Flood(peers, words=(NOT_BOUND, OVERLOADED), last=(LAST_FRAME, LAST_ANSWER))
        per_s = flood.run(FLOOD_FRAME * AT_A_TIME, AT_A_TIME, per_s=COMMANDS_PER_S, for_s=FLOOD_S)
        assert flood.counted.total() == flood.sent + SOCKETS
        assert all(flood.counted.values()), flood.counted
    answered_per_s = flood.sent / flood.took_s
    tell(f"{flood.sent:,} commands, {per_s:,.0f} a second, answered {answered_per_s:,.0f} a second")
    tell(f"{flood.counted[OVERLOADED]:,} of them OVERLOADED")
    if LONG:
        assert per_s >= OFFERED * COMMANDS_PER_S
    check_p99(judge)


def commands_and_no_reading(server: ServerProcess) -> None:
    """Cut, as whoever does not read is, and back at once."""
    with Judge(server, waits=True) as judge, judge.working():
        over = time.monotonic() + FLOOD_S
        while time.monotonic() < over:
            with RawPeer(server.agent_url, holds_bytes=4096) as peer:
                peer.upgrade()
                send_until_cut(peer, FLOOD_FRAME * AT_A_TIME, PATIENCE_S)
    check_p99(judge)


def send_until_cut(peer: RawPeer, some: bytes, within_s: float) -> int:
    """Returns how many times it was sent."""
    until = time.monotonic() + within_s
    times = 0
    with pytest.raises(ConnectionError):
        while time.monotonic() < until:
            peer.send(some)
            times += 1
    return times


def pings(server: ServerProcess) -> None:
    """As fast as they go, with a message in between so that no budget runs out: closed, with 1008, and back at once."""
    sent = peers = 0
    with Judge(server, waits=True) as judge, judge.working():
        begun = time.monotonic()
        while time.monotonic() < begun + FLOOD_S:
            with RawPeer(server.agent_url) as peer:
                peer.upgrade()
                sent += AT_ONCE * send_until_cut(peer, SOME_PINGS + FLOOD_FRAME, PINGS_S)
                peers += 1
        per_s = sent / (time.monotonic() - begun)
    tell(f"{sent:,} pings of {peers:,} peers, {per_s:,.0f} a second")
    if LONG:
        assert per_s >= OFFERED * PINGS_PER_S
    with RawPeer(server.agent_url) as peer:  # who stops in time is told why
        peer.upgrade()
        peer.send(SOME_PINGS)
        assert peer.wait_end() == 1008
    check_p99(judge)


NO_READING: Final = "commands and no reading"
FLOODS: Final[dict[str, Callable[[ServerProcess], None]]] = {
    "commands": commands,
    NO_READING: commands_and_no_reading,
    "pings": pings,
}


@pytest.mark.parametrize("what", FLOODS)
def test_a_flood(serve: Serve, what: str) -> None:
    FLOODS[what](serve(CUT_SOON if what == NO_READING else FLOODED))


def test_an_address_that_connects_too_often(serve: Serve) -> None:
    """Answered by HTTP, with the time after which to come back; and the agents who are there go on."""
    server = serve(config("[limits]\nnew_connections_per_s = 5.0\ncome_back_s = 1.0\n"))
    with Judge(server) as judge, judge.working():
        with Crowd(server.agent_url, 20, HANDSHAKE) as crowd:
            crowd.say()
            crowd.until(lambda: all(member.came for member in crowd.members), PATIENCE_S)
            answers = Counter(bytes(member.came[:12]) for member in crowd.members)
            assert set(answers) == {b"HTTP/1.1 101", b"HTTP/1.1 429"}, answers
            assert b"\r\nRetry-After: 1\r\n" in crowd.members[-1].came
        time.sleep(1.2)  # the wait that the answer asks for


@pytest.mark.parametrize(
    ("limit", "status"), [("connections", b"503"), ("connections_per_address", b"429")], ids=["in all", "of an address"]
)
def test_too_many_connections_are_told_so(serve: Serve, limit: str, status: bytes) -> None:
    server = serve(config(f"[limits]\n{limit} = 2\n"))
    with Judge(server) as judge, judge.working():
        with Desktop(server.agent_url):
            answer = refused_handshake(server.agent_url, HANDSHAKE)
            assert answer.startswith(b"HTTP/1.1 " + status)
            assert b"again in 2 s" in answer
        wait_until(lambda: server.metric("ixp_connections") == 1, "the place is free for the judge's own resumption")


def test_one_person_at_too_many_connections(serve: Serve) -> None:
    server = serve(config("[limits]\nconnections_per_identity = 2\n"))
    with Desktop(server.agent_url) as first, Desktop(server.agent_url) as second, Desktop(server.agent_url) as third:
        session = first.session_of("agent1")
        assert code_of(second.prepare("agent1")) == "confirm"
        refused = third.prepare("agent1", override=True)
        assert code_of(refused) == "OVERLOADED"
        assert "2 connections" in refused["failure"]["message"]
        assert code_of(third.ask("bindSession", session.id, {"resume": session.cursor(0)})) == "OVERLOADED"
        assert code_of(third.prepare("agent2")) == "success"
        second.close()
        wait_until(lambda: code_of(third.prepare("agent1")) == "confirm", "a place at a connection again")
        assert session.do("session.start")


LARGE_BODY: Final = b"x" * 20 * MEBIBYTE
POST: Final = b"POST /healthz HTTP/1.1\r\nHost: x\r\n"
LARGE_HEAD: Final = "a large head"
HTTP: Final = {
    "20 MB": (
        POST + b"Content-Length: %d\r\n\r\n" % len(LARGE_BODY) + LARGE_BODY,
        b"413",
    ),
    "20 MB in chunks": (
        POST
        + b"Transfer-Encoding: chunked\r\n\r\n"
        + (b"%x\r\n" % MEBIBYTE + b"x" * MEBIBYTE + b"\r\n") * 20
        + b"0\r\n\r\n",
        b"413",
    ),
    "20 MB declared": (POST + b"Content-Length: 20971520\r\n\r\n" + b"x" * 1000, b"413"),
    "length with chunks": (
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"400",
    ),
    LARGE_HEAD: (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * MEBIBYTE, b"431"),
    "two lengths": (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", b"400"),
    "no http": (b"hello\r\n\r\n", b"400"),
}
"""What is sent, and the status of the answer."""


def http_too_much(server: ServerProcess, what: str, agent: str = "agent1") -> None:
    says, status = HTTP[what]
    with Judge(server, agent) as judge, judge.working():
        answer = answer_to(server.http_url, says)
        # A head is cut off where it is too large, and what is on its way then may take the answer with it.
        assert answer.startswith(b"HTTP/1.1 " + status) or (what == LARGE_HEAD and not answer), answer[:100]


@pytest.mark.parametrize("what", HTTP)
def test_http_that_is_too_much(demo: ServerProcess, what: str) -> None:
    http_too_much(demo, what, "agent49")


# Too slow, or nothing at all


def crowds(server: ServerProcess, judge: Judge) -> Iterator[int]:
    """One after the other. When one is gone, all its sockets are closed."""
    before = server.descriptors()
    for number in range(CROWDS):
        yield number
        wait_until(lambda: server.descriptors() <= before + 5, "all sockets are closed")
        if number < CROWDS - 1:
            judge.forget_memory()


def half_open(server: ServerProcess, says: bytes = b"GET /agent HTTP/1.1\r\nHost: ") -> None:
    """All are closed when their time is over, the oldest earlier, and agents come in meanwhile."""
    with Judge(server, waits=True) as judge, judge.working():
        for _ in crowds(server, judge):
            with Crowd(server.agent_url, HALF_OPEN, says) as crowd:
                crowd.say()
                begun = time.monotonic()
                # It stands behind them all in the system's queue.
                with Desktop(server.agent_url, open_timeout=PATIENCE_S) as desktop:
                    desktop.answers_still()
                    tell(f"let in behind {HALF_OPEN:,} half-open connections after {time.monotonic() - begun:.1f} s")
                crowd.until(lambda: crowd.left <= HALF_OPEN // 2, PATIENCE_S)
                crowd.until(lambda: crowd.left == 0, PATIENCE_S)
    check_p99(judge)


def slow_handshake(server: ServerProcess) -> None:
    """A byte now and then: the time counts, not the silence."""
    with Judge(server) as judge, judge.working(), Crowd(server.agent_url, 20, HANDSHAKE) as crowd:
        crowd.until(lambda: crowd.left == 0, PATIENCE_S, trickle=1)
        assert not any(member.came for member in crowd.members)


def come(crowd: Crowd, count: int) -> None:
    """So many more, and all are let in."""
    new = [crowd.join(HANDSHAKE) for _ in range(count)]
    crowd.say()
    crowd.until(lambda: all(member.came for member in new), PATIENCE_S)


def silent(server: ServerProcess) -> None:
    """Connections that say nothing: they cost little, nobody notices, and without a pong they are cut."""
    memory = server.memory_bytes()
    with Judge(server, waits=True) as judge, judge.working():
        for number in crowds(server, judge):
            with Crowd(server.agent_url, 0) as crowd:
                while len(crowd.members) < SILENT:
                    come(crowd, min(AT_ONCE, SILENT - len(crowd.members)))
                if not number:
                    each_kib = (server.memory_bytes() - memory) / SILENT / 1024
                    tell(f"{SILENT:,} silent connections: {each_kib:.1f} KiB each")
                judge.is_answered_still()
                crowd.until(lambda: crowd.left == 0, PATIENCE_S)
    check_p99(judge)


SILENCE: Final = config(
    f"{KEEPS_ALL}[limits]\nping_every_s = {size(1.0, 15.0)}\npong_within_s = {size(1.0, 10.0)}\n"
    f"new_connections_per_s = 20000.0\n"
    f"connections = {SILENT + 100}\nconnections_per_address = {SILENT + 100}\n"
)


def test_half_open_connections(serve: Serve) -> None:
    half_open(serve(CROWDED))


def test_connections_that_send_nothing_at_all(serve: Serve) -> None:
    half_open(serve(CROWDED), b"")


def test_a_handshake_of_one_byte_now_and_then(serve: Serve) -> None:
    slow_handshake(serve(CROWDED))


def test_connections_that_say_nothing(serve: Serve) -> None:
    silent(serve(SILENCE))


def slow_http(server: ServerProcess, agent: str) -> None:
    """Heads and bodies of one byte now and then."""
    head = b"GET /healthz HTTP/1.1\r\nHost: here\r\nX-Slow: " + b"x" * 1000
    with Judge(server, agent) as judge, judge.working(), Crowd(server.http_url, 20, head) as heads:
        for member in heads.members[10:]:
            member.rest = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000
        for member in heads.members[10:]:  # the head at once, the body slowly
            member.rest = member.rest[member.socket.send(member.rest[:55]) :]
        took_s = heads.until(lambda: all(each.over for each in heads.members[:10]), HEAD_S + 5, trickle=1)
        assert took_s < HEAD_S + 5
        heads.until(lambda: heads.left == 0, 20.0, trickle=1)
        assert all(each.came.startswith(b"HTTP/1.1 408 ") for each in heads.members[10:])


def test_http_heads_and_bodies_of_one_byte_now_and_then(demo: ServerProcess) -> None:
    slow_http(demo, "agent48")


def test_a_client_that_reads_one_byte_now_and_then(serve: Serve) -> None:
    """Cut for what it does not take, and its session resumes."""
    server = serve(config("[limits]\nsend_s = 1.0\noutbox_bytes = 262144\n"))
    bulk = {"command": "session.start", "target": "nobody", "x": "x" * 60_000}
    with Judge(server) as judge, judge.working(), RawPeer(server.agent_url) as peer:
        session, token = peer.upgrade().session_of("agent2")
        until = time.monotonic() + PATIENCE_S
        with pytest.raises(ConnectionError):
            while time.monotonic() < until:
                peer.send(frame(Opcode.TEXT, json.dumps(bulk).encode()))
                peer.read_bytes(1)
    with Desktop(server.agent_url) as desktop:
        resume: dict[str, Any] = {"resume": {"token": token, "epoch": 1, "seq": 0}}
        assert desktop.ask("bindSession", session, resume)["data"]["outcome"] == "RESUMED"


def test_a_client_that_sends_one_byte_now_and_then(serve: Serve) -> None:
    """Does no harm, and its message counts when it is whole. Amid a frame it can answer no ping."""
    server = serve(config(f"{KEEPS_ALL}[limits]\nping_every_s = 600.0\n"))
    with Judge(server) as judge, judge.working(), RawPeer(server.agent_url) as peer:
        peer.upgrade()
        for byte in FLOOD_FRAME:
            peer.send(bytes([byte]))
            time.sleep(size(0.005, 1.0))
        assert peer.answer("flood")["failure"]["code"] == "NOT_BOUND"


def test_a_client_that_pings_and_never_reads(serve: Serve) -> None:
    """Its pongs find no room: it is cut for taking nothing, not only when its own pong is missed."""
    server = serve(config("[limits]\nsend_s = 0.5\npings_per_s = 1e9\n"))
    with Judge(server) as judge, judge.working(), RawPeer(server.agent_url) as peer:
        peer.upgrade()
        send_until_cut(peer, frame(Opcode.PING, b"x" * 125) * 200 + FLOOD_FRAME, 2 * PATIENCE_S)


def test_file_descriptors_that_run_out(serve: Serve) -> None:
    """The server keeps some for itself: agents too many are told so, and operators still get in."""
    server = serve(config(), program="tests.faults.few_descriptors")
    (warning,) = server.log_events("few_file_descriptors")
    with Judge(server) as judge, judge.working():
        with Crowd(server.agent_url, 2 * warning["connections"], HANDSHAKE) as crowd:
            crowd.say()
            crowd.until(lambda: crowd.left < len(crowd.members) // 2 + 20, PATIENCE_S)
            assert server.get("/healthz").status_code == 200
            assert any(member.came.startswith(b"HTTP/1.1 503 ") for member in crowd.members)
            assert sum(member.came.startswith(b"HTTP/1.1 101 ") for member in crowd.members) > 10
        wait_until(lambda: server.metric("ixp_connections") < 5, "the crowd is gone")


# Mutants


@pytest.mark.parametrize("what", ["20 MB", "20 MB in chunks", "length with chunks"])
def test_a_server_without_a_guard_of_bodies_is_caught(break_server: Break, what: str) -> None:
    server = break_server("no_http_guard", config())
    with caught():
        http_too_much(server, what)


def test_nor_does_it_see_a_slow_body(break_server: Break) -> None:
    server = break_server("no_http_guard", config())
    with caught():
        slow_http(server, "agent1")


@pytest.mark.parametrize("what", ["commands", "pings"])
def test_a_server_without_rates_is_caught(break_server: Break, what: str) -> None:
    server = break_server("no_limits", FLOODED)
    with caught():
        FLOODS[what](server)


@pytest.mark.parametrize(("case", "text"), [(half_open, CROWDED), (slow_handshake, CROWDED), (silent, SILENCE)])
def test_a_server_with_endless_patience_is_caught(
    break_server: Break, case: Callable[[ServerProcess], None], text: str
) -> None:
    server = break_server("no_limits", text)
    with caught():
        case(server)
