"""Case 19: JSON that other parsers take, or die of. One failure with a code; session and connection live on.

Source: specs/protocol.md, "What is refused".
"""

import json
from collections.abc import Iterator
from typing import Final

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.frames import Opcode

from tests.blackbox.client import AgentSession, Desktop, code_of
from tests.blackbox.configs import config
from tests.blackbox.raw import RawPeer, frame
from tests.blackbox.server import ServerProcess
from tests.faults.judge import MEBIBYTE, Judge
from tests.faults.mutants.launch import Mutant
from tests.faults.sizes import size

ORIGINAL_CHARACTERS: Final = 1024
ROUNDS: Final = size(1, 50)
ROOMY: Final = config(f"[limits]\nmessage_bytes = {MEBIBYTE}\n")
"""Frames so large that the parser sees what is deep and long."""

NO_JSON: Final = {
    "empty": "",
    "cut off": "{",
    "words": "hello",
    "python": "{'command': 'session.start'}",
    "trailing": '{"command":"session.start"} x',
    "comment": '{"command":"session.start"} // go',
    "nan": '{"a":NaN}',
    "infinity": '{"a":-Infinity}',
    "beyond double": '{"a":1e400}',
    "byte-order mark": '\ufeff{"command":"session.start"}',
    "lone surrogate": r'{"a":"\ud800"}',
    "lone surrogate in a key": r'{"\udfff":1}',
    "surrogates the wrong way round": r'{"a":"\udc00\ud800"}',
    "escaped NUL": r'{"a":"\u0000"}',
    "NUL in a key": r'{"a\u0000":1}',
    "plain NUL": '{"a":"\0"}',
    "NUL behind": '{"a":1}\0',
    "2^53": '{"a":9007199254740992}',
    "2^53 + 1": '{"a":9007199254740993}',
    "2^63": '{"a":9223372036854775808}',
    "2^64": '{"a":18446744073709551616}',
    "-2^63": '{"a":-9223372036854775808}',
    "4,000 digits": '{"a":%s}' % ("9" * 4000),
    "5,000 digits": '{"a":%s}' % ("9" * 5000),
    "500,000 digits": '{"a":%s}' % ("9" * 500_000),
    "key twice": '{"command":"session.start","command":"session.logout"}',
    "key twice, deeper": '{"command":"session.start","data":{"x":[{"y":1,"z":2,"y":3}]}}',
    "key twice, once escaped": r'{"command":"session.start","c\u006fmmand":"session.logout"}',
    "17 deep": "[" * 17 + "]" * 17,
    "17 objects deep": '{"a":' * 17 + "1" + "}" * 17,
    "100,000 deep": "[" * 100_000 + "]" * 100_000,
    "100,000 objects deep": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "100,000 deep, unclosed": "[" * 100_000,
}
GOOD: Final = {
    "2^53 - 1": 2**53 - 1,
    "-(2^53 - 1)": 1 - 2**53,
    "emoji": "😀" * 10_000,
    "a pair of surrogates": "\U0001f600",
    "the largest double": 1.7976931348623157e308,
    "the smallest double": 5e-324,
    "1,000 keys": {f"k{n}": n for n in range(1000)},
}
"""What must be taken: unknown properties, echoed in the failure."""


def one_failure(session: AgentSession, text: str) -> None:
    """Answered once, on the connection; the session does not see it, and its next command works."""
    session.desktop.send_text(text)
    failure = session.desktop.read()
    assert set(failure) == {"result", "failure", "original"}, failure
    assert code_of(failure) == "INVALID_REQUEST"
    assert failure["failure"]["message"]
    assert failure["original"] == text[:ORIGINAL_CHARACTERS]
    assert session.settle() == []


def all_failures(server: ServerProcess) -> None:
    with Judge(server) as judge, Desktop(server.agent_url) as desktop:
        session = desktop.session_of("agent2")
        session.do("session.start")
        for _ in range(ROUNDS):
            for text in NO_JSON.values():
                one_failure(session, text)
            judge.work()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path_factory.mktemp("json"), ROOMY) as server:
        yield server


def test_text_that_is_no_json_of_ours(server: ServerProcess) -> None:
    all_failures(server)


@pytest.mark.parametrize("value", GOOD.values(), ids=GOOD)
def test_what_is_json_is_taken(server: ServerProcess, value: object) -> None:
    """As it came, however it is written."""
    with Desktop(server.agent_url) as desktop:
        for ascii_only in (True, False):
            message = {"command": "session.start", "target": "nobody", "requestid": "r", "x": value}
            desktop.send_text(json.dumps(message, ensure_ascii=ascii_only))
            failure = desktop.answer("r")
            assert code_of(failure) == "NOT_BOUND"
            assert failure["original"] == message


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'{"a":"\xff"}', 1007),
        ('{"a":"' + "😀" * MEBIBYTE + '"}', 1009),
        ('{"a":"' + "😀" * (MEBIBYTE // 4) + '"}', 1009),
        (json.dumps({"a": 1}).encode("utf-16"), 1007),
    ],
    ids=["no UTF-8", "1 Mi emoji", "1 MiB of emoji and a little more", "UTF-16"],
)
def test_what_ends_the_connection_leaves_the_session(server: ServerProcess, data: bytes | str, code: int) -> None:
    """The frame is at fault, not the JSON: the connection is closed with the code, and the session resumes."""
    with Judge(server), RawPeer(server.agent_url) as peer, Desktop(server.agent_url) as desktop:
        session, token = peer.upgrade().session_of("agent3")
        peer.send(frame(Opcode.TEXT, data if isinstance(data, bytes) else data.encode()))
        assert peer.wait_end() == code
        resume = {"token": token, "epoch": 1, "seq": 0}
        assert desktop.ask("bindSession", session, {"resume": resume})["data"]["outcome"] == "RESUMED"


@pytest.fixture(scope="module")
def lenient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with Mutant("lenient_json", tmp_path_factory.mktemp("lenient"), ROOMY) as server:
        yield server


@pytest.mark.parametrize("name", ["nan", "2^53", "2^53 + 1", "lone surrogate", "key twice"])
def test_a_lenient_parser_is_caught_by_each_that_it_takes(lenient: ServerProcess, name: str) -> None:
    """What it does not take either, it refuses: that is not what it is caught by."""
    with Desktop(lenient.agent_url) as desktop:
        session = desktop.session_of("agent2")
        session.do("session.start")
        for refused in ("empty", "cut off", "5,000 digits", "100,000 deep, unclosed"):
            one_failure(session, NO_JSON[refused])
        with pytest.raises((AssertionError, ConnectionClosed)):  # by what it answers, or cannot answer
            one_failure(session, NO_JSON[name])
