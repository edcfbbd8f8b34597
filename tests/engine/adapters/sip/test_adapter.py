"""The adapter's life: its phones come and go with it, and where they cannot come, it says what to do."""

import socket
from pathlib import Path
from typing import Final

import attrs
import pytest
import trio

from engine.adapters.sip import open_adapter
from engine.adapters.sip.adapter import SipAdapter
from engine.adapters.sip.bench import Nobody, settings
from engine.adapters.sip.settings import SipAgent, SipSettings
from protocol.errors import FailureCode, Refused
from protocol.platform import (
    ActivateChannel,
    AddChannel,
    BlindConference,
    ConferenceConsult,
    Dial,
    PlatformCall,
    SetRecording,
    StartAgent,
)
from protocol.states import ChannelType, LoginState, RecordingState
from tests.engine.adapters.sip.fake_phone import fake_phone
from tests.engine.adapters.sip.programs import needs
from tests.ports import free_port

LATE_S: Final = 8.0


def attached(*ports: int, start_s: float = LATE_S) -> SipSettings:
    """An agent at each of these control connections: ann, bob, …"""
    names = ("ann", "bob", "eve")
    agents = tuple(
        SipAgent(id=name, extension=name, uri=f"sip:{name}@phones", attach=f"127.0.0.1:{port}")
        for name, port in zip(names, ports, strict=False)
    )
    return attrs.evolve(settings(1), agents=agents, start_s=start_s)


def leaf(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def folder_of(pid: int) -> Path:
    return Path(f"/proc/{pid}/cwd").resolve()


def others_may_look(folder: Path) -> bool:
    return bool(folder.stat().st_mode & 0o077)


def exists(path: Path) -> bool:
    return path.exists()


async def fails(of: SipSettings) -> BaseException:
    with pytest.raises(Exception) as failed, trio.fail_after(LATE_S):
        await SipAdapter(of).run(Nobody())
    return leaf(failed.value)


async def test_a_program_that_is_missing_is_named_and_what_to_install() -> None:
    error = await fails(attrs.evolve(settings(1), program="no-such-phone"))
    assert isinstance(error, OSError)
    assert "no program no-such-phone; install baresip (Debian: baresip-core), or set program" in str(error)


@needs("baresip")
async def test_modules_that_are_missing_are_named(tmp_path: Path) -> None:
    error = await fails(attrs.evolve(settings(1), modules=str(tmp_path)))
    assert isinstance(error, OSError)
    assert f"no ctrl_tcp.so in {tmp_path}; set modules to the folder" in str(error)


@needs("baresip")
@pytest.mark.parametrize(
    ("beside", "says"), [(0, " is taken; set another sip_port"), (1, " takes, too, is taken; set")]
)
async def test_a_port_that_is_taken_is_told_before_a_phone_is_started(beside: int, says: str) -> None:
    free = free_port(for_sip=True)
    port = free + beside
    with socket.create_server(("127.0.0.1", port)):
        agent = attrs.evolve(settings(1).agents[0], sip_port=free)
        with trio.fail_after(LATE_S):
            error = await fails(attrs.evolve(settings(1), agents=(agent,), start_s=60.0))
    assert isinstance(error, OSError)
    assert str(error).startswith(f"port {port}")
    assert says in str(error)


async def test_an_address_that_this_machine_has_not_is_told() -> None:
    error = await fails(attrs.evolve(settings(1), address="203.0.113.77"))
    assert isinstance(error, OSError)
    assert "address 203.0.113.77 is none of this machine" in str(error)
    assert "set address to one that it has, or leave it out" in str(error)


async def test_a_phone_that_ends_at_once_is_lost_and_its_own_words_say_why_without_their_colours(
    tmp_path: Path,
) -> None:
    program = tmp_path / "phone"
    program.write_text("#!/bin/sh\nprintf '\\033[31mua: init failed\\033[;m\\n'\nexit 98\n", encoding="utf-8")
    program.chmod(0o700)
    (tmp_path / "ctrl_tcp.so").touch()
    error = await fails(attrs.evolve(settings(1), program=str(program), modules=str(tmp_path), start_s=2.0))
    assert isinstance(error, ConnectionError)
    assert "the phone of 4001 is not up within start_s" in str(error)
    assert str(error).endswith("it ended with exit code 98; it said: ua: init failed")


async def test_a_platform_without_any_phone_is_lost() -> None:
    error = await fails(attached(free_port(), free_port(), start_s=0.3))
    assert isinstance(error, ConnectionError)
    assert "the phone of ann is not up" in str(error)
    assert str(error).endswith("; start baresip there with ctrl_tcp_listen, or correct attach")


async def test_any_agent_may_take_any_phone_where_nobody_else_is_active() -> None:
    async with fake_phone("sip:ann@phones", "sip:bob@phones") as (_, port), trio.open_nursery() as nursery:
        adapter = SipAdapter(attached(port, port))
        with trio.fail_after(LATE_S):
            await nursery.start(adapter.run, Nobody())
        at_bobs = AddChannel(endpoint="bob", type=ChannelType.TELEPHONY)
        await adapter.perform("ann", StartAgent())
        await adapter.perform("ann", at_bobs)
        taken = await adapter.perform("ann", ActivateChannel(endpoint="bob"))
        assert taken.loginstate is LoginState.ACTIVE
        await adapter.perform("bob", StartAgent())
        with pytest.raises(Refused) as refused:
            await adapter.perform("bob", at_bobs)
        assert refused.value.code is FailureCode.CHANNEL_UNAVAILABLE
        nursery.cancel_scope.cancel()


async def test_one_phone_that_is_away_is_its_agent_s_own_misfortune() -> None:
    async with fake_phone("sip:ann@phones") as (fake, port), trio.open_nursery() as nursery:
        adapter = SipAdapter(attached(port, free_port(), start_s=2.0))
        with trio.fail_after(LATE_S):
            await nursery.start(adapter.run, Nobody())
        for agent in ("ann", "bob"):
            for call in (
                StartAgent(),
                AddChannel(endpoint=agent, type=ChannelType.TELEPHONY),
                ActivateChannel(endpoint=agent),
            ):
                await adapter.perform(agent, call)
        await adapter.perform("ann", Dial(endpoint="ann", destination="sip:carl@outside"))
        assert fake.asked[-1][1:] == ("dial", "sip:carl@outside")
        with pytest.raises(Refused) as refused:
            await adapter.perform("bob", Dial(endpoint="bob", destination="sip:carl@outside"))
        assert refused.value.code is FailureCode.PLATFORM_UNAVAILABLE
        assert "the phone of bob is away" in refused.value.message
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize(
    "call",
    [
        ConferenceConsult(endpoint="ann", interaction="i"),
        BlindConference(endpoint="ann", interaction="i", leg="l", destination="bob"),
        SetRecording(endpoint="ann", interaction="i", recording=RecordingState.RECORDING),
    ],
)
async def test_what_phones_cannot_do_is_unsupported(call: PlatformCall[object]) -> None:
    async with fake_phone("sip:ann@phones") as (_, port), trio.open_nursery() as nursery:
        adapter = SipAdapter(attached(port))
        await nursery.start(adapter.run, Nobody())
        with pytest.raises(Refused) as refused:
            await adapter.perform("ann", call)
        assert refused.value.code is FailureCode.UNSUPPORTED
        nursery.cancel_scope.cancel()


@needs("baresip")
async def test_phones_end_with_the_adapter_and_nothing_is_left_behind() -> None:
    adapter = SipAdapter(settings(2))
    async with trio.open_nursery() as nursery:
        await nursery.start(adapter.run, Nobody())
        assert adapter.running is not None
        phones = [phone for phone, _ in adapter.running.phones]
        pids = [phone.process.pid for phone in phones if phone.process is not None]
        folders = [folder_of(pid) for pid in pids]
        assert not any(map(others_may_look, folders)), "accounts hold passwords"
        nursery.cancel_scope.cancel()
    assert len(pids) == 2
    assert not any(map(exists, [*folders, *(Path(f"/proc/{pid}") for pid in pids)]))
    assert adapter.running is None


@needs("baresip")
async def test_phones_that_start_together_have_ports_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens yet when the others look for one that is free."""
    monkeypatch.setattr("engine.adapters.sip.process.random.sample", lambda ports, _: list(ports))
    adapter = SipAdapter(settings(4))
    async with trio.open_nursery() as nursery:
        with trio.fail_after(LATE_S):
            await nursery.start(adapter.run, Nobody())
        nursery.cancel_scope.cancel()


def test_each_adapter_is_a_new_one() -> None:
    make = open_adapter({"agents": [{"id": "ann", "extension": "4001"}]}, Path())
    assert make() is not make()
