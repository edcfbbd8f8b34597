"""What happens to phones is in the log: whose it is, why, and what is done about it; and no word of a caller."""

import os
import signal
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from typing import Any, Final

import attrs
import pytest
import trio
from structlog.testing import capture_logs

from engine.adapters.sip.adapter import SipAdapter
from engine.adapters.sip.bench import Nobody, settings
from engine.adapters.sip.phone import Phone
from engine.adapters.sip.settings import SipAgent
from protocol.errors import FailureCode, Refused
from tests.engine.adapters.sip.agents import agents_at
from tests.engine.adapters.sip.fake_phone import FakePhone, fake_phone
from tests.engine.adapters.sip.programs import needs
from tests.engine.adapters.sip.wire import party

PATIENCE_S: Final = 16.0
Line = MutableMapping[str, Any]


def phone_of(adapter: SipAdapter) -> Phone:
    assert adapter.running is not None
    ((phone, _),) = adapter.running.phones
    return phone


def lines(logs: list[Line], name: str) -> list[dict[str, Any]]:
    return [dict(line) for line in logs if line["event"] == name]


@asynccontextmanager
async def attached(fake_port: int, *, start_s: float = PATIENCE_S) -> AsyncIterator[Phone]:
    """The phone of ann and bob, which runs already."""
    agents = tuple(
        SipAgent(id=name, extension=name, uri=f"sip:{name}@phones", attach=f"127.0.0.1:{fake_port}")
        for name in ("ann", "bob")
    )
    adapter = SipAdapter(attrs.evolve(settings(1), agents=agents, start_s=start_s))
    async with trio.open_nursery() as nursery:
        with trio.fail_after(PATIENCE_S):
            await nursery.start(adapter.run, Nobody())
        yield phone_of(adapter)
        nursery.cancel_scope.cancel()


async def reconnected(fake: FakePhone, phone: Phone) -> None:
    down = phone.down
    await fake.streams[-1].aclose()
    with trio.fail_after(PATIENCE_S):
        await down.wait()
        await phone.up.wait()


async def test_a_connection_that_is_lost_and_back() -> None:
    with capture_logs() as logs:
        async with fake_phone("sip:ann@phones", "sip:bob@phones") as (fake, port), attached(port) as phone:
            fake.calls["sip:bob@phones"] = "  [line 1]  0:00:00  ESTABLISHED             sip:carl@outside\n"
            await reconnected(fake, phone)
    both = ("ann", "bob")
    assert [line for line in logs if line["event"].startswith("sip_")] == [
        {
            "event": "sip_phone_lost",
            "log_level": "warning",
            "agents": both,
            "why": "the phone closed the connection; it serves one client at a time",
            "done": "its agents are refused until it is connected to anew",
        },
        {"event": "sip_phone_back", "log_level": "info", "agents": both, "calls": 1},
    ]


async def test_an_account_that_is_missing_is_for_whoever_can_add_it() -> None:
    with capture_logs() as logs:
        async with fake_phone("sip:bob@phones") as (_, port), attached(port):
            pass
    assert [dict(line) for line in logs] == [
        {
            "event": "sip_account_missing",
            "log_level": "warning",
            "agent": "ann",
            "remedy": "add an account sip:ann@phones to the phone, or correct the agent's uri",
        }
    ]


async def test_an_adapter_that_comes_and_goes_says_nothing_of_its_phones() -> None:
    with capture_logs() as logs:
        async with fake_phone("sip:ann@phones", "sip:bob@phones") as (_, port), attached(port):
            pass
    assert logs == []


async def test_a_phone_that_is_away_is_said_once_and_when_it_is_back() -> None:
    tries, there = 0, False
    tried_on = trio.Event()

    with capture_logs() as logs:
        async with fake_phone("sip:ann@phones") as (_, ann), fake_phone("sip:bob@phones") as (_, bob):

            async def connect(host: str, port: int) -> trio.SocketStream:
                nonlocal tries
                if port == bob and not there:
                    tries += 1
                    if tries > 12:
                        tried_on.set()
                    raise ConnectionRefusedError("nobody is there")
                return await trio.open_tcp_stream(host, port)

            agents = tuple(
                SipAgent(id=name, extension=name, uri=f"sip:{name}@phones", attach=f"127.0.0.1:{port}")
                for name, port in (("ann", ann), ("bob", bob))
            )
            adapter = SipAdapter(attrs.evolve(settings(1), agents=agents, start_s=0.1), connect)
            async with trio.open_nursery() as nursery:
                await nursery.start(adapter.run, Nobody())
                with trio.fail_after(PATIENCE_S):
                    await tried_on.wait()
                    there = True
                    assert adapter.running is not None
                    for phone, _ in adapter.running.phones:
                        await phone.up.wait()
                nursery.cancel_scope.cancel()
    (away,) = lines(logs, "sip_phone_away")
    assert (away["log_level"], away["agents"]) == ("warning", ("bob",))
    assert away["why"] == (
        f"it does not take connections at 127.0.0.1:{bob} (nobody is there); "
        "start baresip there with ctrl_tcp_listen, or correct attach"
    )
    assert away["done"].startswith("its agents are refused, and it is tried again")
    assert [line["agents"] for line in lines(logs, "sip_phone_back")] == [("bob",)]


async def test_nonsense_is_lost_with_its_words_for_debugging_alone() -> None:
    with capture_logs() as logs:
        async with fake_phone("sip:ann@phones", "sip:bob@phones") as (fake, port), attached(port) as phone:
            down = phone.down
            await fake.say(b"carl@outside says hello")
            with trio.fail_after(PATIENCE_S):
                await down.wait()
                await phone.up.wait()
    (lost,) = lines(logs, "sip_phone_lost")
    assert lost["why"] == "the phone sent nonsense; see whether its port is that of a control connection"
    assert [line["log_level"] for line in logs if "carl" in str(line)] == ["debug"]


@needs("baresip")
async def test_a_phone_that_is_killed_in_a_call_tells_nobody_who_was_in_it() -> None:
    with capture_logs() as logs:
        async with agents_at(settings(1)) as (agent,), party("carl-the-customer") as carl:
            await carl.call(agent.uri)
            await agent.talks()
            phone = phone_of(agent.adapter)
            process, down = phone.process, phone.down
            assert process is not None
            os.kill(process.pid, signal.SIGKILL)
            with trio.fail_after(PATIENCE_S):
                await down.wait()
                with pytest.raises(Refused) as refused:
                    async with phone.turn(agent.running.floor.endpoints[agent.endpoint]):
                        raise AssertionError("a phone that is dead can be told things")
                await phone.up.wait()
    assert refused.value.code is FailureCode.PLATFORM_UNAVAILABLE
    assert "carl" not in refused.value.message
    (ended,) = lines(logs, "sip_phone_ended")
    assert (ended["log_level"], ended["agents"], ended["why"]) == ("warning", ("agent1",), "it ended with signal 9")
    assert ended["done"] == "its calls have FAILED, and it is started anew"
    assert lines(logs, "sip_phone_back") == [
        {"event": "sip_phone_back", "log_level": "info", "agents": ("agent1",), "calls": 0}
    ]
    assert {line["log_level"] for line in logs if "carl-the-customer" in str(line)} <= {"debug"}


@needs("baresip")
async def test_a_phone_that_is_mute_is_given_up() -> None:
    with capture_logs() as logs:
        async with agents_at(settings(1, command_s=0.2, start_s=3.0)) as (agent,):
            phone = phone_of(agent.adapter)
            process, down = phone.process, phone.down
            assert process is not None
            os.kill(process.pid, signal.SIGSTOP)
            with pytest.raises(Refused):
                async with phone.turn(agent.running.floor.endpoints[agent.endpoint]) as turn:
                    await turn.look()
            with trio.fail_after(PATIENCE_S):
                await down.wait()
                await phone.up.wait()
    said = [line["event"] for line in logs if line["log_level"] == "warning"]
    assert said[0] == "sip_phone_lost"
    assert said[-2:] == ["sip_phone_given_up", "sip_phone_ended"]
    assert lines(logs, "sip_phone_lost")[0]["why"] == "no answer to listcalls within 0.2 s"
    assert lines(logs, "sip_phone_given_up")[0]["done"] == "it is made to end"
