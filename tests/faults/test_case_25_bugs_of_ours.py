"""Case 25: bugs of our own, and adapters that fail. One session at most is hit, no other socket closes, and no frame
is ever cut and followed by another.

Source: specs/protocol.md, "Limits"; specs/adapter-interface.md.
"""

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Final

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.frames import Opcode

from tests.blackbox.client import AgentSession, Desktop, code_of, told
from tests.blackbox.configs import config
from tests.blackbox.conftest import Serve
from tests.blackbox.raw import RawPeer, frame
from tests.blackbox.server import ServerProcess, wait_until
from tests.faults.conftest import Break
from tests.faults.judge import KEEPS_ALL, PHONE, Judge
from tests.faults.mutants.launch import caught
from tests.faults.planted import CORE, HANDLER, NONSENSE, REPORT, RUN, WRITER
from tests.faults.sizes import size, tell

ROUNDS: Final = size(3, 200)
DIRECTORY: Final = "session.request.getdirectory"
KEY: Final = "a-key-of-very-many-letters"
EXTENSION: Final = "4002"
"""The victim's phone."""
BULK_BYTES: Final = (50_000, 9_973, 33_331)
ROOM_BYTES: Final = (None, 4_096, 100_003, 1_000_003)
"""What the system holds for a peer; None: as it decides."""
POINTS: Final = size(6, 100)
MESSAGES: Final = 300

FAULTS: Final = f"""
{KEEPS_ALL}
[[operators]]
id = "ops"
key = "{KEY}"

[platform]
call_timeout_s = 0.5
restart_first_s = 0.1
restart_most_s = 0.1

[[simulator.faults]]
call = "ListNotReadyReasons"
agent = "agent2"
kind = "crash"
times = 1000

[[simulator.faults]]
call = "ListLogoutReasons"
agent = "agent2"
kind = "hang"
times = 1000
"""
EXPECTED: Final = ("connection_defect", "session_defect", "adapter_call_failed")


@contextlib.contextmanager
def bystanders(server: ServerProcess) -> Iterator[list[AgentSession]]:
    """Others, each at a connection of their own, who must not notice anything."""
    with contextlib.ExitStack() as stack:
        sessions = [stack.enter_context(Desktop(server.agent_url)).session_of(f"agent{number}") for number in (3, 4, 5)]
        for session in sessions:
            session.do("session.start")
        yield sessions
        for session in sessions:
            assert told(session.do(DIRECTORY)) == [f"{DIRECTORY}: success"]


def victim(server: ServerProcess, stack: contextlib.ExitStack) -> AgentSession:
    session = stack.enter_context(Desktop(server.agent_url)).session_of("agent2")
    session.do("session.start")
    return session


def lives_on(server: ServerProcess, session: AgentSession) -> None:
    """Its connection is lost; the session is not, and has lost nothing."""
    with Desktop(server.agent_url) as again:
        session.resume(again)
        assert told(session.do(DIRECTORY))[-1] == f"{DIRECTORY}: success"


def in_the_handler(server: ServerProcess, session: AgentSession) -> None:
    """The connection is closed with 1011."""
    session.send(DIRECTORY, x=HANDLER)
    assert session.desktop.closed_with()[0] == 1011
    lives_on(server, session)


def in_the_core(server: ServerProcess, session: AgentSession) -> None:
    """The session ends, and says so; its connection goes on."""
    session.send(DIRECTORY, x=CORE)
    disposed = session.wait_news("session.disposed")[-1]
    assert disposed["data"]["cause"] == "INTERNAL_ERROR"
    session.desktop.answers_still()
    assert code_of(session.desktop.prepare("agent2")) == "success"


def in_the_writer(server: ServerProcess, session: AgentSession) -> None:
    """The connection is cut: what was being written is not to be known."""
    session.send("session.fly", x=WRITER)
    with pytest.raises(ConnectionClosed):
        while True:
            session.desktop.read()
    # The message is in the journal, and cannot be sent by this server; so the client binds behind it.
    with Desktop(server.agent_url) as again:
        session.desktop = again
        again.sessions[session.id] = session
        bound = again.ask("bindSession", session.id, {"resume": {**session.cursor(), "seq": session.view.seq + 1}})
        assert bound["data"]["outcome"] == "RESUMED"


def adapter_crashes(server: ServerProcess, session: AgentSession) -> None:
    assert told(session.do("session.request.externalnotreadyreasons")) == [
        "session.request.externalnotreadyreasons: PLATFORM_ERROR"
    ]


def adapter_hangs(server: ServerProcess, session: AgentSession) -> None:
    assert told(session.do("session.request.externallogoutreasons")) == [
        "session.request.externallogoutreasons: TIMEOUT"
    ]
    assert told(session.do(DIRECTORY)) == [f"{DIRECTORY}: success"]


def with_phone(session: AgentSession) -> AgentSession:
    """Ready at a phone, that of a session before if there is one."""
    if session.target(PHONE) not in session.view.objects:
        session.do("session.addchannel", data={"channel": {"endpoint": EXTENSION, "type": "Telephony"}})
        session.do("channel.activate", PHONE)
    assert told(session.do("channel.ready", PHONE))[0] == "channel.ready: success"
    return session


def at_a_report(server: ServerProcess, session: AgentSession) -> None:
    """As in the core, where it is the platform that brings it out."""
    with_phone(session)
    operator = {"Authorization": f"Bearer {KEY}"}
    calling = {"to": EXTENSION, "from": "+15550100", "data": {"note": REPORT}}
    call = server.post("/simulator/calls", calling, **operator)["call"]
    disposed = session.wait_news("session.disposed")[-1]
    assert disposed["data"]["cause"] == "INTERNAL_ERROR"
    server.post(f"/simulator/calls/{call}/hangup", {}, **operator)
    session.desktop.answers_still()
    assert code_of(session.desktop.prepare("agent2")) == "success"


def adapter_reports_nonsense(server: ServerProcess, session: AgentSession) -> None:
    """In the middle of a call to it, which fails; the session goes on."""
    with_phone(session)
    assert told(session.do("channel.dial", PHONE, {"destination": NONSENSE})) == ["channel.dial: PLATFORM_ERROR"]
    assert told(session.do("channel.notready", PHONE))[0] == "channel.notready: success"


BUGS: Final[dict[str, Callable[[ServerProcess, AgentSession], None]]] = {
    each.__name__: each
    for each in (
        in_the_handler,
        in_the_core,
        in_the_writer,
        at_a_report,
        adapter_crashes,
        adapter_hangs,
        adapter_reports_nonsense,
    )
}


def bugs(server: ServerProcess, names: tuple[str, ...] = tuple(BUGS), rounds: int = ROUNDS) -> None:
    with Judge(server) as judge, bystanders(server), judge.working():
        for _ in range(rounds):
            for name in names:
                with contextlib.ExitStack() as stack:
                    BUGS[name](server, victim(server, stack))


def adapter_falls(server: ServerProcess) -> None:
    """By an exception in its own task: the platform is away for a moment. All keep their connections and sessions, and
    go on when it is back."""
    with Judge(server) as judge, bystanders(server) as others:
        for _ in range(ROUNDS):
            with contextlib.ExitStack() as stack:
                session = with_phone(victim(server, stack))
                fallen = session.do("channel.dial", PHONE, {"destination": RUN})
                assert told(fallen)[0] == "channel.dial: PLATFORM_UNAVAILABLE"
                for each in (session, judge.session, *others):
                    each.desktop.answers_still()
                wait_until(lambda: server.get("/readyz").status_code == 200, "the platform is back")
                for each in (session, judge.session, *others):
                    each.settle()
                    assert not each.view.over
                session.wait_login(PHONE, "ACTIVE")
            judge.work()


def no_frame_is_cut_and_followed(server: ServerProcess, points: int = POINTS) -> int:
    """Peers that begin to read later and later, with more room or less, of messages of more bytes or less: what comes
    are whole messages in order, and perhaps one that is cut at the very end. Returns at how many a send was given up.
    """
    given_up = amid_a_frame = 0
    with Judge(server) as judge, judge.working():
        for point in range(points):
            with RawPeer(server.agent_url, holds_bytes=ROOM_BYTES[point % len(ROOM_BYTES)]) as peer:
                peer.upgrade()
                bulk = "x" * BULK_BYTES[point % len(BULK_BYTES)]
                sent = _ask_much(peer, 20 + MESSAGES * point // points, bulk)
                with contextlib.suppress(AssertionError):  # neither closed nor anything more: all has come
                    peer.patience(1.0)
                    peer.wait_end()
                assert peer.broken is None, f"the stream is corrupt: {peer.broken}"
                texts = [each for each in peer.frames if each.opcode is Opcode.TEXT]
                heard = [json.loads(bytes(text.data))["requestid"] for text in texts]
                assert heard == [f"r{number}" for number in range(len(heard))]
                assert len(heard) <= sent
                given_up += len(heard) < sent
                amid_a_frame += peer.amid_a_frame
    tell(f"{given_up} of {points} peers were given up, {amid_a_frame} of them in the middle of a frame")
    return given_up


def _ask_much(peer: RawPeer, count: int, bulk: str) -> int:
    for number in range(count):
        message = {"command": "session.start", "target": "nobody", "requestid": f"r{number}", "x": bulk}
        try:
            peer.send(frame(Opcode.TEXT, json.dumps(message).encode()))
        except ConnectionError:
            return number
    return count


SLOW: Final = config(f"{KEEPS_ALL}[limits]\nsend_s = 0.3\noutbox_bytes = 20000000\n")


def test_a_bug_of_ours_hits_one_session_at_most(serve: Serve) -> None:
    bugs(serve(config(FAULTS, agents=5), errors=EXPECTED, program="tests.faults.planted"))


def test_no_frame_is_cut_and_followed_by_another(serve: Serve) -> None:
    assert no_frame_is_cut_and_followed(serve(SLOW)) > 0, "no send was given up: this has tried nothing"


def test_an_adapter_that_falls_takes_nothing_with_it(serve: Serve) -> None:
    errors = (*EXPECTED, "platform_lost")
    adapter_falls(serve(config(FAULTS, agents=5), errors=errors, program="tests.faults.planted"))


# Mutants


@pytest.mark.parametrize("name", ["in_the_handler", "in_the_core", "in_the_writer", "at_a_report"])
def test_a_server_without_borders_is_caught(break_server: Break, name: str) -> None:
    server = break_server("unguarded", config(FAULTS, agents=5))
    with caught():
        bugs(server, (name,))


def test_a_server_without_borders_works_while_no_bug_of_ours_comes(break_server: Break) -> None:
    """Else whatever it is caught at would say nothing of borders."""
    bugs(break_server("unguarded", config(FAULTS, agents=5)), ("adapter_crashes",))


def test_a_server_that_lets_out_what_an_adapter_raises_is_caught(break_server: Break) -> None:
    server = break_server("unguarded_adapter", config(FAULTS, agents=5))
    with caught():
        bugs(server, ("adapter_crashes",))


def test_a_server_that_waits_with_its_adapter_is_caught(break_server: Break) -> None:
    """By the others alone: whoever asked gets the answer that is due."""
    server = break_server("blocks", config(FAULTS, agents=5))
    with pytest.raises(AssertionError, match="delayed"):
        bugs(server, ("adapter_hangs",), rounds=1)


def test_a_server_that_gives_up_sends_is_caught(break_server: Break) -> None:
    server = break_server("cancelled_send", SLOW)
    with caught():
        no_frame_is_cut_and_followed(server)
