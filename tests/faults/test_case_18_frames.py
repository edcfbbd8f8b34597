"""Case 18: frames. What RFC 6455 allows is understood however it is cut; what it forbids ends that connection alone,
with the right code; what has no end is cut off by its byte budget, and costs no memory.

Source: specs/protocol.md, "Limits".
"""

import random
import time
from typing import Final

import pytest
from websockets.frames import Opcode

from tests.blackbox.configs import config
from tests.blackbox.conftest import Serve
from tests.blackbox.raw import RawPeer, declaring, frame
from tests.blackbox.server import ServerProcess
from tests.faults.conftest import Break
from tests.faults.frames import CONVERSATIONS, Conversation, is_answer
from tests.faults.judge import KEEPS_ALL, MEBIBYTE, Judge
from tests.faults.mutants.launch import caught
from tests.faults.sizes import size

CUT_OFF_S: Final = 5.0
SEND_MORE_BYTES: Final = size(20, 200) * MEBIBYTE
ROUNDS: Final = size(1, 4)
SHORT_BYTES: Final = 400
"""Of a conversation, so many bytes are sent one by one."""

ENDLESS: Final = {
    "empty fragments": (frame(Opcode.TEXT, b"", fin=False), frame(Opcode.CONT, b"", fin=False) * 1000),
    "a text without an end": (frame(Opcode.TEXT, b"x", fin=False), frame(Opcode.CONT, b"x" * 100, fin=False) * 100),
    "binary without an end": (frame(Opcode.BINARY, b"x", fin=False), frame(Opcode.CONT, b"\0", fin=False) * 1000),
    "a gigabyte": (declaring(Opcode.TEXT, 2**30), b"x" * 10_000),
    "2^62 bytes": (declaring(Opcode.TEXT, 2**62), b"x" * 10_000),
    "pings within a text": (frame(Opcode.TEXT, b"x", fin=False), frame(Opcode.PONG, b"x" * 125) * 100),
}


def hold(server: ServerProcess, conversation: Conversation, parts: list[bytes]) -> None:
    """One conversation, sent in so many pieces, to its end."""
    what = conversation.name
    with RawPeer(server.agent_url) as peer:
        peer.upgrade()
        try:
            for part in parts:
                peer.send(part)
            if conversation.ends is None:
                peer.send(frame(Opcode.PING, b"the end"))
        except ConnectionError:
            assert conversation.ends is not None, f"{what}: the connection was closed"
        if conversation.ends is None:
            while not any(each.opcode is Opcode.PONG and each.data == b"the end" for each in peer.frames):
                assert peer.receive(), f"{what}: the connection was closed"
            for _ in range(conversation.answers):
                assert is_answer(peer.take(Opcode.TEXT)), what
        else:
            code = peer.wait_close()
            assert (code or 0) == conversation.ends, f"{what}: closed with {code}, not {conversation.ends}"
            assert any(each.opcode is Opcode.CLOSE for each in peer.frames), f"{what}: closed without a close frame"
        texts = [each for each in peer.frames if each.opcode is Opcode.TEXT]
        # Answers to what came right before a violation may be lost with the connection.
        assert len(texts) <= (0 if conversation.ends is None else conversation.answers), f"{what}: {texts}"
        pongs = tuple(bytes(each.data) for each in peer.frames if each.opcode is Opcode.PONG)
        assert tuple(each for each in pongs if each != b"the end") == conversation.pongs, what


def pieces(says: bytes, chance: random.Random) -> list[bytes]:
    """Cut anywhere, as a network may."""
    cuts = sorted(chance.randrange(len(says) + 1) for _ in range(chance.randrange(1, 8)))
    return [says[a:b] for a, b in zip([0, *cuts], [*cuts, len(says)], strict=True) if a < b]


def conversations(server: ServerProcess, rounds: int = ROUNDS) -> int:
    """All of them: whole, cut by chance, or its beginning byte by byte; in the long form each way. Returns how many."""
    chance = random.Random(18)
    count = 0
    with Judge(server) as judge, judge.working():
        for number, conversation in enumerate(CONVERSATIONS * rounds):
            says = conversation.says
            ways = [[says], pieces(says, chance), [bytes([byte]) for byte in says[:SHORT_BYTES]] + [says[SHORT_BYTES:]]]
            for parts in ways if rounds > 1 else [ways[number % 3]]:
                hold(server, conversation, list(filter(None, parts)))
                count += 1
    return count


def endless(server: ServerProcess, what: str, more_bytes: int = SEND_MORE_BYTES) -> None:
    """Cut off in time, told why, and without the server's memory growing."""
    opening, part = ENDLESS[what]
    with Judge(server) as judge, judge.working(), RawPeer(server.agent_url) as peer:
        peer.upgrade()
        until = time.monotonic() + CUT_OFF_S
        assert _breaks(peer, opening, part, until, more_bytes), f"{what}: not cut off within {CUT_OFF_S:g} s"
        judge.check_memory()


def _breaks(peer: RawPeer, opening: bytes, part: bytes, until: float, more_bytes: int) -> bool:
    """Does the connection break while this is sent?"""
    try:
        peer.send(opening)
        sent = 0
        while sent < more_bytes and time.monotonic() < until:
            peer.send(part)
            sent += len(part)
    except ConnectionError:
        return True
    return False


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> ServerProcess:
    with ServerProcess(tmp_path_factory.mktemp("frames"), config(KEEPS_ALL)) as server:
        yield server


def test_every_conversation_ends_as_it_must(server: ServerProcess) -> None:
    assert len(CONVERSATIONS) > 250
    assert conversations(server) >= len(CONVERSATIONS)


@pytest.mark.parametrize("what", ENDLESS)
def test_a_message_without_an_end(server: ServerProcess, what: str) -> None:
    endless(server, what)


def test_who_runs_over_the_budget_is_told_so(server: ServerProcess) -> None:
    """As far as it still listens: it must stop sending for that."""
    with RawPeer(server.agent_url) as peer:
        peer.upgrade()
        peer.send(frame(Opcode.TEXT, b"", fin=False) + frame(Opcode.CONT, b"", fin=False) * 60_000)
        assert peer.wait_end() == 1009


def test_a_peer_that_does_not_answer_the_close_frame_is_cut_off(server: ServerProcess) -> None:
    with RawPeer(server.agent_url) as peer:
        peer.upgrade()
        peer.send(frame(Opcode.BINARY, b"{}"))
        assert peer.wait_end() == 1003


def test_a_session_is_not_lost_with_its_connection(server: ServerProcess, serve: Serve) -> None:
    with RawPeer(server.agent_url) as peer, RawPeer(server.agent_url) as other:
        session, token = peer.upgrade().session_of("agent2")
        peer.send(frame(Opcode.TEXT, b"\xff"))
        assert peer.wait_end() == 1007
        other.upgrade()
        resume = {"resume": {"token": token, "epoch": 1, "seq": 0}}
        answer = other.ask({"command": "bindSession", "target": session, "data": resume, "requestid": "r"})
        assert answer["data"]["outcome"] == "RESUMED"


# Mutants


@pytest.mark.parametrize("what", ["empty fragments", "pings within a text"])
def test_a_server_without_a_budget_is_caught(break_server: Break, what: str) -> None:
    server = break_server("no_budget", config())
    with caught():
        endless(server, what)


def test_a_server_without_a_last_word_is_caught(break_server: Break) -> None:
    server = break_server("no_last_word", config())
    with caught():
        conversations(server, rounds=1)
