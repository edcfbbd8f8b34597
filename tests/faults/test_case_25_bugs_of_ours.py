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
from tests.blackbox.server import ServerProcess
from tests.faults.conftest import Break
from tests.faults.judge import KEEPS_ALL, Judge
from tests.faults.mutants.launch import caught
from tests.faults.planted import CORE, HANDLER, WRITER
from tests.faults.sizes import size

ROUNDS: Final = size(3, 200)
DIRECTORY: Final = "session.request.getdirectory"
BULK: Final = "x" * 50_000
POINTS: Final = size(6, 100)
MESSAGES: Final = 300

FAULTS: Final = f"""
{KEEPS_ALL}
[platform]
call_timeout_s = 0.5

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


BUGS: Final[dict[str, Callable[[ServerProcess, AgentSession], None]]] = {
    each.__name__: each for each in (in_the_handler, in_the_core, in_the_writer, adapter_crashes, adapter_hangs)
}


def bugs(server: ServerProcess, names: tuple[str, ...] = tuple(BUGS)) -> None:
    with Judge(server) as judge, bystanders(server), judge.working():
        for _ in range(ROUNDS):
            for name in names:
                with contextlib.ExitStack() as stack:
                    BUGS[name](server, victim(server, stack))


def no_frame_is_cut_and_followed(server: ServerProcess) -> None:
    """A peer that begins to read later and later: what comes are whole messages in order, and perhaps one that is cut
    at the very end."""
    with Judge(server) as judge, judge.working():
        for point in range(POINTS):
            with RawPeer(server.agent_url) as peer:
                peer.upgrade()
                sent = _ask_much(peer, 20 + MESSAGES * point // POINTS)
                with contextlib.suppress(AssertionError):  # neither closed nor anything more: all has come
                    peer.patience(1.0)
                    peer.wait_end()
                assert peer.broken is None, f"the stream is corrupt: {peer.broken}"
                texts = [each for each in peer.frames if each.opcode is Opcode.TEXT]
                heard = [json.loads(bytes(text.data))["requestid"] for text in texts]
                assert heard == [f"r{number}" for number in range(len(heard))]
                assert len(heard) <= sent


def _ask_much(peer: RawPeer, count: int) -> int:
    for number in range(count):
        message = {"command": "session.start", "target": "nobody", "requestid": f"r{number}", "x": BULK}
        try:
            peer.send(frame(Opcode.TEXT, json.dumps(message).encode()))
        except ConnectionError:
            return number
    return count


SLOW: Final = config(f"{KEEPS_ALL}[limits]\nsend_s = 0.3\noutbox_bytes = 20000000\n")


def test_a_bug_of_ours_hits_one_session_at_most(serve: Serve) -> None:
    bugs(serve(config(FAULTS, agents=5), errors=EXPECTED, program="tests.faults.planted"))


def test_no_frame_is_cut_and_followed_by_another(serve: Serve) -> None:
    no_frame_is_cut_and_followed(serve(SLOW))


@pytest.mark.parametrize("name", ["in_the_handler", "in_the_core", "in_the_writer"])
def test_a_server_without_borders_is_caught(break_server: Break, name: str) -> None:
    server = break_server("unguarded", config(FAULTS, agents=5))
    with caught():
        bugs(server, (name,))


def test_a_server_without_borders_works_while_no_bug_of_ours_comes(break_server: Break) -> None:
    """Else whatever it is caught at would say nothing of borders."""
    bugs(break_server("unguarded", config(FAULTS, agents=5)), ("adapter_crashes",))


def test_a_server_that_gives_up_sends_is_caught(break_server: Break) -> None:
    server = break_server("cancelled_send", SLOW)
    with caught():
        no_frame_is_cut_and_followed(server)
