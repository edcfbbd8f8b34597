"""Who may come in, and who has to make room."""

import contextlib

import pytest
import trio
from trio.testing import MockClock

from engine.config import Limits
from engine.transport import gate as module
from engine.transport.gate import Gate, TurnedAway


def judged(gate: Gate, address: str, stack: contextlib.ExitStack) -> TurnedAway | None:
    return stack.enter_context(gate.open_for(address))


async def test_so_many_in_all_and_of_an_address() -> None:
    gate = Gate(Limits(connections_per_address=2), most=3)
    with contextlib.ExitStack() as stack:
        assert [judged(gate, "a", stack) for _ in range(3)] == [None, None, TurnedAway.CROWDED]
        assert [judged(gate, "b", stack) for _ in range(2)] == [None, TurnedAway.FULL]
        assert gate.inside == 3
    assert gate.inside == 0
    with contextlib.ExitStack() as stack:
        assert judged(gate, "a", stack) is None


async def test_a_network_of_ipv6_counts_as_one_address() -> None:
    here, there = [f"2001:db8::{number}" for number in range(3)], "2001:db8:0:1::1"
    with contextlib.ExitStack() as stack:
        gate = Gate(Limits(connections_per_address=2), most=100)
        assert [judged(gate, each, stack) for each in here] == [None, None, TurnedAway.CROWDED]
        assert judged(gate, there, stack) is None
        gate = Gate(Limits(new_connections_per_s=2.0), most=100)
        assert [judged(gate, each, stack) for each in here] == [None, None, TurnedAway.TOO_FAST]
    gate = Gate(Limits(handshakes_per_address=2), most=100)
    scopes = [trio.CancelScope() for _ in here]
    with contextlib.ExitStack() as stack:
        for address, scope in zip(here, scopes, strict=True):
            stack.enter_context(gate.handshake(address, scope))
    assert [scope.cancel_called for scope in scopes] == [True, False, False]
    assert not gate._half_open


async def test_so_many_of_an_address_in_a_second(autojump_clock: MockClock) -> None:
    gate = Gate(Limits(new_connections_per_s=2.0), most=100)
    with contextlib.ExitStack() as stack:
        assert [judged(gate, "a", stack) for _ in range(3)] == [None, None, TurnedAway.TOO_FAST]
        assert judged(gate, "b", stack) is None
        await trio.sleep(0.6)
        assert [judged(gate, "a", stack) for _ in range(2)] == [None, TurnedAway.TOO_FAST]


async def test_the_rates_of_addresses_are_not_kept_for_ever(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REMEMBERED", 100)
    gate = Gate(Limits(), most=100)
    for number in range(module.REMEMBERED * 2):
        with gate.open_for(str(number)):
            pass
    assert len(gate._rates) <= module.REMEMBERED
    await trio.sleep(10)
    with gate.open_for("new"):
        pass
    assert len(gate._rates) <= 2


async def test_the_oldest_of_too_many_handshakes_is_given_up() -> None:
    gate = Gate(Limits(handshakes_per_address=2), most=100)
    scopes = [trio.CancelScope() for _ in range(4)]
    with contextlib.ExitStack() as stack:
        for scope in scopes[:3]:
            stack.enter_context(gate.handshake("a", scope))
        stack.enter_context(gate.handshake("b", scopes[3]))
        assert [scope.cancel_called for scope in scopes] == [True, False, False, False]
    assert not gate._half_open


def test_the_answer_says_when_to_come_back() -> None:
    answer = TurnedAway.FULL.answer(retry_after_s=2.0)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert b"again in 2 s" in body
